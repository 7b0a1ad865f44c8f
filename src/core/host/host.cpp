// SPDX-License-Identifier: Apache-2.0
#include "core/host/host.hpp"

#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

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
      exchange{{}, 0, false, DialBackoffs{*config, peers.hash_function()}} {
  gossip_protocols = gossipsub::protocols_of(*config->gossip);
  for (const auto& peer : config->gossip->direct_peers) direct.push_back({peer, {}});
  update_protocols();
}

namespace {

Result<void, gossipsub::ConfigError> check(const Config& config) {
  const auto wrong = [](std::string_view parameter, std::string_view rule) {
    return unexpected(gossipsub::ConfigError{std::string{parameter}, rule});
  };
  constexpr std::string_view positive = "must be at least 1";
  if (config.connections_max == 0) return wrong("connections_max", positive);
  if (config.inbound_max > config.connections_max) {
    return wrong("inbound_max", "must not exceed connections_max");
  }
  if (config.per_peer_max == 0) return wrong("per_peer_max", positive);
  if (config.half_open_max == 0) return wrong("half_open_max", positive);
  if (config.dials_max == 0) return wrong("dials_max", positive);
  if (config.dials_per_peer_max == 0) return wrong("dials_per_peer_max", positive);
  if (config.dial_addresses_max == 0) return wrong("dial_addresses_max", positive);
  if (config.address_book_peers_max == 0) return wrong("address_book_peers_max", positive);
  if (config.addresses_per_peer_max == 0) return wrong("addresses_per_peer_max", positive);
  if (config.dns_depth_max == 0) return wrong("dns_depth_max", positive);
  if (config.dns_records_max == 0) return wrong("dns_records_max", positive);
  if (config.px_dials_max == 0) return wrong("px_dials_max", positive);
  if (config.px_backoffs_max == 0) return wrong("px_backoffs_max", positive);
  if (config.dial_backoff_min <= Duration::zero()) {
    return wrong("dial_backoff_min", "must be positive");
  }
  if (config.stream_retries_max > 20) return wrong("stream_retries_max", "must be at most 20");
  return {};
}

}  // namespace

Result<Host, gossipsub::ConfigError> Host::create(KeyPair identity,
                                                  std::shared_ptr<const Config> config, Rng rng,
                                                  TimePoint now) {
  if (auto checked = check(*config); !checked) return unexpected(checked.error());
  auto router = gossipsub::Router::create(identity.peer_id(), config->gossip, rng.fork(), now);
  if (!router) return unexpected(router.error());
  Host host;
  host.state_ = std::make_unique<State>(std::move(identity), std::move(config), std::move(rng),
                                        std::move(*router));
  host.state_->begin(now);
  return host;
}

Host::Host() = default;
Host::Host(Host&&) noexcept = default;
Host& Host::operator=(Host&&) noexcept = default;
Host::~Host() = default;

void Host::set_listen_addresses(std::vector<Multiaddr> addresses, TimePoint now) {
  auto& state = *state_;
  state.begin(now);
  state.listen_addresses = std::move(addresses);
  for (auto& address : state.listen_addresses) address = address.without_p2p();
  // Newer records replace older ones, so their number follows the clock the driver gives.
  state.record_seq =
      std::max(state.record_seq + 1, static_cast<std::uint64_t>(now.time_since_epoch().count()));
  state.signed_record =
      state.listen_addresses.empty()
          ? Bytes{}
          : PeerRecord{state.self, state.record_seq, state.listen_addresses}.seal(state.identity);
  state.push_soon();
}

Result<LinkId, DialError> Host::on_accepted(const Multiaddr& remote, TimePoint now, LinkKind kind) {
  auto& state = *state_;
  state.begin(now);
  if (state.closing) return unexpected(DialError::cancelled);
  if (state.admission.inbound_full()) state.trim();
  if (!state.admission.accept(network_of(remote), now)) return unexpected(DialError::limit);
  const auto id = state.add_link({session::Role::listener, remote, std::nullopt, kind}).id;
  state.make_room_for_handshake();
  state.settle();
  return id;
}

