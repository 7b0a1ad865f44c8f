// SPDX-License-Identifier: Apache-2.0
#include "gossipsub/script.hpp"

#include <cmath>
#include <limits>

#include "agent/arguments.hpp"

namespace grapevine::interop {

namespace {

using agent::Arguments;
using agent::Bounds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds one_second{1000};
constexpr Bounds node_bounds{.most = std::numeric_limits<std::uint32_t>::max()};

/// Parameters of go's router, which have nothing to go to.
constexpr std::string_view without_meaning[] = {"GossipRetransmission",
                                                "HeartbeatInitialDelay",
                                                "SlowHeartbeatWarning",
                                                "PrunePeers",
                                                "Connectors",
                                                "MaxPendingConnections",
                                                "ConnectionTimeout",
                                                "DirectConnectTicks",
                                                "DirectConnectInitialDelay",
                                                "MaxIHaveLength",
                                                "MaxIHaveMessages",
                                                "MaxIDontWantLength",
                                                "MaxIDontWantMessages",
                                                "IWantFollowupTime",
                                                "IDontWantMessageTTL"};

template <class Unit>
void take_time(Arguments& from, std::string_view name, Unit& to) {
  const auto absent = static_cast<double>(std::chrono::nanoseconds{to}.count());
  const auto nanoseconds = from.real_or(name, absent);
  const std::chrono::duration<double, std::nano> time{nanoseconds};
  to = std::chrono::ceil<Unit>(time);
}

void take_degrees(Arguments& from, GossipParameters& to) {
  to.d = from.number_or("D", to.d);
  to.d_low = from.number_or("Dlo", to.d_low);
  to.d_high = from.number_or("Dhi", to.d_high);
  to.d_score = from.number_or("Dscore", to.d_score);
  to.d_out = from.number_or("Dout", to.d_out);
  to.d_lazy = from.number_or("Dlazy", to.d_lazy);
  to.gossip_factor = from.real_or("GossipFactor", to.gossip_factor);
  to.history_length = from.number_or("HistoryLength", to.history_length);
  to.history_gossip = from.number_or("HistoryGossip", to.history_gossip);
  to.opportunistic_graft_ticks =
      from.number_or("OpportunisticGraftTicks", to.opportunistic_graft_ticks);
  to.opportunistic_graft_peers =
      from.number_or("OpportunisticGraftPeers", to.opportunistic_graft_peers);
  to.idontwant_threshold = from.number_or("IDontWantMessageThreshold", to.idontwant_threshold);
}

InitGossipSub take_parameters(Arguments& from) {
  InitGossipSub init;
  auto given = from.object("gossipSubParams");
  if (!given) return init;
  auto& to = init.parameters;
  take_degrees(*given, to);
  take_time(*given, "HeartbeatInterval", to.heartbeat);
  take_time(*given, "FanoutTTL", to.fanout_ttl);
  take_time(*given, "PruneBackoff", to.prune_backoff);
  take_time(*given, "UnsubscribeBackoff", to.unsubscribe_backoff);
  take_time(*given, "GraftFloodThreshold", to.graft_flood_threshold);
  for (const auto name : without_meaning) {
    if (!given->any(name).is_null()) init.passed_over.emplace_back(name);
  }
  from.close("gossipSubParams", *given);
  return init;
}

std::vector<std::uint32_t> take_nodes(Arguments& from, std::string_view name) {
  std::vector<std::uint32_t> nodes;
  const auto value = from.any(name);
  if (value.is_null()) return nodes;
  const auto* list = value.if_array();
  if (list == nullptr) from.fail(name, "is no list");
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const auto& item = (*list)[i];
    const auto* number = item.if_int64();
    if (number == nullptr || *number < 0 ||
        static_cast<std::uint64_t>(*number) > node_bounds.most) {
      from.fail(name, "has something that is no node");
      break;
    }
    nodes.push_back(static_cast<std::uint32_t>(*number));
  }
  return nodes;
}

AddPartial take_partial(Arguments& from) {
  AddPartial add{from.text("topicID"), from.number("groupID"), 0};
  add.parts = static_cast<std::uint8_t>(from.number("parts", {.most = 0xFF}));
  return add;
}

/// One that stands by itself.
Instruction take_plain(Arguments& from, std::string_view type) {
  if (type == "initGossipSub") return take_parameters(from);
  if (type == "connect") return Connect{take_nodes(from, "connectTo")};
  if (type == "waitUntil") {
    return WaitUntil{from.milliseconds_or("elapsedSeconds", milliseconds{0}, one_second)};
  }
  if (type == "publish") {
    return Publish{from.text("topicID"), from.number("messageID"),
                   from.number("messageSizeBytes", {.least = 8, .most = 10u << 20})};
  }
  if (type == "subscribeToTopic") {
    return Subscribe{from.text("topicID"), from.flag_or("partial", false)};
  }
  if (type == "setTopicValidationDelay") {
    return DelayValidation{from.text("topicID"),
                           from.milliseconds_or("delaySeconds", milliseconds{0}, one_second)};
  }
  if (type == "addPartialMessage") return take_partial(from);
  if (type == "publishPartial") {
    return PublishPartial{from.text("topicID"), from.number("groupID"),
                          take_nodes(from, "publishToNodeIDs")};
  }
  from.fail("type", "is none there is");
  return WaitUntil{};
}

/// Appends what is for `node`.
void take(Arguments& from, std::uint32_t node, std::vector<Instruction>& to) {
  const auto type = from.text("type");
  if (type != "ifNodeIDEquals") {
    to.push_back(take_plain(from, type));
    return;
  }
  const auto whose = from.number("nodeID", node_bounds);
  auto inner = from.object("instruction");
  if (!inner) return from.fail("instruction", "is missing");
  std::vector<Instruction> theirs;
  take(*inner, node, whose == node ? to : theirs);
  from.close("instruction", *inner);
}

}  // namespace

std::expected<std::vector<Instruction>, std::string> parse_script(std::string_view text,
                                                                  std::uint32_t node) {
  auto all = Arguments::parse(text);
  if (!all) return std::unexpected("not a JSON object");
  std::vector<Instruction> instructions;
  for (auto& entry : all->objects("script")) {
    take(entry, node, instructions);
    all->close("script", entry);
  }
  if (const auto error = all->error()) return std::unexpected(*error);
  return instructions;
}

}  // namespace grapevine::interop
