// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

/// The first RPC on a stream, and again on every new one: a peer that restarted has forgotten us.
void Router::State::hello(Peer& peer) {
  say_extensions(peer);
  for (const auto handle : active) {
    const auto& topic = topics.at(handle);
    if (topic.joined) announce(peer, topic, true);
  }
  want_write(peer);
}

void Router::State::on_subscriptions(Peer& peer, const pubsub::RpcView& rpc, TimePoint now) {
  for (const auto& subscription : pubsub::last_words(rpc.subscriptions)) {
    auto& received = traffic_of(std::as_const(topics).find(subscription.topic)).received;
    ++(subscription.subscribe ? received.subscriptions : received.unsubscriptions);
    if (!subscription.subscribe) {
      unsubscribe(peer, subscription.topic);
      continue;
    }
    const bool fresh = subscribe(peer, subscription.topic);
    note_flags(peer, subscription);
    if (!fresh) continue;
    auto& topic = *topics.find(subscription.topic);
    if (topic.joined && topic.mesh.size() < topic.rules->d_low && graftable(topic, peer, now)) {
      graft(topic, {&peer.handle, 1}, "subscribed", now);  // not waiting for the heartbeat
    }
  }
}

/// False when nothing changed or a limit refuses the topic (V37): what is above it is ignored, not
/// stored.
bool Router::State::subscribe(Peer& peer, std::string_view name) {
  const auto& filter = config->subscription_filter;
  const auto* known = topics.find(name);
  if (known != nullptr && known->subscribers.contains(peer.handle)) {
    return confirm(peer, known->handle);
  }
  if (!filter.allows(name) || filtered(peer, name)) return false;
  if (peer.topics.size() >= filter.topics_per_peer_max ||
      peer.topic_bytes + name.size() > filter.topic_bytes_per_peer_max) {
    count(Traced::Kind::limit_hit, peer, {}, "subscriptions of a peer");
    return false;
  }
  auto* topic = topics.intern_for_remote(name);
  if (topic == nullptr) {
    count(Traced::Kind::limit_hit, peer, {}, "topics");
    return false;
  }
  topic->subscribers.insert(peer.handle);
  peer.topics.insert(topic->handle);
  if (peer.stream_open && !peer.meshes()) topic->flood.insert(peer.handle);
  peer.topic_bytes += name.size();
  trace(Traced::Kind::subscribed, peer.id, name, {});
  return true;
}

/// True when the peer says again, on a new stream, what it is subscribed to.
bool Router::State::confirm(Peer& peer, TopicHandle topic) {
  if (!peer.unconfirmed.erase(topic)) return false;
  if (!peer.confirmed_by) {
    drop_from_meshes(peer);
    peer.confirmed_by = heartbeats + 2;  // a long hello comes in several RPCs
  }
  return true;
}

void Router::State::forget_unconfirmed(Peer& peer) {
  peer.confirmed_by.reset();
  for (const auto handle : peer.unconfirmed.copy()) {
    const auto name = topics.at(handle).name;  // outlives the topic
    unsubscribe(peer, *name);
  }
}

void Router::State::unsubscribe(Peer& peer, std::string_view name) {
  auto* topic = topics.find(name);
  if (topic == nullptr || !topic->subscribers.erase(peer.handle)) return;
  if (leave_mesh(*topic, peer)) trace(Traced::Kind::prune, peer.id, name, "unsubscribed");
  topic->fanout.erase(peer.handle);
  topic->flood.erase(peer.handle);
  peer.early_grafts.erase(topic->handle);
  peer.lost_meshes.erase(topic->handle);
  peer.requests_partial.erase(topic->handle);
  peer.sends_partial.erase(topic->handle);
  peer.topics.erase(topic->handle);
  peer.unconfirmed.erase(topic->handle);
  peer.topic_bytes -= name.size();
  trace(Traced::Kind::unsubscribed, peer.id, name, {});
  release_if_idle(*topic);
}

void Router::State::forget_subscriptions(Peer& peer) {
  for (const auto handle : peer.topics) {
    auto& topic = topics.at(handle);
    topic.subscribers.erase(peer.handle);
    topic.flood.erase(peer.handle);
    trace(Traced::Kind::unsubscribed, peer.id, *topic.name, "gone");
    release_if_idle(topic);
  }
  peer.topics.clear();
  peer.lost_meshes.clear();
  peer.requests_partial.clear();
  peer.sends_partial.clear();
  peer.unconfirmed.clear();
  peer.topic_bytes = 0;
}