std::optional<LinkId> Host::on_dialed(DialId dial, TimePoint now, LinkKind kind) {
  auto& state = *state_;
  state.begin(now);
  const auto found = state.dials.find(dial);
  if (found == state.dials.end()) return std::nullopt;
  const auto attempt = std::move(found->second);
  state.dials.erase(found);
  const auto connecting = state.connecting.find(attempt.connect);
  ASSERT(connecting != state.connecting.end());
  if (!state.admission.dial()) {
    state.on_attempt_failed(attempt.connect, attempt.address, DialError::limit, {});
    state.settle();
    return std::nullopt;
  }
  auto& command = *connecting->second;
  std::erase(command.dials, dial);
  const auto expected = command.peer.empty() ? std::nullopt : std::optional{command.peer};
  auto& link = state.add_link({session::Role::dialer, attempt.address, expected, kind});
  link.connect = attempt.connect;
  link.raw = command.request.another;
  link.lifted = command.request.protected_from_limits;
  command.links.push_back(link.id);
  const auto id = link.id;
  state.serve_backlog();
  state.settle();
  return id;
}

void Host::on_dial_failed(DialId dial, DialError error, std::string_view detail, TimePoint now) {
  auto& state = *state_;
  state.begin(now);
  const auto found = state.dials.find(dial);
  if (found == state.dials.end()) return;
  const auto attempt = std::move(found->second);
  state.dials.erase(found);
  state.on_attempt_failed(attempt.connect, attempt.address, error, detail);
  state.settle();
}

void Host::on_resolved(ResolveId resolve, const std::vector<std::string>& records, TimePoint now) {
  state_->begin(now);
  state_->on_resolved(resolve, records);
  state_->settle();
}

void Host::on_resolve_failed(ResolveId resolve, std::string_view detail, TimePoint now) {
  state_->begin(now);
  state_->on_resolve_failed(resolve, detail);
  state_->settle();
}

void Host::on_bytes(LinkId id, Received bytes, TimePoint now) {
  auto& state = *state_;
  state.begin(now);
  auto* link = state.find(id);
  auto* session = link == nullptr ? nullptr : link->channel.session();
  if (session == nullptr) return;
  state.carried.in += bytes.bytes.size();
  session->on_bytes(bytes, state.now);
  state.touch(*link);
  state.settle();
}

void Host::on_frames(LinkId id, direct::Frames frames, TimePoint now) {
  auto& state = *state_;
  state.begin(now);
  auto* link = state.find(id);
  auto* direct = link == nullptr ? nullptr : link->channel.direct();
  if (direct == nullptr) return;
  state.carried.in += direct::size_of(frames);
  direct->on_frames(std::move(frames), state.now);
  state.touch(*link);
  state.settle();
}

void Host::on_link_closed(LinkId id, std::string_view reason, TimePoint now) {
  auto& state = *state_;
  state.begin(now);
  state.last_bytes.erase(id);
  state.remove_link(id, {reason, DialError::closed, reason, true});
  state.settle();
}

void Host::on_written(LinkId id, std::size_t size, TimePoint now) {
  auto& state = *state_;
  state.begin(now);
  auto* link = state.find(id);
  if (link == nullptr) return;
  link->channel.on_written(size, state.now);
  state.touch(*link);
  state.settle();
}

void Host::on_verified(gossipsub::Ticket ticket, const Result<void, pubsub::RejectReason>& verdict,
                       TimePoint now) {
  state_->begin(now);
  state_->router.on_verified(ticket, verdict, state_->now);
  state_->settle();
}

void Host::on_validated(gossipsub::Ticket ticket, gossipsub::Validation verdict, TimePoint now) {
  state_->begin(now);
  state_->router.on_validated(ticket, verdict, state_->now);
  state_->settle();
}

void Host::on_deadline(TimePoint now) {
  auto& state = *state_;
  state.begin(now);
  const auto order = state.timers.order();
  while (const auto timer = state.timers.take_due(state.now, order)) {
    state.on_timer(*timer);
    state.settle();
  }
  if (const auto heartbeat = state.router.next_deadline(); heartbeat && *heartbeat <= state.now) {
    state.router.on_deadline(state.now);
    state.settle();
  }
}

std::optional<Output> Host::poll() { return state_->next_output(); }

bool Host::pack(LinkId id, Bytes& out, std::size_t budget, TimePoint now) {
  auto& state = *state_;
  state.begin(now);
  if (auto* link = state.find(id)) return state.pack(*link, out, budget);
  if (const auto last = state.last_bytes.find(id); last != state.last_bytes.end()) {
    append(out, last->second);
    state.last_bytes.erase(last);
  }
  return false;
}

bool Host::take(LinkId id, direct::Frames& out, std::size_t budget, TimePoint now) {
  auto& state = *state_;
  state.begin(now);
  auto* link = state.find(id);
  return link != nullptr && state.take(*link, out, budget);
}

