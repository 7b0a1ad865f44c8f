// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/preset.hpp"

#include <algorithm>
#include <utility>

namespace grapevine::gossipsub {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// The largest message, and room for it wherever it may lie.
void set_size(Config& config, std::size_t size) {
  config.message_size_max = size;
  const auto with_rpc = size + 64 * 1024;
  config.rpc_limits.size_max = std::max(config.rpc_limits.size_max, with_rpc);
  config.outbox_bytes_max = std::max(config.outbox_bytes_max, 2 * with_rpc);
  config.iwant_bytes_max = std::max(config.iwant_bytes_max, with_rpc);
}

Preset go() { return {{}, "from_seqno"}; }

/// protocols/gossipsub 0.50: `max_transmit_size` is that of a whole RPC.
Preset rust() {
  Preset preset{{}, "rust"};
  auto& config = preset.config;
  set_size(config, 64 * 1024);
  config.heartbeat_initial_delay = seconds{5};
  config.backoff_slack_heartbeats = 1;
  config.flood_publish = true;
  config.seen.ttl = seconds{60};
  config.idontwant_message_size_threshold = 1000;
  return preset;
}

Preset js() {
  Preset preset{{}, "js"};
  auto& config = preset.config;
  config.d_low = 4;
  set_size(config, 4 * 1024 * 1024);
  config.backoff_slack_heartbeats = 1;
  config.flood_publish = true;
  config.idontwant_message_size_threshold = 512;
  config.idontwant_ttl_heartbeats = 5;
  return preset;
}

Preset nim() {
  Preset preset{{}, "nim"};
  auto& config = preset.config;
  config.d_low = 4;
  config.d_out = 3;
  config.backoff_max = std::chrono::hours{24};
  config.unsubscribe_backoff = seconds{5};
  config.flood_publish = true;
  config.idontwant_message_size_threshold = 512;
  return preset;
}

Preset jvm() {
  Preset preset{{}, "from_seqno"};
  auto& config = preset.config;
  config.d_low = 4;
  config.d_out = 3;
  config.unsubscribe_backoff = seconds{60};
  config.idontwant_message_size_threshold = 16 * 1024;
  return preset;
}

/// Ethereum p2p interface, "The gossip domain: gossipsub" and "Configuration". Payloads of up to 10
/// MiB, as large as snappy may make them at worst, and 1,024 bytes for the envelope.
Preset eth2() {
  Preset preset{{}, "eth2"};
  auto& config = preset.config;
  config.signature_policy = pubsub::SignaturePolicy::strict_no_sign;
  config.d = 8;
  config.d_low = 6;
  config.d_high = 12;
  config.d_lazy = 6;
  config.heartbeat_interval = milliseconds{700};
  config.mcache_len = 6;
  config.mcache_gossip = 3;
  config.seen.ttl = seconds{12 * 32 * 2};  // two epochs
  constexpr auto payload = pubsub::ids::eth2_payload_max;
  set_size(config, 32 + payload + payload / 6 + 1024);
  return preset;
}

}  // namespace

std::optional<Preset> preset(std::string_view name) {
  constexpr std::pair<std::string_view, Preset (*)()> presets[] = {
      {"go", go}, {"rust", rust}, {"js", js}, {"nim", nim}, {"jvm", jvm}, {"eth2", eth2}};
  const auto known =
      std::ranges::find(presets, name, [](const auto& entry) { return entry.first; });
  if (known == std::end(presets)) return std::nullopt;
  auto chosen = known->second();
  chosen.config.message_id = pubsub::ids::by_name(chosen.message_id);
  return chosen;
}

}  // namespace grapevine::gossipsub
