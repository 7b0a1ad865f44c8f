// SPDX-License-Identifier: Apache-2.0
// The receiving half of the muxer: bytes to frames, frames to events.
#include <algorithm>
#include <limits>
#include <utility>

#include "core/yamux/muxer.hpp"

namespace grapevine::yamux {
namespace {

constexpr auto credit_max = std::numeric_limits<std::uint32_t>::max();

std::uint32_t body_size(const Header& header) {
  return header.type == FrameType::data ? header.length : 0;
}

/// A reset's length is an error code in some implementations, no credit.
std::uint32_t credit_of(const Header& header) {
  return header.type == FrameType::window_update && !header.has(flag::rst) ? header.length : 0;
}

Error error_of(FrameError error) {
  return error == FrameError::bad_version ? Error::bad_version : Error::bad_type;
}

}  // namespace

Result<void, Error> Muxer::on_bytes(const SharedBytes& bytes, TimePoint now) {
  if (ended_) return {};
  keep_alive_.on_bytes(now);
  for (std::size_t offset = 0; offset < bytes.size();) {
    if (input_.body_left > 0) {
      offset += take_body(bytes, offset);
      continue;
    }
    const auto taken = take_header(bytes.view().subspan(offset), now);
    if (!taken) return unexpected(taken.error());
    offset += *taken;
  }
  return {};
}

/// Takes one header, or what there is of it, off the front of `rest`.
Result<std::size_t, Error> Muxer::take_header(ByteView rest, TimePoint now) {
  const auto take = std::min<std::size_t>(header_size - input_.collected, rest.size());
  std::ranges::copy(rest.first(take), input_.header.begin() + input_.collected);
  input_.collected = static_cast<std::uint8_t>(input_.collected + take);
  if (input_.collected < header_size) return take;

  input_.collected = 0;
  const auto header = decode_header(input_.header);
  if (!header) return fail(error_of(header.error()));
  if (const auto done = on_header(*header, now); !done) return unexpected(done.error());
  return take;
}

/// Takes the body being received, or what there is of it.
std::size_t Muxer::take_body(const SharedBytes& bytes, std::size_t offset) {
  const auto take = std::min<std::size_t>(input_.body_left, bytes.size() - offset);
  input_.body_left -= static_cast<std::uint32_t>(take);
  if (input_.stream == 0) return take;
  auto* const stream = streams_.find(input_.stream);
  if (stream == nullptr) return take;  // reset by us in the middle of its frame
  events_.push(Data{stream->id, bytes.slice(offset, take)});
  if (input_.body_left == 0 && input_.fin) on_fin(*stream);
  return take;
}

Result<void, Error> Muxer::on_header(const Header& header, TimePoint now) {
  switch (header.type) {
    case FrameType::data:
    case FrameType::window_update:
      return on_stream_frame(header, now);
    case FrameType::ping:
      return on_ping(header, now);
    case FrameType::go_away:
      return on_go_away(header);
  }
  std::unreachable();
}

Result<void, Error> Muxer::on_stream_frame(const Header& header, TimePoint now) {
  if (header.stream == 0) return fail(Error::bad_stream_id);
  if (header.has(flag::syn)) {
    if (auto opened = on_syn(header, now); !opened) return opened;
  }
  auto* const stream = streams_.find(header.stream);
  return stream == nullptr ? on_unknown(header) : on_known(*stream, header, now);
}

/// Everything is checked before any state is made (V18, V19).
Result<void, Error> Muxer::on_syn(const Header& header, TimePoint now) {
  if (!inbound(header.stream)) return fail(Error::bad_stream_id);
  if (body_size(header) > initial_credit) return fail(Error::credit_exceeded);
  if (credit_of(header) > credit_max - initial_credit) return fail(Error::credit_overflow);
  if (!used_ids_.take(header.stream)) return fail(Error::stream_reused);
  if (header.has(flag::rst)) {
    discard_allowance_ += body_size(header);
    return {};
  }
  if (inbound_count_ >= config_.inbound_streams_max) {
    discard_allowance_ += initial_credit;
    resets_.push(header.stream);
  } else {
    Stream& stream = add_stream(header.stream, now);
    stream.ack_due = true;
    schedule(stream);
    events_.push(Opened{stream.id});
  }
  // Every stream can wait for its reset once; more are opens that nobody waits an answer for.
  const auto waiting_max =
      config_.control_frames_max + config_.inbound_streams_max + config_.outbound_streams_max;
  if (resets_.size() > waiting_max) return fail(Error::too_many_refused);
  return {};
}

/// Frames for streams that are gone, or that the remote gave up before it used them, are no fault;
/// but no more data than was once granted on such streams is taken.
Result<void, Error> Muxer::on_unknown(const Header& header) {
  if (body_size(header) > discard_allowance_) return fail(Error::credit_exceeded);
  // No window is left to add to, so the smallest that ever is stands for it (V18).
  if (credit_of(header) > credit_max - initial_credit) return fail(Error::credit_overflow);
  discard_allowance_ -= body_size(header);
  expect_body(0, header);
  return {};
}

Result<void, Error> Muxer::on_known(Stream& stream, const Header& header, TimePoint now) {
  acknowledge(stream);
  if (header.has(flag::rst)) return on_reset(stream, header);
  if (header.type == FrameType::data) return on_data(stream, header, now);
  return on_credit(stream, header);
}

Result<void, Error> Muxer::on_reset(Stream& stream, const Header& header) {
  if (body_size(header) > stream.receive.credit()) return fail(Error::credit_exceeded);
  events_.push(Closed{stream.id, Closed::Reason::reset});
  remove(stream);
  expect_body(0, header);
  return {};
}

Result<void, Error> Muxer::on_data(Stream& stream, const Header& header, TimePoint now) {
  const auto size = header.length;
  if (!stream.receive.take(size, now)) return fail(Error::credit_exceeded);
  if (stream.remote_ended &&
      size > 0) {  // data behind its FIN: this stream makes no sense any more
    events_.push(Closed{stream.id, Closed::Reason::reset});
    drop(stream);
    expect_body(0, header);
    return {};
  }
  expect_body(stream.id, header);
  if (size == 0 && header.has(flag::fin)) on_fin(stream);
  return {};
}

Result<void, Error> Muxer::on_credit(Stream& stream, const Header& header) {
  if (header.length > credit_max - stream.send_credit) return fail(Error::credit_overflow);
  stream.send_credit += header.length;
  if (stream.starved && header.length > 0) tell_writable(stream);
  schedule(stream);
  if (header.has(flag::fin)) on_fin(stream);
  return {};
}

Result<void, Error> Muxer::on_ping(const Header& header, TimePoint now) {
  if (header.stream != 0) return fail(Error::bad_stream_id);
  if (header.has(flag::ack)) {
    keep_alive_.on_pong(header.length, now);
  } else if (pongs_.size() < config_.control_frames_max) {
    pongs_.push(header.length);
  }  // else a flood: who sends hundreds without reading the answers misses none (V17)
  return {};
}

Result<void, Error> Muxer::on_go_away(const Header& header) {
  if (header.stream != 0) return fail(Error::bad_stream_id);
  switch (header.length) {
    case std::to_underlying(GoAway::normal):
      return fail(Error::remote_closed);
    case std::to_underlying(GoAway::protocol_error):
      return fail(Error::remote_complained);
    default:
      return fail(Error::remote_failed);
  }
}

void Muxer::on_fin(Stream& stream) {
  if (stream.remote_ended) return;
  stream.remote_ended = true;
  events_.push(Ended{stream.id});
  finish_if_done(stream);
}

void Muxer::expect_body(StreamId stream, const Header& header) {
  input_.stream = stream;
  input_.body_left = body_size(header);
  input_.fin = header.has(flag::fin);
}

/// Any frame of the remote's about the stream shows that it knows it.
void Muxer::acknowledge(Stream& stream) {
  if (!stream.unacknowledged) return;
  stream.unacknowledged = false;
  --unacknowledged_count_;
}

}  // namespace grapevine::yamux
