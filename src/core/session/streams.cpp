// SPDX-License-Identifier: Apache-2.0
// The session's streams: each agrees on its protocol first, then carries it.
#include <algorithm>
#include <utility>

#include "core/session/state.hpp"

namespace grapevine::session {
namespace {

/// The stream an event is about; zero for those about the session.
StreamId stream_of(const Event& event) {
  return std::visit(
      [](const auto& about) -> StreamId {
        if constexpr (requires { about.stream; }) return about.stream;
        return 0;
      },
      event);
}

}  // namespace

void Session::State::on(const yamux::Opened& opened) {
  if (negotiating.inbound_count() >= config->negotiating_streams_max) {
    return muxer->reset(opened.stream);
  }
  negotiating.add({.id = opened.stream,
                   .deadline = base::saturating_add(now, config->negotiate_timeout),
                   .negotiation = Negotiation::answer()});
}

void Session::State::on(yamux::Data& data) {
  if (auto* const stream = negotiating.find(data.stream)) return negotiate(*stream, data.bytes);
  events.push(StreamData{data.stream, std::move(data.bytes)});
}

void Session::State::on(const yamux::Ended& ended) {
  if (negotiating.find(ended.stream)) return give_up(ended.stream, StreamClosed::Reason::reset);
  events.push(StreamEnded{ended.stream});
}

void Session::State::on(const yamux::Closed& gone) {
  if (negotiating.find(gone.stream)) return give_up(gone.stream, StreamClosed::Reason::reset);
  const bool finished = gone.reason == yamux::Closed::Reason::finished;
  using Reason = StreamClosed::Reason;
  events.push(StreamClosed{gone.stream, finished ? Reason::finished : Reason::reset});
}

void Session::State::on(const yamux::Writable& writable) {
  const auto* const stream = negotiating.find(writable.stream);
  if (stream == nullptr || stream->negotiation.may_send()) {
    events.push(StreamWritable{writable.stream});
  }
}

void Session::State::negotiate(NegotiatingStream& stream, const SharedBytes& bytes) {
  const auto id = stream.id;
  base::ByteReader in{bytes};
  auto outcome = stream.negotiation.on_bytes(in, protocols->supported, protocols->also);
  if (auto output = stream.negotiation.take_output(); !output.empty()) {
    muxer->write(id, SharedBytes{std::move(output)});
  }
  if (!outcome) return give_up(id, StreamClosed::Reason::protocol_refused);
  muxer->consumed(id, bytes.size() - in.remaining());
  if (!*outcome) return;
  agreed(id, std::move((*outcome)->protocol));
  if (!in.empty()) events.push(StreamData{id, bytes.slice(in.rest())});
}

void Session::State::agreed(StreamId id, std::string protocol) {
  const auto stream = negotiating.take(id);
  events.push(StreamOpened{id, stream->inbound(), std::move(protocol)});
  for (auto& piece : stream->held) muxer->write(id, std::move(piece));
  if (stream->ending) muxer->end(id);
}

/// Ends a stream in negotiation. The application never heard of an inbound one.
void Session::State::give_up(StreamId id, StreamClosed::Reason reason) {
  const auto stream = negotiating.take(id);
  muxer->reset(id);
  if (!stream->inbound()) events.push(StreamClosed{id, reason});
}

Result<StreamId, OpenError> Session::State::open_stream(std::vector<std::string> proposals) {
  if (closed || opening) return unexpected(OpenError::not_ready);
  const auto id = muxer->open(now);
  if (!id) return unexpected(OpenError::too_many);
  auto& stream = negotiating.add({.id = *id,
                                  .deadline = base::saturating_add(now, config->negotiate_timeout),
                                  .negotiation = Negotiation::propose(std::move(proposals), true)});
  muxer->write(*id, SharedBytes{stream.negotiation.take_output()});
  return *id;
}

bool Session::State::write(StreamId id, SharedBytes bytes) {
  if (closed || opening) return false;
  auto* const stream = negotiating.find(id);
  if (stream == nullptr || stream->negotiation.may_send()) {
    return muxer->write(id, std::move(bytes));
  }
  if (stream->inbound() || stream->ending) return false;
  stream->held.push_back(std::move(bytes));
  return true;
}

void Session::State::end_stream(StreamId id) {
  if (closed || opening) return;
  auto* const stream = negotiating.find(id);
  if (stream == nullptr || stream->negotiation.may_send()) return muxer->end(id);
  if (!stream->inbound()) stream->ending = true;
}

void Session::State::reset_stream(StreamId id) {
  if (closed || opening) return;
  if (negotiating.find(id)) negotiating.take(id);
  muxer->reset(id);
  events.remove_if([id](const Event& event) { return stream_of(event) == id; });
}

}  // namespace grapevine::session
