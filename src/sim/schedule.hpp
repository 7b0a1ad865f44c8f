// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.hpp"

namespace grapevine::sim {

/// What is to happen, ordered by time and, at one time, by the order it was scheduled: a run is the
/// same on every machine.
template <class Event>
class Schedule {
 public:
  void at(TimePoint time, Event event) {
    heap_.push_back({time, order_++, std::move(event)});
    std::ranges::push_heap(heap_, later);
  }
  std::optional<TimePoint> next() const {
    return heap_.empty() ? std::nullopt : std::optional{heap_.front().time};
  }
  Event take() {
    std::ranges::pop_heap(heap_, later);
    auto event = std::move(heap_.back().event);
    heap_.pop_back();
    return event;
  }
  std::size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    TimePoint time;
    std::uint64_t order;
    Event event;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.time != b.time ? a.time > b.time : a.order > b.order;
  }

  std::vector<Entry> heap_;
  std::uint64_t order_ = 0;
};

}  // namespace grapevine::sim
