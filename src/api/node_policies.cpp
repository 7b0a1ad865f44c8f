// SPDX-License-Identifier: Apache-2.0
#include <atomic>

#include "api/convert.hpp"
#include "api/handles.hpp"
#include "api/policy.hpp"
#include "base/protobuf.hpp"
#include "base/text.hpp"
#include "core/gossipsub/preset.hpp"
#include "core/pubsub/snappy.hpp"
#include "crypto/hash.hpp"
#include "grapevine/node.hpp"

namespace grapevine {

DataTransform DataTransform::snappy() {
  DataTransform transform;
  transform.encode = [](std::span<const std::uint8_t> data,
                        std::size_t size_max) -> std::optional<std::vector<std::uint8_t>> {
    auto block = pubsub::snappy::encode(data);
    if (block.size() > size_max) return std::nullopt;
    return block;
  };
  transform.decode = [](std::span<const std::uint8_t> block,
                        std::size_t size_max) -> std::optional<std::vector<std::uint8_t>> {
    auto data = pubsub::snappy::decode(block, size_max);
    if (!data) return std::nullopt;
    return *std::move(data);
  };
  return transform;
}

Expected<void> Node::set_policy(std::string topic, const TopicPolicy& policy) {
  if (auto checked = api::check_topic(topic); !checked) return checked;
  auto& runtime = *state_->runtime;
  const auto converted = api::to_policy(policy, runtime.gossip());
  if (!converted) return std::unexpected(converted.error());
  const auto size_max = policy.max_message_size.value_or(runtime.gossip().message_size_max);
  const auto set = runtime.ask([&] {
    return runtime.topics().set_policy(topic, *converted, {policy.transform.decode, size_max});
  });
  if (!set) return std::unexpected(api::node_stopped());
  if (*set) runtime.publish_slots().set(topic, policy);
  return *set;
}

Expected<Relay> Topic::relay() const {
  auto& runtime = *state_->runtime;
  auto& topics = runtime.topics();
  static std::atomic<std::uint64_t> next_id = 1;
  const auto id = next_id.fetch_add(1);
  const auto begun = runtime.ask([&] { return topics.relay(state_->name, id); });
  if (!begun) return std::unexpected(api::node_stopped());
  if (!*begun) return std::unexpected(begun->error());
  return Relay{std::make_shared<Relay::State>([topic = state_, &topics, id] {
    topic->runtime->post([topic, &topics, id] { topics.unrelay(topic->name, id); });
  })};
}

void Relay::close() {
  if (state_) state_->close();
  state_.reset();
}

Expected<NodeConfig> preset(std::string_view name) {
  const auto known = gossipsub::preset(name);
  if (!known) {
    return std::unexpected(
        Error{ErrorCode::bad_config, "preset must be go, rust, js, nim, jvm or eth2"});
  }
  const auto& from = known->config;
  const auto milliseconds = [](Duration span) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(span);
  };
  const auto seconds = [](Duration span) {
    return std::chrono::duration_cast<std::chrono::seconds>(span);
  };
  NodeConfig config;
  config.message_id = known->message_id;
  config.signing = from.signature_policy == pubsub::SignaturePolicy::strict_no_sign
                       ? Signing::none
                       : Signing::strict;
  config.max_message_size = from.message_size_max;
  auto& gossip = config.gossip;
  gossip.d = from.d;
  gossip.d_low = from.d_low;
  gossip.d_high = from.d_high;
  gossip.d_score = from.d_score;
  gossip.d_out = from.d_out;
  gossip.d_lazy = from.d_lazy;
  gossip.heartbeat = milliseconds(from.heartbeat_interval);
  gossip.history_length = from.mcache_len;
  gossip.history_gossip = from.mcache_gossip;
  gossip.fanout_ttl = milliseconds(from.fanout_ttl);
  gossip.prune_backoff = seconds(from.prune_backoff);
  gossip.unsubscribe_backoff = seconds(from.unsubscribe_backoff);
  gossip.seen_ttl = milliseconds(from.seen.ttl);
  gossip.flood_publish = from.flood_publish;
  gossip.idontwant_threshold = from.idontwant_message_size_threshold;
  return config;
}

/// The SHA-256, in base64, of a protobuf `TopicDescriptor` with nothing but its name.
std::string hashed_topic(std::string_view name) {
  Bytes descriptor;
  base::FieldWriter{descriptor}.text(1, name);
  return base::to_base64(crypto::sha256(descriptor));
}

}  // namespace grapevine
