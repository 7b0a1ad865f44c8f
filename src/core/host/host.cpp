// SPDX-License-Identifier: Apache-2.0
#include "core/host/host.hpp"

#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

std::string_view name(DialError error) {
  switch (error) {
    case DialError::none_given:
      return "no usable address";
    case DialError::unsupported:
      return "unsupported transport";
    case DialError::self:
      return "our own address";
    case DialError::wrong_peer:
      return "wrong peer id";
    case DialError::backing_off:
      return "backing off";
    case DialError::limit:
      return "limit of connections";
    case DialError::resolve_failed:
      return "name not resolved";
    case DialError::refused:
      return "connection refused";
    case DialError::unreachable:
      return "unreachable";
    case DialError::timeout:
      return "timed out";
    case DialError::negotiation_failed:
      return "nothing in common to secure the connection";
    case DialError::handshake_failed:
      return "handshake failed";
    case DialError::closed:
      return "closed before it was ready";
    case DialError::cancelled:
      return "cancelled";
  }
  return "unknown";
}

std::string_view name(StreamError error) {
  switch (error) {
    case StreamError::not_connected:
      return "not connected";
    case StreamError::too_many:
      return "too many streams";
    case StreamError::closing:
      return "closing";
  }
  return "unknown";
}

Host::State::State(KeyPair identity_in, std::shared_ptr<const Config> config_in, Rng rng_in,
                   gossipsub::Router router_in)
    : identity{std::move(identity_in)},
      self{identity.peer_id()},
      config{std::move(config_in)},
      rng{std::move(rng_in)},
      router{std::move(router_in)},
      admission{*config, rng},
      addresses{*config, rng},
      peers{0, PeerIdHash{base::KeyedHash{rng}}},
      backoffs{0, PeerIdHash{base::KeyedHash{rng}}} {
  for (const auto version : config->gossip->versions) {
    const bool flood = version == gossipsub::Version::floodsub;
    if (flood || config->gossip->mode == gossipsub::Mode::gossipsub) {
      gossip_protocols.emplace_back(gossipsub::protocol_id(version));
    }
  }
}

Result<Host, gossipsub::ConfigError> Host::create(KeyPair identity,
                                                  std::shared_ptr<const Config> config, Rng rng,
                                                  TimePoint now) {
  auto router = gossipsub::Router::create(identity.peer_id(), config->gossip, rng.fork(), now);
  if (!router) return unexpected(router.error());
  Host host;
  host.state_ = std::make_unique<State>(std::move(identity), std::move(config), std::move(rng),
                                        std::move(*router));
  host.state_->update_protocols(now);
  return host;
}

Host::Host() = default;
Host::Host(Host&&) noexcept = default;
Host& Host::operator=(Host&&) noexcept = default;
Host::~Host() = default;

void Host::set_listen_addresses(std::vector<Multiaddr> addresses, TimePoint now) {
  state_->listen_addresses = std::move(addresses);
  // Newer records replace older ones, so their number follows the clock the driver gives.
  state_->record_seq =
      std::max(state_->record_seq + 1, static_cast<std::uint64_t>(now.time_since_epoch().count()));
  state_->push_identity(now);
}

Result<LinkId, DialError> Host::on_accepted(const Multiaddr& remote, TimePoint now) {
  auto& state = *state_;
  if (state.closing) return unexpected(DialError::cancelled);
  if (!state.admission.accept(network_of(remote), now)) return unexpected(DialError::limit);
  auto& link = state.add_link(session::Role::listener, remote, std::nullopt, now);
  const auto id = link.id;
  state.drain(link, now);
  return id;
}

std::optional<LinkId> Host::on_dialed(DialId dial, TimePoint now) {
  auto& state = *state_;
  const auto found = state.dials.find(dial);
  if (found == state.dials.end()) return std::nullopt;
  const auto attempt = found->second;
  state.dials.erase(found);
  const auto connecting = state.connecting.find(attempt.connect);
  if (connecting == state.connecting.end()) return std::nullopt;
  if (!state.admission.dial()) {
    state.on_attempt_failed(attempt.connect, attempt.address, DialError::limit, {}, now);
    return std::nullopt;
  }
  auto& command = *connecting->second;
  std::erase(command.dials, dial);
  const auto expected = command.peer.empty() ? std::nullopt : std::optional{command.peer};
  auto& link = state.add_link(session::Role::dialer, attempt.address, expected, now);
  link.connect = attempt.connect;
  link.raw = command.request.another;
  link.lifted = command.request.protected_from_limits;
  command.links.push_back(link.id);
  const auto id = link.id;
  state.drain(link, now);
  state.serve_backlog(now);
  return id;
}