/// gossipsub v1.0, "JOIN(topic)": the fanout peers first, they carry the topic for us already.
void Router::State::join(std::string_view name, TimePoint now) {
  if (name.empty() || name.size() > pubsub::topic_size_max) return;
  auto& topic = topics.intern(name);
  topic.wanted = true;
  if (!topic.joined && !topic.rules->fanout_only) enter(topic, now);
}

void Router::State::enter(Topic& topic, TimePoint now) {
  topic.joined = true;
  topic.traffic = traffic.open(*topic.name);
  look_up_scoring(topic);
  trace(Traced::Kind::join, self, *topic.name, {});
  announce(topic, true);
  auto chosen = topic.fanout.copy();
  std::erase_if(chosen,
                [&](PeerHandle handle) { return !graftable(topic, peers.at(handle), now); });
  topic.fanout.clear();
  topic.fanout_expires.reset();
  refresh_active(topic);
  graft(topic, chosen, "fanout", now);
  if (topic.mesh.size() < topic.rules->d) {
    graft(topic, graft_candidates(topic.rules->d - topic.mesh.size(), topic, false, now), "join",
          now);
  }
  discover(topic, now);
}

void Router::State::leave(std::string_view name, TimePoint now) {
  auto* topic = topics.find(name);
  if (topic == nullptr || !topic->wanted) return;
  topic->wanted = false;
  if (topic->joined) quit(*topic, now);
  release_if_idle(*topic);
}

void Router::State::quit(Topic& topic, TimePoint now) {
  announce(topic, false);
  prune(topic, topic.mesh.copy(), {config->unsubscribe_backoff, "left"}, now);
  for (const auto handle : peers.handles()) peers.at(handle).early_grafts.erase(topic.handle);
  topic.joined = false;
  topic.search = {};
  followups.clear();  // what comes now of the topic is not looked at
  refresh_active(topic);
  trace(Traced::Kind::leave, self, *topic.name, {});
}

void Router::State::announce(const Topic& topic, bool subscribe) {
  for (const auto handle : peers.handles()) {
    auto& peer = peers.at(handle);
    // A hello tells what we are in, but not what we have left.
    if (!peer.stream_open && (subscribe || !peer.greeted)) continue;
    announce(peer, topic, subscribe);
    if (!peer.stream_open) continue;
    want_write(peer);
  }
}

void Router::State::announce(Peer& peer, const Topic& topic, bool subscribe) {
  if (filtered(peer, *topic.name)) return;
  auto& broadcast = traffic_of(topic).broadcast;
  ++(subscribe ? broadcast.subscriptions : broadcast.unsubscriptions);
  const bool flagged = subscribe && peer.version >= Version::v1_3;
  peer.outbox.announce(topic.name, subscribe, flagged ? flags_of(topic) : pubsub::PartialFlags{});
}

/// A topic that backoffs, cached messages or those before validators name stays until they are
/// gone: joining it again must respect the ones, and the others must not be taken for another
/// topic's.
void Router::State::release_if_idle(Topic& topic) {
  if (!topic.idle()) return;
  const auto handle = topic.handle;
  if (backoffs.concerns(handle) || mcache.concerns(handle) || validations.concerns(handle)) {
    lingering.insert(handle);
  } else {
    lingering.erase(handle);
    topics.release(handle);
  }
}

void Router::State::release_later(const Topic& topic) {
  if (topic.idle()) lingering.insert(topic.handle);
}

void Router::State::release_lingering() {
  for (const auto handle : lingering.copy()) {
    auto& topic = topics.at(handle);
    if (!topic.idle()) {
      lingering.erase(handle);
    } else {
      release_if_idle(topic);
    }
  }
}

void Router::State::refresh_flood(Peer& peer) {
  const bool wanted = peer.stream_open && !peer.meshes();
  for (const auto handle : peer.topics) {
    auto& flood = topics.at(handle).flood;
    if (wanted) {
      flood.insert(peer.handle);
    } else {
      flood.erase(peer.handle);
    }
  }
}

void Router::State::refresh_active(const Topic& topic) {
  if (topic.active()) {
    active.insert(topic.handle);
  } else {
    active.erase(topic.handle);
  }
}

}  // namespace grapevine::gossipsub
