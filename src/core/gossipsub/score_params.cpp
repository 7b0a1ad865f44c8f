// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/score_params.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

namespace grapevine::gossipsub {

namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr auto second = std::chrono::seconds{1};

std::string text(double value) {
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return {digits, end};
}
std::string text(Duration value) { return std::to_string(value.count()) + " us"; }

struct Rule {
  bool holds;
  std::string_view field;
  std::string_view rule;
  std::string value;
};

Result<void, ConfigError> first_broken(std::span<const Rule> rules, std::string_view where = {}) {
  const auto broken = std::ranges::find(rules, false, &Rule::holds);
  if (broken == rules.end()) return {};
  return unexpected(
      ConfigError{std::string{where}.append(broken->field), broken->rule, broken->value});
}

constexpr std::string_view not_negative = "a number, not negative";
constexpr std::string_view not_positive = "a number, not positive";
constexpr std::string_view above_zero = "a number above 0";
constexpr std::string_view a_factor = "between 0 and 1, both excluded";

bool finite(double value) { return std::isfinite(value); }
bool is_not_negative(double value) { return finite(value) && value >= 0; }
bool is_not_positive(double value) { return finite(value) && value <= 0; }
bool is_above_zero(double value) { return finite(value) && value > 0; }
bool is_factor(double value) { return value > 0 && value < 1; }

/// A weight and the decay it needs.
struct Decaying {
  double weight;
  double decay;
  std::string_view weight_field;
  std::string_view decay_field;
};
std::array<Rule, 2> penalty(const Decaying& part, bool exempt) {
  return {
      {{exempt || is_not_positive(part.weight), part.weight_field, not_positive, text(part.weight)},
       {exempt || part.weight == 0 || is_factor(part.decay), part.decay_field, a_factor,
        text(part.decay)}}};
}

Result<void, ConfigError> check_time_in_mesh(const TopicScoreParams& p, std::string_view where) {
  const bool unset = p.time_in_mesh_weight == 0 && p.time_in_mesh_quantum == Duration::zero() &&
                     p.time_in_mesh_cap == 0;
  if (p.skip_atomic_validation && unset) return {};
  const Rule rules[] = {
      {is_not_negative(p.time_in_mesh_weight), "time_in_mesh_weight", not_negative,
       text(p.time_in_mesh_weight)},
      {p.time_in_mesh_quantum > Duration::zero(), "time_in_mesh_quantum", "above 0",
       text(p.time_in_mesh_quantum)},
      {p.time_in_mesh_weight == 0 || is_above_zero(p.time_in_mesh_cap), "time_in_mesh_cap",
       above_zero, text(p.time_in_mesh_cap)},
  };
  return first_broken(rules, where);
}

Result<void, ConfigError> check_first_deliveries(const TopicScoreParams& p,
                                                 std::string_view where) {
  const bool off = p.first_message_deliveries_weight == 0;
  if (p.skip_atomic_validation && off && p.first_message_deliveries_decay == 0 &&
      p.first_message_deliveries_cap == 0) {
    return {};
  }
  const Rule rules[] = {
      {is_not_negative(p.first_message_deliveries_weight), "first_message_deliveries_weight",
       not_negative, text(p.first_message_deliveries_weight)},
      {off || is_factor(p.first_message_deliveries_decay), "first_message_deliveries_decay",
       a_factor, text(p.first_message_deliveries_decay)},
      {off || is_above_zero(p.first_message_deliveries_cap), "first_message_deliveries_cap",
       above_zero, text(p.first_message_deliveries_cap)},
  };
  return first_broken(rules, where);
}

Result<void, ConfigError> check_mesh_deliveries(const TopicScoreParams& p, std::string_view where) {
  const bool off = p.mesh_message_deliveries_weight == 0;
  const bool unset = off && p.mesh_message_deliveries_decay == 0 &&
                     p.mesh_message_deliveries_cap == 0 &&
                     p.mesh_message_deliveries_threshold == 0 &&
                     p.mesh_message_deliveries_window == Duration::zero() &&
                     p.mesh_message_deliveries_activation == Duration::zero();
  if (p.skip_atomic_validation && unset) return {};
  const Rule rules[] = {
      {is_not_positive(p.mesh_message_deliveries_weight), "mesh_message_deliveries_weight",
       not_positive, text(p.mesh_message_deliveries_weight)},
      {off || is_factor(p.mesh_message_deliveries_decay), "mesh_message_deliveries_decay", a_factor,
       text(p.mesh_message_deliveries_decay)},
      {off || is_above_zero(p.mesh_message_deliveries_cap), "mesh_message_deliveries_cap",
       above_zero, text(p.mesh_message_deliveries_cap)},
      {off || is_above_zero(p.mesh_message_deliveries_threshold),
       "mesh_message_deliveries_threshold", above_zero, text(p.mesh_message_deliveries_threshold)},
      {off || p.mesh_message_deliveries_cap >= p.mesh_message_deliveries_threshold,
       "mesh_message_deliveries_cap", "at least mesh_message_deliveries_threshold",
       text(p.mesh_message_deliveries_cap)},
      {p.mesh_message_deliveries_window >= Duration::zero(), "mesh_message_deliveries_window",
       "not negative", text(p.mesh_message_deliveries_window)},
      {off || p.mesh_message_deliveries_activation >= second, "mesh_message_deliveries_activation",
       "at least 1 s", text(p.mesh_message_deliveries_activation)},
  };
  return first_broken(rules, where);
}

Result<void, ConfigError> check_thresholds(const ScoreThresholds& t) {
  const bool low_unset =
      t.skip_atomic_validation && t.gossip == 0 && t.publish == 0 && t.graylist == 0;
  const Rule rules[] = {
      {low_unset || is_not_positive(t.gossip), "thresholds.gossip", not_positive, text(t.gossip)},
      {low_unset || (is_not_positive(t.publish) && t.publish <= t.gossip), "thresholds.publish",
       "a number, not positive, at most gossip", text(t.publish)},
      {low_unset || (is_not_positive(t.graylist) && t.graylist <= t.publish), "thresholds.graylist",
       "a number, not positive, at most publish", text(t.graylist)},
      {is_not_negative(t.accept_px), "thresholds.accept_px", not_negative, text(t.accept_px)},
      {is_not_negative(t.opportunistic_graft), "thresholds.opportunistic_graft", not_negative,
       text(t.opportunistic_graft)},
  };
  return first_broken(rules);
}

Result<void, ConfigError> check_networks(const ScoreParams& params) {
  for (const auto& network : params.ip_colocation_factor_whitelist) {
    const Rule rules[] = {
        {network.bits <= (network.address.is_v4() ? 32u : 128u), "ip_colocation_factor_whitelist",
         "prefixes of at most 32 bits for IPv4, 128 for IPv6", std::to_string(network.bits)}};
    if (auto checked = first_broken(rules); !checked) return checked;
  }
  return {};
}

/// Those that concern a peer as a whole.
Result<void, ConfigError> check_global(const ScoreParams& p) {
  const bool skip = p.skip_atomic_validation;
  const bool no_ip = skip && p.ip_colocation_factor_weight == 0;
  const bool no_behaviour =
      skip && p.behaviour_penalty_weight == 0 && p.behaviour_penalty_threshold == 0;
  const bool no_slow = skip && p.slow_peer_weight == 0 && p.slow_peer_threshold == 0;
  const auto behaviour = penalty({p.behaviour_penalty_weight, p.behaviour_penalty_decay,
                                  "behaviour_penalty_weight", "behaviour_penalty_decay"},
                                 no_behaviour);
  const auto slow = penalty(
      {p.slow_peer_weight, p.slow_peer_decay, "slow_peer_weight", "slow_peer_decay"}, no_slow);
  const Rule rules[] = {
      {is_not_negative(p.topic_score_cap), "topic_score_cap", not_negative,
       text(p.topic_score_cap)},
      {finite(p.app_specific_weight), "app_specific_weight", "a number",
       text(p.app_specific_weight)},
      {no_ip || is_not_positive(p.ip_colocation_factor_weight), "ip_colocation_factor_weight",
       not_positive, text(p.ip_colocation_factor_weight)},
      {p.ip_colocation_factor_weight == 0 || p.ip_colocation_factor_threshold >= 1,
       "ip_colocation_factor_threshold", "at least 1",
       std::to_string(p.ip_colocation_factor_threshold)},
      behaviour[0],
      behaviour[1],
      {no_behaviour || is_not_negative(p.behaviour_penalty_threshold),
       "behaviour_penalty_threshold", not_negative, text(p.behaviour_penalty_threshold)},
      slow[0],
      slow[1],
      {no_slow || is_not_negative(p.slow_peer_threshold), "slow_peer_threshold", not_negative,
       text(p.slow_peer_threshold)},
      {p.decay_interval >= second, "decay_interval", "at least 1 s", text(p.decay_interval)},
      {is_factor(p.decay_to_zero), "decay_to_zero", a_factor, text(p.decay_to_zero)},
      {p.retain_score >= Duration::zero(), "retain_score", "not negative", text(p.retain_score)},
      {p.seen_msg_ttl >= Duration::zero(), "seen_msg_ttl", "not negative", text(p.seen_msg_ttl)},
  };
  if (auto checked = first_broken(rules); !checked) return checked;
  return check_networks(p);
}

/// What a topic can bring a peer at most.
double best(const TopicScoreParams& p) {
  return p.topic_weight * (p.time_in_mesh_weight * p.time_in_mesh_cap +
                           p.first_message_deliveries_weight * p.first_message_deliveries_cap);
}

}  // namespace

