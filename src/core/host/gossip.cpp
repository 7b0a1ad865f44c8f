// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

namespace {

/// Bytes written to the gossip stream ahead of the socket. Beyond that messages wait in the outbox,
/// where an IDONTWANT can still take them back.
constexpr std::size_t ahead_max = 64 * 1024;
/// Inbound gossip streams of one peer: the newest, and the one before, which is being drained.
constexpr std::size_t inbound_max = 2;

}  // namespace

void Host::State::enter_router(PeerEntry& peer) {
  if (std::exchange(peer.gossip.in_router, true)) return;
  router.add_peer(peer.handle, {peer.id, find(peer.links.front())->outbound, ips_of(peer)}, now);
  router.set_record(peer.handle, peer.record);
  if (peer.identified) router.set_agent(peer.handle, as_text(peer.info.agent_version));
}

/// Where the peer is connected from, for its score.
std::vector<gossipsub::IpAddress> Host::State::ips_of(const PeerEntry& peer) {
  std::vector<gossipsub::IpAddress> ips;
  for (const auto id : peer.links) {
    const auto parts = find(id)->address.components();
    if (parts.empty()) continue;
    const auto protocol = parts.front().protocol;
    if (protocol != multi::Protocol::ip4 && protocol != multi::Protocol::ip6) continue;
    if (auto ip = gossipsub::IpAddress::from_bytes(parts.front().value)) ips.push_back(*ip);
  }
  return ips;
}

/// Opens our gossip stream once it is known whether the peer speaks a version of it, and when.
void Host::State::consider_gossip(PeerEntry& peer) {
  if (closing || !peer.identify_over || peer.gossip.out || now < peer.gossip.retry_at) return;
  if (auto* link = main_link(peer)) open_gossip(peer, *link);
}

/// Which of our protocols an id stands for; nullptr: none.
const gossipsub::Protocol* Host::State::spoken_as(std::string_view id) const {
  const auto same = std::ranges::find(gossip_protocols, id, &gossipsub::Protocol::id);
  if (same != gossip_protocols.end()) return &*same;
  const auto& match = config->gossip->match_protocol;
  if (!match) return nullptr;
  const auto like =
      std::ranges::find_if(gossip_protocols, [&](const auto& own) { return match(own.id, id); });
  return like == gossip_protocols.end() ? nullptr : &*like;
}

/// What to ask for: the newest that identify told of, at once; or, where that was refused or
/// identify told nothing although the peer gossips with us, whatever it takes.
std::vector<std::string> Host::State::gossip_proposals(const PeerEntry& peer) const {
  const auto best = best_told(peer.info.protocols);
  if (best && !peer.gossip.refused) return {*best};
  std::vector<std::string> all;
  if (!best && peer.gossip.in.empty()) return all;
  for (const auto& protocol : gossip_protocols) all.push_back(protocol.id);
  return all;
}

/// Of the ids a peer told of, the one spoken as our newest.
std::optional<std::string> Host::State::best_told(const std::vector<std::string>& told) const {
  std::optional<std::string> best;
  const gossipsub::Protocol* newest = nullptr;
  for (const auto& id : told) {
    const auto* ours = spoken_as(id);
    if (ours == nullptr || (newest != nullptr && newest <= ours)) continue;
    best = id;
    newest = ours;  // they stand in one array, newest first
  }
  return best;
}

void Host::State::open_gossip(PeerEntry& peer, Link& link) {
  auto proposals = gossip_proposals(peer);
  if (proposals.empty()) return;
  const auto first = proposals.size() == 1 ? proposals.front() : std::string{};
  const auto stream = link.channel.open_stream(std::move(proposals), now);
  touch(link);
  auto& gossip = peer.gossip;
  if (!stream) {
    // For want of room among the streams, which passes, or for good with the connection.
    if (!gossip.out) reopen_gossip(peer, config->stream_retry_max);
    return;
  }
  add_stream(link, *stream, GossipOut{});
  gossip.out = StreamKey{link.id, *stream};
  gossip.open = false;
  gossip.confirmed = false;
  gossip.protocol = {};
  gossip.opened = now;
  gossip.size_cap.on_end();
  if (!first.empty()) start_gossip(peer, first);
}

/// RPCs may be written: the router begins with the hello.
void Host::State::start_gossip(PeerEntry& peer, std::string_view protocol) {
  const auto* known = spoken_as(protocol);
  ASSERT(known != nullptr);
  peer.gossip.open = true;
  peer.gossip.protocol = protocol;
  enter_router(peer);
  router.on_stream_open(peer.handle, known->version, now);
}

void Host::State::on_gossip_opened(PeerEntry& peer, const StreamKey& key,
                                   const std::string& protocol) {
  if (peer.gossip.out != key) return;
  peer.gossip.confirmed = true;
  if (!peer.gossip.open) start_gossip(peer, protocol);
}

/// Moves RPCs from the outbox to the stream while it is not too far ahead of the socket.
void Host::State::flush_gossip(PeerEntry& peer) {
  if (!peer.gossip.out || !peer.gossip.open) return;
  const auto out = *peer.gossip.out;
  auto& link = *find(out.link);
  auto& size_cap = peer.gossip.size_cap;
  size_cap.on_queued(link.channel.queued(out.stream), now);
  while (link.channel.queued(out.stream) < ahead_max) {
    auto rpc = router.pack(peer.handle, now);
    if (!rpc) break;
    size_cap.on_sent(rpc->size, now);
    for (auto& piece : rpc->pieces) link.channel.write(out.stream, std::move(piece));
  }
  touch(link);
}

