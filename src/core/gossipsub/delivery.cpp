// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

/// One received message: the cheap checks first, the seen cache before any signature work.
void Router::State::on_publish(Peer& peer, const SharedBytes& field, ByteView body, TimePoint now) {
  const auto reject = [&](const TopicName& topic, std::string_view reason) {
    ++counters.rejected;
    if (recording()) record_refused(peer, body, reason);
    count(Traced::Kind::rejected, peer, topic, reason);
  };
  const auto view = pubsub::parse_message(body);
  if (!view) {
    ++traffic_of(nullptr).received.messages;
    penalise(peer, 1, "malformed message");
    return reject({}, pubsub::name(view.error()));
  }
  auto* topic = topics.find(view->topic);
  ++traffic_of(topic).received.messages;
  if (topic == nullptr || !topic->joined) {
    return count(Traced::Kind::undeliverable, peer, topic == nullptr ? TopicName{} : topic->name,
                 "not joined");
  }
  if (const auto reason = unwanted_from(peer, *view, now); !reason.empty()) {
    return count(Traced::Kind::filtered, peer, topic->name, reason);
  }
  const auto rules = topic->rules;  // an id function may change them
  if (field.size() > rules->message_size_max) {
    if (const auto id = rules->message_id(*view)) keep_promises(id->bytes());
    return reject(topic->name, "too large");
  }
  const auto needed = pubsub::check_fields(*view, rules->signature_policy);
  if (!needed) {
    blame(peer, *topic);
    return reject(topic->name, pubsub::name(needed.error()));
  }
  auto id = rules->message_id(*view);
  if (!id) return reject(topic->name, pubsub::name(id.error()));
  acknowledge(peer, id->bytes());

  if (view->from && equal(*view->from, self.bytes())) {
    // An echo of what we sent is a copy like any other; what we did not send is forged.
    if (!seen.contains(id->bytes(), now)) {
      if (!own_forgotten(id->bytes())) blame(peer, *topic);
      return reject(topic->name, "self origin");
    }
    ++counters.duplicates;
    record_message(Recorded::Kind::duplicate, {field, *view, std::move(*id)}, peer.id);
    return count(Traced::Kind::duplicate, peer, topic->name, {});
  }
  receive(peer, *topic, {field, *view, std::move(*id)}, *needed, now);
}

/// We asked for it ourselves: a message of ours from before a restart is nobody else's fault (V49).
bool Router::State::own_forgotten(ByteView id) {
  const auto key = key_of(id);
  followups.fulfil(key);
  return promises.fulfil(key);
}

/// Drops copies and starts the checks. A message that needs none is marked as seen at once, any
/// other only when it has passed them: a forgery must not censor the genuine message (V42).
void Router::State::receive(Peer& peer, Topic& topic, pubsub::Message message, pubsub::Check needed,
                            TimePoint now) {
  const auto id = message.id.bytes();
  keep_promises(id);
  const bool at_once = needed == pubsub::Check::accept && !validation_of(topic).any();
  const bool copy = (!pending.empty() && pending.park(message, peer.handle, peer.id)) ||
                    (at_once ? !seen.insert(id, now) : seen.contains(id, now));
  if (copy) {
    ++counters.duplicates;
    note_duplicate(peer, topic, id, now);
    record_message(Recorded::Kind::duplicate, message, peer.id);
    return count(Traced::Kind::duplicate, peer, topic.name, {});
  }
  const auto key = key_of(id);
  message = own(std::move(message));
  if (at_once) {
    send_idontwant(message, topic, peer.handle);
    credit(topic, key, {&peer.handle, 1}, now);
    return accept({std::move(message), peer.handle, peer.id, key}, topic, {&peer.handle, 1}, now);
  }
  note_load(now);
  if (!room_to_check(peer, topic, message)) return;
  // On first sight, while it is being checked: that is when copies are on their way.
  send_idontwant(message, topic, peer.handle);
  ++peer.pending;
  ask(pending.add({std::move(message), peer.handle, peer.id, key}), needed, now);
}

bool Router::State::room_to_check(Peer& peer, const Topic& topic, const pubsub::Message& message) {
  if (pending.size() < config->pending_messages_max &&
      peer.pending < config->pending_per_peer_max && pending.fits(message)) {
    return true;
  }
  ++counters.ignored;
  record_message(Recorded::Kind::reject, message, peer.id, "too many under check");
  count(Traced::Kind::ignored, peer, topic.name, "too many under check");
  return false;
}

