// SPDX-License-Identifier: Apache-2.0
#include "base/protobuf.hpp"
#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

namespace {

constexpr std::uint32_t publish_number = 2;  // of RPC

/// The message in a `publish` field that is one field, whole, and in no more bytes than it needs.
std::optional<ByteView> body_of(const SharedBytes& field) {
  base::FieldReader reader{field};
  const auto next = reader.next();
  if (!next || !*next || !(*next)->is_bytes(publish_number)) return std::nullopt;
  const auto body = (*next)->bytes;
  const auto exact = base::bytes_field_size(publish_number, body.size()) == field.size();
  return exact ? std::optional{body} : std::nullopt;
}

}  // namespace

void Router::State::restore_seen(std::span<const SeenBefore> ids, TimePoint now) {
  for (const auto& [id, age] : ids) seen.insert(id, base::saturating_add(now, -age));
}

/// The checks of `on_publish`, in its order. Our own messages may come back: we have forgotten
/// them, and their signature says that they are ours.
std::optional<ReplayVerdict> Router::State::check_replay(const Replay& message,
                                                         pubsub::MessageView& view,
                                                         pubsub::MessageId& id, TimePoint now) {
  const auto body = body_of(message.field);
  if (!body) return ReplayVerdict::rejected;
  const auto parsed = pubsub::parse_message(*body);
  if (!parsed) return ReplayVerdict::rejected;
  const auto* topic = topics.find(parsed->topic);
  if (topic == nullptr || !topic->joined) return ReplayVerdict::ignored;
  const auto rules = topic->rules;  // an id function may change them
  if (message.field.size() > rules->message_size_max) return ReplayVerdict::rejected;
  if (!pubsub::check_fields(*parsed, rules->signature_policy)) return ReplayVerdict::rejected;
  auto named = rules->message_id(*parsed);
  if (!named) return ReplayVerdict::rejected;
  view = *parsed;
  id = *std::move(named);
  if (seen.contains(id.bytes(), now) || pending.contains(id.bytes())) {
    return ReplayVerdict::duplicate;
  }
  return std::nullopt;
}

void Router::State::replay(Replay message, TimePoint now) {
  pubsub::MessageView view;
  pubsub::MessageId id;
  auto verdict = check_replay(message, view, id, now);
  pubsub::Message whole{std::move(message.field), view, std::move(id)};
  if (!verdict) {
    whole = own(std::move(whole));
    const bool room = pending.size() < config->pending_messages_max && pending.fits(whole);
    if (!room) verdict = ReplayVerdict::ignored;
  }
  if (verdict) {
    outputs.push(Replayed{message.request, *verdict});
    return;
  }
  const auto& rules = *topics.find(whole.view.topic)->rules;
  const auto needed = pubsub::check_fields(whole.view, rules.signature_policy);
  const auto key = key_of(whole.id.bytes());
  const Pending::ReplayOf replay{message.request, message.fresh};
  const auto ticket = pending.add({std::move(whole), Pending::nobody, message.via, key, replay});
  ask(ticket, *needed, now);
}

/// Forwarded only where it is young, or where somebody has sent it by gossip meanwhile.
void Router::State::accept_replayed(Pending::Entry entry, Topic& topic, TimePoint now) {
  auto& [message, from, via, key, replay] = entry.copy;
  answer_replay(entry.copy, ReplayVerdict::delivered);
  ++counters.delivered;
  if (replay->fresh || entry.senders.size() > 1) {
    if (config->mode == Mode::gossipsub) mcache.put(message, key, topic.handle);
    const Sending sending{message, topic, Lane::forward, entry.senders,
                          queued(message.field, key, topic, now)};
    send_to_all(sending, topic.mesh);
    send_to_flood(sending);
  }
  record_message(Recorded::Kind::deliver, message, via);
  outputs.push(Deliver{std::move(message), via, false, true});
}

void Router::State::answer_replay(const Pending::Copy& copy, ReplayVerdict verdict) {
  if (copy.replay) outputs.push(Replayed{copy.replay->request, verdict});
}

Result<pubsub::MessageId, pubsub::RejectReason> Router::message_id(
    const pubsub::MessageView& message) const {
  const auto* topic = state_->topics.find(message.topic);
  const auto rules = topic != nullptr ? topic->rules : state_->topics.default_rules();
  return rules->message_id(message);
}

}  // namespace grapevine::gossipsub
