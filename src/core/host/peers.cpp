// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

namespace {

/// Both ends must have both connections established before one is chosen, and what is on its way
/// must have arrived before the other is closed.
constexpr auto resolve_after = std::chrono::seconds{1};
constexpr auto retire_after = std::chrono::seconds{5};
/// Two connections dialled from both sides within this time are one meeting. Later ones are not:
/// the older may be what a peer left behind when it restarted (F26).
constexpr auto simultaneous = std::chrono::seconds{10};
/// Connections above the limit while simultaneous dials resolve.
constexpr std::size_t resolving_max = 2;

}  // namespace

PeerEntry* Host::State::find(const PeerId& peer) {
  const auto found = peers.find(peer);
  return found == peers.end() ? nullptr : found->second.get();
}

const PeerEntry* Host::State::find(const PeerId& peer) const {
  const auto found = peers.find(peer);
  return found == peers.end() ? nullptr : found->second.get();
}

PeerEntry* Host::State::find(PeerHandle handle) {
  const auto found = by_handle.find(handle);
  return found == by_handle.end() ? nullptr : found->second;
}

/// Peers by id: the order of anything observable never comes from a hash table.
std::vector<PeerId> Host::State::sorted_peers() const {
  std::vector<PeerId> ids;
  ids.reserve(peers.size());
  for (const auto& [id, peer] : peers) ids.push_back(id);
  std::ranges::sort(ids);
  return ids;
}

/// The connection for new streams: the newest that stays.
Link* Host::State::main_link(const PeerEntry& peer) {
  Link* best = nullptr;
  for (const auto id : peer.links) {
    auto* link = find(id);
    if (!link->doomed && (best == nullptr || !link->retiring)) best = link;
  }
  return best;
}

/// An established connection joins its peer's. Far above the limit per peer the oldest goes: a peer
/// that restarted is reached by its newest connection only (F26).
void Host::State::attach(Link& link) {
  auto* peer = find(link.peer);
  if (peer == nullptr) {
    auto entry = std::make_unique<PeerEntry>(
        SizeCap::Limits{config->size_cap_min, config->size_cap_proof, config->size_cap_holds});
    entry->handle = PeerHandle{next_peer++};
    entry->id = link.peer;
    entry->connected_at = now;
    peer = entry.get();
    by_handle.emplace(entry->handle, peer);
    peers.emplace(link.peer, std::move(entry));
    outputs.push(PeerConnected{link.peer, link.id, link.address, link.outbound});
  } else {
    set_timer({now + resolve_after, Timer::Kind::resolve, 0, std::to_underlying(peer->handle)});
  }
  peer->links.push_back(link.id);
  if (peer->gossip.in_router) router.set_ips(peer->handle, ips_of(*peer));
  ask_identity(link);

  const auto counts = [&](LinkId id) { return !find(id)->lifted && !find(id)->doomed; };
  const auto counted = static_cast<std::size_t>(std::ranges::count_if(peer->links, counts));
  if (counted <= config->per_peer_max + resolving_max) return;
  const auto oldest = std::ranges::find_if(peer->links, counts);
  doom(*find(*oldest), {"too many connections of this peer", DialError::limit, {}});
}

void Host::State::detach(Link& link, std::string_view reason) {
  auto& peer = *find(link.peer);
  std::erase(peer.links, link.id);
  const bool gossip_lost = peer.gossip.out && peer.gossip.out->link == link.id;
  if (gossip_lost) {
    peer.gossip.out.reset();
    peer.gossip.open = false;
    peer.gossip.protocol = {};
    if (peer.gossip.in_router) router.on_stream_lost(peer.handle, now);
  }
  if (!peer.links.empty()) {
    if (peer.gossip.in_router) router.set_ips(peer.handle, ips_of(peer));
    if (gossip_lost) consider_gossip(peer);
    return;
  }
  if (peer.gossip.in_router) router.remove_peer(peer.handle, now);
  outputs.push(PeerDisconnected{link.peer, std::string{reason}});
  const bool was_good = now - peer.connected_at >= config->good_connection;
  by_handle.erase(peer.handle);
  peers.erase(link.peer);
  if (const auto index = direct_index(link.peer)) on_direct_over(*index, was_good);
}

/// A peer has more than one connection. Gossip moves to the one that stays.
void Host::State::resolve_duplicates(PeerEntry& peer) {
  if (peer.links.size() < 2) return;
  retire_simultaneous(peer);
  retire_surplus(peer);
  auto* keep = main_link(peer);
  if (keep == nullptr || !peer.gossip.out || peer.gossip.out->link == keep->id) return;
  // The old stream still carries what was written to it; the new one begins with the hello.
  const auto old = *peer.gossip.out;
  open_gossip(peer, *keep);
  if (peer.gossip.out == old) return;
  auto& link = *find(old.link);
  link.channel.end_stream(old.stream);
  touch(link);
}

/// Of connections dialled from both sides at once those are kept that the smaller peer id dialled:
/// both ends decide alike (F25).
void Host::State::retire_simultaneous(PeerEntry& peer) {
  const bool keep_outbound = self < peer.id;
  for (const auto id : peer.links) {
    auto& link = *find(id);
    if (link.outbound == keep_outbound) continue;
    const bool rivalled = std::ranges::any_of(peer.links, [&](LinkId other_id) {
      const auto& other = *find(other_id);
      const auto apart =
          other.since < link.since ? link.since - other.since : other.since - link.since;
      return other.outbound == keep_outbound && !other.retiring && apart <= simultaneous;
    });
    if (rivalled) retire(link);
  }
}

void Host::State::retire_surplus(PeerEntry& peer) {
  const auto counts = [&](LinkId id) { return !find(id)->lifted && !find(id)->retiring; };
  auto counted = static_cast<std::size_t>(std::ranges::count_if(peer.links, counts));
  for (const auto id : peer.links) {
    if (counted <= config->per_peer_max) return;
    if (!counts(id)) continue;
    retire(*find(id));
    --counted;
  }
}

void Host::State::retire(Link& link) {
  if (std::exchange(link.retiring, true)) return;
  set_timer({now + retire_after, Timer::Kind::retire, 0, std::to_underlying(link.id)});
}

/// Not while it is the last one, nor while the application uses it.
void Host::State::on_retire(Link& link) {
  const auto& peer = *find(link.peer);
  const bool alone = std::ranges::all_of(peer.links, [&](LinkId id) { return find(id)->retiring; });
  if (alone) {
    link.retiring = false;
    return;
  }
  const auto is_app = [](const Use& use) { return std::holds_alternative<AppStream>(use); };
  if (count(link, is_app) > 0) {
    set_timer({now + retire_after, Timer::Kind::retire, 0, std::to_underlying(link.id)});
    return;
  }
  doom(link, {"another connection is kept"});
}

PeerView Host::State::view_of(const PeerEntry& peer) const {
  const auto& link = *find(peer.links.front());
  PeerView view;
  view.peer = peer.id;
  view.address = link.address;
  view.outbound = link.outbound;
  view.agent = to_text(peer.info.agent_version);
  view.protocols = peer.info.protocols;
  view.observed = peer.info.observed_address;
  view.gossip_protocol = peer.gossip.protocol;
  view.round_trip = peer.round_trip ? peer.round_trip : link.channel.round_trip();
  view.connected_at = peer.connected_at;
  return view;
}

}  // namespace grapevine::host
