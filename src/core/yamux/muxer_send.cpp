// SPDX-License-Identifier: Apache-2.0
// The sending half of the muxer: what is owed and what was written, to frames.
#include <algorithm>

#include "base/assert.hpp"
#include "core/yamux/muxer.hpp"

namespace grapevine::yamux {

void Muxer::gather(Batch& batch, TimePoint now) {
  if (ended_) {
    if (go_away_ && batch.room() >= header_size) {
      batch.add(Header{FrameType::go_away, 0, 0, std::to_underlying(*go_away_)});
      go_away_.reset();
    }
    return;
  }
  gather_answers(batch, now);
  gather_control(batch, now);
  gather_data(batch);
  gather_control(batch, now);  // the FIN of a stream whose data has just left
}

void Muxer::gather_answers(Batch& batch, TimePoint now) {
  if (keep_alive_.ping_due() && batch.room() >= header_size) {
    batch.add(Header{FrameType::ping, flag::syn, 0, keep_alive_.take_ping(now)});
  }
  while (!pongs_.empty() && batch.room() >= header_size) {
    batch.add(Header{FrameType::ping, flag::ack, 0, pongs_.pop()});
  }
  while (!resets_.empty() && batch.room() >= header_size) {
    batch.add(Header{FrameType::window_update, flag::rst, resets_.pop(), 0});
  }
}

void Muxer::gather_control(Batch& batch, TimePoint now) {
  while (!control_.empty() && batch.room() >= header_size) {
    auto* const stream = streams_.find(control_.pop());
    ASSERT(stream != nullptr);
    stream->in_control = false;
    if (owes_control(*stream)) gather_control_frame(batch, *stream, now);
  }
}

/// A FIN leaves in a frame of its own: a receiver in use applies a data frame's flags before its
/// body, and may then take the stream to have ended without it.
void Muxer::gather_control_frame(Batch& batch, Stream& stream, TimePoint now) {
  auto flags = take_flags(stream);
  if (stream.fin_due()) {
    flags |= flag::fin;
    stream.fin_sent = true;
  }
  batch.add(Header{FrameType::window_update, flags, stream.id, grant(stream, now)});
  finish_if_done(stream);
}

/// Streams with data take turns, one frame each. A frame that would have to cut its first piece
/// leaves the last quarter of a batch unused: a message received whole needs no assembling.
void Muxer::gather_data(Batch& batch) {
  while (!ready_.empty() && batch.room() > header_size) {
    auto* const stream = streams_.find(ready_.front());
    ASSERT(stream != nullptr && stream->sendable());
    const auto space = batch.room() - header_size;
    const bool nearly_full = !batch.empty() && batch.room() < Batch::capacity / 4;
    if (nearly_full && stream->outgoing.front().size() > space) return;
    ready_.pop();
    stream->in_ready = false;
    gather_data_frame(batch, *stream);
  }
}

void Muxer::gather_data_frame(Batch& batch, Stream& stream) {
  const auto place = batch.reserve_header();
  const auto size = gather_body(batch, stream);
  const auto flags = take_flags(stream);
  batch.fill(place, Header{FrameType::data, flags, stream.id, size});
  if (stream.queued == 0) {
    if (stream.send_credit > 0) {
      tell_writable(stream);
    } else {
      stream.starved = true;
    }
  }
  schedule(stream);
}

/// Moves pieces into the batch as far as room and credit go; answers how many bytes. Prefers to end
/// between two pieces.
std::uint32_t Muxer::gather_body(Batch& batch, Stream& stream) {
  const auto limit = std::min<std::size_t>(batch.room(), stream.send_credit);
  std::size_t size = 0;
  while (!stream.outgoing.empty() && size < limit) {
    auto& piece = stream.outgoing.front();
    const auto left = limit - size;
    if (piece.size() <= left) {
      size += piece.size();
      batch.add(stream.outgoing.pop());
      continue;
    }
    if (size > 0 && size >= limit / 2) break;
    batch.add(piece.slice(0, left));
    piece = piece.slice(left, piece.size() - left);
    size = limit;
  }
  stream.queued -= size;
  stream.send_credit -= static_cast<std::uint32_t>(size);
  return static_cast<std::uint32_t>(size);
}

/// The flags of the stream's beginning that its next frame carries.
std::uint16_t Muxer::take_flags(Stream& stream) {
  std::uint16_t flags = 0;
  if (stream.syn_due) flags |= flag::syn;
  if (stream.ack_due) flags |= flag::ack;
  stream.syn_due = false;
  stream.ack_due = false;
  return flags;
}

/// Credit to send with the frame being gathered.
std::uint32_t Muxer::grant(Stream& stream, TimePoint now) {
  if (stream.remote_ended) return 0;
  const auto allowed = std::min(config_.receive_window_max - stream.receive.window(),
                                config_.receive_budget - growth_);
  const auto update =
      stream.receive.update({keep_alive_.round_trip(), static_cast<std::uint32_t>(allowed)}, now);
  growth_ += update.grown;
  return update.credit;
}

void Muxer::tell_writable(Stream& stream) {
  stream.starved = false;
  if (!stream.ending) events_.push(Writable{stream.id});
}

void Muxer::finish_if_done(Stream& stream) {
  if (!stream.fin_sent || !stream.remote_ended) return;
  events_.push(Closed{stream.id, Closed::Reason::finished});
  remove(stream);
}

}  // namespace grapevine::yamux
