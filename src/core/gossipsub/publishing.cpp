// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

/// What is done with a message of ours before anybody is sent it; answers its topic.
Result<Topic*, PublishError> Router::State::admit(const pubsub::Message& message, TimePoint now) {
  const auto fit = check_own(message);
  if (!fit) return unexpected(fit.error());
  auto& topic = **fit;
  if (!seen.insert(message.id.bytes(), now)) {
    release_later(topic);
    return unexpected(PublishError::duplicate);
  }
  ++counters.published;
  if (topic.traffic == Traffic::Place::foreign) topic.traffic = traffic.open(message.view.topic);
  ++traffic_of(topic).published;
  record_message(Recorded::Kind::publish, message, self);
  const auto key = key_of(message.id.bytes());
  if (config->mode == Mode::gossipsub) mcache.put(message, key, topic.handle);
  if (topic.joined) credit(topic, key, {}, now);
  promises.fulfil(key);
  followups.fulfil(key);
  if (config->idontwant_on_publish) send_idontwant(message, topic, std::nullopt);
  return &topic;
}

/// gossipsub v1.1, "Flood Publishing" and v1.0, "Fanout": direct and floodsub peers always, then
/// everybody, the mesh, or the fanout, which is made here.
Result<std::size_t, PublishError> Router::State::publish(pubsub::Message message, TimePoint now) {
  const auto admitted = admit(message, now);
  if (!admitted) return unexpected(admitted.error());
  auto& topic = **admitted;
  const auto key = key_of(message.id.bytes());
  const Sending sending{message, topic, Lane::own, {}, queued(message.field, key, topic, now)};
  std::size_t sent = 0;
  if (topic.rules->flood_publish) {
    sent = send_to_all(sending, topic.subscribers);
  } else {
    if (!topic.joined && config->mode == Mode::gossipsub) prepare_fanout(topic, now);
    sent = send_to_all(sending, topic.joined ? topic.mesh : topic.fanout) + send_to_flood(sending);
  }
  release_if_idle(topic);
  record_message(Recorded::Kind::deliver, message, self);
  outputs.push(Deliver{std::move(message), self, true});
  return sent;
}

/// Recipient i of k begins with message i * m / k, and goes round: while links are slow, neighbours
/// have different messages to give each other.
std::size_t Router::State::publish_batch(std::vector<pubsub::Message> messages, TimePoint now) {
  Topic* topic = nullptr;
  std::vector<Sending> batch;
  batch.reserve(messages.size());
  for (const auto& message : messages) {
    ASSERT(message.view.topic == messages.front().view.topic);
    const auto admitted = admit(message, now);
    if (!admitted) continue;
    topic = *admitted;
    const auto key = key_of(message.id.bytes());
    batch.push_back({message, *topic, Lane::own, {}, queued(message.field, key, *topic, now)});
  }
  if (batch.empty()) return 0;
  const auto recipients = recipients_of(*topic, now);
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    const auto first = i * batch.size() / recipients.size();
    for (std::size_t k = 0; k < batch.size(); ++k) {
      send(batch[(first + k) % batch.size()], peers.at(recipients[i]));
    }
  }
  if (config->mode == Mode::randomsub) {
    for (const auto& sending : batch) send_to_flood(sending);
  }
  const auto accepted = batch.size();
  for (const auto& sending : batch) {
    record_message(Recorded::Kind::deliver, sending.message, self);
    outputs.push(Deliver{sending.message, self, true});
  }
  release_if_idle(*topic);
  return accepted;
}

/// As `publish` chooses them; but randomsub chooses anew for each message.
std::vector<PeerHandle> Router::State::recipients_of(Topic& topic, TimePoint now) {
  if (topic.rules->flood_publish) return topic.subscribers.copy();
  if (!topic.joined && config->mode == Mode::gossipsub) prepare_fanout(topic, now);
  auto recipients = topic.joined ? topic.mesh.copy() : topic.fanout.copy();
  if (config->mode == Mode::randomsub) return recipients;
  recipients.insert(recipients.end(), topic.flood.begin(), topic.flood.end());
  return recipients;
}

