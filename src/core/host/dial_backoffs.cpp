// SPDX-License-Identifier: Apache-2.0
#include "core/host/dial_backoffs.hpp"

#include <algorithm>
#include <tuple>

namespace grapevine::host {

/// Who failed long ago begins anew.
void DialBackoffs::fail(const PeerId& peer, TimePoint now, Rng& rng) {
  auto found = entries_.find(peer);
  if (found == entries_.end()) {
    if (entries_.size() >= config_.px_backoffs_max) {
      entries_.erase(std::ranges::min_element(entries_, [](const auto& a, const auto& b) {
        return std::tie(a.second.until, a.first) < std::tie(b.second.until, b.first);
      }));
    }
    found = entries_.try_emplace(peer).first;
  }
  auto& entry = found->second;
  const bool stale = base::saturating_add(entry.until, config_.dial_backoff_max) < now;
  entry.wait = entry.wait == Duration{} || stale
                   ? config_.dial_backoff_min
                   : std::min(entry.wait * 2, config_.dial_backoff_max);
  const auto most = static_cast<std::uint64_t>(entry.wait.count() / 4);
  const Duration jitter{static_cast<Duration::rep>(rng.below(most + 1))};
  entry.until = base::saturating_add(now, entry.wait + jitter);
}

bool DialBackoffs::holds(const PeerId& peer, TimePoint now) const {
  const auto found = entries_.find(peer);
  return found != entries_.end() && now < found->second.until;
}

}  // namespace grapevine::host
