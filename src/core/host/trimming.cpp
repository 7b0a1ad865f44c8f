// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

namespace {

constexpr Duration trim_grace = std::chrono::seconds{30};    ///< younger connections stay
constexpr Duration trim_interval = std::chrono::seconds{1};  ///< between two that go

}  // namespace

std::set<PeerId> Host::State::meshed() const {
  std::set<PeerId> all;
  for (const auto& topic : router.topics()) {
    for (const auto& peer : router.mesh(topic)) all.insert(peer);
  }
  return all;
}

/// Only who chose us: not whom we dialled, nobody new, no direct peer, and no connection on which
/// the application has a stream.
bool Host::State::trimmable(const PeerEntry& peer) const {
  if (now - peer.connected_at < trim_grace || direct_index(peer.id)) return false;
  const auto is_app = [](const Use& use) { return std::holds_alternative<AppStream>(use); };
  return std::ranges::all_of(peer.links, [&](LinkId id) {
    const auto& link = *find(id);
    return !link.outbound && !link.lifted && count(link, is_app) == 0;
  });
}

/// Whoever came first and is of no use must not keep others out for ever: the one with the lowest
/// score goes, of equals the one that is here the shortest time. Slowly, so that a crowd of new
/// connections does not sweep out all the others.
void Host::State::trim() {
  if (now < next_trim) return;
  const auto kept = meshed();
  const PeerEntry* worst = nullptr;
  double lowest = 0;
  for (const auto& id : sorted_peers()) {
    const auto& peer = *find(id);
    if (kept.contains(id) || !trimmable(peer)) continue;
    const auto score = router.score(id);
    const bool worse = worst == nullptr || score < lowest ||
                       (score == lowest && peer.connected_at > worst->connected_at);
    if (!worse) continue;
    worst = &peer;
    lowest = score;
  }
  if (worst == nullptr) return;
  next_trim = base::saturating_add(now, trim_interval);
  doom_all(*worst, "another connection needs the room");
  settle();
}

}  // namespace grapevine::host