/// The next question about the copy under check: its signature, then the application's word, each
/// only where wanted. A signature says that the sequence number is the author's, too.
void Router::State::ask(Ticket ticket, pubsub::Check needed, TimePoint now) {
  auto& entry = *pending.find(ticket);
  const auto& message = entry.copy.message;
  if (needed == pubsub::Check::verify) {
    entry.stage = Pending::Stage::verifying;
    jobs.push_back({ticket, message});
    return;
  }
  screen(ticket, now);
}

void Router::State::on_verified(Ticket ticket, const Result<void, pubsub::RejectReason>& verdict,
                                TimePoint now) {
  const auto* entry = pending.find(ticket);
  if (entry == nullptr || entry->stage != Pending::Stage::verifying) return;
  if (verdict) {
    if (entry->copy.replay || in_sequence(entry->copy.message.view))
      return ask(ticket, pubsub::Check::accept, now);
    return conclude(ticket, Validation::ignore, "sequence number does not rise", now);
  }
  const bool disputed = verdict.error() == pubsub::RejectReason::disputed_signature;
  refuse(ticket, pubsub::name(verdict.error()),
         disputed ? Traced::Kind::ignored : Traced::Kind::rejected, now);
}

/// The copy under check is bad. A parked one with other bytes gets its turn.
void Router::State::refuse(Ticket ticket, std::string_view reason, Traced::Kind kind,
                           TimePoint now) {
  auto& entry = *pending.find(ticket);
  blame(entry, kind, now);
  ++(kind == Traced::Kind::rejected    ? counters.rejected
     : kind == Traced::Kind::throttled ? counters.throttled
                                       : counters.ignored);
  trace(kind, entry.copy.via, entry.copy.message.view.topic, reason);
  record_message(
      Recorded::Kind::reject, entry.copy.message, entry.copy.via,
      kind == Traced::Kind::ignored && reason == "validator" ? "validator ignored" : reason);
  settle(entry);
  answer_replay(entry.copy,
                kind == Traced::Kind::rejected ? ReplayVerdict::rejected : ReplayVerdict::ignored);
  const auto next = pending.promote(ticket);
  if (!next) {
    pending.take(ticket);
    return;
  }
  if (auto* peer = peers.find(entry.copy.from)) ++peer->pending;
  const auto* topic = topics.find(entry.copy.message.view.topic);
  const auto& rules = topic == nullptr ? *topics.default_rules() : *topic->rules;
  const auto needed = pubsub::check_fields(entry.copy.message.view, rules.signature_policy);
  if (needed) return ask(*next, *needed, now);
  // It passed when it was parked; the topic's policy is another now.
  refuse(*next, pubsub::name(needed.error()), Traced::Kind::ignored, now);
}

void Router::State::settle(const Pending::Entry& entry) {
  if (auto* peer = peers.find(entry.copy.from)) --peer->pending;
}

void Router::State::accept_pending(Ticket ticket, TimePoint now) {
  auto entry = pending.take(ticket);
  settle(entry);
  auto& message = entry.copy.message;
  auto* topic = topics.find(message.view.topic);
  if (topic == nullptr || !topic->joined) {  // left while it was being checked
    return answer_replay(entry.copy, ReplayVerdict::ignored);
  }
  if (message.view.from && blacklist.contains(*message.view.from, now)) {  // blocked meanwhile
    return answer_replay(entry.copy, ReplayVerdict::ignored);
  }
  if (!seen.insert(message.id.bytes(), now)) {  // we published the same meanwhile
    ++counters.duplicates;
    record_message(Recorded::Kind::duplicate, message, entry.copy.via);
    answer_replay(entry.copy, ReplayVerdict::duplicate);
    return trace(Traced::Kind::duplicate, entry.copy.via, *topic->name, {});
  }
  if (entry.copy.replay) return accept_replayed(std::move(entry), *topic, now);
  credit(*topic, entry.copy.key, std::span{entry.senders}.first(entry.same), now);
  accept(std::move(entry.copy), *topic, entry.senders, now);
}

/// A good message, not seen before: to the application, into the cache, to the mesh and to those
/// that get everything, but never back to a sender or the author.
void Router::State::accept(Pending::Copy copy, Topic& topic, std::span<const PeerHandle> senders,
                           TimePoint now) {
  auto& message = copy.message;
  ++counters.delivered;
  if (config->mode == Mode::gossipsub) mcache.put(message, copy.key, topic.handle);
  const Sending sending{message, topic, Lane::forward, senders,
                        queued(message.field, copy.key, topic, now)};
  send_to_all(sending, topic.mesh);
  send_to_flood(sending);
  record_message(Recorded::Kind::deliver, message, copy.via);
  outputs.push(Deliver{std::move(message), copy.via, false});
}

}  // namespace grapevine::gossipsub
