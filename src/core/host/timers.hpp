// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.hpp"

namespace grapevine::host {

/// What is to be looked at when its time comes. Nothing is ever cancelled: who set it checks
/// whether it still matters.
struct Timer {
  enum class Kind : std::uint8_t {
    link,           ///< a session's deadline
    dial,           ///< one address did not answer
    connect,        ///< one command took too long
    stagger,        ///< the next address of a command
    resolve,        ///< a peer has more connections than it needs
    retire,         ///< a connection that another one replaces
    reopen_gossip,  ///< a peer's gossip stream was lost
    stream,         ///< one of our own protocols takes too long
    redial,         ///< a direct peer
    push,           ///< peers are to hear what has changed
    size_cap,       ///< what a peer does not take is to be tried again
    ask_again,      ///< a peer pushed more often than is listened to
  };
  TimePoint at;
  Kind kind;
  std::uint32_t stream = 0;
  std::uint64_t subject = 0;  ///< a link, dial, connect, peer or direct peer
};

/// A heap of deadlines; equal times in the order they were set. Dead entries are swept out when
/// they may be the most: memory follows what lives, however fast things come and go.
class Timers {
 public:
  void set(const Timer& timer) {
    heap_.push_back({timer, order_++});
    std::ranges::push_heap(heap_, later);
  }
  std::optional<TimePoint> next() const {
    return heap_.empty() ? std::nullopt : std::optional{heap_.front().timer.at};
  }
  /// Timers set so far: a bound for `take_due`.
  std::uint64_t order() const { return order_; }
  /// The earliest timer that is due and was set before `order`: who sets a timer for now does not
  /// keep the caller's loop going.
  std::optional<Timer> take_due(TimePoint now, std::uint64_t order) {
    if (heap_.empty() || heap_.front().timer.at > now || heap_.front().order >= order) return {};
    std::ranges::pop_heap(heap_, later);
    const auto timer = heap_.back().timer;
    heap_.pop_back();
    return timer;
  }
  /// It has grown to twice what was left by the last sweep.
  bool crowded() const { return heap_.size() >= 2 * swept_ + 64; }
  /// Removes the timers that nobody waits for any more.
  template <class Predicate>
  void sweep(Predicate alive) {
    std::erase_if(heap_, [&](const Entry& entry) { return !alive(entry.timer); });
    std::ranges::make_heap(heap_, later);
    if (heap_.size() * 4 < heap_.capacity()) heap_.shrink_to_fit();
    swept_ = heap_.size();
  }
  std::size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    Timer timer;
    std::uint64_t order;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.timer.at != b.timer.at ? a.timer.at > b.timer.at : a.order > b.order;
  }
  std::vector<Entry> heap_;
  std::uint64_t order_ = 0;
  std::size_t swept_ = 0;  ///< size after the last sweep
};

}  // namespace grapevine::host
