// SPDX-License-Identifier: Apache-2.0
#include "agent/partial.hpp"

#include "agent/agent.hpp"
#include "agent/base64.hpp"

namespace grapevine::agent {

namespace json = boost::json;
using interop::Group;

json::object partial_event(const std::string& topic, const Group& group, const Peer& via) {
  json::array parts;
  for (const auto& part : group.parts()) {
    if (part.empty()) {
      parts.emplace_back(nullptr);
    } else {
      parts.emplace_back(to_base64(part));
    }
  }
  return {
      {"event", "partial"},        {"topic", topic},         {"group", to_base64(group.id())},
      {"parts", std::move(parts)}, {"via", via.to_string()},
  };
}

std::optional<Group> take_parts(const Group::Id& id, const json::value& list) {
  const auto* parts = list.if_array();
  if (parts == nullptr || parts->size() != Group::parts_count) return std::nullopt;
  Group group{id};
  for (std::size_t at = 0; at < Group::parts_count; ++at) {
    const auto& part = (*parts)[at];
    if (part.is_null()) continue;
    auto bytes = part.is_string() ? from_base64(std::string_view{part.get_string()}) : std::nullopt;
    if (!bytes || bytes->size() != Group::part_size) return std::nullopt;
    group.set(at, *std::move(bytes));
  }
  return group;
}

Agent::Reply Agent::partial_join(Arguments& from) {
  const auto name = from.text("topic");
  if (const auto error = from.error()) return std::unexpected(*error);
  const auto topic = topics_.find(name);
  if (!topic) return std::unexpected(topic.error().detail);
  const auto opened = exchange_.open(*topic, true);
  if (!opened) return std::unexpected(opened.error().detail);
  const auto subscribed = topics_.subscribe(name);
  if (!subscribed) return std::unexpected(subscribed.error().detail);
  return json::object{};
}

Agent::Reply Agent::partial_publish(Arguments& from) {
  const auto name = from.text("topic");
  const auto bytes = from_base64(from.text("group"));
  const auto list = from.any("parts");
  const auto id = bytes ? Group::id_of(*bytes) : std::nullopt;
  if (!id) from.fail("group", "is no base64 of 8 bytes");
  const auto group = take_parts(id.value_or(Group::Id{}), list);
  if (!group) from.fail("parts", "is no list of 8, each null or base64 of 1024 bytes");
  if (const auto error = from.error()) return std::unexpected(*error);
  const auto topic = topics_.find(name);
  if (!topic) return std::unexpected(topic.error().detail);
  exchange_.add(name, *group);
  const auto sent = exchange_.publish(*topic, *id);
  if (!sent) return std::unexpected(sent.error().detail);
  return json::object{{"peers", *sent}};
}

}  // namespace grapevine::agent
