// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <limits>

namespace grapevine {

/// Time as the cores see it: a value passed in. There is deliberately no now() to call.
struct CoreClock {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<CoreClock>;
  static constexpr bool is_steady = true;
};
using Duration = CoreClock::duration;
using TimePoint = CoreClock::time_point;

namespace base {

/// `time + span`, held at the ends of the range: no remote number may wrap the clock (V35, V36).
constexpr TimePoint saturating_add(TimePoint time, Duration span) {
  const auto at = time.time_since_epoch().count();
  const auto by = span.count();
  using limits = std::numeric_limits<Duration::rep>;
  if (by > 0 && at > limits::max() - by) return TimePoint::max();
  if (by < 0 && at < limits::min() - by) return TimePoint::min();
  return TimePoint{Duration{at + by}};
}

}  // namespace base
}  // namespace grapevine
