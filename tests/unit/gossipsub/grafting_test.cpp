// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

TEST(Join, GraftsUpToDSubscribersAndTellsThem) {
  Alone node;
  std::vector<PeerHandle> peers;
  for (int i = 0; i < 10; ++i) peers.push_back(node.add({.topic = "t"}));

  node.join("t");

  std::size_t told = 0;
  for (const auto peer : peers) {
    EXPECT_EQ(node.heard(peer).subscriptions.size(), 1u);
    EXPECT_EQ(node.heard(peer).grafts.size(), node.meshed(peer, "t") ? 1u : 0u);
    told += node.heard(peer).grafts.size();
  }
  EXPECT_EQ(told, Config{}.d);
}

TEST(Join, TakesFanoutPeersFirst) {
  auto config = Alone::plain();
  config.d = 2;
  config.d_low = 2;
  config.d_score = 1;
  config.d_out = 1;
  Alone node{config};
  for (int i = 0; i < 10; ++i) node.add({.topic = "t"});
  ASSERT_TRUE(node.publish("t", "x"));
  const auto fanout = node.router().fanout("t");
  ASSERT_EQ(fanout.size(), 2u);

  node.join("t");

  EXPECT_EQ(node.router().mesh("t"), fanout);
  EXPECT_TRUE(node.router().fanout("t").empty());
}

TEST(Join, LeavesOutPeersThatBackOff) {
  Alone node;
  const auto peer = node.add({.topic = "t"});
  node.join("t");
  node.prune(peer, "t", 60);
  node.leave("t");
  node.heard(peer).grafts.clear();

  node.join("t");

  EXPECT_TRUE(node.heard(peer).grafts.empty());
  EXPECT_TRUE(node.router().mesh("t").empty());
}

TEST(Leave, PrunesTheMeshWithTheUnsubscribeBackoff) {
  Alone node;
  const auto peer = node.add_meshed("t");
  node.join("t");
  ASSERT_TRUE(node.meshed(peer, "t"));

  node.leave("t");

  ASSERT_EQ(node.heard(peer).prunes.size(), 1u);
  EXPECT_EQ(node.heard(peer).prunes[0].backoff, 10u);
  EXPECT_EQ(node.heard(peer).subscriptions.back(), (std::pair<std::string, bool>{"t", false}));
  EXPECT_TRUE(node.router().topics().empty());
}

TEST(Leave, AndJoinAgainTwentyTimesNeverGraftsWithinTheBackoff_V47) {
  Alone node;
  const auto peer = node.add({.topic = "t"});
  std::optional<TimePoint> free_from;
  for (int i = 0; i < 20; ++i) {
    node.join("t");
    if (!node.heard(peer).grafts.empty()) {
      EXPECT_TRUE(!free_from || *free_from <= node.now());
      node.heard(peer).grafts.clear();
    }
    node.advance(1500ms);
    if (!node.heard(peer).grafts.empty()) {
      EXPECT_TRUE(!free_from || *free_from <= node.now());
      node.heard(peer).grafts.clear();
    }
    node.leave("t");
    for (const auto& prune : node.heard(peer).prunes) {
      free_from = node.now() + std::chrono::seconds{*prune.backoff};
    }
    node.heard(peer).prunes.clear();
    node.advance(1500ms);
  }
}

TEST(Subscription, OfAPeerIsGraftedAtOnceWhileBelowDLow) {
  Alone node;
  node.join("t");

  std::size_t grafted = 0;
  for (int i = 0; i < 10; ++i) {
    grafted += node.heard(node.add({.topic = "t"})).grafts.size();
  }

  EXPECT_EQ(grafted, Config{}.d_low);
}

