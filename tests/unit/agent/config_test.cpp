// SPDX-License-Identifier: Apache-2.0
#include "agent/config.hpp"

#include <gtest/gtest.h>

#include <array>

namespace grapevine::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::expected<Settings, StartFailure> parse_words(std::vector<std::string> words) {
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  return parse_command_line(pointers);
}

TEST(Config, LeavesTheDefaultsOfTheLibraryWhereItSaysNothing) {
  const auto settings = parse_config(R"({"score":null,"px":false})");

  ASSERT_TRUE(settings);
  const auto& node = settings->node;
  EXPECT_EQ(node.gossip.d, GossipParameters{}.d);
  EXPECT_EQ(node.gossip.heartbeat, GossipParameters{}.heartbeat);
  EXPECT_EQ(node.signing, Signing::strict);
  EXPECT_EQ(node.message_id, "");
  EXPECT_TRUE(node.gossip_protocols.empty());
  EXPECT_EQ(node.max_message_size, 4u << 20);
  EXPECT_TRUE(settings->rules.empty());
}

TEST(Config, ReachesTheLibraryInItsUnits) {
  const auto settings = parse_config(R"({"sign":"none","message_id":"prefix8","router":"gossipsub",
      "protocols":["/meshsub/1.1.0"],"d":3,"d_low":2,"d_high":4,"d_score":1,"d_out":0,"d_lazy":9,
      "gossip_factor":0.5,"heartbeat_ms":200,"history_length":7,"history_gossip":6,
      "fanout_ttl_ms":1500,"prune_backoff_s":1,"unsubscribe_backoff_s":2,"flood_publish":true,
      "idontwant_threshold":10,"px":true,"max_message_size":5000,"seen_ttl_ms":3e3,
      "direct_peers":["/ip4/1.2.3.4/tcp/5"],
      "validate":[{"topic":"t","delay_ms":5,"verdict":"ignore"}]})");

  ASSERT_TRUE(settings) << settings.error().text;
  const auto& node = settings->node;
  EXPECT_EQ(node.signing, Signing::none);
  EXPECT_EQ(node.message_id, "prefix8");
  EXPECT_EQ(node.gossip_protocols, std::vector<std::string>{"/meshsub/1.1.0"});
  const auto& gossip = node.gossip;
  EXPECT_EQ((std::array{gossip.d, gossip.d_low, gossip.d_high, gossip.d_score, gossip.d_out,
                        gossip.d_lazy, gossip.history_length, gossip.history_gossip}),
            (std::array<std::size_t, 8>{3, 2, 4, 1, 0, 9, 7, 6}));
  EXPECT_EQ(gossip.gossip_factor, 0.5);
  EXPECT_EQ(gossip.heartbeat, milliseconds{200});
  EXPECT_EQ(gossip.fanout_ttl, milliseconds{1500});
  EXPECT_EQ(gossip.prune_backoff, seconds{1});
  EXPECT_EQ(gossip.unsubscribe_backoff, seconds{2});
  EXPECT_EQ(gossip.seen_ttl, milliseconds{3000});
  EXPECT_TRUE(gossip.flood_publish);
  EXPECT_TRUE(node.peer_exchange);
  EXPECT_EQ(gossip.idontwant_threshold, 10u);
  EXPECT_EQ(node.max_message_size, 5000u);
  EXPECT_EQ(node.direct_peers, std::vector<std::string>{"/ip4/1.2.3.4/tcp/5"});
  ASSERT_EQ(settings->rules.size(), 1u);
  EXPECT_EQ(settings->rules[0].topic, "t");
  EXPECT_EQ(settings->rules[0].delay, milliseconds{5});
  EXPECT_EQ(settings->rules[0].verdict, Verdict::ignore);
}

TEST(Config, MakesScoreParametersOfTheFlatObject) {
  const auto settings = parse_config(R"({"score":{"gossip_threshold":-1,"publish_threshold":-2,
      "graylist_threshold":-3,"accept_px_threshold":4,"opportunistic_graft_threshold":5,
      "behaviour_penalty_weight":-6,"behaviour_penalty_decay":0.5,"decay_interval_ms":2000,
      "retain_score_ms":7000,"ip_colocation_factor_whitelist":["10.0.0.0/8"],
      "topics":{"t":{"topic_weight":0.5,"invalid_message_deliveries_weight":-8,
                     "invalid_message_deliveries_decay":0.9,
                     "mesh_message_deliveries_window_ms":10}}}})");

  ASSERT_TRUE(settings) << settings.error().text;
  ASSERT_TRUE(settings->node.score);
  const auto& score = *settings->node.score;
  EXPECT_EQ(score.thresholds.gossip, -1);
  EXPECT_EQ(score.thresholds.publish, -2);
  EXPECT_EQ(score.thresholds.graylist, -3);
  EXPECT_EQ(score.thresholds.accept_px, 4);
  EXPECT_EQ(score.thresholds.opportunistic_graft, 5);
  EXPECT_EQ(score.behaviour_penalty_weight, -6);
  EXPECT_EQ(score.behaviour_penalty_decay, 0.5);
  EXPECT_EQ(score.decay_interval, seconds{2});
  EXPECT_EQ(score.decay_to_zero, 0.01);
  EXPECT_EQ(score.retain_score, seconds{7});
  EXPECT_EQ(score.seen_message_ttl, seconds{120});
  EXPECT_EQ(score.ip_colocation_factor_whitelist, std::vector<std::string>{"10.0.0.0/8"});
  ASSERT_EQ(score.topics.size(), 1u);
  const auto& topic = score.topics.at("t");
  EXPECT_EQ(topic.topic_weight, 0.5);
  EXPECT_EQ(topic.invalid_message_deliveries_weight, -8);
  EXPECT_EQ(topic.mesh_message_deliveries_window, milliseconds{10});
  EXPECT_EQ(
      parse_config(R"({"score":{"topics":{"t":{}}}})")->node.score->topics.at("t").topic_weight, 0);
}

