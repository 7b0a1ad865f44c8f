// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/config.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace grapevine::gossipsub {

namespace {

constexpr std::array<std::pair<Version, std::string_view>, 6> protocol_ids{{
    {Version::floodsub, "/floodsub/1.0.0"},
    {Version::randomsub, "/randomsub/1.0.0"},
    {Version::v1_0, "/meshsub/1.0.0"},
    {Version::v1_1, "/meshsub/1.1.0"},
    {Version::v1_2, "/meshsub/1.2.0"},
    {Version::v1_3, "/meshsub/1.3.0"},
}};

constexpr std::size_t protocols_max = 16;  // what one negotiation takes
constexpr std::size_t protocol_id_size_max = 128;

bool sound(const std::vector<Protocol>& protocols) {
  if (protocols.size() > protocols_max) return false;
  for (const auto& [id, version] : protocols) {
    if (id.empty() || id.size() > protocol_id_size_max) return false;
    if (std::ranges::count(protocols, id, &Protocol::id) != 1) return false;
  }
  return true;
}

struct Rule {
  bool holds;
  ConfigError otherwise;
};

}  // namespace

std::string_view protocol_id(Version version) {
  for (const auto& [known, id] : protocol_ids) {
    if (known == version) return id;
  }
  return {};
}

std::optional<Version> version_of(std::string_view protocol_id) {
  for (const auto& [version, id] : protocol_ids) {
    if (id == protocol_id) return version;
  }
  return std::nullopt;
}

/// Modes without a mesh leave out what needs one.
std::vector<Protocol> protocols_of(const Config& config) {
  if (!config.protocols.empty()) return config.protocols;
  std::vector<Protocol> protocols;
  for (const auto version : config.versions) {
    const bool spoken = config.mode == Mode::gossipsub || version == Version::floodsub ||
                        (config.mode == Mode::randomsub && version == Version::randomsub);
    if (spoken) protocols.push_back({std::string{protocol_id(version)}, version});
  }
  return protocols;
}

/// gossipsub v1.0 and v1.1, "Parameters"; all degrees zero is a bootstrapper, which keeps no mesh.
Result<void, ConfigError> check(const Config& config) {
  const bool bootstrapper =
      config.d == 0 && config.d_low == 0 && config.d_high == 0 && config.d_out == 0;
  const Rule rules[] = {
      {!config.versions.empty(), {"versions", "at least one"}},
      {sound(config.protocols), {"protocols", "at most 16, with ids of 1 to 128 bytes, each once"}},
      {config.randomsub_d > 0, {"randomsub_d", "at least 1"}},
      {config.d_low <= config.d, {"d_low", "at most d"}},
      {config.d <= config.d_high, {"d_high", "at least d"}},
      {config.d_score <= config.d, {"d_score", "at most d"}},
      {config.d_out == 0 || bootstrapper || config.d_out < config.d_low, {"d_out", "below d_low"}},
      {config.d_out * 2 <= config.d, {"d_out", "at most d / 2"}},
      {config.gossip_factor >= 0 && config.gossip_factor <= 1, {"gossip_factor", "from 0 to 1"}},
      {config.heartbeat_interval > Duration::zero(), {"heartbeat_interval", "above zero"}},
      {config.heartbeat_initial_delay >= Duration::zero(),
       {"heartbeat_initial_delay", "not negative"}},
      {config.mcache_len > 0, {"mcache_len", "at least 1"}},
      {config.mcache_gossip <= config.mcache_len, {"mcache_gossip", "at most mcache_len"}},
      {config.fanout_ttl >= Duration::zero(), {"fanout_ttl", "not negative"}},
      {config.prune_backoff >= std::chrono::seconds{1}, {"prune_backoff", "at least one second"}},
      {config.unsubscribe_backoff >= std::chrono::seconds{1},
       {"unsubscribe_backoff", "at least one second"}},
      {config.backoff_max >= config.prune_backoff, {"backoff_max", "at least prune_backoff"}},
      {config.idontwant_ttl_heartbeats > 0, {"idontwant_ttl_heartbeats", "at least 1"}},
      {config.message_size_max > 0, {"message_size_max", "above zero"}},
      {config.rpc_limits.size_max >= config.message_size_max,
       {"rpc_limits.size_max", "at least message_size_max"}},
      {config.outbox_bytes_max >= config.message_size_max,
       {"outbox_bytes_max", "at least message_size_max"}},
      {config.outbox_items_max > 0, {"outbox_items_max", "at least 1"}},
      {config.outboxes_bytes_max >= config.outbox_bytes_max,
       {"outboxes_bytes_max", "at least outbox_bytes_max"}},
      {config.advertise_ttl > Duration::zero(), {"advertise_ttl", "above zero"}},
      {config.discover_backoff_min > Duration::zero(), {"discover_backoff_min", "above zero"}},
      {config.discover_backoff_max >= config.discover_backoff_min,
       {"discover_backoff_max", "at least discover_backoff_min"}},
      {config.subscription_filter.affordable(),
       {"subscription_filter.patterns", "at most 16 of 128 bytes each"}},
      {config.author_marks_max > 0 && config.author_marks_max < UINT32_MAX,
       {"author_marks_max", "from 1 to 2^32 - 2"}},
      {config.validations_max > 0, {"validations_max", "at least 1"}},
      {config.pending_messages_max > 0, {"pending_messages_max", "at least 1"}},
      {config.pending_per_peer_max > 0, {"pending_per_peer_max", "at least 1"}},
      {config.pending_bytes_max >= config.message_size_max,
       {"pending_bytes_max", "at least message_size_max"}},
      {config.iwant_followup_time > Duration::zero(), {"iwant_followup_time", "above zero"}},
      {config.seen.ids_max > 0, {"seen.ids_max", "at least 1"}},
      {config.seen.ttl > Duration::zero(), {"seen.ttl", "above zero"}},
      {config.message_id != nullptr, {"message_id", "given"}},
      {config.graft_flood_threshold >= Duration::zero(), {"graft_flood_threshold", "not negative"}},
      {config.opportunistic_graft_ticks > 0, {"opportunistic_graft_ticks", "at least 1"}},
  };
  for (const auto& rule : rules) {
    if (!rule.holds) return unexpected(rule.otherwise);
  }
  if (config.score) {
    if (auto checked = check(*config.score); !checked) return checked;
  }
  if (config.gater) return check(*config.gater);
  return {};
}

}  // namespace grapevine::gossipsub
