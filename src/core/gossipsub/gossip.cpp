// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

namespace {

/// RPCs full of IHAVE that we send a peer in one heartbeat. go counts every RPC with control and
/// stops reading at ten.
constexpr std::size_t ihave_rpcs = 8;
constexpr std::size_t sample_factor = 4;  ///< ids listed a topic, in what one peer may be told
constexpr std::size_t id_overhead = 3;    ///< bytes of an id's tag and length on the wire

}  // namespace

/// gossipsub v1.0, "Control messages": IHAVE. Each id is asked for once, of one peer at a time,
/// within what a peer may make us ask per heartbeat; its copies in one RPC count once (V41).
void Router::State::on_ihave(Peer& peer, std::span<const pubsub::IHave> adverts, TimePoint now) {
  if (!peer.gossips() || below(peer, &ScoreThresholds::gossip)) return;
  auto& budget = peer.budget;
  if (budget.ihave_messages >= config->ihave_messages_max ||
      budget.ids_asked >= config->ihave_ids_max) {
    return count(Traced::Kind::ihave_ignored, peer, {}, "budget");
  }
  ++budget.ihave_messages;
  const auto span = std::min(config->iwant_followup_time, config->heartbeat_interval);
  const auto until = base::saturating_add(now, span);
  std::vector<pubsub::MessageId> wanted;
  for (const auto& advert : adverts) {
    const auto* topic = topics.find(advert.topic);
    ++traffic_of(topic).received.ihave;
    if (topic == nullptr || !topic->joined || filtered(peer, advert.topic)) continue;
    for (const auto id : advert.ids) {
      acknowledge(peer, id);
      if (seen.contains(id, now) || pending.contains(id)) continue;
      const auto key = key_of(id);
      if (promises.holds(key, now)) continue;
      if (budget.ids_asked >= config->ihave_ids_max) break;
      ++budget.ids_asked;
      promises.add(key, until);
      wanted.emplace_back(id);
    }
  }
  if (wanted.empty()) return;
  count(Traced::Kind::iwant_sent, peer, {}, {}, wanted.size());
  ++traffic.broadcast.iwant;
  if (scores) {
    const auto& followed = wanted[rng.below(wanted.size())].bytes();
    followups.add(peer.handle, key_of(followed),
                  base::saturating_add(now, config->iwant_followup_time));
  }
  peer.outbox.iwant(std::move(wanted), outbox_limits);
  want_write(peer);
}

/// IWANT: within ids and bytes per heartbeat, and `gossip_retransmission` times per id and peer.
void Router::State::on_iwant(Peer& peer, std::span<const ByteView> ids, TimePoint now) {
  if (!peer.gossips() || below(peer, &ScoreThresholds::gossip)) return;
  ++iwant_rpcs;
  ++traffic.received.iwant;
  for (const auto id : ids) {
    if (peer.budget.iwant_ids >= config->iwant_ids_max) {
      return count(Traced::Kind::iwant_refused, peer, {}, "ids");
    }
    ++peer.budget.iwant_ids;
    const auto key = key_of(id);
    if (peer.unwanted.contains(key)) continue;
    if (const auto* entry = mcache.find(id, key)) serve(peer, *entry, now);
  }
}

void Router::State::serve(Peer& peer, const MessageCache::Entry& entry, TimePoint now) {
  const auto& topic = topics.at(entry.topic);
  const auto& name = topic.name;
  if (filtered(peer, *name)) return;
  const auto size = entry.field.size();
  if (peer.budget.iwant_bytes + size > config->iwant_bytes_max) {
    return count(Traced::Kind::iwant_refused, peer, name, "bytes");
  }
  const Served::Request request{iwant_rpcs, config->gossip_retransmission,
                                heartbeats + config->mcache_len};
  const auto answer = peer.served.ask(entry.key, request);
  if (answer == Served::Answer::repeated_in_rpc) return;
  if (answer == Served::Answer::too_often) {
    return count(Traced::Kind::iwant_refused, peer, name, "retransmission");
  }
  peer.budget.iwant_bytes += size;
  count(Traced::Kind::iwant_served, peer, name, {});
  traffic_of(topic).broadcast.messages +=
      push(peer, Lane::gossip, queued(entry.field, entry.key, topic, now), topic.name);
}

