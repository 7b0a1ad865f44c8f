// SPDX-License-Identifier: Apache-2.0
// The session's course: secure, choose the muxer, run it, end.
#include "core/session/state.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace grapevine::session {
namespace {

static_assert(yamux::Batch::capacity == noise::record_plaintext_max);

yamux::Config muxer_config(const Config& config) {
  const std::size_t initial = yamux::initial_credit;
  const auto window = std::max(config.receive_window, initial);
  const auto window_limit = (std::size_t{1} << 31) - 1;
  return {.inbound_streams_max = config.inbound_streams_max,
          .outbound_streams_max = config.outbound_streams_max,
          .receive_window = std::min(window, window_limit),
          .receive_window_max = std::clamp(config.receive_window_max, window, window_limit),
          .receive_budget = config.receive_budget,
          .control_frames_max = config.control_frames_max,
          .keep_alive_interval = config.keep_alive_interval,
          .keep_alive_timeout = config.keep_alive_timeout};
}

Failure failure_of(yamux::Error error) {
  switch (error) {
    case yamux::Error::keep_alive_timeout:
      return {SessionError::keep_alive_timeout, name(error)};
    case yamux::Error::remote_closed:
    case yamux::Error::remote_complained:
    case yamux::Error::remote_failed:
      return {SessionError::remote_closed, name(error)};
    default:
      return {SessionError::muxer_violation, name(error)};
  }
}

}  // namespace

Session::State::State(SessionSetup setup, Rng rng, TimePoint at)
    : role{setup.role},
      config{setup.config},
      protocols{setup.protocols},
      now{at},
      opening{std::make_unique<Opening>(setup, std::move(rng),
                                        base::saturating_add(at, config->handshake_timeout))},
      cleartext{opening->securing.take_output()} {
  ASSERT(protocols != nullptr);
}

void Session::State::on_bytes(Received in, TimePoint at) {
  now = at;
  if (closed) return;
  if (opening && !reader) {
    auto done = opening->securing.on_bytes(in.bytes);
    append(cleartext, opening->securing.take_output());
    if (!done) return fail(done.error());
    if (!*done) return;
    in.bytes = in.bytes.subspan((*done)->taken);
    secured(std::move(**done));
  }
  on_records(in);
}

void Session::State::secured(Securing::Done done) {
  auto& result = done.secured;
  writer.emplace(result.send_key);
  reader.emplace(result.receive_key);
  opening->established = {result.remote, std::move(result.remote_key)};
  if (result.muxer == yamux_protocol) return start_muxer();
  opening->muxer_choice = role == Role::dialer
                              ? Negotiation::propose({std::string{yamux_protocol}}, false)
                              : Negotiation::answer();
  append(plaintext, opening->muxer_choice->take_output());
}

void Session::State::on_records(Received& in) {
  while (!closed) {
    const auto piece = reader->next(in);
    if (!piece) return fail({SessionError::bad_record, name(piece.error())});
    if (!*piece) return;
    on_plaintext(**piece);
  }
}

void Session::State::on_plaintext(const SharedBytes& bytes) {
  if (opening) return choose_muxer(bytes);
  feed_muxer(bytes);
}

void Session::State::choose_muxer(const SharedBytes& bytes) {
  const std::array supported{std::string{yamux_protocol}};
  base::ByteReader in{bytes};
  const auto chosen = opening->muxer_choice->on_bytes(in, supported);
  append(plaintext, opening->muxer_choice->take_output());
  if (!chosen) return fail({SessionError::negotiation_failed, name(chosen.error())});
  if (!*chosen) return;
  start_muxer();
  feed_muxer(bytes.slice(in.rest()));
}

void Session::State::start_muxer() {
  const auto as = role == Role::dialer ? yamux::Role::client : yamux::Role::server;
  muxer.emplace(as, muxer_config(*config), now);
  opening->established.early_muxer = !opening->muxer_choice;
  events.push(std::move(opening->established));
  opening.reset();
}

void Session::State::feed_muxer(const SharedBytes& bytes) {
  const auto taken = muxer->on_bytes(bytes, now);
  drain_muxer();
  if (!taken) fail(failure_of(taken.error()));
}

void Session::State::drain_muxer() {
  while (auto event = muxer->poll()) {
    std::visit([this](auto& about) { on(about); }, *event);
  }
}

void Session::State::on_deadline(TimePoint at) {
  now = at;
  if (closed) return;
  if (const auto stalled = writes.deadline(config->write_stall); stalled && *stalled <= now) {
    return fail({SessionError::write_stalled, "the socket takes nothing"});
  }
  if (opening) {
    if (opening->deadline <= now) fail({SessionError::handshake_timeout, "no muxer in time"});
    return;
  }
  give_memory_back();
  while (const auto* const stream = negotiating.expired(now)) {
    give_up(stream->id, StreamClosed::Reason::timeout);
  }
  if (const auto alive = muxer->on_deadline(now); !alive) fail(failure_of(alive.error()));
}

/// Queues keep some memory from turn to turn; a session that is idle, and so does little but keep
/// itself alive, has no use for it.
void Session::State::give_memory_back() {
  if (events.empty()) events = {};
}

/// After this only what the muxer still says, a GoAway, is packed.
void Session::State::fail(Failure failure) {
  if (closed) return;
  closed = true;
  opening.reset();
  negotiating.clear();
  if (failure.reason != SessionError::muxer_violation &&
      failure.reason != SessionError::local_closed) {
    muxer.reset();
    cleartext.clear();
    plaintext.clear();
  }
  events.push(Closed{failure.reason, failure.detail});
}

std::optional<TimePoint> Session::State::next_deadline() const {
  if (closed) return std::nullopt;
  std::optional<TimePoint> next = writes.deadline(config->write_stall);
  const auto consider = [&next](std::optional<TimePoint> other) {
    if (other && (!next || *other < *next)) next = other;
  };
  if (opening) consider(opening->deadline);
  consider(negotiating.next_deadline());
  if (muxer) consider(muxer->next_deadline());
  return next;
}

bool Session::State::has_output() const {
  if (!cleartext.empty() || !plaintext.empty()) return true;
  return muxer && muxer->has_output();
}

void Session::State::announce() {
  if (announced || closed || !has_output()) return;
  announced = true;
  events.push(WantsWrite{});
}

bool Session::State::pack(Bytes& out, std::size_t budget) {
  const auto begin = out.size();
  append(out, cleartext);
  Bytes{}.swap(cleartext);
  if (!plaintext.empty()) {
    const auto first = std::exchange(plaintext, {});
    seal(std::array{ByteView{first}}, out);
  }
  if (muxer) pack_frames(out, begin + budget);
  writes.on_packed(out.size() - begin, now);
  const bool more = has_output();
  if (!more) announced = false;
  return more;
}

bool Session::State::seal(std::span<const ByteView> pieces, Bytes& out) {
  const auto sealed = writer->seal(pieces, out);
  if (!sealed) fail({SessionError::bad_record, name(sealed.error())});
  return sealed.has_value();
}

/// Fills records with whatever frames there are until `out` has `end` bytes.
void Session::State::pack_frames(Bytes& out, std::size_t end) {
  // A record below this would be more overhead than content.
  constexpr std::size_t record_min = 1024;
  yamux::Batch batch;
  while (out.size() < end && muxer && muxer->has_output()) {
    batch.reset(std::clamp(end - out.size(), record_min, noise::record_plaintext_max));
    muxer->gather(batch, now);
    if (!seal(batch.pieces(), out)) return;
  }
  if (!closed) drain_muxer();
}

}  // namespace grapevine::session
