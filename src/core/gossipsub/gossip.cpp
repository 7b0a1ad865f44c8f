// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

bool Promises::holds(IdKey id, TimePoint now) const {
  const auto found = until_.find(id);
  return found != until_.end() && now < found->second;
}

void Promises::add(IdKey id, TimePoint until) { until_.insert_or_assign(id, until); }

void Promises::fulfil(IdKey id) { until_.erase(id); }

void Promises::sweep(TimePoint now) {
  boost::unordered::erase_if(until_, [&](const auto& entry) { return entry.second <= now; });
}

/// gossipsub v1.0, "Control messages": IHAVE. Each id is asked for once, of one peer at a time,
/// within what a peer may make us ask per heartbeat; its copies in one RPC count once (V41).
void Router::State::on_ihave(Peer& peer, std::span<const pubsub::IHave> adverts, TimePoint now) {
  auto& budget = peer.budget;
  if (++budget.ihave_messages > config->ihave_messages_max ||
      budget.ids_asked >= config->ihave_ids_max) {
    trace(Traced::Kind::ihave_ignored, peer.id, {}, "budget");
    return;
  }
  std::vector<pubsub::MessageId> wanted;
  for (const auto& advert : adverts) {
    const auto* topic = topics.find(advert.topic);
    if (topic == nullptr || !topic->joined) continue;
    for (const auto id : advert.ids) {
      if (seen.contains(id, now) || pending.contains(id)) continue;
      const auto key = key_of(id);
      if (promises.holds(key, now)) continue;
      if (budget.ids_asked >= config->ihave_ids_max) break;
      ++budget.ids_asked;
      promises.add(key, base::saturating_add(now, config->iwant_followup_time));
      wanted.emplace_back(id);
    }
  }
  if (wanted.empty()) return;
  trace(Traced::Kind::iwant_sent, peer.id, {}, {}, wanted.size());
  peer.outbox.iwant(std::move(wanted), outbox_limits);
  want_write(peer);
}

/// IWANT: within ids and bytes per heartbeat, and `gossip_retransmission` times per id and peer.
void Router::State::on_iwant(Peer& peer, std::span<const ByteView> ids) {
  auto& budget = peer.budget;
  if (!peer.gossips()) return;
  for (const auto id : ids) {
    if (++budget.iwant_ids > config->iwant_ids_max) {
      trace(Traced::Kind::iwant_refused, peer.id, {}, "budget");
      return;
    }
    const auto key = key_of(id);
    if (peer.unwanted.contains(key)) continue;
    const auto found = mcache.serve(id, peer.handle);
    if (!found) continue;
    const auto size = found->message->field.size();
    if (found->served > config->gossip_retransmission ||
        budget.iwant_bytes + size > config->iwant_bytes_max) {
      trace(Traced::Kind::iwant_refused, peer.id, found->message->view.topic, "retransmission");
      continue;
    }
    budget.iwant_bytes += size;
    push(peer, Lane::gossip, *found->message, key);
  }
}

/// gossipsub v1.2, "IDONTWANT": remembered for some heartbeats, and what is queued of it is taken
/// back.
void Router::State::on_idontwant(Peer& peer, std::span<const ByteView> ids) {
  for (const auto id : ids) {
    if (++peer.budget.idontwant_ids > config->idontwant_ids_max) return;
    const auto key = key_of(id);
    peer.unwanted.insert(key, heartbeats + config->idontwant_ttl_heartbeats);
    trace(Traced::Kind::idontwant_received, peer.id, {}, {});
    if (const auto cancelled = peer.outbox.cancel(key); cancelled > 0) {
      trace(Traced::Kind::idontwant_cancelled, peer.id, {}, {}, cancelled);
    }
  }
}

/// Told on first sight, while the message is still being checked: that is when copies are on their
/// way.
void Router::State::send_idontwant(const pubsub::Message& message, const Topic& topic,
                                   PeerHandle from) {
  if (message.view.payload().size() < config->idontwant_message_size_threshold) return;
  for (const auto handle : topic.mesh) {
    auto& peer = peers.at(handle);
    if (handle == from || peer.version < Version::v1_2) continue;
    peer.outbox.idontwant(message.id, outbox_limits);
    want_write(peer);
    trace(Traced::Kind::idontwant_sent, peer.id, *topic.name, {});
  }
}

/// gossipsub v1.1, "Adaptive Gossip Dissemination": to d_lazy or a share of the subscribers outside
/// `without`.
void Router::State::emit_gossip(const Topic& topic, const PeerSet& without) {
  auto ids = mcache.gossip_ids(topic.handle);
  if (ids.empty()) return;
  rng.shuffle(ids);
  auto chosen = pick(topic.subscribers.size(), topic, [&](const Peer& peer) {
    return peer.meshes() && !without.contains(peer.handle);
  });
  const auto share =
      static_cast<std::size_t>(config->gossip_factor * static_cast<double>(chosen.size()));
  chosen.resize(std::min(chosen.size(), std::max(config->d_lazy, share)));
  for (const auto handle : chosen) {
    auto& peer = peers.at(handle);
    auto some = ids;
    if (some.size() > config->ihave_ids_max) {
      rng.shuffle(some);  // another sample for each, so that together they learn of all
      some.resize(config->ihave_ids_max);
    }
    trace(Traced::Kind::ihave_sent, peer.id, *topic.name, {}, some.size());
    peer.outbox.ihave(topic.name, std::move(some));
    want_write(peer);
  }
}

}  // namespace grapevine::gossipsub
