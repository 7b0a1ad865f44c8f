// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "grapevine/node.hpp"

namespace grapevine::node {

/// Asks the node's network thread something and tells how long the answer took. A thread of its own
/// does the asking, so that a network thread that hangs takes no other along.
class LifeProbe {
 public:
  explicit LifeProbe(Node node);
  LifeProbe(const LifeProbe&) = delete;
  LifeProbe& operator=(const LifeProbe&) = delete;
  ~LifeProbe();  ///< needs the node to be stopped, or alive

  /// Milliseconds, or -1 when there was no answer within `wait`. Safe on every thread.
  double lag(std::chrono::milliseconds wait);

 private:
  void run();

  Node node_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;
  double milliseconds_ = -1;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace grapevine::node
