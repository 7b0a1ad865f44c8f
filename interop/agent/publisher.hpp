// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "agent/acks.hpp"
#include "agent/arguments.hpp"
#include "agent/clock.hpp"
#include "grapevine/node.hpp"

namespace grapevine::agent {

/// What `bench_publish` was asked to do.
struct Campaign {
  std::size_t size = 0;
  std::uint64_t count = 0;
  std::uint64_t window = 0;
  std::uint64_t warmup = 0;
  double rate = 0;  ///< messages a second; 0: as fast as the window allows
  std::uint64_t first_sequence = 0;
  std::uint64_t sequence_step = 1;  ///< above 1 where publishers share the topic, and the acks
  std::vector<std::string> acks;

  /// Takes it from the command's arguments; what is wrong stands there.
  static Campaign take(Arguments& from);
};

/// When the messages of a campaign are due.
class Schedule {
 public:
  /// `rate` in messages a second; 0: all are due at once.
  Schedule(double rate, std::int64_t begun_ns) : rate_{rate}, begun_ns_{begun_ns} {}

  /// How many messages should have been published by `now_ns`.
  std::uint64_t due(std::int64_t now_ns) const;
  /// When the message with this index, from 0, should be; at the start without a rate.
  std::int64_t time_of(std::uint64_t index) const;
  /// When a publisher that can do nothing now should look again because of the next message. One
  /// that is late waits for something else, not for its time.
  std::optional<std::int64_t> wake(std::uint64_t next, std::int64_t now_ns) const;

 private:
  double rate_;
  std::int64_t begun_ns_;
};

/// Publishes all of a campaign and waits until as much is acknowledged.
class Publisher {
 public:
  using Outcome = std::expected<boost::json::object, std::string>;

  /// `topic` and `stopped` outlive it. The message slots are prepared here.
  Publisher(Campaign campaign, const Topic& topic, const std::atomic<bool>& stopped);
  Outcome run();

 private:
  /// Everything is published, and as much is acknowledged.
  bool done() const;
  std::uint64_t due(std::int64_t now_ns) const;
  std::uint64_t publishable(std::int64_t now_ns) const;
  std::expected<std::uint64_t, std::string> publish(std::uint64_t number, std::int64_t now_ns);
  void start_clock();
  bool stalled(std::int64_t now_ns);
  std::string stall() const;
  void wait(std::int64_t now_ns);
  std::uint64_t reached() const { return acks_.empty() ? published_ : acks_.slowest(); }
  boost::json::object result() const;

  const Campaign campaign_;
  const Topic& topic_;
  const std::atomic<bool>& stopped_;
  AckReader acks_;
  std::vector<std::vector<std::uint8_t>> slots_;
  std::vector<std::span<const std::uint8_t>> batch_;
  std::uint64_t published_ = 0;
  Schedule schedule_{0, 0};
  std::optional<Stamp> start_;
  std::uint64_t progress_ = 0;
  std::int64_t progress_ns_ = 0;
};

}  // namespace grapevine::agent
