// SPDX-License-Identifier: Apache-2.0
// What go's router is tested for, as far as it concerns control messages, direct peers and the
// shape of the network: docs/go-tests.md has the map from its names to ours.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "scenario/network.hpp"
#include "scenario/wiretap.hpp"

namespace grapevine::sim {
namespace {

using Kind = gossipsub::Traced::Kind;

const std::string large(2000, 'x');  ///< above the threshold of IDONTWANT

bool meshed(const World& world, NodeIndex at, NodeIndex with, std::string_view topic) {
  return std::ranges::count(world.host(at).router().mesh(topic), world.id(with)) > 0;
}

// --- direct peers ---

TEST(GoDirectPeers, AreKeptAndDialledAgainAfterADisconnect) {
  World world{81, {}, Fidelity::direct};
  add_nodes(world, 3);
  connect_edges(world, {{0, 1}, {0, 2}});
  world.add_direct(1, 2);
  world.add_direct(2, 1);
  join_all(world, "t");
  world.run(3s);
  ASSERT_TRUE(world.host(1).peer(world.id(2)));

  world.disconnect(1, 2);
  EXPECT_FALSE(world.host(1).peer(world.id(2)));
  world.run(10s);
  EXPECT_TRUE(world.host(1).peer(world.id(2)));

  for (NodeIndex i = 0; i < 3; ++i) {
    world.publish(i, "t", "from " + std::to_string(i));
    world.run(1s);
    EXPECT_EQ(reach(world, "from " + std::to_string(i)).nodes, 3u) << i;
  }
}

TEST(GoDynamicDirectPeers, AddedAtRunTimeLeaveTheMeshAndHearEverything) {
  World world{82, {}, Fidelity::direct};
  add_nodes(world, 2);
  connect_edges(world, {{0, 1}});
  join_all(world, "t");
  world.run(2s);
  ASSERT_TRUE(meshed(world, 0, 1, "t"));

  world.add_direct(0, 1);
  world.add_direct(1, 0);
  world.run(2s);

  EXPECT_FALSE(meshed(world, 0, 1, "t"));
  EXPECT_FALSE(meshed(world, 1, 0, "t"));
  world.publish(0, "t", "all the same");
  world.run(1s);
  EXPECT_EQ(world.count(1, "all the same"), 1u);
}

TEST(GoDirectPeersFanout, ADirectPeerIsNeverInTheFanoutNorInTheMeshAfterJoining) {
  World world{83, {}, Fidelity::direct};
  add_nodes(world, 3);
  connect_edges(world, {{0, 1}, {0, 2}, {1, 2}});
  world.add_direct(2, 1);
  world.join(0, "t");
  world.join(1, "t");
  world.run(2s);

  world.publish(2, "t", "from outside");
  EXPECT_EQ(world.host(2).router().fanout("t"), std::vector{world.id(0)});
  world.run(1s);
  EXPECT_EQ(world.count(1, "from outside"), 1u);
  world.join(2, "t");
  world.run(2s);

  EXPECT_EQ(world.host(2).router().mesh("t"), std::vector{world.id(0)});
  EXPECT_FALSE(meshed(world, 1, 2, "t"));
}

TEST(GoFloodPublish, OfTheCentreOfAStarReachesAllDespiteItsMesh) {
  World world{84, {}, Fidelity::direct};
  const auto config = config_with([](gossipsub::Config& gossip) { gossip.flood_publish = true; });
  add_nodes(world, 30, config);
  join_all(world, "t");
  for (NodeIndex i = 1; i < 30; ++i) world.connect(i, 0);
  world.run(3s);
  ASSERT_LE(world.host(0).router().mesh("t").size(), 12u);

  EXPECT_EQ(world.publish(0, "t", "to everybody"), 29u);
  world.run(200ms);  // no heartbeat's gossip is needed

  EXPECT_EQ(reach(world, "to everybody").nodes, 30u);
}

// --- leaving and joining ---

TEST(GoLeaveTopic, IsFollowedByTheUnsubscribeBackoffOnBothSides) {
  World world{85, {}, Fidelity::direct};
  Wiretap wire{world};
  add_nodes(world, 2);
  connect_edges(world, {{0, 1}});
  join_all(world, "t");
  world.run(2s);
  ASSERT_TRUE(meshed(world, 0, 1, "t"));
  wire.forget();

  world.leave(0, "t");
  const auto left = world.now();
  world.run(1s);
  ASSERT_EQ(wire.count(0, 1, prunes), 1u);
  for (const auto& heard : wire.heard()) {
    if (prunes(heard.rpc)) {
      EXPECT_EQ(heard.rpc.prune.front().backoff_seconds, 10u);
    }
  }
  world.join(0, "t");
  world.run(20s);

  EXPECT_TRUE(meshed(world, 0, 1, "t"));
  for (const auto& heard : wire.heard()) {
    if (grafts(heard.rpc)) {
      EXPECT_GE(heard.at, left + 10s) << heard.from;
    }
  }
}

TEST(GoJoinTopic, LeavesAPeerThatBacksOffOutOfTheFirstMesh) {
  World world{86, {}, Fidelity::direct};
  add_nodes(world, 3);
  connect_edges(world, {{0, 1}, {0, 2}});
  world.join(0, "t");
  world.join(1, "t");
  world.run(2s);
  world.leave(1, "t");  // its PRUNE makes node 0 keep away from it
  world.run(500ms);
  world.leave(0, "t");
  world.run(200ms);
  world.join(1, "t");
  world.join(2, "t");
  world.run(200ms);

  world.join(0, "t");

  EXPECT_EQ(world.host(0).router().mesh("t"), std::vector{world.id(2)});
}

TEST(GoMultipleGraftTopics, OneRpcGraftsThemAll) {
  World world{87, {}, Fidelity::direct};
  Wiretap wire{world};
  add_nodes(world, 2);
  for (const auto* topic : {"one", "two", "three"}) join_all(world, topic);
  connect_edges(world, {{0, 1}});

  world.run(2s);

  for (const auto* topic : {"one", "two", "three"}) {
    EXPECT_TRUE(meshed(world, 0, 1, topic)) << topic;
    EXPECT_TRUE(meshed(world, 1, 0, topic)) << topic;
  }
  const auto all = [](const Wiretap::Heard& heard) { return heard.rpc.graft.size() == 3; };
  EXPECT_GE(std::ranges::count_if(wire.heard(), all), 1);
}

TEST(GoRpcFragmentation, APeerThatAsksForMuchGetsItAllInSeveralRpcs) {
  World world{88, {}, Fidelity::direct};
  Wiretap wire{world};
  add_nodes(world, 2, config_with([](gossipsub::Config& gossip) {
              gossip.d = gossip.d_low = gossip.d_high = gossip.d_score = gossip.d_out = 0;
            }));  // without a mesh there is only gossip
  world.join(0, "t");
  connect_edges(world, {{0, 1}});
  world.run(2s);
  const std::string body(20'000, 'x');
  for (int i = 0; i < 50; ++i) world.publish(0, "t", std::to_string(i) + body);

  world.join(1, "t");
  world.run(5s);

  for (int i = 0; i < 50; ++i) EXPECT_EQ(world.count(1, std::to_string(i) + body), 1u) << i;
  EXPECT_GE(wire.count(0, 1, publishes), 25u);
  for (const auto& heard : wire.heard()) EXPECT_LE(heard.frame.size(), 64u * 1024u);
}

// --- IDONTWANT ---

/// A line 0 - 1 - 2 with a mesh along it, listened to.
class GoIdontwant : public testing::Test {
 public:
  void make(const std::shared_ptr<const host::Config>& middle = default_config()) {
    world.add(default_config());
    world.add(middle);
    world.add(default_config());
    connect_edges(world, {{0, 1}, {1, 2}});
    join_all(world, "t");
    world.run(3s);
    ASSERT_TRUE(meshed(world, 0, 1, "t") && meshed(world, 1, 2, "t"));
    wire.forget();
  }
  World world{89, {}, Fidelity::direct};
  Wiretap wire{world};
};

TEST_F(GoIdontwant, IsSentToMeshPeersWhileValidationStillRunsAndNotToTheSender) {
  make();

  world.publish(0, "t", large);
  world.run(25ms + 20us);  // it has arrived at node 1, whose check takes longer

  EXPECT_EQ(world.count(1, large), 0u);
  EXPECT_EQ(wire.count(1, 2, declines), 1u);
  EXPECT_EQ(wire.count(1, 0, declines), 0u);
  world.run(1s);
  EXPECT_EQ(world.count(2, large), 1u);
}

TEST_F(GoIdontwant, IsNotSentForSmallMessages) {
  make();

  world.publish(0, "t", "small");
  world.run(1s);

  EXPECT_EQ(world.count(2, "small"), 1u);
  EXPECT_EQ(wire.count(1, 2, declines), 0u);
}

TEST_F(GoIdontwant, IsNotSentToPeersOfVersion11) {
  make(config_with([](gossipsub::Config& gossip) {
    gossip.versions = {gossipsub::Version::v1_1, gossipsub::Version::v1_0};
  }));

  world.publish(0, "t", large);
  world.run(1s);

  EXPECT_EQ(world.count(2, large), 1u);
  EXPECT_EQ(std::ranges::count_if(wire.heard(),
                                  [](const Wiretap::Heard& heard) { return declines(heard.rpc); }),
            0);
}

TEST_F(GoIdontwant, GoesBeforeOurOwnMessageOnlyWhereThatIsWanted) {
  make(config_with([](gossipsub::Config& gossip) { gossip.idontwant_on_publish = true; }));

  world.publish(1, "t", large);
  world.publish(0, "t", large + "!");
  world.run(1s);

  EXPECT_EQ(wire.count(1, 2, declines), 2u);
  EXPECT_EQ(wire.count(0, 1, declines), 0u);
}

TEST(GoIdontwantNonMesh, PeersOutsideTheMeshAreNotSentAny) {
  World world{90, {}, Fidelity::direct};
  Wiretap wire{world};
  const auto config = config_with([](gossipsub::Config& gossip) {
    gossip.d = 2;
    gossip.d_low = 1;
    gossip.d_high = 3;
    gossip.d_score = 1;
    gossip.d_out = 0;
  });
  grow(world, 12, 11, "t", config);
  world.run(10s);
  wire.forget();

  world.publish(0, "t", large);
  world.run(100ms);

  std::size_t sent = 0;
  for (const auto& heard : wire.heard()) {
    if (!declines(heard.rpc)) continue;
    ++sent;
    EXPECT_TRUE(meshed(world, heard.from, heard.to, "t")) << heard.from << ' ' << heard.to;
  }
  EXPECT_GT(sent, 0u);
}

TEST(GoIdontwantReceive, AMessageDeclinedIsNotForwarded) {
  World world{91, {}, Fidelity::direct};
  Wiretap wire{world};
  grow(world, 16, 15, "t");
  world.run(10s);
  wire.forget();

  world.publish(0, "t", large);
  world.run(2s);

  EXPECT_EQ(reach(world, large).nodes, 16u);
  std::map<std::pair<NodeIndex, NodeIndex>, TimePoint> declined;
  for (const auto& heard : wire.heard()) {
    if (declines(heard.rpc)) declined.try_emplace({heard.from, heard.to}, heard.at);
  }
  for (const auto& heard : wire.heard()) {
    if (!publishes(heard.rpc)) continue;
    const auto said = declined.find({heard.to, heard.from});
    if (said != declined.end()) {
      EXPECT_LT(heard.at, said->second + 25ms + 1us);
    }
  }
  std::uint64_t received = 0;
  for (NodeIndex i = 0; i < 16; ++i) received += world.traced(i, Kind::idontwant_received);
  EXPECT_GT(received, 0u);
}

// --- the shapes of go's floodsub tests, through both routers ---

class GoShapes : public testing::TestWithParam<gossipsub::Mode> {
 public:
  std::shared_ptr<const host::Config> config() const {
    return config_with([](gossipsub::Config& gossip) { gossip.mode = GetParam(); });
  }
};

TEST_P(GoShapes, BasicFloodsubAWebCarriesEveryMessageOnce) {
  World world{92, {}, Fidelity::direct};
  grow(world, 20, 4, "t", config());
  world.run(3s);

  for (int i = 0; i < 50; ++i) {
    world.publish(world.rng().below(20), "t", "m" + std::to_string(i));
    world.run(20ms);
  }
  world.run(3s);

  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(reach(world, "m" + std::to_string(i)).nodes, 20u) << i;
    EXPECT_EQ(reach(world, "m" + std::to_string(i)).twice, 0u) << i;
  }
}

TEST_P(GoShapes, OneToOneAndSelfReceive) {
  World world{93, {}, Fidelity::direct};
  grow(world, 2, 1, "t", config());
  world.run(2s);

  world.publish(0, "t", "to one");
  world.run(1s);

  EXPECT_EQ(world.count(0, "to one"), 1u);
  EXPECT_TRUE(world.received(0).front().local);
  EXPECT_EQ(world.count(1, "to one"), 1u);
  EXPECT_EQ(world.received(1).front().via, world.id(0));
}

TEST_P(GoShapes, NoConnectionNoMessage) {
  World world{94, {}, Fidelity::direct};
  add_nodes(world, 5, config());
  for (NodeIndex i = 1; i < 5; ++i) world.join(i, "t");

  EXPECT_EQ(world.publish(0, "t", "alone"), 0u);
  world.run(5s);

  for (NodeIndex i = 1; i < 5; ++i) EXPECT_TRUE(world.received(i).empty()) << i;
}

TEST_P(GoShapes, ReconnectsAndUnsubscriptionsAreSeen) {
  World world{95, {}, Fidelity::direct};
  add_nodes(world, 3, config());
  connect_edges(world, {{0, 1}, {0, 2}});
  world.join(1, "t");
  world.join(2, "t");
  world.run(2s);
  world.publish(0, "t", "both");
  world.run(1s);
  EXPECT_EQ(world.count(1, "both") + world.count(2, "both"), 2u);

  world.leave(2, "t");
  world.run(1s);
  EXPECT_EQ(world.host(0).router().subscribers("t"), std::vector{world.id(1)});
  world.publish(0, "t", "one");
  world.run(1s);
  EXPECT_EQ(world.count(1, "one"), 1u);
  EXPECT_EQ(world.count(2, "one"), 0u);

  world.disconnect(0, 1);
  world.run(1s);
  EXPECT_TRUE(world.host(0).router().subscribers("t").empty());
  world.connect(1, 0);
  world.join(2, "t");
  world.run(15s);
  world.publish(0, "t", "both again");
  world.run(1s);
  EXPECT_EQ(world.count(1, "both again") + world.count(2, "both again"), 2u);
}

TEST_P(GoShapes, SubReportingPeerTopicReportingNamesWhoIsWhere) {
  World world{96, {}, Fidelity::direct};
  add_nodes(world, 4, config());
  connect_edges(world, {{0, 1}, {0, 2}, {0, 3}});
  world.join(1, "foo");
  world.join(1, "bar");
  world.join(2, "foo");
  world.join(2, "baz");
  world.join(3, "bar");
  world.join(3, "bar");  // SubscribeMultipleTimes: the second changes nothing
  world.run(2s);
  const auto peers = [&](std::string_view topic) {
    return world.host(0).router().subscribers(topic).size();
  };

  EXPECT_EQ(world.host(1).router().topics(), (std::vector<std::string>{"bar", "foo"}));
  EXPECT_EQ(peers("foo"), 2u);
  EXPECT_EQ(peers("bar"), 2u);
  EXPECT_EQ(peers("baz"), 1u);

  world.leave(1, "foo");
  world.crash(3);
  world.run(2s);
  EXPECT_EQ(peers("foo"), 1u);
  EXPECT_EQ(peers("bar"), 1u);
}

TEST_P(GoShapes, PreconnectedNodesHearOfTopicsJoinedLater) {
  World world{97, {}, Fidelity::direct};
  add_nodes(world, 2, config());
  connect_edges(world, {{0, 1}});
  world.run(10s);

  join_all(world, "late");
  world.run(2s);
  world.publish(0, "late", "x");
  world.run(1s);

  EXPECT_EQ(world.count(1, "x"), 1u);
}

std::string mode_name(const testing::TestParamInfo<gossipsub::Mode>& info) {
  return info.param == gossipsub::Mode::floodsub ? "floodsub" : "gossipsub";
}
INSTANTIATE_TEST_SUITE_P(Routers, GoShapes,
                         testing::Values(gossipsub::Mode::floodsub, gossipsub::Mode::gossipsub),
                         mode_name);

TEST(GoConfigurableMaxMessageSize, LetsTwoMebibytesThroughUnderALimitOfFour) {
  World world{98, {}, Fidelity::direct};
  const auto config = config_with([](gossipsub::Config& gossip) {
    gossip.message_size_max = 4u << 20;
    gossip.rpc_limits.size_max = 4u << 20;
  });
  grow(world, 4, 3, "t", config);
  world.run(3s);
  const std::string data(2u << 20, 'x');

  world.publish(0, "t", data);
  world.run(10s);

  EXPECT_EQ(reach(world, data).nodes, 4u);
}

}  // namespace
}  // namespace grapevine::sim