TEST(Graft, OfATopicNotJoinedIsPassedOverWithoutAnswer_V38_V52) {
  Alone node;
  for (const auto version : {Version::v1_0, Version::v1_1, Version::v1_2}) {
    const auto peer = node.add({.version = version});
    for (int round = 0; round < 10; ++round) {
      node.say(peer, [&](auto& rpc) {
        for (int i = 0; i < 5000; ++i) rpc.add_graft("t" + std::to_string(round * 5000 + i));
      });
    }

    EXPECT_EQ(node.heard(peer).rpcs, 0u);
    EXPECT_TRUE(node.router().subscribers("t1").empty());
    node.remove(peer);
    EXPECT_EQ(node.router().peer_state_size(), 0u);
  }
}

TEST(Graft, WithinTheBackoffIsPrunedAgainAndProlongsIt) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");
  node.prune(peer, "t", 60);
  node.advance(50s);

  node.graft(peer, "t");

  EXPECT_FALSE(node.meshed(peer, "t"));
  ASSERT_EQ(node.heard(peer).prunes.size(), 1u);
  EXPECT_EQ(node.heard(peer).prunes[0].backoff, 60u);
  node.advance(30s);  // 80 s after the first, 30 s after the second
  node.graft(peer, "t");
  EXPECT_FALSE(node.meshed(peer, "t"));
}

TEST(Graft, AfterAReconnectStillMeetsTheBackoff) {
  Alone node;
  node.join("t");
  const auto first = node.add_meshed("t", {.identity = 5});
  node.prune(first, "t", 60);
  node.remove(first);
  node.advance(5s);

  const auto again = node.add({.topic = "t", .identity = 5});
  node.graft(again, "t");

  EXPECT_FALSE(node.meshed(again, "t"));
  EXPECT_EQ(node.heard(again).prunes.size(), 1u);
  EXPECT_TRUE(node.heard(again).grafts.empty());
}

TEST(Graft, IntoAFullMeshIsTakenOnlyFromPeersWeDialled) {
  Alone node;
  node.join("t");
  while (node.router().mesh("t").size() < Config{}.d_high) node.add_meshed("t");

  const auto inbound = node.add({.topic = "t"});
  node.graft(inbound, "t");
  const auto dialled = node.add({.outbound = true, .topic = "t"});
  node.graft(dialled, "t");

  EXPECT_FALSE(node.meshed(inbound, "t"));
  ASSERT_EQ(node.heard(inbound).prunes.size(), 1u);
  EXPECT_TRUE(node.meshed(dialled, "t"));
}

TEST(Graft, OfSeveralTopicsInOneRpcTakesEach) {
  Alone node;
  for (const auto topic : {"a", "b", "c"}) node.join(topic);
  const auto peer = node.add();

  node.say(peer, [](auto& rpc) {
    for (const auto topic : {"a", "b", "c"}) rpc.add_graft(topic);
  });

  for (const auto topic : {"a", "b", "c"}) EXPECT_TRUE(node.meshed(peer, topic));
}

TEST(Graft, BeforeOurStreamIsOpenIsAnsweredWhenItIs) {
  Alone node;
  node.join("t");
  const auto peer = node.add({.open = false, .topic = "t"});
  node.graft(peer, "t");
  EXPECT_FALSE(node.meshed(peer, "t"));

  node.open(peer);

  EXPECT_TRUE(node.meshed(peer, "t"));
  EXPECT_TRUE(node.heard(peer).grafts.empty());
}

TEST(Graft, BeforeOurStreamIsOpenIsTakenBackByAPrune) {
  Alone node;
  node.join("t");
  for (std::size_t i = 0; i < Config{}.d_low; ++i) node.add_meshed("t");
  const auto peer = node.add({.open = false, .topic = "t"});
  node.graft(peer, "t");
  node.prune(peer, "t", 60);

  node.open(peer);

  EXPECT_FALSE(node.meshed(peer, "t"));
  EXPECT_TRUE(node.heard(peer).prunes.empty());
}

TEST(Graft, OfAFloodsubPeerIsIgnored) {
  Alone node;
  node.join("t");
  const auto peer = node.add({.version = Version::floodsub, .topic = "t"});

  node.graft(peer, "t");

  EXPECT_FALSE(node.meshed(peer, "t"));
  EXPECT_TRUE(node.heard(peer).prunes.empty());
}