bool Host::wants_read(LinkId id) const {
  const auto* link = state_->find(id);
  return link != nullptr && link->channel.wants_read();
}

std::optional<TimePoint> Host::next_deadline() const {
  const auto timer = state_->timers.next();
  const auto heartbeat = state_->router.next_deadline();
  if (!timer || !heartbeat) return timer ? timer : heartbeat;
  return std::min(*timer, *heartbeat);
}

ConnectId Host::connect(ConnectRequest request, TimePoint now) {
  state_->begin(now);
  const auto id = state_->connect(std::move(request), {});
  state_->settle();
  return id;
}

void Host::disconnect(const PeerId& id, TimePoint now) {
  state_->begin(now);
  state_->cancel_connects(&id, "disconnected by us");
  if (const auto* peer = state_->find(id)) state_->doom_all(*peer, "disconnected by us");
  state_->settle();
}

void Host::close_link(LinkId id, TimePoint now) {
  state_->begin(now);
  if (auto* link = state_->find(id)) {
    state_->doom(*link, {"closed by us", DialError::cancelled, {}});
  }
  state_->settle();
}

void Host::ping(const PeerId& peer, TimePoint now) {
  state_->begin(now);
  state_->ping(peer);
  state_->settle();
}

void Host::shutdown(TimePoint now) {
  state_->begin(now);
  state_->shut_down();
  state_->settle();
}

void Host::join(std::string_view topic, TimePoint now) {
  state_->begin(now);
  state_->router.join(topic, state_->now);
  state_->settle();
}

void Host::leave(std::string_view topic, TimePoint now) {
  state_->begin(now);
  state_->router.leave(topic, state_->now);
  state_->settle();
}

void Host::set_validation(std::string_view topic, const gossipsub::Validating& how) {
  state_->router.set_validation(topic, how);
}

void Host::extend_validation(gossipsub::Ticket ticket, Duration limit) {
  state_->router.extend_validation(ticket, limit);
}

void Host::load_author_marks(std::span<const pubsub::AuthorMark> marks) {
  state_->router.load_author_marks(marks);
}

std::vector<pubsub::AuthorMark> Host::take_raised_marks() {
  return state_->router.take_raised_marks();
}

bool Host::block(const gossipsub::BlockedPeer& blocked, TimePoint now) {
  auto& state = *state_;
  state.begin(now);
  if (!state.router.block(blocked, state.now)) return false;
  if (state.router.is_blocked(blocked.peer, state.now)) state.shut_out(blocked.peer);
  state.settle();
  return true;
}

bool Host::unblock(const PeerId& peer) { return state_->router.unblock(peer); }

Result<std::size_t, gossipsub::PublishError> Host::publish(pubsub::Message message, TimePoint now) {
  state_->begin(now);
  auto sent = state_->router.publish(std::move(message), state_->now);
  state_->settle();
  return sent;
}

Result<void, gossipsub::ConfigError> Host::set_policy(std::string_view topic,
                                                      const gossipsub::TopicPolicy& policy,
                                                      TimePoint now) {
  state_->begin(now);
  auto set = state_->router.set_policy(topic, policy, state_->now);
  state_->settle();
  return set;
}

bool Host::set_partial(std::string_view topic, std::optional<gossipsub::PartialTopic> options,
                       TimePoint now) {
  state_->begin(now);
  const bool set = state_->router.set_partial(topic, std::move(options));
  state_->settle();
  return set;
}

Result<std::size_t, gossipsub::PartialError> Host::publish_partial(
    const gossipsub::PartialMessage& message, TimePoint now) {
  state_->begin(now);
  const auto sent = state_->router.publish_partial(message, state_->now);
  state_->settle();
  return sent;
}

std::size_t Host::publish_batch(std::vector<pubsub::Message> messages, TimePoint now) {
  state_->begin(now);
  const auto accepted = state_->router.publish_batch(std::move(messages), state_->now);
  state_->settle();
  return accepted;
}

Result<void, gossipsub::PublishError> Host::publish_local(pubsub::Message message, TimePoint now) {
  state_->begin(now);
  auto published = state_->router.publish_local(std::move(message), state_->now);
  state_->settle();
  return published;
}

void Host::track(const pubsub::MessageId& id, const gossipsub::Tracking& tracking, TimePoint now) {
  state_->begin(now);
  state_->router.track(id, tracking, state_->now);
  state_->settle();
}

