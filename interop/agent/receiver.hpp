// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "grapevine/message.hpp"

namespace grapevine::agent {

/// What `bench_receive` expects. `size` is at least that of a header; the others are above 0.
struct Expectation {
  std::string topic;
  std::size_t size = 0;
  std::uint64_t count = 0;
  std::uint64_t ack_every = 1;
};

/// Counts and checks the messages of one run. Safe on every thread.
class Receiver {
 public:
  /// `announce` is told how many have come, whenever that is to be acknowledged.
  Receiver(Expectation expectation, std::function<void(std::uint64_t)> announce);

  const std::string& topic() const { return expectation_.topic; }
  /// Counts messages that came by `now_ns` until the run is complete, and acknowledges. Answers how
  /// many it took: less than all when the run ended among them.
  std::size_t take(std::span<const Message> batch, std::int64_t now_ns);
  bool complete() const;
  /// The `bench_received` event of the run, finished or not.
  boost::json::object report() const;

 private:
  void count(std::span<const std::uint8_t> data, std::int64_t now_ns);

  const Expectation expectation_;
  const std::vector<std::uint8_t> blank_;  ///< what all messages look like behind their header
  const std::function<void(std::uint64_t)> announce_;

  mutable std::mutex mutex_;
  std::vector<bool> seen_;
  std::uint64_t received_ = 0;  ///< distinct sequences in range
  std::uint64_t corrupt_ = 0;
  std::uint64_t repeated_ = 0;
  std::int64_t first_ns_ = 0;
  std::int64_t last_ns_ = 0;
  std::int64_t first_cpu_us_ = 0;
  std::vector<std::int64_t> latencies_ns_;
};

}  // namespace grapevine::agent
