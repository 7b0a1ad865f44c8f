// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

namespace {

/// Bytes written to the gossip stream ahead of the socket. Beyond that messages wait in the outbox,
/// where an IDONTWANT can still take them back.
constexpr std::size_t ahead_max = 64 * 1024;
/// A stream that lived this long was a good one: the next loss starts the back-off anew.
constexpr auto good_stream = std::chrono::seconds{30};

}  // namespace

void Host::State::drain_router(TimePoint now) {
  while (auto output = router.poll()) {
    if (const auto* write = std::get_if<gossipsub::WantsWrite>(&*output)) {
      if (const auto found = by_handle.find(write->peer); found != by_handle.end())
        flush_gossip(*found->second, now);
    } else if (const auto* connect_to = std::get_if<gossipsub::Connect>(&*output)) {
      connect_direct(connect_to->peer, now);
    } else if (auto* deliver = std::get_if<Deliver>(&*output)) {
      outputs.push(std::move(*deliver));
    } else if (auto* verify = std::get_if<Verify>(&*output)) {
      outputs.push(std::move(*verify));
    } else if (auto* validate = std::get_if<Validate>(&*output)) {
      outputs.push(std::move(*validate));
    } else if (auto* traced = std::get_if<Traced>(&*output)) {
      outputs.push(std::move(*traced));
    }
  }
}

void Host::State::enter_router(PeerEntry& peer, TimePoint now) {
  if (std::exchange(peer.gossip.in_router, true)) return;
  router.add_peer(peer.handle, {peer.id, find(peer.links.front())->outbound}, now);
}

/// Opens our gossip stream once identify has told that the peer speaks a version of it.
void Host::State::consider_gossip(PeerEntry& peer, TimePoint now) {
  if (!peer.identified || peer.gossip.out || peer.links.empty() || closing) return;
  open_gossip(peer, peer.links.back(), now);
}

void Host::State::open_gossip(PeerEntry& peer, LinkId link_id, TimePoint now) {
  const auto known = [&](const std::string& protocol) {
    return std::ranges::find(peer.info.protocols, protocol) != peer.info.protocols.end();
  };
  const auto best = std::ranges::find_if(gossip_protocols, known);
  if (best == gossip_protocols.end()) return;
  auto& link = *find(link_id);
  const auto stream = link.session->open_stream({*best}, now);
  if (!stream) return;
  add_stream(link, *stream, GossipOut{});
  auto& gossip = peer.gossip;
  gossip.out = StreamKey{link_id, *stream};
  gossip.protocol = *best;
  gossip.opened = now;
  enter_router(peer, now);
  router.on_stream_open(peer.handle, *gossipsub::version_of(*best), now);
  drain_router(now);
  drain(link, now);
}

/// Moves RPCs from the outbox to the stream while it is not too far ahead of the socket.
void Host::State::flush_gossip(PeerEntry& peer, TimePoint now) {
  if (!peer.gossip.out) return;
  const auto out = *peer.gossip.out;
  auto* link = find(out.link);
  if (link == nullptr) return;
  bool wrote = false;
  while (link->session->queued(out.stream) < ahead_max) {
    auto rpc = router.pack(peer.handle, now);
    if (!rpc) break;
    for (auto& piece : rpc->pieces) link->session->write(out.stream, std::move(piece));
    wrote = true;
  }
  if (wrote) drain(*link, now);
}

void Host::State::on_gossip_in(Link& link, StreamId id, TimePoint now) {
  auto* peer = find(link.peer);
  if (peer == nullptr) {  // a raw link: its peer is not connected for gossip
    link.session->reset_stream(id);
    return;
  }
  add_stream(link, id, GossipIn{FrameReader{config->gossip->rpc_limits.size_max}});
  enter_router(*peer, now);
  auto& in = peer->gossip.in;
  in.push_back({link.id, id});
  if (in.size() <= 2) return;
  const auto oldest = in.front();
  in.erase(in.begin());
  if (auto* other = find(oldest.link)) {
    other->session->reset_stream(oldest.stream);
    forget_stream(*other, oldest.stream);
  }
}

/// A bad RPC ends its stream and nothing else; the peer may open another (V45).
void Host::State::on_gossip_data(Link& link, StreamId id, GossipIn& use, SharedBytes bytes,
                                 TimePoint now) {
  link.session->consumed(id, bytes.size());
  const auto handle = find(link.peer)->handle;
  use.frames.feed(std::move(bytes));
  std::string_view reason;
  for (;;) {
    auto frame = use.frames.next();
    if (!frame) {
      reason = base::name(frame.error());
      break;
    }
    if (!*frame) break;
    if (const auto taken = router.on_rpc(handle, **frame, now); !taken) {
      reason = pubsub::name(taken.error());
      break;
    }
  }
  if (!reason.empty()) {
    outputs.push(Traced{Traced::Kind::limit_hit, link.peer, {}, reason});
    std::erase(find(link.peer)->gossip.in, StreamKey{link.id, id});
    link.session->reset_stream(id);
    forget_stream(link, id);
  }
  drain_router(now);
}

void Host::State::on_gossip_out_closed(PeerEntry& peer, session::StreamClosed::Reason reason,
                                       TimePoint now) {
  auto& gossip = peer.gossip;
  gossip.out.reset();
  gossip.protocol.clear();
  router.on_stream_lost(peer.handle, now);
  drain_router(now);
  if (reason == session::StreamClosed::Reason::protocol_refused) {
    peer.info.protocols.clear();  // what identify said no longer holds; a push will tell
    return;
  }
  if (now - gossip.opened > good_stream) gossip.retries = 0;
  if (gossip.retries >= config->stream_retries_max) {
    const auto links_of_peer = peer.links;
    for (const auto id : links_of_peer)
      remove_link(id, "the gossip stream does not stay open", now);
    return;
  }
  const auto wait = std::min(config->stream_retry_min * (Duration::rep{1} << gossip.retries),
                             config->stream_retry_max);
  ++gossip.retries;
  timers.set({now + wait, Timer::Kind::reopen_gossip, std::to_underlying(peer.handle)});
}

}  // namespace grapevine::host
