// SPDX-License-Identifier: Apache-2.0
#include "api/topics.hpp"

#include <algorithm>

#include "api/asking.hpp"
#include "api/convert.hpp"
#include "api/policy.hpp"

namespace grapevine::api {

Topics::Entry* Topics::find(std::string_view name) {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

Topics::Entry& Topics::entry(const std::string& name) {
  auto& entry = entries_[name];
  if (!entry.name) entry.name = std::make_shared<const std::string>(name);
  return entry;
}

void Topics::settle(std::string_view name) {
  auto* entry = find(name);
  if (entry == nullptr) return;
  const bool wanted = entry->wanted();
  if (wanted != entry->joined) {
    entry->joined = wanted;
    if (wanted) {
      shell_.host().join(name, shell_.time());
    } else {
      shell_.host().leave(name, shell_.time());
    }
  }
  if (entry->idle()) entries_.erase(entries_.find(name));
}

void Topics::join(const std::string& name) {
  entry(name).asked_for = true;
  settle(name);
}

void Topics::leave(std::string_view name) {
  auto* entry = find(name);
  if (entry == nullptr) return;
  entry->asked_for = false;
  entry->relays.clear();
  for (const auto& subscriber : std::exchange(entry->subscribers, {})) {
    if (const auto state = subscriber.state.lock()) state->end();
  }
  settle(std::string{name});
}

void Topics::subscribe(const std::string& name, SubscriptionId id,
                       std::weak_ptr<Subscription::State> state) {
  entry(name).subscribers.push_back({id, std::move(state)});
  settle(name);
}

void Topics::unsubscribe(const std::string& name, SubscriptionId id) {
  auto* entry = find(name);
  if (entry == nullptr) return;
  std::erase_if(entry->subscribers, [&](const Subscriber& known) { return known.id == id; });
  settle(name);
}

bool Topics::wanted_by(const Subscription::State& subscription, const Message& message) {
  bool wanted = false;
  validators_.contained([&] { wanted = subscription.options.filter(message); },
                        [] { return std::string{"a message filter"}; });
  return wanted;
}

/// Where a transform is to be undone the router always asks: what cannot be undone is its sender's
/// fault.
void Topics::refresh(const std::string& name) {
  const auto own = validators_.topics();
  const auto* known = find(name);
  const bool decodes = known != nullptr && known->decoding.decode;
  gossipsub::Validating how;
  if (name.empty() || decodes || std::ranges::find(own, name) != own.end()) {
    how = validators_.how(name);
  }
  how.screened = how.screened || decodes;
  shell_.host().set_validation(name, how);
  if (!name.empty()) return;
  for (const auto& topic : own) refresh(topic);
  for (const auto& [topic, entry] : entries_) {
    if (entry.decoding.decode) refresh(topic);
  }
}

Expected<void> Topics::set_policy(const std::string& name, const gossipsub::TopicPolicy& policy,
                                  Decoding decoding) {
  const auto* known = find(name);
  if (policy.fanout_only && known != nullptr && !known->relays.empty()) {
    return std::unexpected(
        Error{ErrorCode::bad_config, "fanout_only must be absent where the topic is relayed"});
  }
  if (auto set = shell_.host().set_policy(name, policy, shell_.time()); !set) {
    return std::unexpected(policy_error(set.error()));
  }
  auto& changed = entry(name);
  changed.decoding = std::move(decoding);
  changed.fanout_only = policy.fanout_only;
  refresh(name);
  settle(name);
  return {};
}

Expected<void> Topics::relay(const std::string& name, std::uint64_t id) {
  auto& relayed = entry(name);
  if (relayed.fanout_only) {
    return std::unexpected(
        Error{ErrorCode::bad_config, "a topic that is fanout_only cannot be relayed"});
  }
  relayed.relays.push_back(id);
  settle(name);
  return {};
}

void Topics::unrelay(const std::string& name, std::uint64_t id) {
  auto* entry = find(name);
  if (entry == nullptr) return;
  std::erase(entry->relays, id);
  settle(name);
}

/// False when the data of `message` is not what the topic's transform gives.
bool Topics::decode(const Entry& entry, Message& message) {
  const auto& [undo, size_max] = entry.decoding;
  if (!undo) return true;
  auto data = undo(message.data.bytes(), size_max);
  if (!data || data->size() > size_max) return false;
  auto kept = std::make_shared<const std::vector<std::uint8_t>>(*std::move(data));
  const std::span<const std::uint8_t> bytes{*kept};
  message.data = Payload{std::move(kept), bytes};
  return true;
}

void Topics::on_deliver(const host::Deliver& delivered, std::optional<Cursor> cursor) {
  const auto* entry = find(delivered.message.view.topic);
  if (entry == nullptr || entry->subscribers.empty()) return;
  auto message = to_message(delivered.message, entry->name, delivered.via, delivered.local);
  // It was asked for unless the transform is new.
  if (!decode(*entry, message)) return;
  message.history = delivered.history;
  message.cursor = cursor;
  for (const auto& subscriber : entry->subscribers) {
    auto state = subscriber.state.lock();
    if (!state || (delivered.local && !state->options.own_messages)) continue;
    // NOLINTNEXTLINE(bugprone-use-after-move): no round follows the one that moves
    if (state->options.filter && !wanted_by(*state, message)) continue;
    const bool last = &subscriber == &entry->subscribers.back();
    // NOLINTNEXTLINE(bugprone-use-after-move): no round follows the one that moves
    const bool first_of_turn = state->collect(last ? std::move(message) : message);
    if (first_of_turn) touched_.push_back(std::move(state));
  }
}

/// Those that decide at once are answered for within the turn.
void Topics::on_validate(const host::Validate& asked) {
  const auto& view = asked.message.view;
  const auto* entry = find(view.topic);
  const auto name = entry ? entry->name : std::make_shared<const std::string>(view.topic);
  const auto answer = [&](Verdict verdict) {
    shell_.host().on_validated(asked.ticket, validation_of(verdict), shell_.time());
  };
  auto message = to_message(asked.message, name, asked.via, false);
  if (entry != nullptr && !decode(*entry, message)) return answer(Verdict::reject);
  if (asked.screening) return answer(validators_.screen(*name, message));
  auto list = validators_.asynchronous(*name);
  if (list.empty()) return answer(Verdict::accept);
  std::make_shared<Asking>(Asking::Way{shell_, owner_}, asked.ticket, std::move(list))
      ->ask(validators_, message);
}

void Topics::on_turn_end() {
  for (const auto& state : std::exchange(touched_, {})) state->hand_over();
}

void Topics::end() {
  on_turn_end();
  for (const auto& [name, entry] : entries_) {
    for (const auto& subscriber : entry.subscribers) {
      if (const auto state = subscriber.state.lock()) state->end();
    }
  }
  entries_.clear();
}

}  // namespace grapevine::api