TEST(Prune, ToA10PeerCarriesNoBackoff) {
  Alone node;
  node.join("t");
  const auto old = node.add_meshed("t", {.version = Version::v1_0});
  ASSERT_TRUE(node.meshed(old, "t"));

  node.leave("t");

  ASSERT_EQ(node.heard(old).prunes.size(), 1u);
  EXPECT_FALSE(node.heard(old).prunes[0].backoff);
}

class RemoteBackoff : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RemoteBackoff, IsClampedToASecondAndAnHour_V35_V36) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");
  node.heard(peer).grafts.clear();

  node.prune(peer, "t", GetParam());
  const auto clamped = std::chrono::seconds{std::clamp<std::uint64_t>(GetParam(), 1, 3600)};
  node.advance(clamped);

  EXPECT_TRUE(node.heard(peer).grafts.empty());
  node.advance(4s);  // the slack and a heartbeat
  EXPECT_EQ(node.heard(peer).grafts.size(), 1u);
  node.heartbeats(120);
}

INSTANTIATE_TEST_SUITE_P(Values, RemoteBackoff,
                         testing::Values(0, 1, 30, std::uint64_t{1} << 31, std::uint64_t{1} << 63,
                                         (std::uint64_t{1} << 63) - 1, 9223372036854674580u,
                                         std::numeric_limits<std::uint64_t>::max() - 1,
                                         std::numeric_limits<std::uint64_t>::max()));

TEST(Prune, WithoutABackoffMeansOurOwn) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");
  node.heard(peer).grafts.clear();

  node.prune(peer, "t");
  node.advance(60s);

  EXPECT_TRUE(node.heard(peer).grafts.empty());
  node.advance(4s);
  EXPECT_EQ(node.heard(peer).grafts.size(), 1u);
}

TEST(Prune, OfATopicNotJoinedLeavesNothing) {
  Alone node;
  const auto peer = node.add();
  for (int i = 0; i < 100; ++i) node.prune(peer, "t" + std::to_string(i), 3600);

  node.remove(peer);

  EXPECT_EQ(node.router().peer_state_size(), 0u);
}

TEST(Heartbeat, CutsAMeshAboveDHighToExactlyD) {
  Alone node;
  node.join("t");
  for (int i = 0; i < 20; ++i) node.add_meshed("t", {.outbound = true});
  ASSERT_EQ(node.router().mesh("t").size(), 20u);

  node.heartbeat();

  EXPECT_EQ(node.router().mesh("t").size(), Config{}.d);
}

TEST(Heartbeat, KeepsDOutDialledPeersWhenItCuts) {
  for (int round = 0; round < 20; ++round) {
    Alone node;
    node.join("t");
    std::vector<PeerHandle> dialled;
    for (std::size_t i = 0; i < Config{}.d_high; ++i) node.add_meshed("t");
    for (int i = 0; i < 2 + round % 3; ++i) {
      dialled.push_back(node.add_meshed("t", {.outbound = true}));
    }

    node.heartbeat();

    const auto kept =
        std::ranges::count_if(dialled, [&](PeerHandle peer) { return node.meshed(peer, "t"); });
    EXPECT_GE(kept, 2);
    EXPECT_EQ(node.router().mesh("t").size(), Config{}.d);
  }
}

/// The score of a peer is what the application says.
Config application_scored() {
  auto config = Alone::plain();
  config.score.emplace().skip_atomic_validation = true;
  config.score->thresholds = {.gossip = -10, .publish = -20, .graylist = -30};
  config.score->app_specific_weight = 1;
  return config;
}