/// gossipsub v1.2, "IDONTWANT": remembered for some heartbeats. What is queued of it is left out
/// when the queue is packed.
void Router::State::on_idontwant(Peer& peer, std::span<const ByteView> ids) {
  if (!peer.stream_open) return;
  ++traffic.received.idontwant;
  for (const auto id : ids) {
    if (peer.budget.idontwant_ids >= config->idontwant_ids_max) {
      return count(Traced::Kind::limit_hit, peer, {}, "IDONTWANT");
    }
    ++peer.budget.idontwant_ids;
    acknowledge(peer, id);
    peer.unwanted.insert(key_of(id), heartbeats + config->idontwant_ttl_heartbeats);
    count(Traced::Kind::idontwant_received, peer, {}, {});
  }
}

void Router::State::send_idontwant(const pubsub::Message& message, const Topic& topic,
                                   std::optional<PeerHandle> from) {
  if (message.view.payload().size() < config->idontwant_message_size_threshold) return;
  for (const auto handle : topic.mesh) {
    auto& peer = peers.at(handle);
    if (handle == from || peer.version < Version::v1_2) continue;
    if (topic.partial && gives_parts(topic, peer)) continue;  // it sends us nothing whole
    peer.outbox.idontwant(message.id, outbox_limits);
    want_write(peer);
    ++traffic.broadcast.idontwant;
    count(Traced::Kind::idontwant_sent, peer, topic.name, {});
  }
}

/// gossipsub v1.1, "Adaptive Gossip Dissemination": to d_lazy or a share of the subscribers outside
/// `without`.
void Router::State::emit_gossip(const Topic& topic, const PeerSet& without) {
  const auto parts = adverts(topic);
  if (parts.empty() && !topic.partial) return;
  std::vector<PeerHandle> able;
  for (const auto handle : topic.subscribers) {
    const auto& peer = peers.at(handle);
    if (without.contains(handle) || !peer.meshes()) continue;
    if (!below(peer, &ScoreThresholds::gossip)) able.push_back(handle);
  }
  const auto share =
      static_cast<std::size_t>(config->gossip_factor * static_cast<double>(able.size()));
  const auto target = std::min(able.size(), std::max(topic.rules->d_lazy, share));
  for (std::size_t i = 0; i < target; ++i) {
    std::swap(able[i], able[i + rng.below(able.size() - i)]);
    auto& peer = peers.at(able[i]);
    if (topic.partial && takes_parts(topic, peer)) {
      gossip_partial(topic, peer);
    } else if (!parts.empty()) {
      advertise(peer, topic, parts);
    }
  }
}

/// What is advertised of a topic, in parts that are shared by all who are told of them.
std::vector<Outbox::SharedIds> Router::State::adverts(const Topic& topic) {
  std::vector<Outbox::SharedIds> parts;
  if (!mcache.concerns(topic.handle)) return parts;
  const auto ids = mcache.sample(topic.handle, sample_factor * config->ihave_ids_max, rng);
  for (std::size_t at = 0; at < ids.size(); at += Outbox::ids_per_entry) {
    const auto first = ids.begin() + static_cast<std::ptrdiff_t>(at);
    const auto count = std::min(Outbox::ids_per_entry, ids.size() - at);
    parts.push_back(std::make_shared<const std::vector<pubsub::MessageId>>(
        first, first + static_cast<std::ptrdiff_t>(count)));
  }
  return parts;
}

/// Where more is cached than may be sent, each peer is told of other parts, so that together they
/// learn of all.
void Router::State::advertise(Peer& peer, const Topic& topic,
                              std::span<const Outbox::SharedIds> parts) {
  const auto id_size = parts.front()->front().bytes().size() + id_overhead;
  const auto& limits = peer.send_limits;
  const auto rpcs_hold = ihave_rpcs * std::min(limits.control_bytes, limits.batch_bytes) / id_size;
  const auto most = std::min(config->ihave_ids_max, rpcs_hold);
  const auto start = rng.below(parts.size());
  std::size_t told = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& part = parts[(start + i) % parts.size()];
    if (peer.budget.ids_advertised + part->size() > most) break;
    peer.budget.ids_advertised += static_cast<std::uint32_t>(part->size());
    told += part->size();
    peer.outbox.ihave(topic.name, part);
    ++traffic_of(topic).broadcast.ihave;
  }
  if (told == 0) return;
  trace(Traced::Kind::ihave_sent, peer.id, *topic.name, {}, told);
  want_write(peer);
}

}  // namespace grapevine::gossipsub
