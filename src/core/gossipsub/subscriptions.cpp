// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

/// The first RPC on a stream, and again on every new one: a peer that restarted has forgotten us.
void Router::State::hello(Peer& peer) {
  for (const auto* topic : topics.all()) {
    if (topic->joined) peer.outbox.announce(topic->name, true);
  }
  want_write(peer);
}

void Router::State::on_subscriptions(Peer& peer, const pubsub::RpcView& rpc, TimePoint now) {
  for (const auto& subscription : rpc.subscriptions) {
    if (!subscription.subscribe) {
      unsubscribe(peer, subscription.topic);
      continue;
    }
    if (!subscribe(peer, subscription.topic)) continue;
    auto& topic = *topics.find(subscription.topic);
    if (topic.joined && topic.mesh.size() < config->d_low && graftable(topic, peer, now)) {
      graft(topic, {&peer.handle, 1}, "subscribed");  // not waiting for the heartbeat
    }
  }
}

/// False when nothing changed or a limit refuses the topic (V37): what is above it is ignored, not
/// stored.
bool Router::State::subscribe(Peer& peer, std::string_view name) {
  const auto& filter = config->subscription_filter;
  if (!filter.allows(name)) return false;
  const auto* known = topics.find(name);
  if (known != nullptr && known->subscribers.contains(peer.handle)) return false;
  if (peer.topics.size() >= filter.topics_per_peer_max ||
      peer.topic_bytes + name.size() > filter.topic_bytes_per_peer_max) {
    trace(Traced::Kind::limit_hit, peer.id, {}, "subscriptions of a peer");
    return false;
  }
  auto* topic = topics.intern(name);
  if (topic == nullptr) {
    trace(Traced::Kind::limit_hit, peer.id, {}, "topics");
    return false;
  }
  topic->subscribers.insert(peer.handle);
  peer.topics.insert(std::ranges::lower_bound(peer.topics, topic->handle), topic->handle);
  peer.topic_bytes += name.size();
  trace(Traced::Kind::subscribed, peer.id, name, {});
  return true;
}

void Router::State::unsubscribe(Peer& peer, std::string_view name) {
  auto* topic = topics.find(name);
  if (topic == nullptr || !topic->subscribers.erase(peer.handle)) return;
  if (topic->mesh.erase(peer.handle)) trace(Traced::Kind::prune, peer.id, name, "unsubscribed");
  topic->fanout.erase(peer.handle);
  std::erase(peer.topics, topic->handle);
  peer.topic_bytes -= name.size();
  trace(Traced::Kind::unsubscribed, peer.id, name, {});
  release_if_idle(*topic);
}

void Router::State::forget_subscriptions(Peer& peer) {
  for (const auto handle : peer.topics) {
    auto& topic = topics.at(handle);
    topic.subscribers.erase(peer.handle);
    trace(Traced::Kind::unsubscribed, peer.id, *topic.name, "gone");
    release_if_idle(topic);
  }
  peer.topics.clear();
  peer.topic_bytes = 0;
}

void Router::State::join(std::string_view name, TimePoint now) {
  auto* topic = topics.intern(name);
  if (topic == nullptr || topic->joined) return;
  topic->joined = true;
  trace(Traced::Kind::join, self, name, {});
  announce(topic->name, true);
  auto chosen = topic->fanout.copy();  // they carry the topic for us already
  std::erase_if(chosen,
                [&](PeerHandle handle) { return !graftable(*topic, peers.at(handle), now); });
  topic->fanout.clear();
  graft(*topic, chosen, "fanout");
  if (topic->mesh.size() < config->d) {
    graft(*topic, graft_candidates(config->d - topic->mesh.size(), *topic, false, now), "join");
  }
}

void Router::State::leave(std::string_view name, TimePoint now) {
  auto* topic = topics.find(name);
  if (topic == nullptr || !topic->joined) return;
  announce(topic->name, false);
  prune(*topic, topic->mesh.copy(), config->unsubscribe_backoff, "left", now);
  topic->joined = false;
  trace(Traced::Kind::leave, self, name, {});
  release_if_idle(*topic);
}

void Router::State::announce(const TopicName& name, bool subscribe) {
  for (const auto handle : peers.handles()) {
    auto& peer = peers.at(handle);
    if (!peer.stream_open) continue;
    peer.outbox.announce(name, subscribe);
    want_write(peer);
  }
}

/// A topic with backoffs stays until they are swept: joining it again must respect them.
void Router::State::release_if_idle(Topic& topic) {
  if (topic.idle() && !backoffs.concerns(topic.handle)) topics.release(topic.handle);
}

}  // namespace grapevine::gossipsub
