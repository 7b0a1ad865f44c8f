// SPDX-License-Identifier: Apache-2.0
#include "api/scoring.hpp"

#include <charconv>

#include "api/convert.hpp"
#include "multi/ip.hpp"

namespace grapevine::api {

namespace {

std::optional<gossipsub::IpAddress> address_of(std::string_view text) {
  if (const auto four = multi::parse_ip4(text)) return gossipsub::IpAddress::from_bytes(*four);
  if (const auto six = multi::parse_ip6(text)) return gossipsub::IpAddress::from_bytes(*six);
  return std::nullopt;
}

/// "ADDRESS/BITS", or one address.
std::optional<gossipsub::IpNetwork> network_of(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = address_of(text.substr(0, slash));
  if (!address) return std::nullopt;
  unsigned bits = address->is_v4() ? 32 : 128;
  if (slash != text.npos) {
    const auto digits = text.substr(slash + 1);
    const auto most = bits;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits > most) {
      return std::nullopt;
    }
  }
  return gossipsub::IpNetwork{*address, bits};
}

gossipsub::ScoreThresholds to_thresholds(const ScoreThresholds& from) {
  gossipsub::ScoreThresholds to;
  to.gossip = from.gossip;
  to.publish = from.publish;
  to.graylist = from.graylist;
  to.accept_px = from.accept_px;
  to.opportunistic_graft = from.opportunistic_graft;
  return to;
}

TopicScore to_topic(const gossipsub::TopicScore& from) {
  TopicScore to;
  to.topic = from.topic;
  to.p1 = from.p1;
  to.p2 = from.p2;
  to.p3 = from.p3;
  to.p3b = from.p3b;
  to.p4 = from.p4;
  to.score = from.score;
  to.in_mesh = from.in_mesh;
  to.time_in_mesh = std::chrono::duration_cast<std::chrono::milliseconds>(from.time_in_mesh);
  to.mesh_message_deliveries_active = from.mesh_message_deliveries_active;
  to.first_message_deliveries = from.first_message_deliveries;
  to.mesh_message_deliveries = from.mesh_message_deliveries;
  to.mesh_failure_penalty = from.mesh_failure_penalty;
  to.invalid_message_deliveries = from.invalid_message_deliveries;
  return to;
}

}  // namespace

/// A component that is off needs no valid parameters.
gossipsub::TopicScoreParams to_params(const TopicScoreParameters& from) {
  gossipsub::TopicScoreParams to;
  to.skip_atomic_validation = true;
  to.topic_weight = from.topic_weight;
  to.time_in_mesh_weight = from.time_in_mesh_weight;
  to.time_in_mesh_quantum = from.time_in_mesh_quantum;
  to.time_in_mesh_cap = from.time_in_mesh_cap;
  to.first_message_deliveries_weight = from.first_message_deliveries_weight;
  to.first_message_deliveries_decay = from.first_message_deliveries_decay;
  to.first_message_deliveries_cap = from.first_message_deliveries_cap;
  to.mesh_message_deliveries_weight = from.mesh_message_deliveries_weight;
  to.mesh_message_deliveries_decay = from.mesh_message_deliveries_decay;
  to.mesh_message_deliveries_cap = from.mesh_message_deliveries_cap;
  to.mesh_message_deliveries_threshold = from.mesh_message_deliveries_threshold;
  to.mesh_message_deliveries_window = from.mesh_message_deliveries_window;
  to.mesh_message_deliveries_activation = from.mesh_message_deliveries_activation;
  to.mesh_failure_penalty_weight = from.mesh_failure_penalty_weight;
  to.mesh_failure_penalty_decay = from.mesh_failure_penalty_decay;
  to.invalid_message_deliveries_weight = from.invalid_message_deliveries_weight;
  to.invalid_message_deliveries_decay = from.invalid_message_deliveries_decay;
  return to;
}

Expected<gossipsub::ScoreParams> to_params(const ScoreParameters& from) {
  gossipsub::ScoreParams to;
  to.skip_atomic_validation = true;
  to.thresholds = to_thresholds(from.thresholds);
  for (const auto& [topic, params] : from.topics) to.topics.emplace(topic, to_params(params));
  to.topic_score_cap = from.topic_score_cap;
  if (from.application_score) {
    to.app_specific_score = [ask = from.application_score](const PeerId& peer) {
      return ask(to_peer(peer));
    };
  }
  to.app_specific_weight = from.app_specific_weight;
  to.ip_colocation_factor_weight = from.ip_colocation_factor_weight;
  to.ip_colocation_factor_threshold = from.ip_colocation_factor_threshold;
  for (const auto& text : from.ip_colocation_factor_whitelist) {
    const auto network = network_of(text);
    if (!network) {
      return std::unexpected(parameter_error(
          {"ip_colocation_factor_whitelist", "networks like 10.0.0.0/8 or single addresses", text},
          "score."));
    }
    to.ip_colocation_factor_whitelist.push_back(*network);
  }
  to.behaviour_penalty_weight = from.behaviour_penalty_weight;
  to.behaviour_penalty_threshold = from.behaviour_penalty_threshold;
  to.behaviour_penalty_decay = from.behaviour_penalty_decay;
  to.slow_peer_weight = from.slow_peer_weight;
  to.slow_peer_threshold = from.slow_peer_threshold;
  to.slow_peer_decay = from.slow_peer_decay;
  to.decay_interval = from.decay_interval;
  to.decay_to_zero = from.decay_to_zero;
  to.retain_score = from.retain_score;
  to.seen_msg_ttl = from.seen_message_ttl;
  return to;
}

gossipsub::GaterParams to_params(const GaterParameters& from) {
  gossipsub::GaterParams to;
  to.threshold = from.threshold;
  to.global_decay = from.global_decay;
  to.source_decay = from.source_decay;
  to.decay_interval = from.decay_interval;
  to.decay_to_zero = from.decay_to_zero;
  to.retain_stats = from.retain_stats;
  to.quiet = from.quiet;
  to.duplicate_weight = from.duplicate_weight;
  to.ignore_weight = from.ignore_weight;
  to.reject_weight = from.reject_weight;
  to.topic_delivery_weights = from.topic_delivery_weights;
  return to;
}

ScoreExplanation to_explanation(const gossipsub::ScoreExplanation& from) {
  ScoreExplanation to;
  to.score = from.score;
  to.connected = from.connected;
  for (const auto& topic : from.topics) to.topics.push_back(to_topic(topic));
  to.topics_score = from.topics_score;
  to.p5 = from.p5;
  to.p6 = from.p6;
  to.p7 = from.p7;
  to.slow_peer = from.slow_peer;
  to.application = from.application;
  to.ip_colocation = from.ip_colocation;
  to.behaviour_penalty = from.behaviour_penalty;
  to.dropped_messages = from.dropped_messages;
  return to;
}

Error parameter_error(const gossipsub::ConfigError& error, std::string_view where) {
  auto detail = std::string{where}.append(error.parameter).append(" must be ").append(error.rule);
  if (!error.value.empty()) detail.append(", and is ").append(error.value);
  return {ErrorCode::bad_config, std::move(detail)};
}

}  // namespace grapevine::api