TEST(Heartbeat, KeepsTheDScoreBestWhenItCuts) {
  Alone node{application_scored()};
  node.join("t");
  std::vector<PeerHandle> peers;
  for (int i = 0; i < 16; ++i) peers.push_back(node.add_meshed("t", {.outbound = true}));
  for (std::size_t i = 0; i < 4; ++i)
    node.router().set_application_score(node.id(peers[i * 4]), 10);

  node.advance(1s);

  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(node.meshed(peers[i * 4], "t"));
}

TEST(Heartbeat, FillsTheQuotaOfDialledPeers) {
  Alone node;
  node.join("t");
  for (int i = 0; i < 6; ++i) node.add_meshed("t");
  std::vector<PeerHandle> dialled;
  for (int i = 0; i < 4; ++i) dialled.push_back(node.add({.outbound = true, .topic = "t"}));

  node.heartbeat();

  EXPECT_EQ(node.router().mesh("t").size(), 8u);
  EXPECT_EQ(std::ranges::count_if(dialled, [&](auto peer) { return node.meshed(peer, "t"); }), 2);
}

TEST(Heartbeat, NeverExceedsDHighForTheQuotaOfDialledPeers) {
  for (const std::size_t d_high : {6u, 7u, 8u, 12u}) {
    for (std::size_t full = 5; full <= d_high; ++full) {
      auto config = Alone::plain();
      config.d_high = d_high;
      Alone node{config};
      node.join("t");
      while (node.router().mesh("t").size() < full) node.add_meshed("t");
      std::vector<PeerHandle> dialled;
      for (int i = 0; i < 4; ++i) dialled.push_back(node.add({.outbound = true, .topic = "t"}));

      node.heartbeat();

      const auto size = node.router().mesh("t").size();
      EXPECT_LE(size, d_high);
      EXPECT_EQ(size, full + 2 <= d_high ? full + 2 : std::min<std::size_t>(6, d_high - 2) + 2);
      EXPECT_EQ(std::ranges::count_if(dialled, [&](auto peer) { return node.meshed(peer, "t"); }),
                2);
    }
  }
}

TEST(Heartbeat, PrunesAndDoesNotGraftPeersOfNegativeScore) {
  Alone node{application_scored()};
  node.join("t");
  const auto bad = node.add_meshed("t");
  node.router().set_application_score(node.id(bad), -1);
  node.heard(bad).grafts.clear();

  node.advance(80s);
  node.graft(bad, "t");

  EXPECT_FALSE(node.meshed(bad, "t"));
  EXPECT_TRUE(node.heard(bad).grafts.empty());
  EXPECT_EQ(node.heard(bad).prunes.size(), 2u);
}

TEST(Heartbeat, ThatIsLateHappensOnce) {
  Alone node;
  node.join("t");
  node.heartbeat();
  const auto slept = node.now() + 10min;

  node.router().on_deadline(slept);

  EXPECT_EQ(*node.router().next_deadline(), slept + Config{}.heartbeat_interval);
}

TEST(Bootstrapper, WithDegreesOfZeroKeepsNoMesh) {
  auto config = Alone::plain();
  config.d = config.d_low = config.d_high = config.d_score = config.d_out = 0;
  Alone node{config};
  node.join("t");
  for (int i = 0; i < 5; ++i) node.add_meshed("t", {.outbound = i % 2 == 0});

  node.heartbeats(3);

  EXPECT_TRUE(node.router().mesh("t").empty());
}

TEST(Unsubscription, TakesThePeerOutOfTheMesh) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");

  node.subscribe(peer, "t", false);

  EXPECT_FALSE(node.meshed(peer, "t"));
  EXPECT_TRUE(node.router().subscribers("t").empty());
}

TEST(Stream, LostAndOpenedAgainSaysHelloAndGraftsAgain_V45) {
  Alone node;
  node.join("t");
  node.join("u");
  const auto peer = node.add_meshed("t");
  node.heard(peer) = {};

  node.lose(peer);
  EXPECT_TRUE(node.router().mesh("t").empty());
  EXPECT_EQ(node.publish("t", "while it is away").value(), 0u);
  node.open(peer);

  EXPECT_EQ(node.heard(peer).subscriptions.size(), 2u);
  EXPECT_EQ(node.heard(peer).grafts, std::vector<std::string>{"t"});
  ASSERT_TRUE(node.publish("t", "afterwards"));
  EXPECT_EQ(node.heard(peer).count("afterwards"), 1u);
}

