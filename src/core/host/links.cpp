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

Link& Host::State::add_link(session::Role role, const Multiaddr& address,
                            std::optional<PeerId> expected) {
  auto link = std::make_unique<Link>();
  link->id = LinkId{next_link++};
  link->address = address.without_p2p();
  link->network = network_of(address);
  link->outbound = role == session::Role::dialer;
  link->since = now;
  session::SessionSetup setup{role, &identity, expected, config->session, protocols};
  link->session = std::make_unique<session::Session>(std::move(setup), rng.fork(), now);
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
  link.since = now;
  link.peer = event.remote;
  admission.established(link.network, link.outbound);
  std::erase(half_open, link.id);
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
  doom(link, {session::name(event.reason), dial_error_of(event.reason), event.detail});
}

/// Everything that rode on the link ends; the driver closes the socket after the last bytes.
void Host::State::remove_link(LinkId id, const Ending& ending) {
  const auto found = links.find(id);
  if (found == links.end()) return;
  const auto link = std::move(found->second);
  links.erase(found);
  std::erase(half_open, id);
  admission.closed(link->network, link->outbound, !link->established);
  tell_streams_over(*link);
  if (auto* peer = find(link->peer)) {
    std::erase_if(peer->gossip.in, [&](const StreamKey& key) { return key.link == id; });
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
  link.session->close();
  Bytes last;
  link.session->pack(last, std::size_t{64} * 1024, now);
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

/// Fills one write. What a stream that ran empty gets from its outbox meanwhile is asked for by the
/// answer, not by another `WantsWrite`. False once the link is gone.
bool Host::State::pack(Link& packed, Bytes& out, std::size_t budget) {
  const auto id = packed.id;
  const auto end = out.size() + budget;
  packed.write_asked = true;
  for (auto* link = &packed; link != nullptr; link = find(id)) {
    link->wants_write = link->session->pack(out, end - out.size(), now);
    touch(*link);
    settle();
    link = find(id);
    if (link == nullptr) break;
    if (link->wants_write && out.size() < end) continue;
    link->write_asked = link->wants_write;
    return link->wants_write;
  }
  return last_bytes.contains(id);
}

}  // namespace grapevine::host
