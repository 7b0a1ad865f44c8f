// SPDX-License-Identifier: Apache-2.0
#include "core/yamux/muxer.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace grapevine::yamux {

std::string_view name(Error error) {
  switch (error) {
    case Error::bad_version:
      return "bad_version";
    case Error::bad_type:
      return "bad_type";
    case Error::bad_stream_id:
      return "bad_stream_id";
    case Error::stream_reused:
      return "stream_reused";
    case Error::credit_exceeded:
      return "credit_exceeded";
    case Error::credit_overflow:
      return "credit_overflow";
    case Error::too_many_refused:
      return "too_many_refused";
    case Error::keep_alive_timeout:
      return "keep_alive_timeout";
    case Error::remote_closed:
      return "remote_closed";
    case Error::remote_complained:
      return "remote_complained";
    case Error::remote_failed:
      return "remote_failed";
  }
  return "unknown";
}

std::string_view name(OpenError error) {
  switch (error) {
    case OpenError::too_many:
      return "too_many";
    case OpenError::backlog:
      return "backlog";
    case OpenError::ids_exhausted:
      return "ids_exhausted";
    case OpenError::ended:
      return "ended";
  }
  return "unknown";
}

Muxer::Muxer(Role role, const Config& config, TimePoint now)
    : role_{role},
      config_{config},
      keep_alive_{config.keep_alive_interval, config.keep_alive_timeout, now},
      ids_{role == Role::client ? 1U : 2U},
      used_ids_{role == Role::client ? 2U : 1U} {
  ASSERT(config.receive_window >= initial_credit);
  ASSERT(config.receive_window_max >= config.receive_window);
  ASSERT(config.receive_window_max < std::size_t{1} << 31);
}

Result<void, Error> Muxer::on_deadline(TimePoint now) {
  if (ended_) return {};
  give_memory_back();
  if (!keep_alive_.on_deadline(now)) return fail(Error::keep_alive_timeout);
  return {};
}

/// Queues keep some memory from turn to turn; a deadline comes when there was little to do.
void Muxer::give_memory_back() {
  for (const auto& stream : streams_) {
    if (stream->outgoing.empty()) stream->outgoing = {};
  }
  if (events_.empty()) events_ = {};
  if (pongs_.empty()) pongs_ = {};
  if (resets_.empty()) resets_ = {};
  if (control_.empty()) control_ = {};
  if (ready_.empty()) ready_ = {};
}

Result<StreamId, OpenError> Muxer::open(TimePoint now) {
  if (ended_) return unexpected(OpenError::ended);
  if (streams_.size() - inbound_count_ >= config_.outbound_streams_max) {
    return unexpected(OpenError::too_many);
  }
  if (unacknowledged_count_ >= config_.unacknowledged_max) return unexpected(OpenError::backlog);
  const auto id = ids_.next();
  if (!id) return unexpected(OpenError::ids_exhausted);

  Stream& stream = add_stream(*id, now);
  stream.syn_due = true;
  stream.unacknowledged = true;
  ++unacknowledged_count_;
  schedule(stream);
  return *id;
}

bool Muxer::write(StreamId id, SharedBytes bytes) {
  auto* const stream = streams_.find(id);
  if (stream == nullptr || stream->ending) return false;
  if (bytes.empty()) return true;
  stream->queued += bytes.size();
  stream->starved = false;
  stream->outgoing.push(std::move(bytes));
  schedule(*stream);
  return true;
}

void Muxer::end(StreamId id) {
  auto* const stream = streams_.find(id);
  if (stream == nullptr) return;
  stream->ending = true;
  schedule(*stream);
}

void Muxer::reset(StreamId id) {
  if (auto* const stream = streams_.find(id)) drop(*stream);
  events_.remove_if([id](const Event& event) {
    return std::visit([id](const auto& about) { return about.stream == id; }, event);
  });
}

void Muxer::consumed(StreamId id, std::size_t size) {
  auto* const stream = streams_.find(id);
  if (stream == nullptr) return;
  ASSERT(size <= stream->receive.held());
  stream->receive.consumed(static_cast<std::uint32_t>(size));
  schedule(*stream);
}

void Muxer::close(GoAway code) {
  if (ended_) return;
  ended_ = true;
  go_away_ = code;
  streams_.clear();
  control_.clear();
  ready_.clear();
  pongs_.clear();
  resets_.clear();
  inbound_count_ = 0;
  unacknowledged_count_ = 0;
  growth_ = 0;
}

