// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/time.hpp"

namespace grapevine::net {

/// Decides whether our own messages wait before they enter the router. Publishers shall feel the
/// network's speed (their ring fills, and `publish` says so) instead of overrunning the outboxes.
/// But no peer may bring them to a halt, whether it is slow or pretends to be: after `patience` a
/// share of what waits is published although somebody has not taken the last one, and from then on
/// only `interval` is waited for each share, until `distrust` has passed. Who is slower than that
/// finds its outbox full, and what it does not get is counted as dropped.
class Pacing {
 public:
  static constexpr Duration patience = std::chrono::milliseconds{100};
  static constexpr Duration interval = std::chrono::milliseconds{5};
  static constexpr Duration distrust = std::chrono::seconds{10};

  /// `pending`: an outbox still holds something of what came before.
  bool holds(bool pending, TimePoint now);
  bool holding() const { return until_.has_value(); }
  /// When to ask again, whatever happens.
  TimePoint holds_until() const { return until_.value_or(TimePoint::max()); }

 private:
  std::optional<TimePoint> until_;
  TimePoint distrusted_until_ = TimePoint::min();
};

}  // namespace grapevine::net
