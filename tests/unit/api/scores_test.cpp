// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>

#include "cluster.hpp"

namespace grapevine::test {
namespace {

/// Invalid messages in `t` cost 10 times their number's square.
NodeConfig scoring() {
  auto config = quick();
  auto& score = config.score.emplace();
  score.thresholds = {.gossip = -20, .publish = -50, .graylist = -80};
  score.app_specific_weight = 2;
  auto& topic = score.topics["t"];
  topic.invalid_message_deliveries_weight = -10;
  topic.invalid_message_deliveries_decay = 0.99;
  return config;
}

/// What `Node::start` says of the configuration after `change`.
template <class Change>
std::string refusal(Change change) {
  auto config = scoring();
  change(config);
  const auto node = Node::start(std::move(config));
  if (node) return {};
  EXPECT_EQ(node.error().code, ErrorCode::bad_config);
  return node.error().detail;
}

TEST(ScoreParameters, ThatBreakARuleAreRefusedByFieldRuleAndValue) {
  EXPECT_EQ(refusal([](auto& c) { c.score->topics["t"].topic_weight = -1; }),
            "score.topics[t].topic_weight must be a number, not negative, and is -1");
  EXPECT_EQ(refusal([](auto& c) { c.score->topics["t"].invalid_message_deliveries_decay = 1; }),
            "score.topics[t].invalid_message_deliveries_decay must be between 0 and 1, both "
            "excluded, and is 1");
  EXPECT_EQ(refusal([](auto& c) { c.score->thresholds.graylist = -1; }),
            "score.thresholds.graylist must be a number, not positive, at most publish, and is -1");
  EXPECT_EQ(refusal([](auto& c) { c.score->decay_interval = 10ms; }),
            "score.decay_interval must be at least 1 s, and is 10000 us");
  EXPECT_EQ(refusal([](auto& c) { c.score->ip_colocation_factor_whitelist = {"10.0.0.0/33"}; }),
            "score.ip_colocation_factor_whitelist must be networks like 10.0.0.0/8 or single "
            "addresses, and is 10.0.0.0/33");
  EXPECT_EQ(refusal([](auto& c) { c.gater.emplace().ignore_weight = 0; }),
            "gater.ignore_weight must be at least 1, and is 0.000000");
  EXPECT_EQ(refusal([](auto& c) {
              c.score->ip_colocation_factor_whitelist = {"10.0.0.0/8", "::1", "2001:db8::/32"};
              c.gater.emplace();
            }),
            "");
}

TEST(ScoreParameters, UnderWhichSilenceCostsNothingAreWarnedOf_V51) {
  std::vector<std::string> warnings;
  auto config = scoring();
  config.on_warning = [&](std::string_view words) { warnings.emplace_back(words); };

  ASSERT_TRUE(Node::start(config));

  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(warnings[0].starts_with("score: in topic t a peer that forwards nothing"));
}

/// `judge` scores, `other` does not; both are in each other's mesh of `t`.
struct Scores : testing::Test {
  void SetUp() override {
    ASSERT_TRUE(judge.node.join("t"));
    ASSERT_TRUE(other.node.join("t"));
    mesh(judge, other, "t");
  }
  TestNode judge{scoring()};
  TestNode other;
};

TEST_F(Scores, AreZeroAtFirstAndOfStrangers) {
  const auto stranger = TestNode{}.node.id();

  EXPECT_EQ(judge.node.score(other.node.id()), 0);
  EXPECT_TRUE(judge.node.explain(other.node.id())->connected);
  EXPECT_EQ(judge.node.score(stranger), 0);
  EXPECT_FALSE(judge.node.explain(stranger));
  EXPECT_FALSE(other.node.explain(judge.node.id()));
}

TEST_F(Scores, FallWithInvalidMessagesUntilThePeerIsPruned) {
  ASSERT_TRUE(judge.node.set_validator(
      "t",
      [](const Message&, const std::function<void(Verdict)>& answer) { answer(Verdict::reject); }));
  for (const auto text : {"one", "two", "three"}) {
    ASSERT_TRUE(other.node.topic("t")->publish(text));
  }

  ASSERT_TRUE(judge.saw("pruned t " + other.id()));
  while (judge.node.statistics().rejected < 3) std::this_thread::yield();
  const auto known = judge.node.explain(other.node.id());
  ASSERT_TRUE(known);
  ASSERT_EQ(known->topics.size(), 1u);
  const auto& topic = known->topics[0];
  EXPECT_EQ(topic.topic, "t");
  EXPECT_FALSE(topic.in_mesh);
  EXPECT_GT(topic.invalid_message_deliveries, 2);
  const auto invalid = topic.invalid_message_deliveries;
  EXPECT_DOUBLE_EQ(topic.p4, -10 * invalid * invalid);
  EXPECT_EQ(known->score, topic.p4);
  EXPECT_LT(judge.node.score(other.node.id()), -40);
}

TEST_F(Scores, TakeTheApplicationsWord) {
  ASSERT_TRUE(judge.node.set_application_score(other.node.id(), -3));

  EXPECT_EQ(judge.node.score(other.node.id()), -6);
  const auto known = judge.node.explain(other.node.id());
  EXPECT_EQ(known->p5, -6);
  EXPECT_EQ(known->application, -3);
  EXPECT_TRUE(judge.saw("pruned t " + other.id()));
}

TEST_F(Scores, RefuseAWordThatMeansNothing) {
  const auto infinite = std::numeric_limits<double>::infinity();
  const auto stranger = TestNode{}.node.id();

  EXPECT_EQ(judge.node.set_application_score(other.node.id(), infinite).error().code,
            ErrorCode::bad_config);
  EXPECT_EQ(judge.node.set_application_score(stranger, 1).error().code, ErrorCode::not_connected);
  EXPECT_EQ(other.node.set_application_score(judge.node.id(), 1).error().code,
            ErrorCode::bad_config);
}

TEST_F(Scores, MayBeGivenNewParametersForATopic) {
  TopicScoreParameters params;
  params.time_in_mesh_weight = -1;
  EXPECT_EQ(judge.node.set_topic_score("t", params).error().detail,
            "time_in_mesh_weight must be a number, not negative, and is -1");
  EXPECT_EQ(judge.node.set_topic_score("", {}).error().code, ErrorCode::bad_topic);
  EXPECT_EQ(other.node.set_topic_score("t", {}).error().code, ErrorCode::bad_config);

  params.time_in_mesh_weight = 1;
  params.time_in_mesh_quantum = 1ms;
  params.time_in_mesh_cap = 7;
  ASSERT_TRUE(judge.node.set_topic_score("t", params));

  while (judge.node.score(other.node.id()) < 7) std::this_thread::yield();
  EXPECT_EQ(judge.node.score(other.node.id()), 7);
  EXPECT_EQ(judge.node.explain(other.node.id())->topics.at(0).p1, 7);
}

TEST(ApplicationScore, MayBeAFunction) {
  auto config = scoring();
  config.score->application_score = [](const Peer&) { return 5.0; };
  TestNode judge{config};
  TestNode other;
  ASSERT_TRUE(judge.node.join("t"));
  ASSERT_TRUE(other.node.join("t"));
  mesh(judge, other, "t");

  EXPECT_EQ(judge.node.score(other.node.id()), 10);
  EXPECT_EQ(judge.node.set_application_score(other.node.id(), 1).error().code,
            ErrorCode::bad_config);
}

TEST(ScoresOfAStoppedNode, AreZero) {
  TestNode judge{scoring()};
  judge.node.stop();

  EXPECT_EQ(judge.node.score(judge.node.id()), 0);
  EXPECT_FALSE(judge.node.explain(judge.node.id()));
  EXPECT_EQ(judge.node.set_application_score(judge.node.id(), 1).error().code, ErrorCode::closed);
  EXPECT_EQ(judge.node.set_topic_score("t", {}).error().code, ErrorCode::closed);
}

}  // namespace
}  // namespace grapevine::test
