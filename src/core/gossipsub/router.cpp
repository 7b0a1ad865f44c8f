// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/router.hpp"

#include <algorithm>
#include <utility>

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
                                               "limit_hit",
                                               "iwant_served",
                                               "misbehaved",
                                               "extensions_received",
                                               "test_received",
                                               "partial_sent",
                                               "partial_received",
                                               "graylisted",
                                               "shed",
                                               "px_sent",
                                               "px_received",
                                               "px_refused",
                                               "peer_added",
                                               "peer_removed",
                                               "validated",
                                               "score_changed",
                                               "outbox_expired",
                                               "too_large_for_peer",
                                               "size_capped",
                                               "throttled",
                                               "timed_out",
                                               "filtered",
                                               "blocked",
                                               "pong_received"};
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
      topics{rng, config->topics_max, rules_of(*config, {})},
      backoffs{rng},
      mcache{{config->mcache_len, config->mcache_gossip, config->mcache_bytes_max}},
      seen{config->seen, rng},
      pending{rng, config->pending_bytes_max},
      validations{{config->validations_max, config->validation_queue_max}},
      blacklist{id_hash, config->blocked_max},
      partials{config->partial},
      receipts{{config->receipts_max, config->receipt_time_max}},
      direct{config->direct_peers},
      traffic{config->traffic_topics_max},
      next_heartbeat{now + config->heartbeat_initial_delay},
      next_direct_connect{now} {
  if (config->score) scores.emplace(*config->score, rng, now);
  if (config->gater) gater.emplace(*config->gater, rng, now);
  if (config->check_seqno) marks.emplace(rng, config->author_marks_max);
}

void Router::State::trace(Traced::Kind kind, const PeerId& peer, std::string_view topic,
                          std::string_view reason, std::uint64_t count) {
  if (!tells(kind)) return;
  Traced change{kind, peer, std::string{topic}, reason, count};
  if (recording()) record_change(change);
  outputs.push(std::move(change));
}

void Router::State::count(Traced::Kind kind, const Peer& peer, const TopicName& topic,
                          std::string_view reason, std::uint64_t times) {
  if (!tells(kind)) return;
  if (tally.add(kind, peer, topic, reason, times)) return;
  flush_tally();
  tally.add(kind, peer, topic, reason, times);
}

void Router::State::flush_tally() {
  if (tally.empty()) return;
  for (const auto& event : tally.take()) {
    outputs.push(Traced{event.kind, event.peer, event.topic ? *event.topic : std::string{},
                        event.reason, event.count});
  }
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
  peer.outbox = Outbox{&state_->outbox_totals};
  peer.agent_limits = peer.send_limits = state_->config->send_limits;
  peer.direct = std::ranges::find(state_->direct, info.id) != state_->direct.end();
  state_->begin_record(peer, info.ips);
}

void Router::on_stream_open(PeerHandle handle, Version version, TimePoint now) {
  auto& state = *state_;
  auto& peer = state.peers.at(handle);
  if (state.blacklist.contains(peer.id, now)) return;
  const bool moved = std::exchange(peer.stream_open, true);
  const bool again = std::exchange(peer.greeted, true);
  const bool meshless = state.config->mode != Mode::gossipsub && version != Version::randomsub;
  peer.version = meshless ? Version::floodsub : version;
  state.refresh_flood(peer);
  if (!moved) state.tell_peer(peer, true);
  state.hello(peer);
  if (moved) state.repeat_grafts(peer);
  const auto early = std::exchange(peer.early_grafts, {});
  for (const auto topic : early) state.on_graft(peer, *state.topics.at(topic).name, now);
  if (again) state.settle_lost_meshes(peer, now);
  if (!peer.meshes()) return;
  for (const auto topic_handle : peer.topics) {
    auto& topic = state.topics.at(topic_handle);
    if (topic.mesh.size() < topic.rules->d_low && state.graftable(topic, peer, now)) {
      state.graft(topic, {&handle, 1}, "new peer", now);
    }
  }
}

void Router::on_stream_lost(PeerHandle handle, TimePoint) {
  auto& peer = state_->peers.at(handle);
  const bool was_open = std::exchange(peer.stream_open, false);
  peer.write_wanted = false;
  peer.outbox.lose_stream();
  peer.unwanted = {};
  state_->partials.forget(handle);
  peer.followed_from = state_->followups.next_number();  // what we asked for may not have left
  for (const auto handle_of_topic : peer.topics) {
    const auto& topic = state_->topics.at(handle_of_topic);
    if (topic.mesh.contains(handle)) peer.lost_meshes.insert(handle_of_topic);
  }
  state_->drop_from_meshes(peer);
  state_->refresh_flood(peer);
  if (was_open) state_->tell_peer(peer, false);
}

