// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

/// gossipsub v1.1, "Flood Publishing" and v1.0, "Fanout": direct and floodsub peers always, then
/// everybody, the mesh, or the fanout, which is made here.
Result<std::size_t, PublishError> Router::State::publish(pubsub::Message message, TimePoint now) {
  const auto name = message.view.topic;
  if (name.empty() || name.size() > pubsub::topic_size_max) {
    return unexpected(PublishError::bad_topic);
  }
  if (message.field.size() > config->message_size_max) return unexpected(PublishError::too_large);
  if (!seen.insert(message.id.bytes(), now)) return unexpected(PublishError::duplicate);
  ++counters.published;
  auto& topic = topics.intern(name);
  const auto key = key_of(message.id.bytes());
  if (config->mode == Mode::gossipsub) mcache.put(message, key, topic.handle);
  if (topic.joined) credit(topic, key, {}, now);
  promises.fulfil(key);
  followups.fulfil(key);
  if (config->idontwant_on_publish) send_idontwant(message, topic, std::nullopt);
  const Sending sending{message, key, topic, Lane::own, {}};
  std::size_t sent = 0;
  if (config->flood_publish) {
    sent = send_to_all(sending, topic.subscribers);
  } else {
    if (!topic.joined && config->mode == Mode::gossipsub) prepare_fanout(topic, now);
    sent = send_to_all(sending, topic.joined ? topic.mesh : topic.fanout) +
           send_to_all(sending, topic.flood);
  }
  release_if_idle(topic);
  outputs.push(Deliver{std::move(message), self, true});
  return sent;
}

void Router::State::prepare_fanout(Topic& topic, TimePoint now) {
  if (topic.fanout.empty()) {
    const auto able = [&](const Peer& peer) {
      return peer.meshes() && !below(peer, &ScoreThresholds::publish);
    };
    for (const auto handle : pick(config->d, topic, able)) topic.fanout.insert(handle);
  }
  topic.fanout_expires = base::saturating_add(now, config->fanout_ttl);
  refresh_active(topic);
}

std::size_t Router::State::send_to_all(const Sending& sending, const PeerSet& recipients) {
  std::size_t sent = 0;
  for (const auto handle : recipients) sent += send(sending, peers.at(handle));
  return sent;
}

bool Router::State::send(const Sending& sending, Peer& peer) {
  if (!peer.stream_open) return false;
  const auto& [message, key, topic, lane, without] = sending;
  if (std::ranges::find(without, peer.handle) != without.end()) return false;
  if (message.view.from && equal(*message.view.from, peer.id.bytes())) return false;
  if (!peer.unwanted.empty() && peer.unwanted.contains(key)) return false;
  if (topic.partial && takes_parts(topic, peer)) return false;
  if (scores && withheld(peer, lane)) return false;
  return push(peer, lane, message.field, key, topic.name);
}

/// gossipsub v1.1, "Score Thresholds": publish. Floodsub peers are in no mesh from which a bad
/// score could prune them, so it holds for what we forward to them too.
bool Router::State::withheld(const Peer& peer, Lane lane) const {
  if (peer.direct || (lane != Lane::own && peer.gossips())) return false;
  return below(peer, &ScoreThresholds::publish);
}

bool Router::State::push(Peer& peer, Lane lane, const SharedBytes& field, IdKey key,
                         const TopicName& topic) {
  const auto dropped = peer.outbox.push(lane, field, key, outbox_limits);
  if (dropped.messages > 0) {
    counters.rpc_dropped += dropped.messages;
    if (scores) scores->drop(peer.handle, static_cast<double>(dropped.messages));
    count(Traced::Kind::outbox_dropped, peer, topic, "outbox is full", dropped.messages);
  }
  want_write(peer);
  return !dropped.refused;
}

void Router::State::want_write(Peer& peer) {
  if (peer.write_wanted || peer.outbox.empty()) return;
  peer.write_wanted = true;
  outputs.push(WantsWrite{peer.handle});
}

}  // namespace grapevine::gossipsub
