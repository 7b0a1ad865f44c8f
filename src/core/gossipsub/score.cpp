// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/score.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/assert.hpp"

namespace grapevine::gossipsub {

namespace {

/// Counters stay below it, so that no square of theirs is infinite.
constexpr double counter_max = 1e12;
constexpr unsigned ip6_network_bits = 64;

void raise(double& counter, double by, double cap = counter_max) {
  counter = std::min(counter + by, cap);
}

void decay_by(double& counter, double factor, double to_zero) {
  counter *= factor;
  if (counter < to_zero) counter = 0;
}

double deficit_squared(double have, double threshold) {
  return have < threshold ? (threshold - have) * (threshold - have) : 0;
}

}  // namespace

PeerScores::PeerScores(ScoreParams params, Rng& rng, TimePoint now)
    : params_{std::move(params)},
      retained_{0, Hash{base::KeyedHash{rng}}},
      peers_by_ip_{0, Hash{base::KeyedHash{rng}}},
      deliveries_{Duration{}, params_.seen_msg_ttl},
      last_refresh_{now},
      next_refresh_{base::saturating_add(now, params_.decay_interval)} {
  for (const auto& [name, topic] : params_.topics) topics_.push_back({name, topic});
  deliveries_.set_window(longest_window());
}

Duration PeerScores::longest_window() const {
  Duration longest{};
  for (const auto& entry : topics_) {
    longest = std::max(longest, entry.params.mesh_message_deliveries_window);
  }
  return longest;
}

ScoredTopic PeerScores::topic(std::string_view name) const {
  const auto found = std::ranges::find(topics_, name, &ScoredTopicEntry::name);
  if (found == topics_.end()) return ScoredTopic::none;
  return ScoredTopic{static_cast<std::uint32_t>(found - topics_.begin())};
}

const TopicScoreParams& PeerScores::params_of(ScoredTopic topic) const {
  return topics_[std::to_underlying(topic)].params;
}

PeerScores::PeerStats* PeerScores::find(PeerHandle peer) const {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? nullptr : found->second.get();
}

/// For changing them: the score will have to be summed again.
PeerScores::TopicStats* PeerScores::find(PeerHandle peer, ScoredTopic topic) {
  auto* stats = topic == ScoredTopic::none ? nullptr : find(peer);
  if (stats == nullptr) return nullptr;
  stats->stale = true;
  const auto place = std::ranges::lower_bound(stats->topics, topic, {}, &TopicStats::topic);
  if (place != stats->topics.end() && place->topic == topic) return &*place;
  return &*stats->topics.insert(place, TopicStats{.topic = topic});
}

void PeerScores::add_peer(PeerHandle peer, const PeerId& id) {
  auto stats = std::make_unique<PeerStats>();
  if (const auto known = retained_.find(id); known != retained_.end()) {
    *stats = std::move(known->second->stats);
    retained_.erase(known);
  }
  stats->id = id;
  stats->stale = true;
  ask_application(*stats);
  ASSERT(peers_.emplace(peer, std::move(stats)).second);
}

/// Good counters end with the connection; a mesh that the peer leaves in deficit is held against
/// it.
void PeerScores::remove_peer(PeerHandle peer, TimePoint now) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  auto stats = std::move(*found->second);
  const auto score = sum(stats);
  leave_origins(peer, stats);
  peers_.erase(found);
  if (score > 0 || params_.retain_score <= Duration::zero()) return;
  for (auto& topic : stats.topics) {
    leave_mesh(topic);
    topic.first_message_deliveries = 0;
    topic.mesh_message_deliveries = 0;
  }
  retain(std::move(stats), score, now);
}

void PeerScores::retain(PeerStats stats, double score, TimePoint now) {
  const auto blank = [](const TopicStats& topic) {
    return topic.mesh_failure_penalty == 0 && topic.invalid_message_deliveries == 0;
  };
  const bool nothing_known = score == 0 && stats.behaviour_penalty == 0 &&
                             stats.dropped_messages == 0 && stats.application == 0 &&
                             std::ranges::all_of(stats.topics, blank);
  if (nothing_known) return;
  stats.score = sum(stats);
  const auto expires = base::saturating_add(now, params_.retain_score);
  first_expiry_ = std::min(first_expiry_, expires);
  const auto id = stats.id;
  retained_.insert_or_assign(id, std::make_unique<Retained>(Retained{std::move(stats), expires}));
  if (retained_.size() > retained_max) drop_least_bad();
}