void Router::remove_peer(PeerHandle handle, TimePoint now) {
  auto& state = *state_;
  auto& peer = state.peers.at(handle);
  state.drop_from_meshes(peer);
  if (peer.stream_open) state.tell_peer(peer, false);
  state.forget_subscriptions(peer);
  state.partials.forget(handle);
  state.end_record(peer, now);
  state.peers.remove(handle);
}

void Router::on_inbound_stream(PeerHandle handle) {
  auto& peer = state_->peers.at(handle);
  peer.extensions.on_stream();
  peer.unconfirmed = peer.topics;
  peer.confirmed_by.reset();
}

void Router::on_inbound_dead(PeerHandle handle) {
  state_->forget_unconfirmed(state_->peers.at(handle));
}

Result<void, pubsub::RpcError> Router::on_rpc(PeerHandle from, const SharedBytes& frame,
                                              TimePoint now) {
  auto& state = *state_;
  auto& peer = state.peers.at(from);
  if (state.blacklist.contains(peer.id, now)) {
    state.count(Traced::Kind::blocked, peer, {}, {});
    return {};
  }
  if (state.scores && state.graylisted(peer)) {
    state.count(Traced::Kind::graylisted, peer, {}, {});
    return {};
  }
  const auto read = pubsub::read_rpc(frame, state.config->rpc_limits);
  if (!read) {
    state.count(Traced::Kind::limit_hit, peer, {}, pubsub::name(read.error()));
    if (read.error() == pubsub::RpcError::malformed) state.penalise(peer, 1, "malformed RPC");
    return unexpected(read.error());
  }
  const auto& rpc = *read;
  ++state.traffic.rpcs_received;
  if (state.recording()) {
    state.outputs.push(Recorded{Recorded::Kind::rpc_received, peer.id, {}, {}, {}, frame});
  }
  if (const auto reason = state.refusal_of(peer, rpc, frame.size()); !reason.empty()) {
    state.count(Traced::Kind::filtered, peer, {}, reason);
    return {};
  }
  if (rpc.skipped > 0) {
    state.count(Traced::Kind::limit_hit, peer, {}, "oversize element", rpc.skipped);
  }
  state.on_extensions(peer, rpc);
  state.on_subscriptions(peer, rpc, now);
  if (state.gater && !rpc.publish.empty() && state.sheds(peer, now)) {
    state.shed(peer, rpc.publish.size());
  } else {
    for (std::size_t i = 0; i < rpc.publish.size(); ++i) {
      state.on_publish(peer, frame.slice(rpc.publish[i]), rpc.publish_bodies[i], now);
    }
  }
  if (state.config->mode != Mode::gossipsub) return {};
  for (const auto topic : rpc.graft) state.on_graft(peer, topic, now);
  for (const auto& prune : rpc.prune) state.on_prune(peer, prune, now);
  if (!rpc.ihave.empty()) state.on_ihave(peer, rpc.ihave, now);
  if (!rpc.iwant.empty()) state.on_iwant(peer, rpc.iwant, now);
  if (!rpc.idontwant.empty()) state.on_idontwant(peer, rpc.idontwant);
  if (rpc.partial) state.on_partial(peer, frame, *rpc.partial);
  if (rpc.ping_pong) state.on_ping_pong(peer, *rpc.ping_pong);
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
  state_->refresh_records(now);
  state_->receipts.expire(now);
  state_->end_late_validations(now);
  if (now < state_->next_heartbeat) return;
  // One heartbeat, however late: a node that was asleep does not punish anybody for it (F09).
  if (now - state_->next_heartbeat > state_->config->heartbeat_interval) state_->followups.clear();
  state_->heartbeat(now);
  state_->next_heartbeat = now + state_->config->heartbeat_interval;
}

void Router::join(std::string_view topic, TimePoint now) { state_->join(topic, now); }
void Router::leave(std::string_view topic, TimePoint now) { state_->leave(topic, now); }

Result<std::size_t, PublishError> Router::publish(pubsub::Message message, TimePoint now) {
  return state_->publish(std::move(message), now);
}

void Router::restore_seen(std::span<const SeenBefore> ids, TimePoint now) {
  state_->restore_seen(ids, now);
}

void Router::replay(Replay message, TimePoint now) { state_->replay(std::move(message), now); }

bool Router::set_partial(std::string_view topic, std::optional<PartialTopic> options) {
  return state_->set_partial(topic, std::move(options));
}

