// SPDX-License-Identifier: Apache-2.0
#include "gossipsub/exchange.hpp"

namespace grapevine::interop {

namespace {

/// Groups are never forgotten; peers may name no more than these.
constexpr std::size_t groups_max = 4096;

std::uint8_t bits(std::span<const std::uint8_t> metadata) {
  return metadata.empty() ? 0 : metadata[0];
}

}  // namespace

Expected<void> Exchange::open(const Topic& topic, bool requests) {
  PartialOptions options;
  options.requests = requests;
  options.on_received = [this, topic](const PartialReceived& received) {
    on_received(topic, received);
  };
  return topic.set_partial(std::move(options));
}

std::optional<Group> Exchange::add(const std::string& topic, const Group& group) {
  const std::lock_guard lock{mutex_};
  auto* held = hold({topic, group.id()});
  if (held == nullptr) return std::nullopt;
  const auto before = held->group.have();
  held->group.extend(group.encode(Group::all));
  if (held->group.have() == before) return std::nullopt;
  return held->group;
}

Exchange::Held* Exchange::hold(const Key& key) {
  const auto known = groups_.find(key);
  if (known != groups_.end()) return &known->second;
  if (groups_.size() >= groups_max) return nullptr;
  return &groups_.emplace(key, Held{Group{key.second}, {}}).first->second;
}

Expected<std::size_t> Exchange::publish(const Topic& topic, const Group::Id& id,
                                        std::vector<Peer> to) {
  Held held{Group{id}, {}};
  {
    const std::lock_guard lock{mutex_};
    const auto* known = hold({topic.name(), id});
    if (known != nullptr) held = *known;
  }
  const auto have = held.group.have();
  PartialMessage message;
  message.group = id;
  message.metadata = {&have, 1};
  message.to = std::move(to);
  message.parts_for = [&](const PartialReceiver& receiver) {
    const auto sender = held.came_from.find(receiver.peer);
    const auto sent_us = sender == held.came_from.end() ? 0 : sender->second;
    const auto wanted = static_cast<std::uint8_t>(have & ~bits(receiver.has) & ~sent_us);
    MessageParts parts;
    if (!receiver.said || wanted == 0) return parts;
    parts.message = held.group.encode(wanted);
    parts.metadata = {wanted};
    return parts;
  };
  return topic.publish_partial(message);
}

void Exchange::on_received(const Topic& topic, const PartialReceived& received) {
  const auto id = Group::id_of(received.group);
  if (!id) return;
  if (const auto grown = take({topic.name(), *id}, received)) {
    grown_(topic.name(), *grown, received.via);
  }
  // It fails only when the node has stopped.
  (void)publish(topic, *id);
}

std::optional<Group> Exchange::take(const Key& key, const PartialReceived& received) {
  const std::lock_guard lock{mutex_};
  auto* held = hold(key);
  if (held == nullptr) return std::nullopt;
  const auto before = held->group.have();
  const auto parts = received.message.bytes();
  if (!held->group.extend(parts)) return std::nullopt;
  held->came_from[received.via] |= *Group::which(parts);
  if (held->group.have() == before) return std::nullopt;
  return held->group;
}

}  // namespace grapevine::interop
