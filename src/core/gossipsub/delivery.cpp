// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

/// One received message: the cheap checks first, the seen cache before any signature work.
void Router::State::on_publish(Peer& peer, const SharedBytes& field, ByteView body, TimePoint now) {
  const auto reject = [&](std::string_view topic, std::string_view reason) {
    ++counters.rejected;
    trace(Traced::Kind::rejected, peer.id, topic, reason);
  };
  const auto view = pubsub::parse_message(body);
  if (!view) return reject({}, pubsub::name(view.error()));
  if (view->payload().size() > config->message_size_max) return reject(view->topic, "too large");
  auto* topic = topics.find(view->topic);
  if (topic == nullptr || !topic->joined) {
    trace(Traced::Kind::undeliverable, peer.id, view->topic, "not joined");
    return;
  }
  if (view->from && equal(*view->from, self.bytes())) return reject(view->topic, "self origin");
  const auto needed = pubsub::check_fields(*view, config->signature_policy);
  if (!needed) return reject(view->topic, pubsub::name(needed.error()));
  const auto id = config->message_id(*view);
  if (!id) return reject(view->topic, pubsub::name(id.error()));

  pubsub::Message message{field, *view, *id};
  if (seen.contains(id->bytes(), now) || pending.park(message, peer.handle, peer.id)) {
    ++counters.duplicates;
    trace(Traced::Kind::duplicate, peer.id, view->topic, {});
    return;
  }
  send_idontwant(message, *topic, peer.handle);
  check({own(std::move(message)), peer.handle, peer.id}, *needed, now);
}

/// Towards delivery: signature, then the application's validator, each only where asked for.
void Router::State::check(Pending::Copy copy, pubsub::Check needed, TimePoint now) {
  const auto& topic = *topics.find(copy.message.view.topic);
  if (needed == pubsub::Check::accept && !topic.validated) {
    return accept(copy.message, copy.via, {&copy.from, 1}, now);
  }
  auto& peer = peers.at(copy.from);
  if (pending.size() >= config->pending_messages_max ||
      peer.pending >= config->pending_per_peer_max) {
    ++counters.ignored;
    return trace(Traced::Kind::ignored, peer.id, *topic.name, "too many under check");
  }
  ++peer.pending;
  const auto message = copy.message;
  const auto via = copy.via;
  const auto ticket = pending.add(std::move(copy));
  if (needed == pubsub::Check::verify) {
    jobs.push_back({ticket, message});
  } else {
    outputs.push(Validate{ticket, message, via});
  }
}

void Router::State::on_verified(Ticket ticket, const Result<void, pubsub::RejectReason>& verdict,
                                TimePoint now) {
  auto* entry = pending.find(ticket);
  if (entry == nullptr) return;
  if (!verdict) {
    const bool disputed = verdict.error() == pubsub::RejectReason::disputed_signature;
    return refuse(ticket, pubsub::name(verdict.error()), !disputed);
  }
  const auto* topic = topics.find(entry->copy.message.view.topic);
  if (topic != nullptr && topic->validated) {
    outputs.push(Validate{ticket, entry->copy.message, entry->copy.via});
    return;
  }
  on_validated(ticket, Validation::accept, now);
}

void Router::State::on_validated(Ticket ticket, Validation verdict, TimePoint now) {
  if (pending.find(ticket) == nullptr) return;
  if (verdict != Validation::accept) {
    const auto entry = pending.take(ticket);
    settle(entry);
    const auto& message = entry.copy.message;
    seen.insert(message.id.bytes(),
                now);  // the application has spoken on this id: no second question
    const bool rejected = verdict == Validation::reject;
    ++(rejected ? counters.rejected : counters.ignored);
    const auto kind = rejected ? Traced::Kind::rejected : Traced::Kind::ignored;
    return trace(kind, entry.copy.via, message.view.topic, "validator");
  }
  const auto entry = pending.take(ticket);
  settle(entry);
  accept(entry.copy.message, entry.copy.via, entry.senders, now);
}

/// The copy under check is bad. A parked copy with other bytes gets its turn; the id is not marked
/// as seen (V42).
void Router::State::refuse(Ticket ticket, std::string_view reason, bool punishable) {
  auto* entry = pending.find(ticket);
  ++(punishable ? counters.rejected : counters.ignored);
  const auto kind = punishable ? Traced::Kind::rejected : Traced::Kind::ignored;
  trace(kind, entry->copy.via, entry->copy.message.view.topic, reason);
  if (entry->parked.empty()) {
    settle(pending.take(ticket));
    return;
  }
  if (auto* peer = peers.find(entry->copy.from)) --peer->pending;
  entry->copy = std::move(entry->parked.front());
  entry->parked.erase(entry->parked.begin());
  if (auto* peer = peers.find(entry->copy.from)) ++peer->pending;
  jobs.push_back({ticket, entry->copy.message});
}

