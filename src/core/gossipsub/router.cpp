// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/router.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

std::string_view name(Traced::Kind kind) {
  static constexpr std::string_view names[] = {"graft",
                                               "prune",
                                               "join",
                                               "leave",
                                               "duplicate",
                                               "rejected",
                                               "ignored",
                                               "undeliverable",
                                               "outbox_dropped",
                                               "ihave_sent",
                                               "iwant_sent",
                                               "idontwant_sent",
                                               "idontwant_received",
                                               "idontwant_cancelled",
                                               "ihave_ignored",
                                               "iwant_refused",
                                               "seen_evicted",
                                               "mcache_evicted",
                                               "subscribed",
                                               "unsubscribed",
                                               "limit_hit"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view name(PublishError error) {
  switch (error) {
    case PublishError::too_large:
      return "too large";
    case PublishError::duplicate:
      return "duplicate";
    case PublishError::bad_topic:
      return "bad topic";
  }
  return "unknown";
}

Router::State::State(const PeerId& self_id, std::shared_ptr<const Config> config_in, Rng rng_in,
                     TimePoint now)
    : self{self_id},
      config{std::move(config_in)},
      rng{std::move(rng_in)},
      id_hash{rng},
      outbox_limits{config->outbox_bytes_max, config->outbox_items_max},
      topics{rng, config->topics_max},
      backoffs{rng},
      mcache{{config->mcache_len, config->mcache_gossip, config->mcache_bytes_max}, rng},
      seen{config->seen, rng},
      pending{rng},
      direct{config->direct_peers},
      next_heartbeat{now + config->heartbeat_initial_delay},
      next_direct_connect{now} {}

void Router::State::trace(Traced::Kind kind, const PeerId& peer, std::string_view topic,
                          std::string_view reason, std::uint64_t count) {
  outputs.push(Traced{kind, peer, std::string{topic}, reason, count});
}

Result<Router, ConfigError> Router::create(PeerId self, std::shared_ptr<const Config> config,
                                           Rng rng, TimePoint now) {
  if (auto checked = check(*config); !checked) return unexpected(checked.error());
  Router router;
  router.state_ = std::make_unique<State>(self, std::move(config), std::move(rng), now);
  return router;
}

Router::Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;
Router::~Router() = default;

void Router::add_peer(PeerHandle handle, const PeerInfo& info, TimePoint) {
  auto& peer = state_->peers.add(handle, info);
  peer.direct = std::ranges::find(state_->direct, info.id) != state_->direct.end();
}

void Router::on_stream_open(PeerHandle handle, Version version, TimePoint now) {
  auto& state = *state_;
  auto& peer = state.peers.at(handle);
  peer.stream_open = true;
  peer.version = state.config->mode == Mode::floodsub ? Version::floodsub : version;
  state.hello(peer);
  if (!peer.meshes()) return;
  for (const auto topic_handle : peer.topics) {
    auto& topic = state.topics.at(topic_handle);
    if (topic.mesh.size() < state.config->d_low && state.graftable(topic, peer, now)) {
      state.graft(topic, {&handle, 1}, "new peer");
    }
  }
}

void Router::on_stream_lost(PeerHandle handle, TimePoint) {
  auto& peer = state_->peers.at(handle);
  peer.stream_open = false;
  peer.write_wanted = false;
  peer.outbox.clear();
  state_->drop_from_meshes(peer);
}

void Router::remove_peer(PeerHandle handle, TimePoint) {
  auto& state = *state_;
  auto& peer = state.peers.at(handle);
  state.drop_from_meshes(peer);
  state.forget_subscriptions(peer);
  state.mcache.forget(handle);
  state.peers.remove(handle);
}

Result<void, pubsub::RpcError> Router::on_rpc(PeerHandle from, const SharedBytes& frame,
                                              TimePoint now) {
  auto& state = *state_;
  auto& peer = state.peers.at(from);
  const auto read = pubsub::read_rpc(frame, state.config->rpc_limits);
  if (!read) {
    state.trace(Traced::Kind::limit_hit, peer.id, {}, pubsub::name(read.error()));
    return unexpected(read.error());
  }
  const auto& rpc = *read;
  if (rpc.skipped > 0)
    state.trace(Traced::Kind::limit_hit, peer.id, {}, "oversize element", rpc.skipped);
  state.on_subscriptions(peer, rpc, now);
  for (std::size_t i = 0; i < rpc.publish.size(); ++i) {
    state.on_publish(peer, frame.slice(rpc.publish[i]), rpc.publish_bodies[i], now);
  }
  if (state.config->mode == Mode::floodsub) return {};
  for (const auto topic : rpc.graft) state.on_graft(peer, topic, now);
  for (const auto& prune : rpc.prune) state.on_prune(peer, prune, now);
  if (!rpc.ihave.empty()) state.on_ihave(peer, rpc.ihave, now);
  if (!rpc.iwant.empty()) state.on_iwant(peer, rpc.iwant);
  if (!rpc.idontwant.empty()) state.on_idontwant(peer, rpc.idontwant);
  return {};
}

void Router::on_verified(Ticket ticket, const Result<void, pubsub::RejectReason>& verdict,
                         TimePoint now) {
  state_->on_verified(ticket, verdict, now);
}

void Router::on_validated(Ticket ticket, Validation verdict, TimePoint now) {
  state_->on_validated(ticket, verdict, now);
}

void Router::on_deadline(TimePoint now) {
  if (now < state_->next_heartbeat) return;
  state_->heartbeat(now);
  // One heartbeat, however late: a node that was asleep does not punish anybody for it (F09).
  state_->next_heartbeat = now + state_->config->heartbeat_interval;
}

void Router::join(std::string_view topic, TimePoint now) { state_->join(topic, now); }
void Router::leave(std::string_view topic, TimePoint now) { state_->leave(topic, now); }

void Router::set_validated(std::string_view name, bool on) {
  if (auto* topic = on ? state_->topics.intern(name) : state_->topics.find(name)) {
    topic->validated = on;
    state_->release_if_idle(*topic);
  }
}

Result<std::size_t, PublishError> Router::publish(pubsub::Message message, TimePoint now) {
  return state_->publish(std::move(message), now);
}

void Router::add_direct(const PeerId& id) {
  if (std::ranges::find(state_->direct, id) == state_->direct.end()) state_->direct.push_back(id);
  for (const auto handle : state_->peers.handles()) {
    auto& peer = state_->peers.at(handle);
    if (peer.id != id) continue;
    peer.direct = true;
    state_->drop_from_meshes(peer);
  }
}

void Router::remove_direct(const PeerId& id) {
  std::erase(state_->direct, id);
  for (const auto handle : state_->peers.handles()) {
    if (auto& peer = state_->peers.at(handle); peer.id == id) peer.direct = false;
  }
}

std::optional<Output> Router::poll() {
  auto& state = *state_;
  if (!state.jobs.empty()) {
    Verify batch{std::move(state.jobs)};
    state.jobs.clear();
    return batch;
  }
  if (state.outputs.empty()) return std::nullopt;
  return state.outputs.pop();
}

std::optional<pubsub::PackedRpc> Router::pack(PeerHandle handle, TimePoint) {
  auto* peer = state_->peers.find(handle);
  if (peer == nullptr || !peer->stream_open) return std::nullopt;
  auto rpc = peer->outbox.pack(state_->config->send_limits);
  if (!rpc) peer->write_wanted = false;
  return rpc;
}

std::optional<TimePoint> Router::next_deadline() const { return state_->next_heartbeat; }

namespace {

std::vector<PeerId> ids_of(const PeerSet& set, const Peers& peers) {
  std::vector<PeerId> ids;
  for (const auto handle : set) ids.push_back(peers.at(handle).id);
  std::ranges::sort(ids);
  return ids;
}

}  // namespace

std::vector<std::string> Router::topics() const {
  std::vector<std::string> names;
  for (const auto* topic : std::as_const(state_->topics).all()) {
    if (topic->joined) names.push_back(*topic->name);
  }
  std::ranges::sort(names);
  return names;
}

std::vector<PeerId> Router::mesh(std::string_view name) const {
  const auto* topic = state_->topics.find(name);
  return topic ? ids_of(topic->mesh, state_->peers) : std::vector<PeerId>{};
}

std::vector<PeerId> Router::fanout(std::string_view name) const {
  const auto* topic = state_->topics.find(name);
  return topic ? ids_of(topic->fanout, state_->peers) : std::vector<PeerId>{};
}

std::vector<PeerId> Router::subscribers(std::string_view name) const {
  const auto* topic = state_->topics.find(name);
  return topic ? ids_of(topic->subscribers, state_->peers) : std::vector<PeerId>{};
}

bool Router::has_pending() const {
  return std::ranges::any_of(state_->peers.handles(), [&](PeerHandle handle) {
    return !state_->peers.at(handle).outbox.empty();
  });
}

const Counters& Router::counters() const { return state_->counters; }

std::size_t Router::peer_state_size() const {
  std::size_t size = state_->peers.size() + state_->mcache.served_size();
  for (const auto* topic : std::as_const(state_->topics).all()) {
    size += topic->subscribers.size() + topic->mesh.size() + topic->fanout.size();
    if (!topic->joined && !topic->validated && !state_->backoffs.concerns(topic->handle)) ++size;
  }
  return size;
}

void Router::check_invariants(TimePoint) const {
  const auto& state = *state_;
  for (const auto* topic : std::as_const(state.topics).all()) {
    for (const auto handle : topic->mesh) {
      const auto& peer = state.peers.at(handle);
      ASSERT(topic->joined && peer.meshes() && topic->subscribers.contains(handle));
    }
    for (const auto handle : topic->fanout) {
      ASSERT(!topic->joined && state.peers.at(handle).meshes() &&
             topic->subscribers.contains(handle));
    }
    for (const auto handle : topic->subscribers) {
      ASSERT(std::ranges::binary_search(state.peers.at(handle).topics, topic->handle));
    }
  }
  for (const auto handle : state.peers.handles()) {
    const auto& peer = state.peers.at(handle);
    ASSERT(peer.outbox.bytes() <= state.config->outbox_bytes_max);
    ASSERT(peer.stream_open || peer.outbox.empty());
    ASSERT(peer.topics.size() <= state.config->subscription_filter.topics_per_peer_max);
  }
}

}  // namespace grapevine::gossipsub
