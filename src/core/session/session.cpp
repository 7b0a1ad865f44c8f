// SPDX-License-Identifier: Apache-2.0
#include "core/session/session.hpp"

#include "core/session/state.hpp"

namespace grapevine::session {

std::string_view name(SessionError error) {
  switch (error) {
    case SessionError::negotiation_failed:
      return "negotiation_failed";
    case SessionError::handshake_failed:
      return "handshake_failed";
    case SessionError::wrong_peer:
      return "wrong_peer";
    case SessionError::self_dial:
      return "self_dial";
    case SessionError::bad_record:
      return "bad_record";
    case SessionError::muxer_violation:
      return "muxer_violation";
    case SessionError::handshake_timeout:
      return "handshake_timeout";
    case SessionError::keep_alive_timeout:
      return "keep_alive_timeout";
    case SessionError::write_stalled:
      return "write_stalled";
    case SessionError::remote_closed:
      return "remote_closed";
    case SessionError::local_closed:
      return "local_closed";
  }
  return "unknown";
}

std::string_view name(OpenError error) {
  switch (error) {
    case OpenError::not_ready:
      return "not_ready";
    case OpenError::too_many:
      return "too_many";
  }
  return "unknown";
}

Session::Session(SessionSetup setup, Rng rng, TimePoint now)
    : state_{std::make_unique<State>(std::move(setup), std::move(rng), now)} {
  state_->announce();
}

Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

void Session::on_bytes(Received in, TimePoint now) {
  state_->on_bytes(in, now);
  state_->announce();
}

void Session::on_deadline(TimePoint now) {
  state_->on_deadline(now);
  state_->announce();
}

Result<StreamId, OpenError> Session::open_stream(std::vector<std::string> proposals,
                                                 TimePoint now) {
  state_->now = now;
  auto opened = state_->open_stream(std::move(proposals));
  state_->announce();
  return opened;
}

bool Session::write(StreamId stream, SharedBytes bytes) {
  const bool written = state_->write(stream, std::move(bytes));
  state_->announce();
  return written;
}

void Session::end_stream(StreamId stream) {
  state_->end_stream(stream);
  state_->announce();
}

void Session::reset_stream(StreamId stream) {
  state_->reset_stream(stream);
  state_->announce();
}

void Session::consumed(StreamId stream, std::size_t size) {
  if (!state_->muxer) return;
  state_->muxer->consumed(stream, size);
  state_->announce();
}

void Session::close() {
  if (state_->closed) return;
  if (state_->muxer) state_->muxer->close(yamux::GoAway::normal);
  state_->fail({SessionError::local_closed, "closed here"});
}

void Session::set_protocols(std::shared_ptr<const Protocols> protocols) {
  state_->protocols = std::move(protocols);
}

std::optional<Event> Session::poll() {
  if (state_->events.empty()) return std::nullopt;
  return state_->events.pop();
}

bool Session::pack(Bytes& out, std::size_t budget, TimePoint now) {
  state_->now = now;
  return state_->pack(out, budget);
}

void Session::on_written(std::size_t size, TimePoint now) { state_->writes.on_written(size, now); }

std::optional<TimePoint> Session::next_deadline() const { return state_->next_deadline(); }

bool Session::established() const { return state_->muxer && !state_->opening && !state_->closed; }

bool Session::wants_read() const {
  return !state_->closed && !(state_->muxer && state_->muxer->congested());
}

std::size_t Session::queued(StreamId stream) const {
  std::size_t size = state_->muxer ? state_->muxer->queued(stream) : 0;
  if (const auto* const waiting = state_->negotiating.find(stream)) {
    for (const auto& piece : waiting->held) size += piece.size();
  }
  return size;
}

std::size_t Session::stream_count() const {
  return state_->muxer ? state_->muxer->stream_count() : 0;
}

std::optional<Duration> Session::round_trip() const {
  return state_->muxer ? state_->muxer->round_trip() : std::nullopt;
}

}  // namespace grapevine::session