std::optional<Event> Muxer::poll() {
  if (events_.empty()) return std::nullopt;
  return events_.pop();
}

std::optional<TimePoint> Muxer::next_deadline() const {
  if (ended_) return std::nullopt;
  return keep_alive_.next_deadline();
}

bool Muxer::has_output() const {
  if (ended_) return go_away_.has_value();
  return keep_alive_.ping_due() || !pongs_.empty() || !resets_.empty() || !control_.empty() ||
         !ready_.empty();
}

std::size_t Muxer::queued(StreamId id) const {
  const auto* const stream = streams_.find(id);
  return stream == nullptr ? 0 : stream->queued;
}

Stream& Muxer::add_stream(StreamId id, TimePoint now) {
  const auto window = static_cast<std::uint32_t>(config_.receive_window);
  if (inbound(id)) ++inbound_count_;
  return streams_.add(std::make_unique<Stream>(id, window, now));
}

/// Forgets the stream and tells the remote.
void Muxer::drop(Stream& stream) {
  if (!stream.syn_due) resets_.push(stream.id);  // else the remote never heard of it
  if (!stream.remote_ended) discard_allowance_ += stream.receive.credit();
  remove(stream);
}

void Muxer::remove(Stream& stream) {
  const auto id = stream.id;
  acknowledge(stream);
  if (inbound(id)) --inbound_count_;
  if (stream.in_control) control_.remove_if([id](StreamId other) { return other == id; });
  if (stream.in_ready) ready_.remove_if([id](StreamId other) { return other == id; });
  growth_ -= stream.receive.window() - config_.receive_window;
  streams_.remove(id);
}

/// Puts the stream where its next frame will be gathered.
void Muxer::schedule(Stream& stream) {
  if (stream.sendable() && !stream.in_ready) {
    stream.in_ready = true;
    ready_.push(stream.id);
  }
  if (owes_control(stream) && !stream.in_control) {
    stream.in_control = true;
    control_.push(stream.id);
  }
}

/// A frame without data is due: SYN and ACK wait for none when data is about to carry them.
bool Muxer::owes_control(const Stream& stream) {
  if (stream.fin_due()) return true;
  if (stream.receive.update_due() && !stream.remote_ended) return true;
  return (stream.syn_due || stream.ack_due) && !stream.sendable();
}

/// Ends the muxer. Only a rule the remote broke is told to it: it knows the rest.
std::unexpected<Error> Muxer::fail(Error error) {
  close(GoAway::protocol_error);
  if (error >= Error::keep_alive_timeout) go_away_.reset();
  return unexpected(error);
}

void Muxer::check_invariants() const {
  std::size_t inbound_seen = 0;
  std::size_t unacknowledged = 0;
  std::size_t growth = 0;
  for (const auto& stream : streams_) {
    inbound_seen += inbound(stream->id) ? 1 : 0;
    unacknowledged += stream->unacknowledged ? 1 : 0;
    growth += stream->receive.window() - config_.receive_window;
    ASSERT(stream->receive.window() <= config_.receive_window_max);
    ASSERT(stream->receive.credit() <= stream->receive.window());
    std::size_t queued = 0;
    for (const auto& piece : stream->outgoing) queued += piece.size();
    ASSERT(queued == stream->queued);
    ASSERT(stream->in_ready == (std::ranges::count(ready_, stream->id) == 1));
    ASSERT(stream->in_control == (std::ranges::count(control_, stream->id) == 1));
    ASSERT(!stream->sendable() || stream->in_ready);
    ASSERT(!owes_control(*stream) || stream->in_control);
    ASSERT(!(stream->fin_sent && stream->remote_ended));
  }
  ASSERT(inbound_seen == inbound_count_ && inbound_seen <= config_.inbound_streams_max);
  ASSERT(unacknowledged == unacknowledged_count_);
  ASSERT(unacknowledged <= config_.unacknowledged_max);
  ASSERT(growth == growth_ && growth <= config_.receive_budget);
  ASSERT(pongs_.size() <= config_.control_frames_max);
  ASSERT(used_ids_.gaps() <= UsedIds::gaps_max);
}

}  // namespace grapevine::yamux
