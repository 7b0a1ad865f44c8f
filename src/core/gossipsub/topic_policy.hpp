// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "base/time.hpp"
#include "core/gossipsub/config.hpp"

namespace grapevine::gossipsub {

/// In which order messages of one lane leave an outbox, and which make way last.
enum class Priority : std::uint8_t { high, normal, low };

/// What holds in one topic instead of the router's `Config`. What is absent is as there.
struct TopicPolicy {
  /// Who signs and what is accepted. pubsub spec, "Message Signing".
  std::optional<pubsub::SignaturePolicy> signature_policy = {};
  pubsub::IdFunction message_id = {};                ///< empty: the router's
  std::optional<std::size_t> message_size_max = {};  ///< bytes, sent and taken
  std::optional<std::size_t> d = {}, d_low = {}, d_high = {}, d_score = {}, d_out = {}, d_lazy = {};
  std::optional<bool> flood_publish = {};
  /// Published to and never joined: not announced, no mesh, nothing taken from others. The
  /// application sees what this node publishes.
  bool fanout_only = false;
  /// What waited longer in an outbox is dropped instead of sent. Absent: never.
  std::optional<Duration> expiry = {};
  Priority priority = Priority::normal;
  /// Of an outbox's bytes, what this topic's messages may hold, from 0 to 1; one message always has
  /// its place. Absent: all.
  std::optional<double> queue_share = {};
  std::optional<TopicScoreParams> score = {};  ///< nothing without scoring

  /// Nothing differs from `Config`. Score parameters are no part of it: they are set once.
  bool empty() const;
};

/// The rules of `Config`, with the policy's values in their places, and the policy's own.
Result<void, ConfigError> check(const TopicPolicy& policy, const Config& config);

/// What a router goes by in one topic: the policy over its configuration, resolved once.
struct TopicRules {
  std::size_t d, d_low, d_high, d_score, d_out, d_lazy;
  std::size_t message_size_max;
  std::size_t queue_bytes_max;  ///< of one outbox
  Duration expiry;              ///< Duration::max(): never
  pubsub::IdFunction message_id;
  pubsub::SignaturePolicy signature_policy;
  Priority priority;
  bool flood_publish;
  bool fanout_only;
};
std::shared_ptr<const TopicRules> rules_of(const Config& config, const TopicPolicy& policy);

}  // namespace grapevine::gossipsub