void Host::untrack(gossipsub::ReceiptId receipt) { state_->router.untrack(receipt); }

void Host::on_discovered(const std::vector<Multiaddr>& found, TimePoint now) {
  state_->begin(now);
  state_->on_discovered(found);
  state_->settle();
}

bool Host::set_application_score(const PeerId& peer, double value) {
  return state_->router.set_application_score(peer, value);
}

Result<void, gossipsub::ConfigError> Host::set_topic_score_params(
    std::string_view topic, const gossipsub::TopicScoreParams& params, TimePoint now) {
  state_->begin(now);
  return state_->router.set_topic_score_params(topic, params, state_->now);
}

void Host::add_direct(const PeerId& peer, std::vector<Multiaddr> addresses, TimePoint now) {
  auto& state = *state_;
  state.begin(now);
  auto index = state.direct_index(peer);
  if (!index) {
    index = state.direct.size();
    state.direct.push_back({peer, {}});
  }
  for (auto& address : addresses) address = address.without_p2p();
  state.direct[*index].addresses = std::move(addresses);
  state.router.add_direct(peer, now);
  state.connect_direct(*index);
  state.settle();
}

void Host::restore_seen(std::span<const gossipsub::SeenBefore> ids, TimePoint now) {
  state_->router.restore_seen(ids, now);
}

void Host::replay(gossipsub::Replay message, TimePoint now) {
  state_->begin(now);
  state_->router.replay(std::move(message), state_->now);
  state_->settle();
}

void Host::handle(std::string protocol, TimePoint now) {
  state_->begin(now);
  auto& known = state_->app_protocols;
  const auto place = std::ranges::lower_bound(known, protocol);
  if (place != known.end() && *place == protocol) return;
  known.insert(place, std::move(protocol));
  state_->update_protocols();
}

Result<StreamKey, StreamError> Host::open_stream(const PeerId& peer,
                                                 std::vector<std::string> protocols,
                                                 TimePoint now) {
  const auto* entry = state_->find(peer);
  const auto* link = entry == nullptr ? nullptr : state_->main_link(*entry);
  if (link == nullptr) return unexpected(StreamError::not_connected);
  return open_stream(link->id, std::move(protocols), now);
}

Result<StreamKey, StreamError> Host::open_stream(LinkId id, std::vector<std::string> protocols,
                                                 TimePoint now) {
  state_->begin(now);
  auto* link = state_->find(id);
  if (link == nullptr || !link->established) return unexpected(StreamError::not_connected);
  auto opened = state_->open_app_stream(*link, std::move(protocols));
  state_->settle();
  return opened;
}

bool Host::write(StreamKey key, SharedBytes bytes) {
  if (state_->find_app(key) == nullptr) return false;
  const bool written = state_->find(key.link)->channel.write(key.stream, std::move(bytes));
  state_->settle();
  return written;
}

void Host::end_stream(StreamKey key) {
  if (state_->find_app(key) == nullptr) return;
  state_->find(key.link)->channel.end_stream(key.stream);
  state_->settle();
}

void Host::reset_stream(StreamKey key) {
  if (state_->find_app(key) == nullptr) return;
  auto& link = *state_->find(key.link);
  state_->take_stream(link, key.stream);
  link.channel.reset_stream(key.stream);
  state_->settle();
}

void Host::consumed(StreamKey key, std::size_t size) {
  if (state_->find_app(key) == nullptr) return;
  state_->find(key.link)->channel.consumed(key.stream, size);
  state_->settle();
}

std::size_t Host::queued(StreamKey key) const {
  const auto* link = state_->find(key.link);
  return link == nullptr ? 0 : link->channel.queued(key.stream);
}

bool Host::has_unsent() const {
  if (state_->router.has_pending()) return true;
  return std::ranges::any_of(state_->links, [](const auto& entry) {
    const auto& link = *entry.second;
    if (link.wants_write) return true;
    return std::ranges::any_of(
        link.streams, [&](const Stream& stream) { return link.channel.queued(stream.id) > 0; });
  });
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

std::vector<Multiaddr> Host::addresses_of(const PeerId& peer, TimePoint now) const {
  return state_->addresses.addresses(peer, now);
}

std::size_t Host::link_count() const { return state_->links.size(); }

StateSize Host::state_size() const { return state_->size(); }

void Host::check_invariants(TimePoint now) const {
  state_->router.check_invariants(now);
  state_->check_invariants();
}

}  // namespace grapevine::host
