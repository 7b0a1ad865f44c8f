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
    link,
    dial,
    connect,
    stagger,
    resolve,
    close_link,
    reopen_gossip,
    stream,
    backlog
  };
  TimePoint at;
  Kind kind;
  std::uint64_t subject = 0;  ///< a link, dial, connect or peer
  std::uint32_t stream = 0;
};

/// A heap of deadlines; equal times in the order they were set.
class Timers {
 public:
  void set(Timer timer) {
    heap_.push_back({timer, order_++});
    std::ranges::push_heap(heap_, later);
  }
  std::optional<TimePoint> next() const {
    return heap_.empty() ? std::nullopt : std::optional{heap_.front().timer.at};
  }
  /// The earliest timer that is due.
  std::optional<Timer> take_due(TimePoint now) {
    if (heap_.empty() || heap_.front().timer.at > now) return std::nullopt;
    std::ranges::pop_heap(heap_, later);
    const auto timer = heap_.back().timer;
    heap_.pop_back();
    if (heap_.empty()) heap_.shrink_to_fit();
    return timer;
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
};

}  // namespace grapevine::host