void Host::on_dial_failed(DialId dial, DialError error, std::string_view detail, TimePoint now) {
  const auto found = state_->dials.find(dial);
  if (found == state_->dials.end()) return;
  const auto attempt = found->second;
  state_->dials.erase(found);
  state_->on_attempt_failed(attempt.connect, attempt.address, error, detail, now);
}

void Host::on_bytes(LinkId id, Received bytes, TimePoint now) {
  auto* link = state_->find(id);
  if (link == nullptr) return;
  link->session->on_bytes(bytes, now);
  state_->drain(*link, now);
}

void Host::on_link_closed(LinkId id, std::string_view reason, TimePoint now) {
  std::erase_if(state_->ended, [&](const auto& link) { return link->id == id; });
  auto* link = state_->find(id);
  if (link == nullptr) return;
  const auto connect = link->established ? std::nullopt : link->connect;
  const auto address = link->address;
  state_->remove_link(id, reason, now);
  std::erase_if(state_->ended, [&](const auto& gone) { return gone->id == id; });
  if (connect) state_->on_attempt_failed(*connect, address, DialError::closed, reason, now);
}

void Host::on_written(LinkId id, std::size_t size, TimePoint now) {
  auto* link = state_->find(id);
  if (link == nullptr) return;
  link->session->on_written(size, now);
  state_->drain(*link, now);
}

void Host::on_verified(gossipsub::Ticket ticket, const Result<void, pubsub::RejectReason>& verdict,
                       TimePoint now) {
  state_->router.on_verified(ticket, verdict, now);
  state_->drain_router(now);
}

void Host::on_validated(gossipsub::Ticket ticket, gossipsub::Validation verdict, TimePoint now) {
  state_->router.on_validated(ticket, verdict, now);
  state_->drain_router(now);
}

void Host::on_deadline(TimePoint now) {
  while (const auto timer = state_->timers.take_due(now)) state_->on_timer(*timer, now);
  if (const auto heartbeat = state_->router.next_deadline(); heartbeat && *heartbeat <= now) {
    state_->router.on_deadline(now);
  }
  state_->drain_router(now);
}

std::optional<Output> Host::poll() {
  if (state_->outputs.empty()) return std::nullopt;
  return state_->outputs.pop();
}

bool Host::pack(LinkId id, Bytes& out, std::size_t budget, TimePoint now) {
  auto& state = *state_;
  if (auto* link = state.find(id)) {
    const auto before = out.size();
    bool more = true;
    while (more && out.size() - before < budget) {
      more = link->session->pack(out, budget - (out.size() - before), now);
      state.drain(*link, now);  // a stream that ran empty asks its outbox for more
      if (state.find(id) == nullptr) break;
      more = more || std::exchange(link->write_wanted, false);
      link->write_wanted = false;
    }
    if (more) {
      if (auto* alive = state.find(id)) alive->write_wanted = true;
    }
    return more;
  }
  const auto ended =
      std::ranges::find_if(state.ended, [&](const auto& link) { return link->id == id; });
  if (ended == state.ended.end()) return false;
  const bool more = (*ended)->session->pack(out, budget, now);
  if (!more) state.ended.erase(ended);
  return more;
}

bool Host::wants_read(LinkId id) const {
  const auto* link = state_->find(id);
  return link != nullptr && link->session->wants_read();
}

std::optional<TimePoint> Host::next_deadline() const {
  const auto timer = state_->timers.next();
  const auto heartbeat = state_->router.next_deadline();
  if (!timer || !heartbeat) return timer ? timer : heartbeat;
  return std::min(*timer, *heartbeat);
}

ConnectId Host::connect(ConnectRequest request, TimePoint now) {
  return state_->connect(std::move(request), false, now);
}

void Host::disconnect(const PeerId& id, TimePoint now) {
  const auto* peer = state_->find(id);
  if (peer == nullptr) return;
  const auto links = peer->links;
  for (const auto link : links) state_->remove_link(link, "disconnected by us", now);
}

void Host::close_link(LinkId link, TimePoint now) {
  state_->remove_link(link, "closed by us", now);
}

void Host::ping(const PeerId& peer, TimePoint now) { state_->ping(peer, now); }

