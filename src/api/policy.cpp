// SPDX-License-Identifier: Apache-2.0
#include "api/policy.hpp"

#include <algorithm>
#include <utility>

#include "api/scoring.hpp"

namespace grapevine::api {

namespace {

/// What an RPC has besides one message at its largest.
constexpr std::size_t rpc_slack = 64 * 1024;
/// Longer than any node waits, and short enough to reckon with.
constexpr std::chrono::milliseconds expiry_max = std::chrono::hours{24 * 365};

Error bad(std::string_view field, std::string_view rule) {
  return {ErrorCode::bad_config, std::string{field}.append(" must be ").append(rule)};
}

std::optional<std::span<const std::uint8_t>> span_of(const std::optional<ByteView>& bytes) {
  if (!bytes) return std::nullopt;
  return std::span<const std::uint8_t>{*bytes};
}

pubsub::IdFunction id_function_of(MessageIdFunction function) {
  return [function = std::move(function)](const pubsub::MessageView& message)
             -> Result<pubsub::MessageId, pubsub::RejectReason> {
    const auto id =
        function({message.topic, message.payload(), span_of(message.from), span_of(message.seqno)});
    if (id.empty() || id.size() > pubsub::MessageId::size_max) {
      return unexpected(pubsub::RejectReason::id_too_long);
    }
    return pubsub::MessageId{ByteView{id}};
  };
}

pubsub::IdFunction id_function_of(const TopicPolicy& policy) {
  if (policy.message_id_function) return id_function_of(policy.message_id_function);
  return pubsub::ids::by_name(policy.message_id);
}

gossipsub::Priority priority_of(Priority priority) {
  switch (priority) {
    case Priority::high:
      return gossipsub::Priority::high;
    case Priority::low:
      return gossipsub::Priority::low;
    case Priority::normal:
      break;
  }
  return gossipsub::Priority::normal;
}

}  // namespace

Expected<gossipsub::TopicPolicy> to_policy(const TopicPolicy& from,
                                           const gossipsub::Config& config) {
  gossipsub::TopicPolicy policy;
  if (from.signing) {
    policy.signature_policy = *from.signing == Signing::none
                                  ? pubsub::SignaturePolicy::strict_no_sign
                                  : pubsub::SignaturePolicy::strict_sign;
  }
  if (!from.message_id.empty() && from.message_id_function) {
    return std::unexpected(bad("message_id", "absent where message_id_function is given"));
  }
  policy.message_id = id_function_of(from);
  if (!from.message_id.empty() && !policy.message_id) {
    return std::unexpected(
        bad("message_id", "the name of an id function, unlike " + from.message_id));
  }
  const auto most = config.rpc_limits.size_max - std::min(rpc_slack, config.rpc_limits.size_max);
  if (from.max_message_size && *from.max_message_size > std::max(most, config.message_size_max)) {
    return std::unexpected(bad("max_message_size", "at most what an RPC of this node holds, " +
                                                       std::to_string(most) + ": it is " +
                                                       std::to_string(*from.max_message_size)));
  }
  policy.message_size_max = from.max_message_size;
  policy.d = from.d;
  policy.d_low = from.d_low;
  policy.d_high = from.d_high;
  policy.d_score = from.d_score;
  policy.d_out = from.d_out;
  policy.d_lazy = from.d_lazy;
  policy.flood_publish = from.flood_publish;
  policy.fanout_only = from.fanout_only;
  if (from.expiry) policy.expiry = std::min(*from.expiry, expiry_max);
  policy.priority = priority_of(from.priority);
  policy.queue_share = from.queue_share;
  if (from.score) policy.score = to_params(*from.score);
  return policy;
}

Error policy_error(const gossipsub::ConfigError& error) {
  auto renamed = error;
  if (renamed.parameter == "message_size_max") renamed.parameter = "max_message_size";
  return parameter_error(renamed);
}

bool names_content(std::string_view id_function) {
  return id_function == "sha256" || id_function == "prefix8" || id_function == "prefix16" ||
         id_function == "eth2";
}

PublishRules publish_rules(const PublishRules& node, const TopicPolicy& policy) {
  auto rules = node;
  if (policy.signing) rules.sign = *policy.signing == Signing::strict;
  if (auto id = id_function_of(policy)) {
    rules.id = std::move(id);
    rules.ids_of_content = names_content(policy.message_id);
  }
  rules.size_max = policy.max_message_size.value_or(rules.size_max);
  rules.encode = policy.transform.encode;
  return rules;
}

std::shared_ptr<const PublishRules> PublishSlot::get() const {
  const std::lock_guard lock{mutex_};
  return rules_;
}

void PublishSlot::set(std::shared_ptr<const PublishRules> rules) {
  const std::lock_guard lock{mutex_};
  rules_ = std::move(rules);
}

std::shared_ptr<PublishSlot> PublishSlots::slot(Entry& entry) {
  auto slot = entry.slot.lock();
  if (slot) return slot;
  slot = std::make_shared<PublishSlot>(node_);
  entry.slot = slot;
  return slot;
}

std::shared_ptr<PublishSlot> PublishSlots::of(const std::string& topic) {
  const std::lock_guard lock{mutex_};
  if (entries_.size() >= sweep_at_) sweep();
  return slot(entries_[topic]);
}

void PublishSlots::set(const std::string& topic, const TopicPolicy& policy) {
  auto rules = std::make_shared<const PublishRules>(publish_rules(*node_, policy));
  const std::lock_guard lock{mutex_};
  auto& entry = entries_[topic];
  entry.kept = slot(entry);
  entry.kept->set(std::move(rules));
}

std::size_t PublishSlots::size() {
  const std::lock_guard lock{mutex_};
  return entries_.size();
}

/// So seldom that it costs nothing on average.
void PublishSlots::sweep() {
  boost::unordered::erase_if(entries_,
                             [](const auto& entry) { return entry.second.slot.expired(); });
  sweep_at_ = std::max<std::size_t>(64, 2 * entries_.size());
}

}  // namespace grapevine::api