std::optional<IpAddress> IpAddress::from_bytes(ByteView address) {
  IpAddress made;
  if (address.size() == 4) {
    std::ranges::copy(mapped_prefix, made.bytes.begin());
    std::ranges::copy(address, made.bytes.begin() + mapped_prefix.size());
  } else if (address.size() == made.bytes.size()) {
    std::ranges::copy(address, made.bytes.begin());
  } else {
    return std::nullopt;
  }
  return made;
}

bool IpAddress::is_v4() const {
  return std::ranges::equal(mapped_prefix, ByteView{bytes}.first(12));
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes[12] == 127;
  IpAddress one;
  one.bytes.back() = 1;
  return *this == one;
}

IpAddress IpAddress::masked(unsigned bits) const {
  auto made = *this;
  for (unsigned i = 0; i < made.bytes.size(); ++i) {
    const auto kept = bits >= 8 * (i + 1) ? 8u : (bits > 8 * i ? bits - 8 * i : 0u);
    made.bytes[i] &= static_cast<std::uint8_t>(0xFF00u >> kept);
  }
  return made;
}

bool IpNetwork::contains(const IpAddress& other) const {
  if (address.is_v4() != other.is_v4()) return false;
  const auto prefix = address.is_v4() ? 96 + bits : bits;
  return other.masked(prefix) == address.masked(prefix);
}