TEST(Hello, OfManyTopicsIsSplitAndComplete) {
  Alone node;
  for (int i = 0; i < 1200; ++i) node.join("topic-" + std::to_string(i));

  const auto peer = node.add();

  auto& heard = node.heard(peer);
  const std::set<std::pair<std::string, bool>> told{heard.subscriptions.begin(),
                                                    heard.subscriptions.end()};
  EXPECT_EQ(told.size(), 1200u);
  EXPECT_GE(heard.rpcs, 12u);
  EXPECT_LE(heard.largest_rpc, pubsub::SendLimits{}.control_bytes + 16);
}

TEST(Announcement, OfAFlippedTopicIsItsLastWord) {
  Alone node;
  const auto peer = node.add();
  node.hold_writes = true;
  for (int i = 0; i < 1001; ++i) {
    node.join("t");
    if (i < 1000) node.leave("t");
  }

  node.release_writes();

  EXPECT_EQ(node.heard(peer).subscriptions,
            (std::vector<std::pair<std::string, bool>>{{"t", true}}));
}

TEST(Limits, OfSubscriptionsAPeerMeetsAreForgottenWithIt_V37) {
  auto config = Alone::plain();
  config.topics_max = 3000;
  Alone node{config};
  for (int p = 0; p < 5; ++p) {
    const auto peer = node.add();
    for (int rpc = 0; rpc < 20; ++rpc) {
      node.say(peer, [&](auto& out) {
        for (int i = 0; i < 1000; ++i) {
          out.add_subscription(true, std::to_string(p) + "-" + std::to_string(rpc * 1000 + i));
        }
      });
    }
  }
  EXPECT_FALSE(node.router().subscribers("0-999").empty());
  EXPECT_TRUE(node.router().subscribers("0-1000").empty());
  EXPECT_TRUE(node.router().subscribers("4-1").empty());  // the table was full
  EXPECT_GT(node.traced(Traced::Kind::limit_hit), 90'000u);

  node.join("ours nevertheless");
  EXPECT_EQ(node.router().topics().size(), 1u);
  node.leave("ours nevertheless");
  for (std::uint32_t p = 1; p <= 5; ++p) node.remove(PeerHandle{p});
  EXPECT_EQ(node.router().peer_state_size(), 0u);
}

TEST(Limits, OfTopicNamesInBytesAreGivenBackByUnsubscribing_V37) {
  auto config = Alone::plain();
  config.subscription_filter.topic_bytes_per_peer_max = 100;
  Alone node{config};
  const auto peer = node.add();
  const auto name = [](int number) { return "topic-" + std::to_string(1000 + number); };
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 20; ++i) node.subscribe(peer, name(round * 20 + i));

    EXPECT_FALSE(node.router().subscribers(name(round * 20 + 9)).empty());
    EXPECT_TRUE(node.router().subscribers(name(round * 20 + 10)).empty());
    for (int i = 0; i < 20; ++i) node.subscribe(peer, name(round * 20 + i), false);
  }
}

TEST(Topics, WithABackoffAreNotConfusedWithLaterOnes) {
  Alone node;
  const auto peer = node.add({.topic = "first"});
  node.join("first");
  node.leave("first");
  node.subscribe(peer, "first", false);

  node.join("second");  // must not inherit the number of "first" and its backoff
  node.subscribe(peer, "second");

  EXPECT_TRUE(node.meshed(peer, "second"));
  node.advance(2min);
  node.remove(peer);
  node.leave("second");
  node.advance(2min);
  EXPECT_EQ(node.router().peer_state_size(), 0u);
}

}  // namespace
}  // namespace grapevine::gossipsub
