// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/time.hpp"
#include "core/host/events.hpp"

namespace grapevine::net {

/// Decides whether our own messages wait before they enter the router. Publishers shall feel the
/// network's speed (their ring fills and `publish` says so) instead of overrunning the outboxes;
/// but no single peer may slow them down, whether it is slow or pretends to be. So each link that
/// has not taken all that is queued for it holds publishing, for `patience` at a time; one that
/// needs longer is not waited for until `distrust` has passed, and its outbox fills and drops.
class Backlog {
 public:
  static constexpr Duration patience = std::chrono::milliseconds{100};
  static constexpr Duration distrust = std::chrono::seconds{10};

  /// `link` has more queued than it could take.
  void behind(host::LinkId link, TimePoint now);
  /// It took all of it.
  void caught_up(host::LinkId link);
  void forget(host::LinkId link);

  bool holds(TimePoint now);
  /// When `holds` may change by itself; never later than that.
  TimePoint holds_until() const { return holds_until_; }
  bool empty() const;  ///< every link took all there was

 private:
  struct Entry {
    host::LinkId link;
    TimePoint waited_until;
    TimePoint distrusted_until;
    bool behind;
  };
  std::vector<Entry> entries_;  ///< few: only busy or distrusted links
  TimePoint holds_until_ = TimePoint::max();
};

}  // namespace grapevine::net
