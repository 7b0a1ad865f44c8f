// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

namespace {

/// Both ends must have both connections established before one is chosen, and what is on its way
/// must have arrived before the other is closed.
constexpr auto resolve_after = std::chrono::seconds{1};
constexpr auto close_after = std::chrono::seconds{5};

}  // namespace

PeerEntry* Host::State::find(const PeerId& peer) {
  const auto found = peers.find(peer);
  return found == peers.end() ? nullptr : found->second.get();
}

const PeerEntry* Host::State::find(const PeerId& peer) const {
  const auto found = peers.find(peer);
  return found == peers.end() ? nullptr : found->second.get();
}

PeerEntry& Host::State::peer_at(PeerHandle handle) {
  const auto found = by_handle.find(handle);
  ASSERT(found != by_handle.end());
  return *found->second;
}

/// An established connection joins its peer's. Above the limit per peer the oldest goes: a peer
/// that restarted is reached by its newest connection only (F26).
void Host::State::attach(Link& link, TimePoint now) {
  auto* peer = find(link.peer);
  const bool fresh = peer == nullptr;
  if (fresh) {
    auto entry = std::make_unique<PeerEntry>();
    entry->handle = PeerHandle{next_peer++};
    entry->id = link.peer;
    entry->connected_at = now;
    peer = entry.get();
    by_handle.emplace(entry->handle, peer);
    peers.emplace(link.peer, std::move(entry));
  }
  peer->links.push_back(link.id);
  if (fresh) {
    outputs.push(PeerConnected{link.peer, link.id, link.address, link.outbound});
  } else if (!link.lifted && config->per_peer_max <= 4) {
    timers.set({now + resolve_after, Timer::Kind::resolve, std::to_underlying(peer->handle)});
  }
  ask_identity(link, now);
  // Two more than the limit while simultaneous dials resolve.
  if (!link.lifted && peer->links.size() > config->per_peer_max + 2) {
    remove_link(peer->links.front(), "too many connections of this peer", now);
  }
}

void Host::State::detach(Link& link, std::string_view reason, TimePoint now) {
  auto& peer = *find(link.peer);
  std::erase(peer.links, link.id);
  std::erase_if(peer.gossip.in, [&](const StreamKey& key) { return key.link == link.id; });
  const bool gossip_lost = peer.gossip.out && peer.gossip.out->link == link.id;
  if (gossip_lost) {
    peer.gossip.out.reset();
    peer.gossip.protocol.clear();
    if (peer.gossip.in_router) router.on_stream_lost(peer.handle, now);
  }
  if (!peer.links.empty()) {
    if (gossip_lost) consider_gossip(peer, now);
    drain_router(now);
    return;
  }
  if (peer.gossip.in_router) router.remove_peer(peer.handle, now);
  drain_router(now);
  outputs.push(PeerDisconnected{link.peer, std::string{reason}});
  by_handle.erase(peer.handle);
  peers.erase(link.peer);
}

/// Of connections dialled from both sides at once the one is kept that the smaller peer id dialled:
/// both ends decide alike. Of several in one direction the newest is kept.
void Host::State::resolve_duplicates(PeerEntry& peer, TimePoint now) {
  if (peer.links.size() < 2) return;
  const bool keep_outbound = self < peer.id;
  auto keep = peer.links.back();
  const auto preferred = [&](LinkId id) { return find(id)->outbound == keep_outbound; };
  if (const auto found = std::find_if(peer.links.rbegin(), peer.links.rend(), preferred);
      found != peer.links.rend()) {
    keep = *found;
  }
  if (peer.gossip.out && peer.gossip.out->link != keep) {
    // The old stream still carries what was written to it; the new one begins with the hello.
    const auto old = *peer.gossip.out;
    open_gossip(peer, keep, now);
    if (auto* link = find(old.link)) {
      link->session->end_stream(old.stream);
      drain(*link, now);
    }
  }
  for (const auto id : peer.links) {
    if (id != keep)
      timers.set({now + close_after, Timer::Kind::close_link, std::to_underlying(id)});
  }
}

PeerView Host::State::view_of(const PeerEntry& peer) const {
  const auto& link = *links.at(peer.links.front());
  PeerView view;
  view.peer = peer.id;
  view.address = link.address;
  view.outbound = link.outbound;
  view.agent = to_text(peer.info.agent_version);
  view.protocols = peer.info.protocols;
  view.gossip_protocol = peer.gossip.protocol;
  view.round_trip = peer.round_trip ? peer.round_trip : link.session->round_trip();
  view.connected_at = peer.connected_at;
  return view;
}

}  // namespace grapevine::host
