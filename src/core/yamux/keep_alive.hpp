// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace grapevine::yamux {

/// Pings on a schedule: measures the round trip and notices a remote that has gone. The first ping
/// is due at once, because windows grow by the round trip.
class KeepAlive {
 public:
  KeepAlive(Duration interval, Duration timeout, TimePoint now)
      : interval_{interval}, timeout_{timeout}, next_at_{now + interval}, heard_at_{now} {}

  /// Anything at all came: the remote lives, even when its answer waits behind other data.
  void on_bytes(TimePoint now) { heard_at_ = now; }
  void on_pong(std::uint32_t value, TimePoint now);
  /// False when a ping went unanswered, and nothing else came, for the timeout.
  [[nodiscard]] bool on_deadline(TimePoint now);

  bool ping_due() const { return due_; }
  /// The ping leaves now; answers its value.
  std::uint32_t take_ping(TimePoint now);

  TimePoint next_deadline() const;
  std::optional<Duration> round_trip() const { return round_trip_; }

 private:
  TimePoint dead_at() const;

  Duration interval_;
  Duration timeout_;
  TimePoint next_at_;
  TimePoint heard_at_;
  TimePoint sent_at_;
  std::optional<Duration> round_trip_;
  std::uint32_t value_ = 0;
  bool due_ = true;
  bool waiting_ = false;
};

}  // namespace grapevine::yamux
