// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/topic_policy.hpp"

#include <limits>
#include <string>
#include <utility>

namespace grapevine::gossipsub {

namespace {

/// `config` with what the policy has instead: the same rules hold for both.
Config with(Config config, const TopicPolicy& policy) {
  config.signature_policy = policy.signature_policy.value_or(config.signature_policy);
  if (policy.message_id) config.message_id = policy.message_id;
  config.message_size_max = policy.message_size_max.value_or(config.message_size_max);
  config.d = policy.d.value_or(config.d);
  config.d_low = policy.d_low.value_or(config.d_low);
  config.d_high = policy.d_high.value_or(config.d_high);
  config.d_score = policy.d_score.value_or(config.d_score);
  config.d_out = policy.d_out.value_or(config.d_out);
  config.d_lazy = policy.d_lazy.value_or(config.d_lazy);
  config.flood_publish = policy.flood_publish.value_or(config.flood_publish);
  return config;
}

/// The value a degree or size of the policy has, for the message that refuses it.
std::string value_of(const TopicPolicy& policy, std::string_view parameter) {
  const std::pair<std::string_view, const std::optional<std::size_t>*> numbers[] = {
      {"message_size_max", &policy.message_size_max},
      {"rpc_limits.size_max", &policy.message_size_max},
      {"outbox_bytes_max", &policy.message_size_max},
      {"pending_bytes_max", &policy.message_size_max},
      {"d", &policy.d},
      {"d_low", &policy.d_low},
      {"d_high", &policy.d_high},
      {"d_score", &policy.d_score},
      {"d_out", &policy.d_out}};
  for (const auto& [name, value] : numbers) {
    if (name == parameter && *value) return std::to_string(**value);
  }
  return {};
}

}  // namespace

bool TopicPolicy::empty() const {
  return !signature_policy && !message_id && !message_size_max && !d && !d_low && !d_high &&
         !d_score && !d_out && !d_lazy && !flood_publish && !fanout_only && !expiry &&
         priority == Priority::normal && !queue_share;
}

Result<void, ConfigError> check(const TopicPolicy& policy, const Config& config) {
  if (auto checked = check(with(config, policy)); !checked) {
    auto error = checked.error();
    if (error.value.empty()) error.value = value_of(policy, error.parameter);
    return unexpected(std::move(error));
  }
  if (policy.expiry && *policy.expiry <= Duration::zero()) {
    return unexpected(
        ConfigError{"expiry", "above zero", std::to_string(policy.expiry->count()) + " us"});
  }
  if (policy.queue_share && !(*policy.queue_share >= 0 && *policy.queue_share <= 1)) {
    return unexpected(
        ConfigError{"queue_share", "from 0 to 1", std::to_string(*policy.queue_share)});
  }
  if (policy.score) return check(*policy.score, {});
  return {};
}

std::shared_ptr<const TopicRules> rules_of(const Config& config, const TopicPolicy& policy) {
  const auto merged = with(config, policy);
  const auto share = policy.queue_share.value_or(1);
  const auto all = std::numeric_limits<std::size_t>::max();
  return std::make_shared<const TopicRules>(TopicRules{
      .d = merged.d,
      .d_low = merged.d_low,
      .d_high = merged.d_high,
      .d_score = merged.d_score,
      .d_out = merged.d_out,
      .d_lazy = merged.d_lazy,
      .message_size_max = merged.message_size_max,
      .queue_bytes_max = share == 1 ? all
                                    : static_cast<std::size_t>(
                                          share * static_cast<double>(config.outbox_bytes_max)),
      .expiry = policy.expiry.value_or(Duration::max()),
      .message_id = merged.message_id,
      .signature_policy = merged.signature_policy,
      .priority = policy.priority,
      .flood_publish = merged.flood_publish,
      .fanout_only = policy.fanout_only,
  });
}

}  // namespace grapevine::gossipsub
