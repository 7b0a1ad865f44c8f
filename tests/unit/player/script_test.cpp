// SPDX-License-Identifier: Apache-2.0
#include "gossipsub/script.hpp"

#include <gtest/gtest.h>

#include "gossipsub/player.hpp"

namespace grapevine::interop {
namespace {

using namespace std::chrono_literals;

std::vector<Instruction> parse(const std::string& list, std::uint32_t node = 3) {
  auto script = parse_script("{\"script\":[" + list + "]}", node);
  EXPECT_TRUE(script) << script.error();
  return script.value_or(std::vector<Instruction>{});
}

std::string refusal(const std::string& list) {
  const auto script = parse_script("{\"script\":[" + list + "]}", 3);
  return script ? "" : script.error();
}

template <class Kind>
Kind only(const std::string& text) {
  const auto script = parse(text);
  EXPECT_EQ(script.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Kind>(script.at(0)));
  return std::get<Kind>(script.at(0));
}

TEST(Script, HasForANodeWhatIsForItAndForAll) {
  const auto script = parse(R"(
      {"type":"waitUntil","elapsedSeconds":30},
      {"type":"ifNodeIDEquals","nodeID":2,"instruction":{"type":"connect","connectTo":[1]}},
      {"type":"ifNodeIDEquals","nodeID":3,"instruction":
        {"type":"ifNodeIDEquals","nodeID":3,"instruction":{"type":"connect","connectTo":[4,0]}}})");

  ASSERT_EQ(script.size(), 2u);
  EXPECT_EQ(std::get<WaitUntil>(script[0]).age, 30s);
  EXPECT_EQ(std::get<Connect>(script[1]).to, (std::vector<std::uint32_t>{4, 0}));
}

TEST(Script, GivesParametersInNanosecondsOverTheDefaults) {
  const auto init = only<InitGossipSub>(R"({"type":"initGossipSub","gossipSubParams":
      {"D":8,"Dlo":7,"Dlazy":0,"GossipFactor":0,"HeartbeatInterval":700000000.0,
       "FanoutTTL":1500000000,"PruneBackoff":60000000001,"HeartbeatInitialDelay":100100000}})");

  const auto& gossip = init.parameters;
  EXPECT_EQ(gossip.d, 8u);
  EXPECT_EQ(gossip.d_low, 7u);
  EXPECT_EQ(gossip.d_high, GossipParameters{}.d_high);
  EXPECT_EQ(gossip.d_lazy, 0u);
  EXPECT_EQ(gossip.gossip_factor, 0);
  EXPECT_EQ(gossip.heartbeat, 700ms);
  EXPECT_EQ(gossip.fanout_ttl, 1500ms);
  EXPECT_EQ(gossip.prune_backoff, 61s);
  EXPECT_EQ(gossip.unsubscribe_backoff, GossipParameters{}.unsubscribe_backoff);
  EXPECT_EQ(init.passed_over, std::vector<std::string>{"HeartbeatInitialDelay"});
}

TEST(Script, SpeaksOfMessagesAndTopics) {
  const auto publish =
      only<Publish>(R"({"type":"publish","messageID":258,"messageSizeBytes":16,"topicID":"t"})");
  EXPECT_EQ(publish.topic, "t");
  EXPECT_EQ(content_of(publish),
            (std::vector<std::uint8_t>{0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(id_text(content_of(publish)), "258");

  EXPECT_FALSE(only<Subscribe>(R"({"type":"subscribeToTopic","topicID":"t"})").partial);
  EXPECT_TRUE(
      only<Subscribe>(R"({"type":"subscribeToTopic","topicID":"t","partial":true})").partial);
  EXPECT_EQ(only<DelayValidation>(
                R"({"type":"setTopicValidationDelay","topicID":"t","delaySeconds":0.005})")
                .delay,
            5ms);
}

TEST(Script, SpeaksOfPartialMessages) {
  const auto add =
      only<AddPartial>(R"({"type":"addPartialMessage","topicID":"t","groupID":7,"parts":255})");
  EXPECT_EQ(add.group, 7u);
  EXPECT_EQ(add.parts, 255);

  EXPECT_TRUE(
      only<PublishPartial>(R"({"type":"publishPartial","topicID":"t","groupID":7})").to.empty());
  EXPECT_EQ(only<PublishPartial>(
                R"({"type":"publishPartial","topicID":"t","groupID":7,"publishToNodeIDs":[1,2]})")
                .to,
            (std::vector<std::uint32_t>{1, 2}));
}

TEST(Script, ThatIsNotUnderstoodIsRefused) {
  EXPECT_FALSE(parse_script("[]", 0));
  EXPECT_NE(refusal(R"({"type":"dance"})"), "");
  EXPECT_NE(refusal(R"({"type":"waitUntil","elapsedSeconds":1,"more":2})"), "");
  EXPECT_NE(refusal(R"({"type":"connect","connectTo":[-1]})"), "");
  EXPECT_NE(refusal(R"({"type":"connect","connectTo":"1"})"), "");
  EXPECT_NE(refusal(R"({"type":"ifNodeIDEquals","nodeID":1})"), "");
  EXPECT_NE(refusal(R"({"type":"addPartialMessage","topicID":"t","groupID":7,"parts":256})"), "");
  EXPECT_NE(refusal(R"({"type":"publish","messageID":1,"messageSizeBytes":7,"topicID":"t"})"), "");
}

}  // namespace
}  // namespace grapevine::interop
