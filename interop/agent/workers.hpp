// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

namespace grapevine::agent {

/// Threads for what waits: one for each thing under way.
class Workers {
 public:
  void run(std::function<void()> work);
  /// Waits until none is under way, at most so long; answers whether that is so. Only then may what
  /// they use go.
  bool wait(std::chrono::milliseconds wait);

 private:
  /// Outlives a worker that is late.
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t active = 0;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// Calls functions later, one after the other on a thread of its own.
class Delays {
 public:
  ~Delays();  ///< what is not due yet is not called
  void call_in(std::chrono::milliseconds delay, std::function<void()> function);

 private:
  using Clock = std::chrono::steady_clock;
  struct Call {
    Clock::time_point due;
    std::uint64_t number;  ///< those due together are called in their order
    std::function<void()> function;
    bool operator>(const Call& other) const {
      return std::pair{due, number} > std::pair{other.due, other.number};
    }
  };
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::priority_queue<Call, std::vector<Call>, std::greater<>> calls_;
  std::uint64_t last_number_ = 0;
  bool stopping_ = false;
  std::thread thread_;  ///< runs from the first call on
};

}  // namespace grapevine::agent
