// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

Stream* Link::find(StreamId stream) {
  const auto place = std::ranges::lower_bound(streams, stream, {}, &Stream::id);
  return place == streams.end() || place->id != stream ? nullptr : &*place;
}

Link* Host::State::find(LinkId id) const {
  const auto found = links.find(id);
  return found == links.end() ? nullptr : found->second.get();
}

Channel Host::State::make_channel(const Opening& opening) {
  session::SessionSetup setup{opening.role, &identity, opening.expected, config->session,
                              protocols};
  if (opening.kind == LinkKind::direct) return Channel{Direct{setup, now}};
  return Channel{session::Session{std::move(setup), rng.fork(), now}};
}

Link& Host::State::add_link(const Opening& opening) {
  auto link = std::make_unique<Link>(make_channel(opening));
  link->id = LinkId{next_link++};
  link->address = opening.address.without_p2p();
  link->network = network_of(opening.address);
  link->outbound = opening.role == session::Role::dialer;
  link->since = now;
  auto& added = *link;
  links.emplace(added.id, std::move(link));
  if (!added.outbound) half_open.push_back(added.id);
  touch(added);
  return added;
}

/// Whoever connects and says nothing must not keep others out: the oldest that has not proven
/// itself makes room (F07).
void Host::State::make_room_for_handshake() {
  if (half_open.size() <= config->half_open_max) return;
  doom(*find(half_open.front()), {"another connection needs the room", DialError::limit, {}});
}

void Host::State::on_established(Link& link, const session::Established& event) {
  link.established = true;
  link.early_muxer = event.early_muxer;
  outputs.push(
      LinkEstablished{link.id, link.address, link.outbound, link.early_muxer, now - link.since});
  link.since = now;
  link.peer = event.remote;
  admission.established(link.network, link.outbound);
  std::erase(half_open, link.id);
  if (router.is_blocked(link.peer, now)) return doom(link, {"blocked", DialError::blocked, {}});
  if (!link.raw) attach(link);
  on_connected(link);
}

namespace {

DialError dial_error_of(session::SessionError error) {
  switch (error) {
    case session::SessionError::wrong_peer:
      return DialError::wrong_peer;
    case session::SessionError::self_dial:
      return DialError::self;
    case session::SessionError::negotiation_failed:
      return DialError::negotiation_failed;
    case session::SessionError::handshake_timeout:
      return DialError::timeout;
    case session::SessionError::handshake_failed:
    case session::SessionError::bad_record:
      return DialError::handshake_failed;
    default:
      return DialError::closed;
  }
}

}  // namespace

void Host::State::on_closed(Link& link, const session::Closed& event) {
  const bool silent = event.reason == session::SessionError::keep_alive_timeout ||
                      event.reason == session::SessionError::write_stalled;
  doom(link,
       {session::name(event.reason), dial_error_of(event.reason), event.detail, false, silent});
}

/// Everything that rode on the link ends; the driver closes the socket after the last bytes.
void Host::State::remove_link(LinkId id, const Ending& ending) {
  const auto found = links.find(id);
  if (found == links.end()) return;
  const auto link = std::move(found->second);
  links.erase(found);
  std::erase(half_open, id);
  admission.closed(link->network, link->outbound, !link->established);
  if (link->established) {
    outputs.push(
        LinkEnded{id, link->address, link->outbound, link->early_muxer, now - link->since});
  }
  tell_streams_over(*link);
  if (auto* peer = find(link->peer)) {
    auto& in = peer->gossip.in;
    const bool newer_stays = !in.empty() && in.back().link != id;
    const auto gone = std::erase_if(in, [&](const StreamKey& key) { return key.link == id; });
    if (gone > 0 && newer_stays && ending.silent) router.on_inbound_dead(peer->handle);
    if (!link->raw) detach(*link, ending.reason);
  }
  if (!ending.driver_knows) close_session(*link, ending.reason);
  if (!link->connect) return;
  if (const auto attempt = connecting.find(*link->connect); attempt != connecting.end()) {
    std::erase(attempt->second->links, id);
    on_attempt_failed(*link->connect, link->address, ending.error, ending.detail);
  }
}

/// What is left to say, a GoAway, is small; whoever never pulls it makes us keep no more than one
/// for each connection there may be.
void Host::State::close_session(Link& link, std::string_view reason) {
  link.channel.close();
  Bytes last;
  if (auto* session = link.channel.session()) session->pack(last, std::size_t{64} * 1024, now);
  if (!last.empty() && last_bytes.size() < config->connections_max) {
    last_bytes.emplace(link.id, std::move(last));
  }
  outputs.push(CloseLink{link.id, reason});
}

void Host::State::tell_streams_over(Link& link) {
  for (const auto& stream : std::exchange(link.streams, {})) {
    if (std::holds_alternative<AppStream>(stream.use)) {
      outputs.push(StreamClosed{{link.id, stream.id}, CloseReason::reset});
    } else if (std::holds_alternative<PingOut>(stream.use)) {
      outputs.push(PingResult{link.peer, std::nullopt});
    }
  }
}

/// Fills one write; `once` puts in what the channel has, and says whether there is room for more.
/// What a stream that ran empty gets from its outbox meanwhile is asked for by the answer, not by
/// another `WantsWrite`. False once the link is gone.
template <class Fill>
bool Host::State::fill(Link& filled, Fill once) {
  const auto id = filled.id;
  filled.write_asked = true;
  for (auto* link = &filled; link != nullptr; link = find(id)) {
    const bool room = once(*link);
    touch(*link);
    settle();
    link = find(id);
    if (link == nullptr) break;
    if (link->wants_write && room) continue;
    link->write_asked = link->wants_write;
    return link->wants_write;
  }
  return last_bytes.contains(id);
}

bool Host::State::pack(Link& packed, Bytes& out, std::size_t budget) {
  const auto end = out.size() + budget;
  return fill(packed, [&](Link& link) {
    const auto begin = out.size();
    link.wants_write = link.channel.session()->pack(out, end - begin, now);
    carried.out += out.size() - begin;
    return out.size() < end;
  });
}

bool Host::State::take(Link& taken, direct::Frames& out, std::size_t budget) {
  const auto begin = direct::size_of(out);
  auto counted = begin;
  return fill(taken, [&](Link& link) {
    const auto size = direct::size_of(out) - begin;
    link.wants_write = link.channel.direct()->take(out, budget - std::min(size, budget), now);
    carried.out += direct::size_of(out) - std::exchange(counted, direct::size_of(out));
    return direct::size_of(out) - begin < budget;
  });
}

}  // namespace grapevine::host
