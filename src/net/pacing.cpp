// SPDX-License-Identifier: Apache-2.0
#include "net/pacing.hpp"

#include <algorithm>

namespace grapevine::net {

bool Pacing::holds(std::span<const gossipsub::OutboxRoom> rooms, const Share& next, TimePoint now) {
  ++call_;
  until_ = TimePoint::max();
  for (const auto& room : rooms) {
    if (room.messages >= next.messages && room.bytes >= next.bytes) continue;
    auto& late = late_[room.peer];
    late.call = call_;
    const bool distrusted = now < late.distrusted_until;
    if (!late.until) late.until = now + (distrusted ? interval : patience);
    if (now < *late.until) {
      until_ = std::min(until_, *late.until);
    } else if (!distrusted) {
      late.distrusted_until = now + distrust;
    }
  }
  boost::unordered::erase_if(late_, [&](const auto& entry) { return entry.second.call != call_; });
  return until_ != TimePoint::max();
}

void Pacing::published(TimePoint now) {
  for (auto& [peer, late] : late_) {
    if (late.until && *late.until <= now) late.until.reset();
  }
}

}  // namespace grapevine::net
