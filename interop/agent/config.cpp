// SPDX-License-Identifier: Apache-2.0
#include "agent/config.hpp"

#include <charconv>
#include <initializer_list>
#include <utility>

#include "agent/arguments.hpp"
#include "agent/score.hpp"
#include "gossipsub/identity.hpp"

namespace grapevine::agent {

namespace {

constexpr std::string_view floodsub_id = "/floodsub/1.0.0";

/// One of a few words.
template <class T>
T choice(Arguments& from, std::string_view name, std::string_view absent,
         std::initializer_list<std::pair<std::string_view, T>> meanings) {
  const auto word = from.optional_text(name).value_or(std::string{absent});
  for (const auto& [known, meaning] : meanings) {
    if (known == word) return meaning;
  }
  from.fail(name, "is none of the words it may be");
  return meanings.begin()->second;
}

void take_degrees(Arguments& from, GossipParameters& gossip) {
  gossip.d = from.number_or("d", gossip.d);
  gossip.d_low = from.number_or("d_low", gossip.d_low);
  gossip.d_high = from.number_or("d_high", gossip.d_high);
  gossip.d_score = from.number_or("d_score", gossip.d_score);
  gossip.d_out = from.number_or("d_out", gossip.d_out);
  gossip.d_lazy = from.number_or("d_lazy", gossip.d_lazy);
  gossip.gossip_factor = from.real_or("gossip_factor", gossip.gossip_factor);
  gossip.history_length = from.number_or("history_length", gossip.history_length, {.least = 1});
  gossip.history_gossip = from.number_or("history_gossip", gossip.history_gossip);
}

std::chrono::seconds seconds_or(Arguments& from, std::string_view name,
                                std::chrono::seconds absent) {
  using std::chrono::seconds;
  return std::chrono::ceil<seconds>(from.milliseconds_or(name, absent, seconds{1}));
}

void take_times(Arguments& from, GossipParameters& gossip) {
  gossip.heartbeat = from.milliseconds_or("heartbeat_ms", gossip.heartbeat);
  if (gossip.heartbeat.count() == 0) from.fail("heartbeat_ms", "must be above 0");
  gossip.fanout_ttl = from.milliseconds_or("fanout_ttl_ms", gossip.fanout_ttl);
  gossip.seen_ttl = from.milliseconds_or("seen_ttl_ms", gossip.seen_ttl);
  gossip.prune_backoff = seconds_or(from, "prune_backoff_s", gossip.prune_backoff);
  gossip.unsubscribe_backoff =
      seconds_or(from, "unsubscribe_backoff_s", gossip.unsubscribe_backoff);
}

void take_node(Arguments& from, NodeConfig& node) {
  node.signing = choice<Signing>(from, "sign", "strict",
                                 {{"strict", Signing::strict}, {"none", Signing::none}});
  node.router = choice<Router>(from, "router", "gossipsub",
                               {{"gossipsub", Router::gossipsub}, {"floodsub", Router::floodsub}});
  node.message_id = choice<const char*>(from, "message_id", "default",
                                        {{"default", ""},
                                         {"from_seqno", "from_seqno"},
                                         {"sha256", "sha256"},
                                         {"prefix8", "prefix8"},
                                         {"prefix16", "prefix16"}});
  node.gossip_protocols = from.optional_texts("protocols").value_or(std::vector<std::string>{});
  node.direct_peers = from.optional_texts("direct_peers").value_or(std::vector<std::string>{});
  node.gossip.flood_publish = from.flag_or("flood_publish", node.gossip.flood_publish);
  node.gossip.idontwant_threshold =
      from.number_or("idontwant_threshold", node.gossip.idontwant_threshold);
  node.max_message_size = from.number_or("max_message_size", node.max_message_size, {.least = 1});
}

std::vector<ValidationRule> take_rules(Arguments& from) {
  std::vector<ValidationRule> rules;
  for (auto& inner : from.objects("validate")) {
    ValidationRule rule;
    rule.topic = inner.text("topic");
    rule.delay = inner.milliseconds_or("delay_ms", rule.delay);
    rule.verdict = choice<Verdict>(
        inner, "verdict", "accept",
        {{"accept", Verdict::accept}, {"reject", Verdict::reject}, {"ignore", Verdict::ignore}});
    from.close("validate", inner);
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::expected<std::uint64_t, StartFailure> seed_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::unexpected(StartFailure::usage("--key-seed is no number: " + std::string{text}));
  return number;
}

/// The command line's words.
struct Words {
  std::vector<std::string> listen;
  std::optional<std::uint64_t> seed;
  std::string config = "{}";
};

std::expected<Words, StartFailure> read_words(std::span<char* const> arguments) {
  Words words;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    std::string_view option = arguments[at];
    std::string_view value;
    if (const auto equals = option.find('='); equals != option.npos) {
      value = option.substr(equals + 1);
      option = option.substr(0, equals);
    } else if (at + 1 < arguments.size()) {
      value = arguments[++at];
    } else {
      return std::unexpected(StartFailure::usage(std::string{option} + " has no value"));
    }
    if (option == "--listen") {
      words.listen.emplace_back(value);
    } else if (option == "--config") {
      words.config = value;
    } else if (option == "--key-seed") {
      const auto number = seed_number(value);
      if (!number) return std::unexpected(number.error());
      words.seed = *number;
    } else {
      return std::unexpected(StartFailure::usage("unknown option " + std::string{option}));
    }
  }
  return words;
}

}  // namespace

NodeConfig agent_defaults() {
  NodeConfig node;
  node.max_message_size = 4u << 20;
  node.gossip.outbox_bytes = 256u << 20;
  node.gossip.outbox_items = 1u << 18;
  node.publish_ring = 1u << 17;
  node.connections_max = 16 * 1024;
  node.lift_per_peer_limit = true;
  return node;
}

std::expected<Settings, StartFailure> parse_config(std::string_view text) {
  auto parsed = Arguments::parse(text);
  if (!parsed) return std::unexpected(StartFailure::usage("config: not a JSON object"));
  Settings settings{agent_defaults(), {}};
  take_node(*parsed, settings.node);
  take_degrees(*parsed, settings.node.gossip);
  take_times(*parsed, settings.node.gossip);
  settings.rules = take_rules(*parsed);
  settings.node.peer_exchange = parsed->flag_or("px", false);
  settings.node.partial_messages = parsed->flag_or("partial", false);
  settings.node.score = take_score(*parsed);
  if (const auto error = parsed->error())
    return std::unexpected(StartFailure::usage("config: " + *error));
  if (settings.node.router == Router::floodsub) {
    if (settings.node.score) {
      return std::unexpected(StartFailure::unsupported("score: floodsub has none"));
    }
    if (settings.node.peer_exchange) {
      return std::unexpected(StartFailure::unsupported("px: floodsub has none"));
    }
    if (settings.node.partial_messages) {
      return std::unexpected(StartFailure::unsupported("partial: floodsub has none"));
    }
    for (const auto& id : settings.node.gossip_protocols) {
      if (id != floodsub_id) return std::unexpected(StartFailure::unsupported("protocols: " + id));
    }
  }
  return settings;
}

std::expected<Settings, StartFailure> parse_command_line(std::span<char* const> arguments) {
  auto words = read_words(arguments);
  if (!words) return std::unexpected(std::move(words.error()));
  auto settings = parse_config(words->config);
  if (!settings) return settings;
  auto& node = settings->node;
  if (words->listen == std::vector<std::string>{"none"}) {
    node.listen.clear();
  } else if (!words->listen.empty()) {
    node.listen = std::move(words->listen);
  }
  if (words->seed) node.key_seed = interop::seed_of(*words->seed);
  return settings;
}

}  // namespace grapevine::agent
