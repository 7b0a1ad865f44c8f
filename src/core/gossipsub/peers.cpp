// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/peers.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace grapevine::gossipsub {

Peer& Peers::add(PeerHandle handle, const PeerInfo& info) {
  const auto [place, fresh] = peers_.try_emplace(handle, std::make_unique<Peer>());
  ASSERT(fresh);
  auto& peer = *place->second;
  peer.handle = handle;
  peer.id = info.id;
  peer.outbound = info.outbound;
  order_.insert(std::ranges::lower_bound(order_, handle), handle);
  return peer;
}

void Peers::remove(PeerHandle handle) {
  ASSERT(peers_.erase(handle) == 1);
  order_.erase(std::ranges::lower_bound(order_, handle));
}

Peer* Peers::find(PeerHandle handle) {
  const auto found = peers_.find(handle);
  return found == peers_.end() ? nullptr : found->second.get();
}

const Peer* Peers::find(const PeerId& id) const {
  for (const auto handle : order_) {
    if (const auto* peer = find(handle); peer->id == id) return peer;
  }
  return nullptr;
}

Peer& Peers::at(PeerHandle handle) {
  auto* peer = find(handle);
  ASSERT(peer != nullptr);
  return *peer;
}

}  // namespace grapevine::gossipsub