TEST(Config, ThatIsWrongIsAUsageErrorThatNamesTheKey) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {R"({"colour":1})", "colour"},
      {R"({"validate":[{"topic":"t","when":1}]})", "when"},
      {R"({"validate":[{"verdict":"accept"}]})", "topic"},
      {R"({"validate":[1]})", "validate"},
      {R"({"validate":[{"topic":"t","verdict":"perhaps"}]})", "verdict"},
      {R"({"sign":"maybe"})", "sign"},
      {R"({"message_id":"rust"})", "message_id"},
      {R"({"d":"six"})", "d"},
      {R"({"d":-1})", "d"},
      {R"({"d":1.5})", "d"},
      {R"({"heartbeat_ms":0})", "heartbeat_ms"},
      {R"({"fanout_ttl_ms":1e300})", "fanout_ttl_ms"},
      {R"({"protocols":[1]})", "protocols"},
      {R"({"score":1})", "score"},
      {R"({"score":{"colour":1}})", "score: unknown: colour"},
      {R"({"score":{"topics":{"t":1}}})", "topics"},
      {R"({"score":{"topics":{"t":{"colour":1}}}})", "topics: t: unknown: colour"},
      {R"({"score":{"topic_score_cap":"x"}})", "topic_score_cap"},
      {R"({"px":"no"})", "px"},
      {"[]", "config"},
      {"null", "config"},
      {"{", "config"},
  };
  for (const auto& [text, named] : rows) {
    const auto settings = parse_config(text);
    ASSERT_FALSE(settings) << text;
    EXPECT_EQ(settings.error().status, status_usage) << text;
    EXPECT_NE(settings.error().text.find(named), std::string::npos) << settings.error().text;
  }
}

TEST(Config, ThatWeCannotHonourIsUnsupported) {
  for (const auto text :
       {R"({"router":"floodsub","px":true})", R"({"router":"floodsub","score":{}})",
        R"({"router":"floodsub","protocols":["/meshsub/1.1.0"]})"}) {
    const auto settings = parse_config(text);
    ASSERT_FALSE(settings) << text;
    EXPECT_EQ(settings.error().status, status_unsupported);
    EXPECT_TRUE(settings.error().text.starts_with("unsupported: ")) << settings.error().text;
  }
}

TEST(CommandLine, ListensOnLoopbackUnlessTold) {
  EXPECT_EQ(parse_words({})->node.listen, std::vector<std::string>{"/ip4/127.0.0.1/tcp/0"});
  EXPECT_TRUE(parse_words({"--listen", "none"})->node.listen.empty());
  EXPECT_EQ(parse_words({"--listen", "/ip4/1.2.3.4/tcp/1", "--listen=/ip6/::1/tcp/2"})->node.listen,
            (std::vector<std::string>{"/ip4/1.2.3.4/tcp/1", "/ip6/::1/tcp/2"}));
}

TEST(CommandLine, MakesASeedOfANumber) {
  const auto settings = parse_words({"--key-seed", "258"});

  ASSERT_TRUE(settings);
  std::array<std::uint8_t, 32> seed{};
  seed[0] = 2;
  seed[1] = 1;
  EXPECT_EQ(settings->node.key_seed, seed);
  EXPECT_FALSE(parse_words({})->node.key_seed);
}

TEST(CommandLine, ThatIsWrongIsAUsageError) {
  const std::vector<std::vector<std::string>> rows = {{"--listen"},
                                                      {"--key-seed", "x"},
                                                      {"--key-seed", "-1"},
                                                      {"--colour", "red"},
                                                      {"word"},
                                                      {"--config", "{\"no_such_key\":1}"}};
  for (const auto& words : rows) {
    const auto settings = parse_words(words);
    ASSERT_FALSE(settings) << words.front();
    EXPECT_EQ(settings.error().status, status_usage) << words.front();
  }
}

}  // namespace
}  // namespace grapevine::agent
