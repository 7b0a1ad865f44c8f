// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

#include "grapevine/node.hpp"

namespace grapevine::node {

/// What the network thread answered, and how fast.
struct Pulse {
  double lag_ms = -1;  ///< negative: no answer in time
  std::size_t peers = 0;
};

/// Asks the node's network thread something and tells how long the answer took. A thread of its own
/// does the asking, so that a network thread that hangs takes no other along. However many want to
/// know, there is one question at a time and at most ten a second.
class LifeProbe {
 public:
  explicit LifeProbe(Node node);
  LifeProbe(const LifeProbe&) = delete;
  LifeProbe& operator=(const LifeProbe&) = delete;
  ~LifeProbe();  ///< needs the node to be stopped, or alive

  /// Blocks until `wait` after the question was put, which somebody else may have done. Safe on
  /// every thread.
  Pulse check(std::chrono::milliseconds wait);

 private:
  using Time = std::chrono::steady_clock::time_point;
  void run();

  Node node_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool asking_ = false;
  Time asked_ = Time::min();
  Time answered_ = Time::min();
  Pulse last_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace grapevine::node
