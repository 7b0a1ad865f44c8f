// SPDX-License-Identifier: Apache-2.0
#include "api/settings.hpp"

#include <algorithm>

#include "api/convert.hpp"
#include "api/filtering.hpp"
#include "api/policy.hpp"
#include "api/scoring.hpp"

namespace grapevine::api {

namespace {

constexpr std::size_t message_size_limit = 64u << 20;
/// What an RPC has besides one message at its largest.
constexpr std::size_t rpc_slack = 64 * 1024;
constexpr std::size_t rpc_size_min = 1u << 20;
constexpr std::size_t workers_limit = 64;

Error bad(std::string_view field, std::string_view rule) {
  auto detail = std::string{field}.append(" must be ").append(rule);
  return {ErrorCode::bad_config, std::move(detail)};
}

Expected<KeyPair> key_of(const NodeConfig& config, Rng& rng) {
  if (config.key_seed && config.key_protobuf) {
    return std::unexpected(bad("key_protobuf", "absent where key_seed is given"));
  }
  if (config.key_seed) return KeyPair::from_ed25519_seed(*config.key_seed);
  if (!config.key_protobuf) return KeyPair::generate(rng);
  auto key = KeyPair::from_protobuf(*config.key_protobuf);
  if (!key) return std::unexpected(bad("key_protobuf", "a libp2p private key"));
  return *std::move(key);
}

Expected<std::vector<gossipsub::Version>> versions_of(const NodeConfig& config) {
  using gossipsub::Version;
  if (config.router == Router::floodsub) return std::vector{Version::floodsub};
  if (config.router == Router::randomsub) return std::vector{Version::randomsub, Version::floodsub};
  if (config.gossip_protocols.empty()) {
    return gossipsub::Config{}.versions;
  }
  std::vector<Version> versions;
  for (const auto& id : config.gossip_protocols) {
    const auto version = gossipsub::version_of(id);
    if (!version)
      return std::unexpected(bad("gossip_protocols", "protocol ids we have, unlike " + id));
    versions.push_back(*version);
  }
  return versions;
}

Expected<std::vector<gossipsub::Protocol>> custom_of(const NodeConfig& config) {
  std::vector<gossipsub::Protocol> protocols;
  for (const auto& [id, like] : config.custom_protocols) {
    const auto version = gossipsub::version_of(like);
    if (!version) {
      return std::unexpected(
          bad("custom_protocols", "spoken like protocols we have, unlike " + like));
    }
    protocols.push_back({id, *version});
  }
  return protocols;
}

/// How peers and we come to a protocol.
Expected<void> set_protocols(gossipsub::Config& to, const NodeConfig& from) {
  auto versions = versions_of(from);
  if (!versions) return std::unexpected(versions.error());
  auto custom = custom_of(from);
  if (!custom) return std::unexpected(custom.error());
  to.versions = *std::move(versions);
  to.protocols = *std::move(custom);
  to.match_protocol = from.match_protocol;
  if (from.router == Router::floodsub) to.mode = gossipsub::Mode::floodsub;
  if (from.router == Router::randomsub) to.mode = gossipsub::Mode::randomsub;
  to.randomsub_network_size = from.randomsub_network_size;
  return {};
}

/// The id function's name; content-addressed ids are the only ones without author and number.
std::string_view id_name(const NodeConfig& config) {
  if (!config.message_id.empty()) return config.message_id;
  return config.signing == Signing::none ? "sha256" : "from_seqno";
}

void set_degrees(gossipsub::Config& to, const GossipParameters& from) {
  to.d = from.d;
  to.d_low = from.d_low;
  to.d_high = from.d_high;
  to.d_score = from.d_score;
  to.d_out = from.d_out;
  to.d_lazy = from.d_lazy;
  to.gossip_factor = from.gossip_factor;
  to.heartbeat_interval = from.heartbeat;
  to.heartbeat_initial_delay = std::min<Duration>(to.heartbeat_initial_delay, from.heartbeat);
  to.mcache_len = from.history_length;
  to.mcache_gossip = from.history_gossip;
  to.fanout_ttl = from.fanout_ttl;
  to.prune_backoff = from.prune_backoff;
  to.unsubscribe_backoff = from.unsubscribe_backoff;
  to.backoff_max = std::max<Duration>(to.backoff_max, from.prune_backoff);
  to.seen.ttl = from.seen_ttl;
  to.flood_publish = from.flood_publish;
  to.graft_flood_threshold = from.graft_flood_threshold;
  to.opportunistic_graft_ticks = from.opportunistic_graft_ticks;
  to.opportunistic_graft_peers = from.opportunistic_graft_peers;
  to.idontwant_message_size_threshold = from.idontwant_threshold;
}

/// Whatever the message size, one message of it fits everywhere.
void set_sizes(gossipsub::Config& to, const NodeConfig& from) {
  const auto largest = from.max_message_size + rpc_slack;
  to.message_size_max = from.max_message_size;
  to.rpc_limits.size_max = std::max(rpc_size_min, largest);
  to.outbox_bytes_max = std::max(from.gossip.outbox_bytes, largest);
  to.outbox_items_max = from.gossip.outbox_items;
  to.outboxes_bytes_max = std::max(from.gossip.outboxes_bytes, to.outbox_bytes_max);
  to.iwant_bytes_max = std::max(to.iwant_bytes_max, largest);
  to.mcache_bytes_max = std::max(to.mcache_bytes_max, largest);
}

Expected<void> set_scoring(gossipsub::Config& to, const NodeConfig& from) {
  if (from.score) {
    auto score = to_params(*from.score);
    if (!score) return std::unexpected(std::move(score.error()));
    if (const auto checked = gossipsub::check(*score); !checked) {
      return std::unexpected(parameter_error(checked.error(), "score."));
    }
    to.score = *std::move(score);
  }
  if (from.gater) to.gater = to_params(*from.gater);
  return {};
}

gossipsub::TraceDetail detail_of(const NodeConfig& config) {
  if (config.trace || config.trace_detail == TraceDetail::everything) {
    return gossipsub::TraceDetail::everything;
  }
  return config.trace_detail == TraceDetail::none ? gossipsub::TraceDetail::none
                                                  : gossipsub::TraceDetail::counters;
}

Expected<std::shared_ptr<const gossipsub::Config>> gossip_of(const NodeConfig& config) {
  auto gossip = std::make_shared<gossipsub::Config>();
  if (auto set = set_protocols(*gossip, config); !set) {
    return std::unexpected(std::move(set.error()));
  }
  set_degrees(*gossip, config.gossip);
  set_sizes(*gossip, config);
  gossip->signature_policy = config.signing == Signing::none
                                 ? pubsub::SignaturePolicy::strict_no_sign
                                 : pubsub::SignaturePolicy::strict_sign;
  gossip->message_id = pubsub::ids::by_name(id_name(config));
  if (!gossip->message_id) return std::unexpected(bad("message_id", "the name of an id function"));
  gossip->peer_exchange = config.peer_exchange;
  gossip->extensions.partial_messages = config.partial_messages;
  gossip->extensions.ping_pong = config.ping_pong;
  gossip->discovery = config.discovery.has_value();
  gossip->trace_detail = detail_of(config);
  set_filters(*gossip, config);
  if (auto set = set_scoring(*gossip, config); !set) return std::unexpected(std::move(set.error()));
  if (const auto checked = gossipsub::check(*gossip); !checked) {
    return std::unexpected(parameter_error(checked.error()));
  }
  return gossip;
}

std::shared_ptr<const host::Config> host_of(const NodeConfig& config,
                                            std::shared_ptr<const gossipsub::Config> gossip) {
  auto host = std::make_shared<host::Config>();
  if (!config.agent_version.empty()) host->agent_version = config.agent_version;
  host->gossip = std::move(gossip);
  host->session = std::make_shared<const session::Config>();
  host->connections_max = config.connections_max;
  host->inbound_max = config.connections_max - config.connections_max / 4;
  if (config.px_address_filter) {
    host->px_filter = [ask = config.px_address_filter](const PeerId& peer,
                                                       const Multiaddr& address) {
      return ask(to_peer(peer), address.to_string());
    };
  }
  if (config.lift_per_peer_limit) {
    host->inbound_max = config.connections_max;
    host->per_peer_max = config.connections_max;
    host->half_open_max = config.connections_max;
    host->dials_max = std::max(host->dials_max, config.connections_max);
  }
  return host;
}

Expected<std::vector<DirectPeer>> direct_of(const NodeConfig& config) {
  std::vector<DirectPeer> direct;
  for (const auto& text : config.direct_peers) {
    auto address = parse_address(text);
    if (!address) return std::unexpected(address.error());
    const auto bytes = address->peer_id_bytes();
    const auto peer = bytes ? PeerId::from_bytes(*bytes) : unexpected(PeerIdError::bad_text);
    if (!peer) return std::unexpected(bad("direct_peers", "multiaddrs that end in /p2p/<peer id>"));
    const auto known = std::ranges::find(direct, *peer, &DirectPeer::peer);
    auto& entry = known != direct.end() ? *known : direct.emplace_back(DirectPeer{*peer, {}});
    entry.addresses.push_back(*std::move(address));
  }
  return direct;
}

Expected<void> check_numbers(const NodeConfig& config) {
  if (config.max_message_size == 0 || config.max_message_size > message_size_limit) {
    return std::unexpected(bad("max_message_size", "from 1 byte to 64 MiB"));
  }
  if (config.workers == 0 || config.workers > workers_limit) {
    return std::unexpected(bad("workers", "from 1 to 64"));
  }
  if (config.connections_max == 0) return std::unexpected(bad("connections_max", "at least 1"));
  if (config.history && config.history->file.empty()) {
    return std::unexpected(bad("history.file", "the name of a file"));
  }
  if (config.history && (config.history->messages_max == 0 || config.history->bytes_max == 0 ||
                         config.history->topics_max == 0)) {
    return std::unexpected(bad("history", "of at least one message, byte and topic"));
  }
  if (config.publish_ring == 0) return std::unexpected(bad("publish_ring", "at least 1"));
  return {};
}

}  // namespace

Expected<Settings> settle(const NodeConfig& config, Rng& rng) {
  if (auto checked = check_numbers(config); !checked) return std::unexpected(checked.error());
  auto key = key_of(config, rng);
  if (!key) return std::unexpected(key.error());
  auto gossip = gossip_of(config);
  if (!gossip) return std::unexpected(gossip.error());
  auto direct = direct_of(config);
  if (!direct) return std::unexpected(direct.error());
  std::vector<Multiaddr> listen;
  for (const auto& text : config.listen) {
    auto address = parse_address(text);
    if (!address) return std::unexpected(address.error());
    listen.push_back(*std::move(address));
  }
  const auto id = id_name(config);
  const bool of_content = names_content(id);
  return Settings{*std::move(key), host_of(config, *std::move(gossip)), std::move(listen),
                  *std::move(direct), of_content};
}

}  // namespace grapevine::api
