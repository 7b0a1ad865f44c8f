// SPDX-License-Identifier: Apache-2.0
#include "agent/score.hpp"

namespace grapevine::agent {

namespace {

using std::chrono::milliseconds;

TopicScoreParameters take_topic(Arguments& from) {
  const auto number = [&](std::string_view name) { return from.signed_or(name, 0); };
  const auto length = [&](std::string_view name) {
    return from.milliseconds_or(name, milliseconds{0});
  };
  TopicScoreParameters topic;
  topic.topic_weight = number("topic_weight");
  topic.time_in_mesh_weight = number("time_in_mesh_weight");
  topic.time_in_mesh_quantum = length("time_in_mesh_quantum_ms");
  topic.time_in_mesh_cap = number("time_in_mesh_cap");
  topic.first_message_deliveries_weight = number("first_message_deliveries_weight");
  topic.first_message_deliveries_decay = number("first_message_deliveries_decay");
  topic.first_message_deliveries_cap = number("first_message_deliveries_cap");
  topic.mesh_message_deliveries_weight = number("mesh_message_deliveries_weight");
  topic.mesh_message_deliveries_decay = number("mesh_message_deliveries_decay");
  topic.mesh_message_deliveries_cap = number("mesh_message_deliveries_cap");
  topic.mesh_message_deliveries_threshold = number("mesh_message_deliveries_threshold");
  topic.mesh_message_deliveries_window = length("mesh_message_deliveries_window_ms");
  topic.mesh_message_deliveries_activation = length("mesh_message_deliveries_activation_ms");
  topic.mesh_failure_penalty_weight = number("mesh_failure_penalty_weight");
  topic.mesh_failure_penalty_decay = number("mesh_failure_penalty_decay");
  topic.invalid_message_deliveries_weight = number("invalid_message_deliveries_weight");
  topic.invalid_message_deliveries_decay = number("invalid_message_deliveries_decay");
  // Without a weight the time in the mesh has no unit.
  if (topic.time_in_mesh_weight == 0 && topic.time_in_mesh_quantum == milliseconds{0}) {
    topic.time_in_mesh_quantum = TopicScoreParameters{}.time_in_mesh_quantum;
  }
  return topic;
}

ScoreThresholds take_thresholds(Arguments& from) {
  ScoreThresholds thresholds;
  thresholds.gossip = from.signed_or("gossip_threshold", 0);
  thresholds.publish = from.signed_or("publish_threshold", 0);
  thresholds.graylist = from.signed_or("graylist_threshold", 0);
  thresholds.accept_px = from.signed_or("accept_px_threshold", 0);
  thresholds.opportunistic_graft = from.signed_or("opportunistic_graft_threshold", 0);
  return thresholds;
}

ScoreParameters take_parameters(Arguments& from) {
  const auto number = [&](std::string_view name) { return from.signed_or(name, 0); };
  ScoreParameters score;
  from.flag_or("skip_atomic_validation", true);  // what is off needs no valid parameters anyway
  score.thresholds = take_thresholds(from);
  for (auto& [name, inner] : from.named_objects("topics")) {
    score.topics.emplace(name, take_topic(inner));
    from.close("topics: " + name, inner);
  }
  score.topic_score_cap = number("topic_score_cap");
  score.app_specific_weight = number("app_specific_weight");
  score.ip_colocation_factor_weight = number("ip_colocation_factor_weight");
  score.ip_colocation_factor_threshold = from.number_or("ip_colocation_factor_threshold", 0);
  score.ip_colocation_factor_whitelist =
      from.optional_texts("ip_colocation_factor_whitelist").value_or(std::vector<std::string>{});
  score.behaviour_penalty_weight = number("behaviour_penalty_weight");
  score.behaviour_penalty_threshold = number("behaviour_penalty_threshold");
  score.behaviour_penalty_decay = number("behaviour_penalty_decay");
  score.decay_interval = from.milliseconds_or("decay_interval_ms", score.decay_interval);
  score.decay_to_zero = from.signed_or("decay_to_zero", score.decay_to_zero);
  score.retain_score = from.milliseconds_or("retain_score_ms", milliseconds{0});
  const auto seen = from.milliseconds_or("seen_msg_ttl_ms", milliseconds{0});
  if (seen > milliseconds{0}) score.seen_message_ttl = seen;  // go takes 0 for its default as well
  return score;
}

}  // namespace

std::optional<ScoreParameters> take_score(Arguments& from) {
  auto inner = from.object("score");
  if (!inner) return std::nullopt;
  auto score = take_parameters(*inner);
  from.close("score", *inner);
  return score;
}

}  // namespace grapevine::agent
