// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

#include "base/time.hpp"

namespace grapevine::net {

/// The cores' time in the real world: the monotonic clock, so that no change of the wall clock
/// moves a timer (F08).
inline TimePoint now() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return TimePoint{std::chrono::duration_cast<Duration>(since)};
}

inline std::chrono::steady_clock::time_point to_steady(TimePoint time) {
  using std::chrono::steady_clock;
  constexpr auto furthest =
      std::chrono::floor<Duration>(steady_clock::time_point::max().time_since_epoch());
  return steady_clock::time_point{std::min(time.time_since_epoch(), furthest)};
}

}  // namespace grapevine::net