void Host::State::on_gossip_in(Link& link, StreamId id) {
  add_stream(link, id, GossipIn{base::FrameReader{config->gossip->rpc_limits.size_max}, {}});
  auto* peer = find(link.peer);
  if (peer == nullptr)
    return;  // the application's own connection: what is said here is passed over
  enter_router(*peer);
  router.on_inbound_stream(peer->handle);
  auto& in = peer->gossip.in;
  in.push_back({link.id, id});
  consider_gossip(*peer);
  if (in.size() <= inbound_max) return;
  const auto oldest = in.front();
  in.erase(in.begin());
  if (auto* other = find(oldest.link)) {
    take_stream(*other, oldest.stream);
    other->channel.reset_stream(oldest.stream);
    touch(*other);
  }
}

void Host::State::on_gossip_data(Link& link, StreamId id, GossipIn& use, SharedBytes bytes) {
  if (find(link.peer) == nullptr) return link.channel.consumed(id, bytes.size());
  use.waiting.push(std::move(bytes));
  work_off(link, id, use);
}

/// Gives the router every whole frame it has room for. The credit of what waits is not given back:
/// a peer that sends faster than we can check is slowed down, and nothing of its is dropped.
void Host::State::work_off(Link& link, StreamId id, GossipIn& use) {
  const auto peer = find(link.peer)->handle;
  for (;;) {
    if (!router.has_room(peer)) {
      if (!std::exchange(use.stalled, true)) stalled.push_back({link.id, id});
      return;
    }
    auto frame = use.frames.next();
    if (!frame) return on_gossip_fault(link, id, base::name(frame.error()));
    if (*frame) {
      const auto taken = router.on_rpc(peer, **frame, now);
      if (!taken) return on_gossip_fault(link, id, pubsub::name(taken.error()));
      continue;
    }
    link.channel.consumed(id, std::exchange(use.reading, 0));
    if (use.waiting.empty()) {
      if (use.ended) link.channel.end_stream(id);
      return;
    }
    auto piece = use.waiting.pop();
    use.reading = piece.size();
    use.frames.feed(std::move(piece));
  }
}

void Host::State::resume_stalled() {
  for (const auto& key : std::exchange(stalled, {})) {
    auto* link = find(key.link);
    auto* stream = link == nullptr ? nullptr : link->find(key.stream);
    if (stream == nullptr || find(link->peer) == nullptr) continue;
    touch(*link);
    if (auto* gossip = std::get_if<GossipIn>(&stream->use)) {
      gossip->stalled = false;
      work_off(*link, key.stream, *gossip);
    }
  }
}

/// A bad RPC ends its stream, and the peer may open another; who goes on is no use as a peer (V45).
void Host::State::on_gossip_fault(Link& link, StreamId id, std::string_view reason) {
  trace({Traced::Kind::limit_hit, link.peer, {}, reason, 1});
  auto& peer = *find(link.peer);
  break_stream(link, id, CloseReason::reset);
  auto& gossip = peer.gossip;
  if (now - std::exchange(gossip.faulted, now) > config->good_stream) gossip.faults = 0;
  if (++gossip.faults > config->stream_retries_max) {
    doom_all(peer, "it sent what is no gossip, again and again");
  }
}

/// Opens it again, later each time; and ends the connection rather than keep one that carries no
/// gossip although both sides speak it (V45).
void Host::State::on_gossip_out_over(PeerEntry& peer, CloseReason reason) {
  auto& gossip = peer.gossip;
  gossip.out.reset();
  gossip.open = false;
  gossip.protocol = {};
  // What follows a lazy proposal makes no sense to a peer that refuses it: it may just hang up.
  gossip.refused = reason == CloseReason::protocol_refused || !gossip.confirmed;
  if (gossip.in_router) router.on_stream_lost(peer.handle, now);
  if (learn_size(peer, reason)) return reopen_gossip(peer, config->stream_retry_min);
  if (now - gossip.opened > config->good_stream) gossip.retries = 0;
  if (gossip.retries >= config->stream_retries_max) {
    return doom_all(peer, "the gossip stream does not stay open");
  }
  const auto doubled = config->stream_retry_min * (Duration::rep{1} << gossip.retries);
  ++gossip.retries;
  reopen_gossip(peer, std::min(doubled, config->stream_retry_max));
}

void Host::State::reopen_gossip(PeerEntry& peer, Duration after) {
  peer.gossip.retry_at = base::saturating_add(now, after);
  set_timer({peer.gossip.retry_at, Timer::Kind::reopen_gossip, 0, std::to_underlying(peer.handle)});
}

/// Whether the stream's end is put down to the size of what was sent on it. Such an end is no sign
/// of a peer that is of no use, as it does not come again.
bool Host::State::learn_size(PeerEntry& peer, CloseReason reason) {
  auto& size_cap = peer.gossip.size_cap;
  if (reason != CloseReason::reset || !peer.gossip.confirmed) {
    size_cap.on_end();
    return false;
  }
  if (!size_cap.on_reset(now)) return false;
  trace({Traced::Kind::size_capped, peer.id, {}, "stream reset after a large RPC", 1});
  apply_size_cap(peer);
  set_timer({size_cap.until(), Timer::Kind::size_cap, 0, std::to_underlying(peer.handle)});
  return true;
}

void Host::State::apply_size_cap(PeerEntry& peer) {
  if (peer.gossip.in_router)
    router.set_rpc_size_max(peer.handle, peer.gossip.size_cap.size_max(now));
}

}  // namespace grapevine::host
