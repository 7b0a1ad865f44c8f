// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace grapevine::api {

using Deadline = std::chrono::steady_clock::time_point;

/// When a wait that begins now ends; held at a year, so that no wait however long overflows.
inline Deadline deadline_in(std::chrono::milliseconds wait) {
  constexpr std::chrono::milliseconds longest = std::chrono::hours{24 * 365};
  return std::chrono::steady_clock::now() + std::clamp(wait, std::chrono::milliseconds{0}, longest);
}

/// What one thread waits for and another gives, once: the first word counts.
template <class T>
class Answer {
 public:
  void give(T value) {
    const std::lock_guard lock{mutex_};
    if (!value_) value_ = std::move(value);
    given_.notify_all();
  }
  /// nullopt when nothing came in time.
  std::optional<T> wait(Deadline until) {
    std::unique_lock lock{mutex_};
    given_.wait_until(lock, until, [&] { return value_.has_value(); });
    return std::exchange(value_, std::nullopt);
  }
  T wait() {
    std::unique_lock lock{mutex_};
    given_.wait(lock, [&] { return value_.has_value(); });
    return *std::exchange(value_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_;
  std::optional<T> value_;
};

}  // namespace grapevine::api
