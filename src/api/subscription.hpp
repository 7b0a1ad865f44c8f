// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/queue.hpp"
#include "grapevine/node.hpp"

namespace grapevine {

/// A subscription's buffer. The loop collects a turn's messages without a lock and hands them over
/// at once; the application takes them on any thread. Invariant: `bytes` is the sum of the costs of
/// what is buffered, and at most `bytes_max` unless one message alone is larger.
struct Subscription::State {
  /// `released` is called when the application lets go of the subscription, on any thread.
  State(SubscriptionOptions options_in, std::function<void()> released_in)
      : options{std::move(options_in)}, released{std::move(released_in)} {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { released(); }

  // --- from the loop ---
  /// Answers whether this is the first message of the turn.
  bool collect(Message message);
  /// The turn is over: what it brought can be taken.
  void hand_over();
  /// No more will come; what is there can still be taken.
  void end();

  // --- from any thread ---
  std::vector<Message> take(std::size_t count, std::chrono::milliseconds wait);
  void close();

  const SubscriptionOptions options;
  const std::function<void()> released;
  std::vector<Message> turn;  ///< the loop's alone

  mutable std::mutex mutex;
  std::condition_variable arrived;
  base::Queue<Message> buffer;
  std::size_t bytes = 0;
  std::uint64_t lost = 0;
  std::size_t waiting = 0;  ///< threads in `take`
  bool closed = false;
  std::shared_ptr<const std::function<void()>> on_ready;

 private:
  void add(Message message);
};

}  // namespace grapevine