Result<std::size_t, PartialError> Router::publish_partial(const PartialMessage& message,
                                                          TimePoint now) {
  return state_->publish_partial(message, now);
}

/// Mesh links with it end, and are said to: both sides send each other everything from now on. The
/// backoff we announce binds us too, should it stop being direct.
void Router::add_direct(const PeerId& id, TimePoint now) {
  auto& state = *state_;
  if (std::ranges::find(state.direct, id) == state.direct.end()) state.direct.push_back(id);
  state.next_direct_connect = {};
  for (const auto handle : state.peers.handles()) {
    auto& peer = state.peers.at(handle);
    if (peer.id != id) continue;
    for (const auto topic_handle : peer.topics) {
      auto& topic = state.topics.at(topic_handle);
      if (!topic.mesh.contains(handle)) continue;
      state.prune(topic, {&handle, 1}, {state.config->prune_backoff, "direct peer"}, now);
    }
    peer.direct = true;
    state.drop_from_meshes(peer);
    state.refresh_flood(peer);
  }
}

void Router::remove_direct(const PeerId& id) {
  auto& state = *state_;
  std::erase(state.direct, id);
  for (const auto handle : state.peers.handles()) {
    auto& peer = state.peers.at(handle);
    if (peer.id != id) continue;
    peer.direct = false;
    state.refresh_flood(peer);
  }
}

std::optional<Output> Router::poll() {
  auto& state = *state_;
  if (!state.jobs.empty()) return Verify{std::exchange(state.jobs, {})};
  if (state.outputs.empty()) state.flush_tally();
  if (state.outputs.empty()) {
    for (const auto& progress : state.receipts.take()) state.outputs.push(progress);
  }
  if (state.outputs.empty()) return std::nullopt;
  return state.outputs.pop();
}

std::optional<pubsub::PackedRpc> Router::pack(PeerHandle handle, TimePoint now) {
  auto* peer = state_->peers.find(handle);
  if (peer == nullptr || !peer->stream_open) return std::nullopt;
  std::vector<IdKey> keys;
  const bool followed = !state_->receipts.empty();
  auto packed =
      peer->outbox.pack(peer->send_limits, peer->unwanted, now, followed ? &keys : nullptr);
  for (const auto key : keys) {
    state_->receipts.note(key, state_->key_of(*peer), Receipts::Level::written);
  }
  if (packed.expired > 0) state_->note_expired(*peer, packed.expired);
  if (packed.cancelled > 0) {
    state_->count(Traced::Kind::idontwant_cancelled, *peer, {}, {}, packed.cancelled);
  }
  if (packed.rpc) {
    ++state_->traffic.rpcs_sent;
    state_->record_sent(*peer, *packed.rpc);
  } else {
    peer->write_wanted = false;
  }
  return std::move(packed.rpc);
}

std::optional<TimePoint> Router::next_deadline() const {
  auto next = state_->next_heartbeat;
  next = std::min(next, state_->receipts.next_end());
  if (state_->scores) next = std::min(next, state_->scores->next_refresh());
  if (state_->gater) next = std::min(next, state_->gater->next_refresh());
  if (const auto due = state_->validations.next_due()) next = std::min(next, *due);
  return next;
}

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

std::vector<PartialHolder> Router::partial_holders(std::string_view topic, ByteView group) const {
  return state_->partial_holders(topic, group);
}

/// Half of each bound, so that what one RPC brings still fits.
bool Router::has_room(PeerHandle handle) const {
  const auto& state = *state_;
  const auto* peer = state.peers.find(handle);
  if (peer == nullptr) return true;
  return peer->pending * 2 < state.config->pending_per_peer_max &&
         state.pending.size() * 2 < state.config->pending_messages_max &&
         state.pending.bytes() * 2 < state.config->pending_bytes_max;
}

bool Router::has_pending() const {
  return std::ranges::any_of(state_->peers.handles(), [&](PeerHandle handle) {
    const auto& peer = state_->peers.at(handle);
    return peer.stream_open && !peer.outbox.empty();
  });
}

std::vector<OutboxRoom> Router::outbox_rooms() const {
  const auto& limits = state_->outbox_limits;
  const auto left = state_->config->outboxes_bytes_max - state_->outbox_totals.all();
  std::vector<OutboxRoom> rooms;
  for (const auto handle : state_->peers.handles()) {
    const auto& outbox = state_->peers.at(handle).outbox;
    const auto messages = outbox.messages();
    if (messages == 0) continue;
    rooms.push_back(
        {handle, limits.items_max - messages, std::min(left, limits.bytes_max - outbox.bytes())});
  }
  return rooms;
}

