// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/time.hpp"

namespace grapevine::session {

/// Notices a socket that takes nothing any more.
class WriteProgress {
 public:
  void on_packed(std::size_t size, TimePoint now) {
    if (in_flight_ == 0) moved_at_ = now;
    in_flight_ += size;
  }
  void on_written(std::size_t size, TimePoint now) {
    in_flight_ -= std::min(size, in_flight_);
    if (size > 0) moved_at_ = now;
  }
  std::optional<TimePoint> deadline(Duration stall) const {
    return in_flight_ == 0 ? std::nullopt : std::optional{base::saturating_add(moved_at_, stall)};
  }

 private:
  std::size_t in_flight_ = 0;  ///< bytes packed that the socket has not taken
  TimePoint moved_at_;
};

}  // namespace grapevine::session
