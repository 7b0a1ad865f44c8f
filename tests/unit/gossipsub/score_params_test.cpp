// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/score_params.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/gossipsub/config.hpp"

namespace grapevine::gossipsub {
namespace {

using namespace std::chrono_literals;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TopicScoreParams good_topic() {
  TopicScoreParams p;
  p.topic_weight = 1;
  p.time_in_mesh_weight = 0.01;
  p.time_in_mesh_quantum = 1s;
  p.time_in_mesh_cap = 10;
  p.first_message_deliveries_weight = 1;
  p.first_message_deliveries_decay = 0.5;
  p.first_message_deliveries_cap = 10;
  p.mesh_message_deliveries_weight = -1;
  p.mesh_message_deliveries_decay = 0.5;
  p.mesh_message_deliveries_cap = 10;
  p.mesh_message_deliveries_threshold = 5;
  p.mesh_message_deliveries_window = 1ms;
  p.mesh_message_deliveries_activation = 1s;
  p.mesh_failure_penalty_weight = -1;
  p.mesh_failure_penalty_decay = 0.5;
  p.invalid_message_deliveries_weight = -1;
  p.invalid_message_deliveries_decay = 0.5;
  return p;
}

ScoreParams good() {
  ScoreParams p;
  p.topics["t"] = good_topic();
  p.thresholds = {
      .gossip = -1, .publish = -2, .graylist = -3, .accept_px = 1, .opportunistic_graft = 2};
  p.topic_score_cap = 1;
  p.app_specific_weight = 1;
  p.ip_colocation_factor_weight = -1;
  p.ip_colocation_factor_threshold = 1;
  p.behaviour_penalty_weight = -1;
  p.behaviour_penalty_decay = 0.999;
  p.slow_peer_weight = -1;
  p.slow_peer_decay = 0.5;
  return p;
}

/// The field that the check names after one thing was changed; empty when it passes.
template <class Params, class Change>
std::string wrong(Params params, Change change) {
  change(params);
  if constexpr (std::is_same_v<Params, TopicScoreParams>) {
    const auto checked = check(params, {});
    return checked ? "" : checked.error().parameter;
  } else {
    const auto checked = check(params);
    return checked ? "" : checked.error().parameter;
  }
}

#define WRONG(params, field, value) wrong(params, [](auto& changed) { changed.field = value; })

TEST(Thresholds, AreOrderedNumbersOnTheirSideOfZero) {
  EXPECT_TRUE(check(good()));
  for (const double bad : {1.0, inf, -inf, nan}) {
    const auto set = [&](auto& p) { p.thresholds.gossip = bad; };
    EXPECT_EQ(wrong(good(), set), "thresholds.gossip") << bad;
  }
  EXPECT_EQ(WRONG(good(), thresholds.publish, 1), "thresholds.publish");
  EXPECT_EQ(WRONG(good(), thresholds.publish, -0.5), "thresholds.publish");
  EXPECT_EQ(WRONG(good(), thresholds.publish, nan), "thresholds.publish");
  EXPECT_EQ(WRONG(good(), thresholds.graylist, -1.5), "thresholds.graylist");
  EXPECT_EQ(WRONG(good(), thresholds.graylist, -inf), "thresholds.graylist");
  EXPECT_EQ(WRONG(good(), thresholds.accept_px, -1), "thresholds.accept_px");
  EXPECT_EQ(WRONG(good(), thresholds.accept_px, nan), "thresholds.accept_px");
  EXPECT_EQ(WRONG(good(), thresholds.opportunistic_graft, -1), "thresholds.opportunistic_graft");
  EXPECT_EQ(WRONG(good(), thresholds.opportunistic_graft, inf), "thresholds.opportunistic_graft");
}

TEST(TopicParams, ThatAreWrongAreNamed) {
  const auto t = good_topic();
  EXPECT_TRUE(check(t, {}));
  EXPECT_EQ(WRONG(t, topic_weight, -1), "topic_weight");
  EXPECT_EQ(WRONG(t, topic_weight, nan), "topic_weight");
  EXPECT_EQ(WRONG(t, time_in_mesh_quantum, 0s), "time_in_mesh_quantum");
  EXPECT_EQ(WRONG(t, time_in_mesh_quantum, -1s), "time_in_mesh_quantum");
  EXPECT_EQ(WRONG(t, time_in_mesh_weight, -1), "time_in_mesh_weight");
  EXPECT_EQ(WRONG(t, time_in_mesh_cap, 0), "time_in_mesh_cap");
  EXPECT_EQ(WRONG(t, time_in_mesh_cap, inf), "time_in_mesh_cap");
  EXPECT_EQ(WRONG(t, first_message_deliveries_weight, -1), "first_message_deliveries_weight");
  for (const double bad : {0.0, 1.0, 2.0, -1.0, nan, inf}) {
    const auto first = [&](auto& p) { p.first_message_deliveries_decay = bad; };
    const auto mesh = [&](auto& p) { p.mesh_message_deliveries_decay = bad; };
    const auto failure = [&](auto& p) { p.mesh_failure_penalty_decay = bad; };
    const auto invalid = [&](auto& p) { p.invalid_message_deliveries_decay = bad; };
    EXPECT_EQ(wrong(t, first), "first_message_deliveries_decay") << bad;
    EXPECT_EQ(wrong(t, mesh), "mesh_message_deliveries_decay") << bad;
    EXPECT_EQ(wrong(t, failure), "mesh_failure_penalty_decay") << bad;
    EXPECT_EQ(wrong(t, invalid), "invalid_message_deliveries_decay") << bad;
  }
  EXPECT_EQ(WRONG(t, first_message_deliveries_cap, 0), "first_message_deliveries_cap");
  EXPECT_EQ(WRONG(t, mesh_message_deliveries_weight, 1), "mesh_message_deliveries_weight");
  EXPECT_EQ(WRONG(t, mesh_message_deliveries_cap, -3), "mesh_message_deliveries_cap");
  EXPECT_EQ(WRONG(t, mesh_message_deliveries_cap, 4), "mesh_message_deliveries_cap");
  EXPECT_EQ(WRONG(t, mesh_message_deliveries_threshold, 0), "mesh_message_deliveries_threshold");
  EXPECT_EQ(WRONG(t, mesh_message_deliveries_window, -1s), "mesh_message_deliveries_window");
  EXPECT_EQ(WRONG(t, mesh_message_deliveries_activation, 10ms),
            "mesh_message_deliveries_activation");
  EXPECT_EQ(WRONG(t, mesh_failure_penalty_weight, 1), "mesh_failure_penalty_weight");
  EXPECT_EQ(WRONG(t, invalid_message_deliveries_weight, 1), "invalid_message_deliveries_weight");
}

TEST(TopicParams, ThatAreAllZeroPassOnlyWithoutAtomicValidation) {
  TopicScoreParams p;
  EXPECT_FALSE(check(p, {}));
  p.skip_atomic_validation = true;
  EXPECT_TRUE(check(p, {}));

  // A group of which something is set is checked as a whole.
  EXPECT_EQ(WRONG(p, time_in_mesh_weight, 1), "time_in_mesh_quantum");
  EXPECT_EQ(WRONG(p, first_message_deliveries_weight, 1), "first_message_deliveries_decay");
  EXPECT_EQ(WRONG(p, mesh_message_deliveries_weight, -1), "mesh_message_deliveries_decay");
  EXPECT_EQ(WRONG(p, mesh_failure_penalty_weight, -1), "mesh_failure_penalty_decay");
  EXPECT_EQ(WRONG(p, invalid_message_deliveries_weight, -1), "invalid_message_deliveries_decay");
  EXPECT_EQ(WRONG(p, invalid_message_deliveries_decay, 0.5), "");
}

TEST(PeerParams, ThatAreWrongAreNamed) {
  EXPECT_EQ(WRONG(good(), topic_score_cap, -1), "topic_score_cap");
  EXPECT_EQ(WRONG(good(), topic_score_cap, nan), "topic_score_cap");
  EXPECT_EQ(WRONG(good(), app_specific_weight, inf), "app_specific_weight");
  EXPECT_EQ(WRONG(good(), app_specific_weight, -5), "");
  EXPECT_EQ(WRONG(good(), ip_colocation_factor_weight, 1), "ip_colocation_factor_weight");
  EXPECT_EQ(WRONG(good(), ip_colocation_factor_threshold, 0), "ip_colocation_factor_threshold");
  EXPECT_EQ(WRONG(good(), behaviour_penalty_weight, 1), "behaviour_penalty_weight");
  EXPECT_EQ(WRONG(good(), behaviour_penalty_decay, 2), "behaviour_penalty_decay");
  EXPECT_EQ(WRONG(good(), behaviour_penalty_threshold, -1), "behaviour_penalty_threshold");
  EXPECT_EQ(WRONG(good(), slow_peer_weight, 1), "slow_peer_weight");
  EXPECT_EQ(WRONG(good(), slow_peer_decay, 1), "slow_peer_decay");
  EXPECT_EQ(WRONG(good(), slow_peer_threshold, nan), "slow_peer_threshold");
  EXPECT_EQ(WRONG(good(), decay_interval, 999ms), "decay_interval");
  EXPECT_EQ(WRONG(good(), decay_to_zero, 0), "decay_to_zero");
  EXPECT_EQ(WRONG(good(), decay_to_zero, 1), "decay_to_zero");
  EXPECT_EQ(WRONG(good(), retain_score, -1s), "retain_score");
  EXPECT_EQ(WRONG(good(), retain_score, 0s), "");
  EXPECT_EQ(wrong(good(),
                  [](auto& p) {
                    const std::array<std::uint8_t, 4> ip{10, 0, 0, 0};
                    p.ip_colocation_factor_whitelist = {{*IpAddress::from_bytes(ip), 33}};
                  }),
            "ip_colocation_factor_whitelist");
}

TEST(PeerParams, MayBePartialWithoutAtomicValidation) {
  ScoreParams p;
  p.skip_atomic_validation = true;
  EXPECT_TRUE(check(p));
  p.app_specific_weight = 1;
  EXPECT_TRUE(check(p));
  EXPECT_EQ(WRONG(p, behaviour_penalty_weight, -1), "behaviour_penalty_decay");
  EXPECT_EQ(WRONG(p, ip_colocation_factor_weight, -1), "ip_colocation_factor_threshold");
  EXPECT_EQ(WRONG(p, decay_interval, 1ms), "decay_interval");
}

#undef WRONG

TEST(Errors, NameTheFieldTheRuleAndTheValue) {
  auto p = good();
  p.topics["news"] = good_topic();
  p.topics["news"].time_in_mesh_cap = -2.5;

  const auto checked = check(p);

  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().parameter, "topics[news].time_in_mesh_cap");
  EXPECT_EQ(checked.error().rule, "a number above 0");
  EXPECT_EQ(checked.error().value, "-2.5");
}

TEST(Errors, OfScoringAndGaterAreErrorsOfTheRouter) {
  Config config;
  config.score = good();
  config.gater = GaterParams{};
  EXPECT_TRUE(check(config));
  config.gater->ignore_weight = 0.5;
  EXPECT_EQ(check(config).error().parameter, "gater.ignore_weight");
  config.score->decay_to_zero = 7;
  EXPECT_EQ(check(config).error().parameter, "decay_to_zero");
}

TEST(GaterParams, ThatAreWrongAreNamed) {
  const auto fails = [](auto change) {
    GaterParams p;
    change(p);
    const auto checked = check(p);
    return checked ? std::string{} : checked.error().parameter;
  };
  EXPECT_EQ(fails([](auto&) {}), "");
  EXPECT_EQ(fails([](auto& p) { p.threshold = 0; }), "gater.threshold");
  EXPECT_EQ(fails([](auto& p) { p.global_decay = 1; }), "gater.global_decay");
  EXPECT_EQ(fails([](auto& p) { p.source_decay = nan; }), "gater.source_decay");
  EXPECT_EQ(fails([](auto& p) { p.decay_interval = 0s; }), "gater.decay_interval");
  EXPECT_EQ(fails([](auto& p) { p.decay_to_zero = 1; }), "gater.decay_to_zero");
  EXPECT_EQ(fails([](auto& p) { p.retain_stats = -1s; }), "gater.retain_stats");
  EXPECT_EQ(fails([](auto& p) { p.quiet = 1ms; }), "gater.quiet");
  EXPECT_EQ(fails([](auto& p) { p.duplicate_weight = 0; }), "gater.duplicate_weight");
  EXPECT_EQ(fails([](auto& p) { p.reject_weight = inf; }), "gater.reject_weight");
  EXPECT_EQ(fails([](auto& p) { p.topic_delivery_weights["t"] = -1; }),
            "gater.topic_delivery_weights[t]");
}

TEST(DecayFactor, BringsACounterToZeroInItsTime) {
  EXPECT_NEAR(decay_factor(1h), std::pow(0.01, 1.0 / 3600), 1e-15);
  EXPECT_NEAR(decay_factor(1min, 12s, 0.1), std::pow(0.1, 1.0 / 5), 1e-15);
}

std::vector<std::string> flagged(const ScoreParams& p, ScoreWarning::Kind kind) {
  std::vector<std::string> topics;
  for (const auto& warning : warnings(p)) {
    if (warning.kind == kind) topics.push_back(warning.topic);
  }
  return topics;
}

TEST(Warnings, AreNoneWhereSilenceCostsMoreThanAnythingBrings_V51) {
  auto p = good();
  p.topics["t"].mesh_message_deliveries_weight = -2;
  p.topics["u"] = p.topics["t"];

  EXPECT_TRUE(warnings(p).empty());  // 2 x 25 against 0.1 here and 10.1 there
}

TEST(Warnings, NameATopicWhereSilenceCostsNothing_V51) {
  auto p = good();
  p.topics["t"].mesh_message_deliveries_weight = 0;
  p.topics["unweighted"] = p.topics["t"];
  p.topics["unweighted"].topic_weight = 0;

  EXPECT_EQ(flagged(p, ScoreWarning::Kind::no_penalty), std::vector<std::string>{"t"});
}

TEST(Warnings, NameATopicWhereTimeInTheMeshMakesUpForSilence_V51) {
  auto p = good();
  p.topics["t"].time_in_mesh_cap = 3600;  // 36, against 25

  const auto found = warnings(p);

  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, ScoreWarning::Kind::time_in_mesh);
  EXPECT_EQ(found[0].worst, 11);
  EXPECT_EQ(describe(found[0]),
            "in topic t a peer that forwards nothing gains more by its time in the mesh than it "
            "loses: at worst 11");
}

/// Many topics of small weight, in each of which good conduct brings more than silence in one costs
/// (as in Ethereum's parameters, for which the attack was found).
TEST(Warnings, NameTopicsWhoseSilenceOtherTopicsMakeUpFor_V51) {
  ScoreParams p;
  for (int i = 0; i < 64; ++i) {
    auto t = good_topic();
    t.topic_weight = 0.015;
    t.first_message_deliveries_cap = 24;
    t.mesh_message_deliveries_threshold = 4;
    t.mesh_message_deliveries_weight = -4;
    p.topics["subnet " + std::to_string(i)] = t;
  }
  p.topic_score_cap = 53;

  EXPECT_EQ(flagged(p, ScoreWarning::Kind::other_topics).size(), 64u);
}

}  // namespace
}  // namespace grapevine::gossipsub