void PeerScores::drop_least_bad() {
  const auto better = [](const auto& a, const auto& b) {
    const auto first = a.second->stats.score;
    const auto second = b.second->stats.score;
    return first != second ? first > second : a.first > b.first;
  };
  auto least_bad = retained_.begin();
  for (auto entry = retained_.begin(); entry != retained_.end(); ++entry) {
    if (better(*entry, *least_bad)) least_bad = entry;
  }
  retained_.erase(least_bad);
}

void PeerScores::set_ips(PeerHandle peer, std::span<const IpAddress> ips) {
  auto* stats = find(peer);
  if (stats == nullptr) return;
  leave_origins(peer, *stats);
  const auto& exempt = params_.ip_colocation_factor_whitelist;
  for (const auto& ip : ips.first(std::min(ips.size(), ips_per_peer_max))) {
    if (ip.is_loopback() ||
        std::ranges::any_of(exempt, [&](const auto& network) { return network.contains(ip); })) {
      continue;
    }
    stats->origins.push_back({ip, 128});
    if (!ip.is_v4()) stats->origins.push_back({ip.masked(ip6_network_bits), ip6_network_bits});
  }
  std::ranges::sort(stats->origins);
  const auto surplus = std::ranges::unique(stats->origins);
  stats->origins.erase(surplus.begin(), surplus.end());
  for (const auto& origin : stats->origins) {
    auto& there = peers_by_ip_[origin];
    there.push_back(peer);
    mark_stale(there);
  }
}

void PeerScores::leave_origins(PeerHandle peer, PeerStats& stats) {
  stats.stale = true;
  for (const auto& origin : std::exchange(stats.origins, {})) {
    const auto there = peers_by_ip_.find(origin);
    std::erase(there->second, peer);
    mark_stale(there->second);
    if (there->second.empty()) peers_by_ip_.erase(there);
  }
}

void PeerScores::mark_stale(const std::vector<PeerHandle>& peers) {
  for (const auto peer : peers) {
    if (auto* stats = find(peer)) stats->stale = true;
  }
}

void PeerScores::set_application_score(PeerHandle peer, double value) {
  auto* stats = find(peer);
  if (stats == nullptr || params_.app_specific_score) return;
  stats->application = std::isfinite(value) ? value : 0;
  stats->stale = true;
}

void PeerScores::ask_application(PeerStats& stats) const {
  if (!params_.app_specific_score) return;
  const auto value = params_.app_specific_score(stats.id);
  stats.application = std::isfinite(value) ? value : 0;
}

void PeerScores::graft(PeerHandle peer, ScoredTopic topic, TimePoint now) {
  auto* stats = find(peer, topic);
  if (stats == nullptr) return;
  stats->in_mesh = true;
  stats->active = false;
  stats->grafted = now;
  stats->mesh_time = Duration::zero();
}

void PeerScores::prune(PeerHandle peer, ScoredTopic topic) {
  if (auto* stats = find(peer, topic)) leave_mesh(*stats);
}

/// Whoever leaves in deficit takes it along, so that it is not grafted again at once.
void PeerScores::leave_mesh(TopicStats& stats) const {
  if (stats.in_mesh && stats.active) {
    raise(stats.mesh_failure_penalty,
          deficit_squared(stats.mesh_message_deliveries,
                          params_of(stats.topic).mesh_message_deliveries_threshold));
  }
  stats.in_mesh = false;
  stats.active = false;
  stats.mesh_time = Duration::zero();
}

void PeerScores::add_mesh_delivery(TopicStats& stats) const {
  if (!stats.in_mesh) return;
  const auto cap = params_of(stats.topic).mesh_message_deliveries_cap;
  raise(stats.mesh_message_deliveries, 1, cap);
}

void PeerScores::deliver(const Arrival& arrival, TimePoint now) {
  if (arrival.topic == ScoredTopic::none) return;
  deliveries_.validated(arrival.id, now);
  for (std::size_t i = 0; i < arrival.senders.size(); ++i) {
    auto* stats = find(arrival.senders[i], arrival.topic);
    if (stats == nullptr) continue;
    if (i == 0) {
      const auto cap = params_of(arrival.topic).first_message_deliveries_cap;
      raise(stats->first_message_deliveries, 1, cap);
    }
    if (stats->in_mesh && deliveries_.mark(arrival.id, arrival.senders[i])) {
      add_mesh_delivery(*stats);
    }
  }
}

void PeerScores::reject(const Arrival& arrival, TimePoint now) {
  if (arrival.topic == ScoredTopic::none) return;
  deliveries_.rejected(arrival.id, now);
  for (const auto sender : arrival.senders) reject_unidentified(sender, arrival.topic);
}

