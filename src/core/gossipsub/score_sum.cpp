// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/assert.hpp"
#include "core/gossipsub/score.hpp"

// The score function: counters in, a score and its parts out, always added in the same order.
namespace grapevine::gossipsub {

namespace {

/// Parts stay within this, so that no sum of theirs is infinite or no number.
constexpr double score_max = 1e30;

double bounded(double value) { return std::clamp(value, -score_max, score_max); }

double excess(double counter, double threshold) { return std::max(counter - threshold, 0.0); }

}  // namespace

TopicScore PeerScores::parts(const TopicStats& stats) const {
  const auto& p = params_of(stats.topic);
  TopicScore made;
  if (stats.in_mesh && p.time_in_mesh_quantum > Duration::zero()) {
    const auto quanta = static_cast<double>(stats.mesh_time / p.time_in_mesh_quantum);
    made.p1 = bounded(std::min(quanta, p.time_in_mesh_cap) * p.time_in_mesh_weight);
  }
  made.p2 = bounded(stats.first_message_deliveries * p.first_message_deliveries_weight);
  if (stats.in_mesh && stats.active) {
    const auto deficit = excess(p.mesh_message_deliveries_threshold, stats.mesh_message_deliveries);
    made.p3 = bounded(deficit * deficit * p.mesh_message_deliveries_weight);
  }
  const auto invalid = stats.invalid_message_deliveries;
  made.p3b = bounded(stats.mesh_failure_penalty * p.mesh_failure_penalty_weight);
  made.p4 = bounded(invalid * invalid * p.invalid_message_deliveries_weight);
  made.score = bounded((made.p1 + made.p2 + made.p3 + made.p3b + made.p4) * p.topic_weight);
  return made;
}

double PeerScores::topics_capped(double sum) const {
  return params_.topic_score_cap > 0 ? std::min(sum, params_.topic_score_cap) : sum;
}

double PeerScores::colocation(const PeerStats& stats) const {
  const auto threshold = static_cast<double>(params_.ip_colocation_factor_threshold);
  double sum = 0;
  for (const auto& origin : stats.origins) {
    const auto peers = static_cast<double>(peers_by_ip_.find(origin)->second.size());
    const auto surplus = excess(peers, threshold);
    sum += surplus * surplus;
  }
  return sum;
}

ScoreExplanation PeerScores::global_parts(const PeerStats& stats) const {
  ScoreExplanation made;
  made.application = stats.application;
  made.ip_colocation = colocation(stats);
  made.behaviour_penalty = stats.behaviour_penalty;
  made.dropped_messages = stats.dropped_messages;
  const auto behaviour = excess(stats.behaviour_penalty, params_.behaviour_penalty_threshold);
  const auto slow = excess(stats.dropped_messages, params_.slow_peer_threshold);
  made.p5 = bounded(stats.application * params_.app_specific_weight);
  made.p6 = bounded(made.ip_colocation * params_.ip_colocation_factor_weight);
  made.p7 = bounded(behaviour * behaviour * params_.behaviour_penalty_weight);
  made.slow_peer = bounded(slow * params_.slow_peer_weight);
  return made;
}

double PeerScores::sum(const PeerStats& stats) const {
  double topics = 0;
  for (const auto& topic : stats.topics) topics += parts(topic).score;
  const auto rest = global_parts(stats);
  return topics_capped(topics) + rest.p5 + rest.p6 + rest.p7 + rest.slow_peer;
}

double PeerScores::score(PeerHandle peer) const {
  auto* stats = find(peer);
  if (stats == nullptr) return 0;
  if (std::exchange(stats->stale, false)) stats->score = sum(*stats);
  return stats->score;
}

ScoreExplanation PeerScores::explanation(const PeerStats& stats) const {
  auto made = global_parts(stats);
  double topics = 0;
  for (const auto& topic : stats.topics) {
    auto part = parts(topic);
    topics += part.score;
    part.topic = topics_[std::to_underlying(topic.topic)].name;
    part.in_mesh = topic.in_mesh;
    part.time_in_mesh = topic.mesh_time;
    part.mesh_message_deliveries_active = topic.active;
    part.first_message_deliveries = topic.first_message_deliveries;
    part.mesh_message_deliveries = topic.mesh_message_deliveries;
    part.mesh_failure_penalty = topic.mesh_failure_penalty;
    part.invalid_message_deliveries = topic.invalid_message_deliveries;
    made.topics.push_back(std::move(part));
  }
  made.topics_score = topics_capped(topics);
  made.score = made.topics_score + made.p5 + made.p6 + made.p7 + made.slow_peer;
  return made;
}

std::optional<ScoreExplanation> PeerScores::explain(PeerHandle peer) const {
  const auto* stats = find(peer);
  if (stats == nullptr) return std::nullopt;
  auto made = explanation(*stats);
  made.connected = true;
  return made;
}

std::optional<ScoreExplanation> PeerScores::explain_retained(const PeerId& peer) const {
  const auto found = retained_.find(peer);
  if (found == retained_.end()) return std::nullopt;
  return explanation(found->second->stats);
}

void PeerScores::check_invariants() const {
  const auto sound = [](double counter) { return std::isfinite(counter) && counter >= 0; };
  for (const auto& [handle, stats] : peers_) {
    for (const auto& topic : stats->topics) {
      ASSERT(std::to_underlying(topic.topic) < topics_.size());
      ASSERT(sound(topic.first_message_deliveries) && sound(topic.mesh_message_deliveries));
      ASSERT(sound(topic.mesh_failure_penalty) && sound(topic.invalid_message_deliveries));
      ASSERT(topic.in_mesh || !topic.active);
    }
    ASSERT(sound(stats->behaviour_penalty) && sound(stats->dropped_messages));
    ASSERT(std::isfinite(score(handle)));
    for (const auto& origin : stats->origins) ASSERT(peers_by_ip_.contains(origin));
  }
  ASSERT(retained_.size() <= retained_max);
  for (const auto& [origin, there] : peers_by_ip_) ASSERT(!there.empty());
}

}  // namespace grapevine::gossipsub