Result<void, ConfigError> check(const TopicScoreParams& p, std::string_view where) {
  const bool no_failure = p.skip_atomic_validation && p.mesh_failure_penalty_weight == 0 &&
                          p.mesh_failure_penalty_decay == 0;
  const bool no_invalid = p.skip_atomic_validation && p.invalid_message_deliveries_weight == 0 &&
                          p.invalid_message_deliveries_decay == 0;
  const auto failure = penalty({p.mesh_failure_penalty_weight, p.mesh_failure_penalty_decay,
                                "mesh_failure_penalty_weight", "mesh_failure_penalty_decay"},
                               no_failure);
  const Rule rules[] = {
      {is_not_negative(p.topic_weight), "topic_weight", not_negative, text(p.topic_weight)},
      failure[0],
      failure[1],
      {no_invalid || is_not_positive(p.invalid_message_deliveries_weight),
       "invalid_message_deliveries_weight", not_positive,
       text(p.invalid_message_deliveries_weight)},
      {no_invalid || is_factor(p.invalid_message_deliveries_decay),
       "invalid_message_deliveries_decay", a_factor, text(p.invalid_message_deliveries_decay)},
  };
  if (auto checked = first_broken(rules, where); !checked) return checked;
  if (auto checked = check_time_in_mesh(p, where); !checked) return checked;
  if (auto checked = check_first_deliveries(p, where); !checked) return checked;
  return check_mesh_deliveries(p, where);
}

Result<void, ConfigError> check(const ScoreParams& params) {
  for (const auto& [name, topic] : params.topics) {
    if (auto checked = check(topic, "topics[" + name + "]."); !checked) return checked;
  }
  if (auto checked = check_thresholds(params.thresholds); !checked) return checked;
  return check_global(params);
}

/// n decays of factor f make f^n, which is to be `to_zero`.
double decay_factor(Duration span, Duration interval, double to_zero) {
  const auto decays = std::max<Duration::rep>(span / interval, 1);
  return std::pow(to_zero, 1 / static_cast<double>(decays));
}

std::string describe(const ScoreWarning& warning) {
  const auto who = "in topic " + warning.topic + " a peer that forwards nothing ";
  switch (warning.kind) {
    case ScoreWarning::Kind::no_penalty:
      return who + "loses nothing: its mesh_message_deliveries parameters are off";
    case ScoreWarning::Kind::time_in_mesh:
      return who + "gains more by its time in the mesh than it loses: at worst " +
             text(warning.worst);
    case ScoreWarning::Kind::other_topics:
      return who + "loses " + text(-warning.worst) + " at most, but other topics can bring it " +
             text(warning.elsewhere);
  }
  return {};
}

/// The cap on all topics together is applied to a sum in which the penalty is already in, so it
/// does not bound what the penalty has to make up for.
std::vector<ScoreWarning> warnings(const ScoreParams& params) {
  double all = 0;
  for (const auto& [name, topic] : params.topics) all += best(topic);
  std::vector<ScoreWarning> found;
  for (const auto& [name, p] : params.topics) {
    if (p.topic_weight == 0) continue;
    const auto deficit = p.mesh_message_deliveries_threshold;
    const auto penalty = p.mesh_message_deliveries_weight * deficit * deficit;
    const auto worst = p.topic_weight * (p.time_in_mesh_weight * p.time_in_mesh_cap + penalty);
    const auto elsewhere = all - best(p);
    if (penalty == 0) {
      found.push_back({ScoreWarning::Kind::no_penalty, name, worst, elsewhere});
    } else if (worst >= 0) {
      found.push_back({ScoreWarning::Kind::time_in_mesh, name, worst, elsewhere});
    } else if (worst + elsewhere >= 0) {
      found.push_back({ScoreWarning::Kind::other_topics, name, worst, elsewhere});
    }
  }
  return found;
}

}  // namespace grapevine::gossipsub