const Counters& Router::counters() const { return state_->counters; }

std::size_t Router::peer_state_size() const {
  const auto& state = *state_;
  std::size_t size = state.peers.size() + state.partials.peer_entries();
  if (state.scores) size += state.scores->peer_state_size();
  if (state.gater) size += state.gater->peers();
  for (const auto* topic : std::as_const(state.topics).all()) {
    size +=
        topic->subscribers.size() + topic->flood.size() + topic->mesh.size() + topic->fanout.size();
    if (topic->idle() && !state.lingering.contains(topic->handle)) ++size;
  }
  return size;
}

void Router::check_invariants(TimePoint now) const {
  const auto& state = *state_;
  for (const auto* topic : std::as_const(state.topics).all()) state.check_topic(*topic, now);
  for (const auto handle : state.peers.handles()) state.check_peer(state.peers.at(handle));
  for (const auto handle : state.lingering) ASSERT(state.topics.known(handle));
  ASSERT(state.pending.size() <= state.config->pending_messages_max);
  ASSERT(state.pending.bytes() <= state.config->pending_bytes_max);
  ASSERT(state.pending.empty() == (state.pending.bytes() == 0));
  state.validations.check_invariants();
  ASSERT(state.validations.running() + state.validations.waiting() <= state.pending.size());
  ASSERT(state.blacklist.size() <= state.config->blocked_max);
  state.partials.check_invariants();
  state.check_outboxes();
  state.receipts.check_invariants();
  ASSERT(state.promises.size() <= Promises::entries_max);
  ASSERT(state.backoffs.size() <= Backoffs::entries_max);
  ASSERT(state.followups.size() <= Followups::entries_max);
  if (state.scores) state.scores->check_invariants();
}

void Router::State::check_topic(const Topic& topic, TimePoint now) const {
  ASSERT(topic.active() == active.contains(topic.handle));
  ASSERT(topic.mesh.empty() || topic.joined);
  ASSERT(topic.joined == (topic.wanted && !topic.rules->fanout_only));
  ASSERT(topic.fanout.empty() || (!topic.joined && topic.fanout_expires));
  ASSERT(!topic.idle() || lingering.contains(topic.handle));
  ASSERT(topic.partial == (partials.find(topic.handle) != nullptr));
  for (const auto handle : topic.mesh) {
    const auto& peer = peers.at(handle);
    ASSERT(peer.meshes() && topic.subscribers.contains(handle));
    ASSERT(!backoffs.holds(topic.handle, peer.id, now));
  }
  for (const auto handle : topic.fanout) {
    ASSERT(peers.at(handle).meshes() && topic.subscribers.contains(handle));
  }
  for (const auto handle : topic.subscribers) {
    const auto& peer = peers.at(handle);
    ASSERT(peer.topics.contains(topic.handle));
    ASSERT(topic.flood.contains(handle) == (peer.stream_open && !peer.meshes()));
  }
  for (const auto handle : topic.flood) ASSERT(topic.subscribers.contains(handle));
}

void Router::State::check_peer(const Peer& peer) const {
  std::size_t topic_bytes = 0;
  for (const auto handle : peer.topics) {
    ASSERT(topics.known(handle) && topics.at(handle).subscribers.contains(peer.handle));
    topic_bytes += topics.at(handle).name->size();
  }
  ASSERT(topic_bytes == peer.topic_bytes);
  for (const auto handle : peer.requests_partial) ASSERT(peer.sends_partial.contains(handle));
  for (const auto handle : peer.sends_partial) ASSERT(peer.topics.contains(handle));
  for (const auto handle : peer.unconfirmed) ASSERT(peer.topics.contains(handle));
  ASSERT(peer.topics.size() <= config->subscription_filter.topics_per_peer_max);
  ASSERT(peer.outbox.bytes() <= config->outbox_bytes_max);
  ASSERT(peer.outbox.messages() <= config->outbox_items_max);
  ASSERT(peer.stream_open || peer.outbox.messages() == 0);
  for (const auto handle : peer.lost_meshes) ASSERT(peer.topics.contains(handle));
  ASSERT(!peer.stream_open || peer.early_grafts.empty());
  ASSERT(peer.outbox.empty() || peer.write_wanted || !peer.stream_open);
  ASSERT(peer.pending <= config->pending_per_peer_max + Pending::parked_max * pending.size());
  ASSERT(peer.unwanted.size() <= config->idontwant_ids_max * config->idontwant_ttl_heartbeats);
  ASSERT(peer.served.size() <= config->iwant_ids_max * config->mcache_len);
}

}  // namespace grapevine::gossipsub