void Router::State::settle(const Pending::Entry& entry) {
  if (auto* peer = peers.find(entry.copy.from)) --peer->pending;
}

void Router::State::accept(const pubsub::Message& message, const PeerId& via,
                           std::span<const PeerHandle> senders, TimePoint now) {
  const auto* topic = topics.find(message.view.topic);
  if (!seen.insert(message.id.bytes(), now)) return;
  promises.fulfil(key_of(message.id.bytes()));
  if (topic == nullptr || !topic->joined) return;  // left while it was being checked
  ++counters.delivered;
  outputs.push(Deliver{message, via, false});
  if (config->mode == Mode::gossipsub) mcache.put(message, topic->handle);
  send(message, *topic, Lane::forward, senders);
}

Result<std::size_t, PublishError> Router::State::publish(pubsub::Message message, TimePoint now) {
  if (message.view.topic.empty() || message.view.topic.size() > pubsub::topic_size_max) {
    return unexpected(PublishError::bad_topic);
  }
  if (message.view.payload().size() > config->message_size_max)
    return unexpected(PublishError::too_large);
  if (!seen.insert(message.id.bytes(), now)) return unexpected(PublishError::duplicate);
  ++counters.published;
  auto* topic = topics.intern(message.view.topic);
  if (topic == nullptr) return 0;  // too many topics known: nobody of ours subscribes to this one
  outputs.push(Deliver{message, self, true});
  if (config->mode == Mode::gossipsub) mcache.put(message, topic->handle);
  if (config->idontwant_on_publish) send_idontwant(message, *topic, PeerHandle{~0u});
  std::size_t sent = 0;
  const auto key = key_of(message.id.bytes());
  for (const auto handle : own_recipients(*topic, now))
    sent += push(peers.at(handle), Lane::own, message, key);
  release_if_idle(*topic);
  return sent;
}

/// gossipsub v1.1, "Flood Publishing" and v1.0, "Fanout": direct and floodsub peers always, then
/// everybody, the mesh, or the fanout, which is made here.
std::vector<PeerHandle> Router::State::own_recipients(Topic& topic, TimePoint now) {
  if (!topic.joined && config->mode == Mode::gossipsub && !config->flood_publish) {
    if (topic.fanout.empty()) {
      const auto chosen = pick(config->d, topic, [](const Peer& peer) { return peer.meshes(); });
      for (const auto handle : chosen) topic.fanout.insert(handle);
    }
    topic.fanout_expires = base::saturating_add(now, config->fanout_ttl);
  }
  const auto& few = topic.joined ? topic.mesh : topic.fanout;
  std::vector<PeerHandle> recipients;
  for (const auto handle : topic.subscribers) {
    const auto& peer = peers.at(handle);
    if (!peer.stream_open) continue;
    if (config->flood_publish || !peer.meshes() || few.contains(handle))
      recipients.push_back(handle);
  }
  return recipients;
}

/// Forwards to the mesh, and to floodsub and direct peers that subscribe, but never back to a
/// sender or the author.
std::size_t Router::State::send(const pubsub::Message& message, const Topic& topic, Lane lane,
                                std::span<const PeerHandle> without) {
  std::size_t sent = 0;
  const auto key = key_of(message.id.bytes());
  for (const auto handle : topic.subscribers) {
    auto& peer = peers.at(handle);
    if (!peer.stream_open || (peer.meshes() && !topic.mesh.contains(handle))) continue;
    if (std::ranges::find(without, handle) != without.end()) continue;
    if (message.view.from && equal(*message.view.from, peer.id.bytes())) continue;
    if (peer.unwanted.contains(key)) continue;
    sent += push(peer, lane, message, key);
  }
  return sent;
}

bool Router::State::push(Peer& peer, Lane lane, const pubsub::Message& message, IdKey key) {
  const auto dropped = peer.outbox.push(lane, message.field, key, outbox_limits);
  if (dropped.messages > 0) {
    counters.rpc_dropped += dropped.messages;
    trace(Traced::Kind::outbox_dropped, peer.id, message.view.topic, "outbox is full",
          dropped.messages);
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
