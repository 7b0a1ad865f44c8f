// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/time.hpp"
#include "core/gossipsub/router.hpp"

namespace grapevine::net {

/// Decides whether our own messages wait before they enter the router. Publishers shall feel the
/// network's speed (their ring fills, and `publish` says so) instead of overrunning the outboxes:
/// the next share is published when it fits into every outbox.
///
/// But no peer may bring them to a halt, whether it is slow or pretends to be. One that makes no
/// room for a share within `patience` has a share published without it, and from then on each share
/// waits for it only `interval`, until it has room in time or `distrust` has passed. It finds its
/// outbox full, and what it does not get is counted as dropped. So the worst peer lets one share
/// pass in `patience`.
class Pacing {
 public:
  static constexpr Duration patience = std::chrono::seconds{2};
  static constexpr Duration interval = std::chrono::milliseconds{10};
  static constexpr Duration distrust = std::chrono::seconds{20};

  /// What is to be published at once, at most.
  struct Share {
    std::size_t messages;
    std::size_t bytes;
  };

  /// `rooms`: of the outboxes in which something waits.
  bool holds(std::span<const gossipsub::OutboxRoom> rooms, const Share& next, TimePoint now);
  /// When to ask again, whatever happens.
  TimePoint holds_until() const { return until_; }
  /// A share has entered the router: those who had their time for it have it again.
  void published(TimePoint now);

 private:
  /// A peer that has no room.
  struct Late {
    std::optional<TimePoint> until;  ///< how long the next share waits for it
    TimePoint distrusted_until = TimePoint::min();
    std::uint64_t call = 0;  ///< that saw it last
  };

  boost::unordered_flat_map<gossipsub::PeerHandle, Late> late_;
  TimePoint until_ = TimePoint::max();
  std::uint64_t call_ = 0;
};

}  // namespace grapevine::net