/// Neither cached nor sent: it is not advertised, and an IWANT for it finds nothing.
Result<void, PublishError> Router::State::publish_local(pubsub::Message message, TimePoint now) {
  const auto fit = check_own(message);
  if (!fit) return unexpected(fit.error());
  release_if_idle(**fit);
  if (!seen.insert(message.id.bytes(), now)) return unexpected(PublishError::duplicate);
  ++counters.published;
  ++traffic.at(traffic.open(message.view.topic)).published;
  record_message(Recorded::Kind::publish, message, self);
  record_message(Recorded::Kind::deliver, message, self);
  outputs.push(Deliver{std::move(message), self, true, false, true});
  return {};
}

/// Answers the topic where the message fits it.
Result<Topic*, PublishError> Router::State::check_own(const pubsub::Message& message) {
  const auto name = message.view.topic;
  if (name.empty() || name.size() > pubsub::topic_size_max) {
    return unexpected(PublishError::bad_topic);
  }
  auto& topic = topics.intern(name);
  if (message.field.size() <= topic.rules->message_size_max) return &topic;
  release_later(topic);
  return unexpected(PublishError::too_large);
}

void Router::State::prepare_fanout(Topic& topic, TimePoint now) {
  if (topic.fanout.empty()) {
    const auto able = [&](const Peer& peer) {
      return peer.meshes() && !below(peer, &ScoreThresholds::publish);
    };
    for (const auto handle : pick(topic.rules->d, topic, able)) topic.fanout.insert(handle);
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
  const auto& [message, topic, lane, without, item] = sending;
  if (std::ranges::find(without, peer.handle) != without.end()) return false;
  if (message.view.from && equal(*message.view.from, peer.id.bytes())) return false;
  if (!peer.unwanted.empty() && peer.unwanted.contains(item.key)) return false;
  if (topic.partial && takes_parts(topic, peer)) return false;
  if (scores && withheld(peer, lane)) return false;
  const bool taken = push(peer, lane, item, topic.name);
  traffic_of(topic).broadcast.messages += taken;
  return taken;
}

/// gossipsub v1.1, "Score Thresholds": publish. Floodsub peers are in no mesh from which a bad
/// score could prune them, so it holds for what we forward to them too.
bool Router::State::withheld(const Peer& peer, Lane lane) const {
  if (peer.direct || (lane != Lane::own && peer.gossips())) return false;
  return below(peer, &ScoreThresholds::publish);
}

/// A message as it waits in an outbox, by its topic's rules.
Outbox::Item Router::State::queued(SharedBytes field, IdKey key, const Topic& topic,
                                   TimePoint now) const {
  const auto& rules = *topic.rules;
  return {.field = std::move(field),
          .key = key,
          .expires = base::saturating_add(now, rules.expiry),
          .share = rules.queue_bytes_max,
          .topic = topic.handle,
          .priority = rules.priority};
}

bool Router::State::push(Peer& peer, Lane lane, const Outbox::Item& item, const TopicName& topic) {
  if (item.field.size() > peer.rpc_size_max) {
    ++counters.oversize;
    count(Traced::Kind::too_large_for_peer, peer, topic, {});
    return false;
  }
  if (!room_in_all(lane, item.field.size())) {
    ++counters.rpc_dropped;
    count(Traced::Kind::outbox_dropped, peer, topic, "all outboxes are full");
    record_drops(peer, item.field, {.messages = 1, .refused = true});
    return false;
  }
  const auto dropped = peer.outbox.push(lane, item, outbox_limits);
  if (dropped.messages > 0) {
    counters.rpc_dropped += dropped.messages;
    if (scores) scores->drop(peer.handle, static_cast<double>(dropped.messages));
    count(Traced::Kind::outbox_dropped, peer, topic,
          dropped.over_share ? "queue share" : "outbox is full", dropped.messages);
    record_drops(peer, item.field, dropped);
  }
  want_write(peer);
  if (dropped.refused) return false;
  if (!receipts.empty()) receipts.note(item.key, key_of(peer), Receipts::Level::queued);
  return true;
}

/// Whether all outboxes together take `size` more bytes of a lane. Later lanes make room, as within
/// one outbox: the longest queues lose first, and some room is made ahead, so that not every
/// message looks through all of them.
bool Router::State::room_in_all(Lane lane, std::size_t size) {
  const auto most = config->outboxes_bytes_max;
  if (outbox_totals.all() + size <= most) return true;
  std::size_t later = 0;
  for (auto i = std::to_underlying(lane) + 1u; i < outbox_totals.bytes.size(); ++i) {
    later += outbox_totals.bytes[i];
  }
  if (outbox_totals.all() - later + size > most) return false;
  const auto short_of = outbox_totals.all() + size - most;
  auto wanted = std::min(later, std::max(short_of, most / 16));
  for (const auto victim : {Lane::gossip, Lane::forward}) {
    if (victim > lane && wanted > 0) wanted -= std::min(wanted, shed_all(victim, wanted));
  }
  return true;
}

/// Answers the bytes that were dropped.
std::size_t Router::State::shed_all(Lane lane, std::size_t bytes) {
  std::vector<std::pair<std::size_t, PeerHandle>> longest;
  for (const auto handle : peers.handles()) {
    if (const auto held = peers.at(handle).outbox.bytes(lane); held > 0) {
      longest.emplace_back(held, handle);
    }
  }
  std::ranges::stable_sort(longest, std::ranges::greater{},
                           [](const auto& of) { return of.first; });
  std::size_t freed = 0;
  for (const auto& [held, handle] : longest) {
    if (freed >= bytes) break;
    auto& peer = peers.at(handle);
    const auto shed = peer.outbox.shed(lane, bytes - freed);
    freed += shed.bytes;
    counters.rpc_dropped += shed.messages;
    count(Traced::Kind::outbox_dropped, peer, {}, "all outboxes are full", shed.messages);
    record_drops(peer, {}, {.messages = shed.messages});
  }
  return freed;
}

void Router::State::note_expired(Peer& peer, std::size_t messages) {
  counters.expired += messages;
  count(Traced::Kind::outbox_expired, peer, {}, {}, messages);
  record_drops(peer, {}, {.messages = messages});
}

void Router::State::want_write(Peer& peer) {
  if (peer.write_wanted || peer.outbox.empty()) return;
  peer.write_wanted = true;
  outputs.push(WantsWrite{peer.handle});
}

void Router::State::check_outboxes() const {
  OutboxTotals sums;
  for (const auto handle : peers.handles()) {
    const auto& outbox = peers.at(handle).outbox;
    for (const auto lane : {Lane::own, Lane::forward, Lane::gossip}) {
      sums.bytes[std::to_underlying(lane)] += outbox.bytes(lane);
    }
  }
  ASSERT(sums.bytes == outbox_totals.bytes);
  ASSERT(sums.all() <= config->outboxes_bytes_max);
}

std::size_t Router::publish_batch(std::vector<pubsub::Message> messages, TimePoint now) {
  return state_->publish_batch(std::move(messages), now);
}

Result<void, PublishError> Router::publish_local(pubsub::Message message, TimePoint now) {
  return state_->publish_local(std::move(message), now);
}

void Router::track(const pubsub::MessageId& id, const Tracking& tracking, TimePoint now) {
  state_->receipts.add(state_->key_of(id.bytes()), tracking, now);
}

void Router::untrack(ReceiptId receipt) { state_->receipts.remove(receipt); }

}  // namespace grapevine::gossipsub