void PeerScores::duplicate(PeerHandle peer, IdKey id, ScoredTopic topic, TimePoint now) {
  if (topic == ScoredTopic::none) return;
  if (deliveries_.is_rejected(id, now)) return reject_unidentified(peer, topic);
  auto* stats = find(peer, topic);
  if (stats == nullptr || !stats->in_mesh) return;
  const auto validated = deliveries_.validated_at(id, now);
  if (!validated || now - *validated > params_of(topic).mesh_message_deliveries_window) return;
  if (deliveries_.mark(id, peer)) add_mesh_delivery(*stats);
}

void PeerScores::reject_unidentified(PeerHandle peer, ScoredTopic topic) {
  if (auto* stats = find(peer, topic)) raise(stats->invalid_message_deliveries, 1);
}

void PeerScores::penalise(PeerHandle peer, double count) {
  auto* stats = find(peer);
  if (stats == nullptr) return;
  raise(stats->behaviour_penalty, count);
  stats->stale = true;
}

void PeerScores::drop(PeerHandle peer, double messages) {
  auto* stats = find(peer);
  if (stats == nullptr) return;
  raise(stats->dropped_messages, messages);
  stats->stale = true;
}

void PeerScores::refresh(TimePoint now) {
  // After a sleep the time in the mesh is not counted: nothing could be delivered in it.
  const auto slept = now - last_refresh_ > 2 * params_.decay_interval
                         ? now - last_refresh_ - params_.decay_interval
                         : Duration::zero();
  last_refresh_ = now;
  for (const auto& [handle, stats] : peers_) {
    for (auto& topic : stats->topics) {
      topic.grafted = std::min(base::saturating_add(topic.grafted, slept), now);
    }
    decay(*stats, now);
    ask_application(*stats);
  }
  if (first_expiry_ <= now) forget_expired(now);
  deliveries_.rest();
  next_refresh_ = base::saturating_add(next_refresh_, params_.decay_interval);
  if (next_refresh_ <= now) next_refresh_ = base::saturating_add(now, params_.decay_interval);
}

void PeerScores::forget_expired(TimePoint now) {
  first_expiry_ = TimePoint::max();
  boost::unordered::erase_if(retained_, [&](const auto& entry) {
    const auto expires = entry.second->expires;
    if (expires > now) first_expiry_ = std::min(first_expiry_, expires);
    return expires <= now;
  });
  if (retained_.empty()) retained_.rehash(0);
}

void PeerScores::decay(PeerStats& stats, TimePoint now) const {
  const auto to_zero = params_.decay_to_zero;
  stats.stale = true;
  for (auto& topic : stats.topics) {
    const auto& p = params_of(topic.topic);
    decay_by(topic.first_message_deliveries, p.first_message_deliveries_decay, to_zero);
    decay_by(topic.mesh_message_deliveries, p.mesh_message_deliveries_decay, to_zero);
    decay_by(topic.mesh_failure_penalty, p.mesh_failure_penalty_decay, to_zero);
    decay_by(topic.invalid_message_deliveries, p.invalid_message_deliveries_decay, to_zero);
    if (!topic.in_mesh) continue;
    topic.mesh_time = now - topic.grafted;
    if (topic.mesh_time > p.mesh_message_deliveries_activation) topic.active = true;
  }
  decay_by(stats.behaviour_penalty, params_.behaviour_penalty_decay, to_zero);
  decay_by(stats.dropped_messages, params_.slow_peer_decay, to_zero);
}

ScoredTopic PeerScores::set_topic_params(std::string_view name, const TopicScoreParams& params) {
  auto handle = topic(name);
  if (handle == ScoredTopic::none) {
    handle = ScoredTopic{static_cast<std::uint32_t>(topics_.size())};
    topics_.push_back({std::string{name}, params});
  }
  topics_[std::to_underlying(handle)].params = params;
  deliveries_.set_window(longest_window());
  for (const auto& [peer, stats] : peers_) {
    stats->stale = true;
    for (auto& entry : stats->topics) {
      if (entry.topic != handle) continue;
      entry.first_message_deliveries =
          std::min(entry.first_message_deliveries, params.first_message_deliveries_cap);
      entry.mesh_message_deliveries =
          std::min(entry.mesh_message_deliveries, params.mesh_message_deliveries_cap);
    }
  }
  return handle;
}

}  // namespace grapevine::gossipsub