void Host::shutdown(TimePoint now) {
  state_->closing = true;
  std::vector<ConnectId> commands;
  for (const auto& [id, command] : state_->connecting) commands.push_back(id);
  std::ranges::sort(commands);
  for (const auto id : commands) {
    if (state_->connecting.contains(id)) {
      state_->finish_connect(id, {id, {}, {}, DialError::cancelled, false, "shutting down"}, now);
    }
  }
  std::vector<LinkId> links;
  for (const auto& [id, link] : state_->links) links.push_back(id);
  std::ranges::sort(links);
  for (const auto id : links) state_->remove_link(id, "shutting down", now);
}

void Host::join(std::string_view topic, TimePoint now) {
  state_->router.join(topic, now);
  state_->drain_router(now);
}

void Host::leave(std::string_view topic, TimePoint now) {
  state_->router.leave(topic, now);
  state_->drain_router(now);
}

void Host::set_validated(std::string_view topic, bool on) {
  state_->router.set_validated(topic, on);
}

Result<std::size_t, gossipsub::PublishError> Host::publish(pubsub::Message message, TimePoint now) {
  auto sent = state_->router.publish(std::move(message), now);
  state_->drain_router(now);
  return sent;
}

void Host::add_direct(const PeerId& peer, std::vector<Multiaddr> addresses, TimePoint now) {
  for (const auto& address : addresses) state_->addresses.add(peer, address.without_p2p(), now);
  state_->router.add_direct(peer);
  state_->connect_direct(peer, now);
}

void Host::handle(std::string protocol, TimePoint now) {
  auto& known = state_->app_protocols;
  const auto place = std::ranges::lower_bound(known, protocol);
  if (place != known.end() && *place == protocol) return;
  known.insert(place, std::move(protocol));
  state_->update_protocols(now);
}

Result<StreamKey, StreamError> Host::open_stream(const PeerId& peer,
                                                 std::vector<std::string> protocols,
                                                 TimePoint now) {
  const auto* entry = state_->find(peer);
  if (entry == nullptr) return unexpected(StreamError::not_connected);
  return open_stream(entry->links.back(), std::move(protocols), now);
}

Result<StreamKey, StreamError> Host::open_stream(LinkId id, std::vector<std::string> protocols,
                                                 TimePoint now) {
  auto* link = state_->find(id);
  if (link == nullptr || !link->established) return unexpected(StreamError::not_connected);
  return state_->open_app_stream(*link, std::move(protocols), now);
}

bool Host::write(StreamKey key, SharedBytes bytes) {
  auto* link = state_->find(key.link);
  if (link == nullptr || link->find(key.stream) == nullptr) return false;
  const bool written = link->session->write(key.stream, std::move(bytes));
  state_->drain(*link, state_->latest);
  return written;
}

void Host::end_stream(StreamKey key) {
  if (auto* link = state_->find(key.link)) {
    link->session->end_stream(key.stream);
    state_->drain(*link, state_->latest);
  }
}

void Host::reset_stream(StreamKey key) {
  auto* link = state_->find(key.link);
  if (link == nullptr) return;
  link->session->reset_stream(key.stream);
  state_->forget_stream(*link, key.stream);
  state_->drain(*link, state_->latest);
}

void Host::consumed(StreamKey key, std::size_t size) {
  if (auto* link = state_->find(key.link)) {
    link->session->consumed(key.stream, size);
    state_->drain(*link, state_->latest);
  }
}

std::size_t Host::queued(StreamKey key) const {
  const auto* link = state_->find(key.link);
  return link == nullptr ? 0 : link->session->queued(key.stream);
}

const PeerId& Host::self() const { return state_->self; }

std::vector<PeerView> Host::peers() const {
  std::vector<PeerView> views;
  for (const auto& id : state_->sorted_peers()) views.push_back(state_->view_of(*state_->find(id)));
  return views;
}

std::optional<PeerView> Host::peer(const PeerId& id) const {
  const auto* entry = state_->find(id);
  return entry == nullptr ? std::nullopt : std::optional{state_->view_of(*entry)};
}

const gossipsub::Router& Host::router() const { return state_->router; }

std::size_t Host::link_count() const { return state_->links.size(); }

void Host::check_invariants(TimePoint now) const {
  state_->router.check_invariants(now);
  std::size_t attached = 0;
  for (const auto& [id, peer] : state_->peers) {
    ASSERT(!peer->links.empty());
    for (const auto link : peer->links) ASSERT(state_->links.contains(link));
    ASSERT(!peer->gossip.out || state_->links.contains(peer->gossip.out->link));
    attached += peer->links.size();
  }
  ASSERT(attached <= state_->links.size());
  ASSERT(state_->by_handle.size() == state_->peers.size());
}

}  // namespace grapevine::host
