// SPDX-License-Identifier: Apache-2.0
// What go's router is tested for, as far as it concerns who hears what: docs/go-tests.md has the
// map from its names to ours.
#include <gtest/gtest.h>

#include <algorithm>

#include "scenario/network.hpp"
#include "scenario/wiretap.hpp"

namespace grapevine::sim {
namespace {

using Kind = gossipsub::Traced::Kind;

/// One message of each of `count` random authors among nodes [first, size).
void publish_some(World& world, std::string_view topic, std::size_t count, NodeIndex first = 0) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto author = first + world.rng().below(world.size() - first);
    world.publish(author, topic, std::string{topic} + std::to_string(i));
    world.run(50ms);
  }
}

/// Whether each of `publish_some`'s messages is at each of nodes [first, size), once.
void expect_all(const World& world, std::string_view topic, std::size_t count,
                NodeIndex first = 0) {
  for (std::size_t i = 0; i < count; ++i) {
    for (auto node = first; node < world.size(); ++node) {
      EXPECT_EQ(world.count(node, std::string{topic} + std::to_string(i)), 1u)
          << "message " << i << " at node " << node;
    }
  }
}

class GoWeb : public testing::TestWithParam<std::size_t> {};
TEST_P(GoWeb, SparseOrDenseCarriesAHundredMessagesToEverybody) {
  World world{51, {}, Fidelity::direct};
  grow(world, 20, GetParam(), "t");
  world.run(2s);

  publish_some(world, "t", 100);
  world.run(5s);

  expect_all(world, "t", 100);
}
INSTANTIATE_TEST_SUITE_P(Degrees, GoWeb, testing::Values(3, 10));

TEST(GoFanout, OfANodeThatNeverJoinedReachesAllAndStillDoesAfterItJoined) {
  World world{52, {}, Fidelity::direct};
  add_nodes(world, 20);
  connect_some(world, 10);
  for (NodeIndex i = 1; i < 20; ++i) world.join(i, "t");
  world.run(2s);

  for (int i = 0; i < 50; ++i) {
    EXPECT_GT(world.publish(0, "t", "before" + std::to_string(i)), 0u);
    world.run(20ms);
  }
  world.join(0, "t");
  world.run(1s);
  for (int i = 0; i < 50; ++i) {
    world.publish(0, "t", "after" + std::to_string(i));
    world.run(20ms);
  }
  world.run(3s);

  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(reach(world, "before" + std::to_string(i)).nodes, 20u) << i;
    EXPECT_EQ(reach(world, "after" + std::to_string(i)).nodes, 20u) << i;
  }
}

TEST(GoFanoutMaintenance, LetsTheFanoutServeThoseWhoComeAfterAllHaveLeft) {
  World world{53, {}, Fidelity::direct};
  add_nodes(world, 20);
  connect_some(world, 10);
  for (NodeIndex i = 1; i < 20; ++i) world.join(i, "t");
  world.run(2s);
  world.publish(0, "t", "first");
  world.run(1s);
  EXPECT_EQ(reach(world, "first").nodes, 20u);

  for (NodeIndex i = 1; i < 20; ++i) world.leave(i, "t");
  world.run(2s);
  EXPECT_TRUE(world.host(0).router().fanout("t").empty());
  for (NodeIndex i = 1; i < 20; ++i) world.join(i, "t");
  world.run(15s);  // leaving backs off for ten seconds
  world.publish(0, "t", "second");
  world.run(2s);

  EXPECT_EQ(reach(world, "second").nodes, 20u);
}

TEST(GoFanoutExpiry, EmptiesTheFanoutAfterItsTime) {
  World world{54, {}, Fidelity::direct};
  const auto config = config_with([](gossipsub::Config& gossip) { gossip.fanout_ttl = 5s; });
  add_nodes(world, 10, config);
  connect_some(world, 5);
  for (NodeIndex i = 1; i < 10; ++i) world.join(i, "t");
  world.run(2s);

  world.publish(0, "t", "x");
  EXPECT_FALSE(world.host(0).router().fanout("t").empty());
  world.run(4s);
  EXPECT_FALSE(world.host(0).router().fanout("t").empty());
  world.run(3s);

  EXPECT_TRUE(world.host(0).router().fanout("t").empty());
}

TEST(GoGossip, GoesOnQuietlyAndDeliveryDoesNotSuffer) {
  World world{55, {}, Fidelity::direct};
  grow(world, 20, 10, "t");
  world.run(2s);

  for (int i = 0; i < 5; ++i) {
    world.publish(world.rng().below(20), "t", "t" + std::to_string(i));
    world.run(20s);
  }

  expect_all(world, "t", 5);
}

TEST(GoGossipPiggyback, OfTwoTopicsRidesTogether) {
  World world{56, {}, Fidelity::direct};
  Wiretap wire{world};
  grow(world, 20, 10, "one");
  join_all(world, "two");
  world.run(2s);

  for (int i = 0; i < 20; ++i) {
    world.publish(world.rng().below(20), "one", "one" + std::to_string(i));
    world.publish(world.rng().below(20), "two", "two" + std::to_string(i));
    world.run(20ms);
  }
  world.run(5s);

  expect_all(world, "one", 20);
  expect_all(world, "two", 20);
  const auto both_topics = [](const Wiretap::Heard& heard) { return heard.rpc.ihave.size() > 1; };
  EXPECT_GT(std::ranges::count_if(wire.heard(), both_topics), 0);
}

TEST(GoGossipPropagation, BringsMessagesToThoseWhoJoinAfterThem) {
  World world{57, {}, Fidelity::direct};
  // A mesh so small that the second group is served by IHAVE and IWANT.
  add_nodes(world, 20);
  for (NodeIndex i = 1; i < 7; ++i) {
    for (NodeIndex k = 0; k < i; ++k) world.connect(i, k);
  }
  for (NodeIndex i = 7; i < 20; ++i) {
    for (NodeIndex k = 7; k < i; ++k) world.connect(i, k);
    world.connect(0, i);
  }
  for (NodeIndex i = 0; i < 7; ++i) world.join(i, "t");
  world.run(3s);
  for (int i = 0; i < 10; ++i) world.publish(0, "t", "t" + std::to_string(i));
  world.run(100ms);

  for (NodeIndex i = 7; i < 20; ++i) world.join(i, "t");
  world.run(5s);

  expect_all(world, "t", 10);
  std::uint64_t asked = 0;
  for (NodeIndex i = 7; i < 20; ++i) asked += world.traced(i, Kind::iwant_sent);
  EXPECT_GT(asked, 0u);
}

TEST(GoPrune, OfHalfTheNodesLeavesTheOthersHearing) {
  World world{58, {}, Fidelity::direct};
  grow(world, 20, 10, "t");
  world.run(2s);

  for (NodeIndex i = 0; i < 10; ++i) world.leave(i, "t");
  world.run(3s);
  publish_some(world, "t", 10, 10);
  world.run(3s);

  expect_all(world, "t", 10, 10);
  for (NodeIndex i = 0; i < 10; ++i) EXPECT_TRUE(world.received(i).empty()) << i;
}

TEST(GoGraft, OfNodesThatJoinOneByOneLetsAllHear) {
  World world{59, {}, Fidelity::direct};
  add_nodes(world, 20);
  connect_some(world, 3);
  world.run(2s);

  for (NodeIndex i = 0; i < 20; ++i) {
    world.join(i, "t");
    world.run(100ms);
  }
  world.run(2s);
  publish_some(world, "t", 100);
  world.run(5s);

  expect_all(world, "t", 100);
}

TEST(GoRemovePeer, LeavesTheRestHearing) {
  World world{60, {}, Fidelity::direct};
  grow(world, 20, 10, "t");
  world.run(2s);

  for (NodeIndex i = 0; i < 5; ++i) world.crash(i);
  world.run(2s);
  publish_some(world, "t", 10, 5);
  world.run(3s);

  expect_all(world, "t", 10, 5);
}

/// Sixteen leaves and a hub that takes twelve: those it refuses wait for what it said, and a
/// little.
TEST(GoPruneBackoffTime, IsKeptToByWhoWasPrunedAndThenItGraftsAgain) {
  World world{61, {}, Fidelity::direct};
  Wiretap wire{world};
  add_nodes(world, 17);
  join_all(world, "t");
  for (NodeIndex i = 1; i < 17; ++i) world.connect(i, 0);
  world.run(5s);
  const auto pruned_at = [&](NodeIndex leaf) -> std::optional<TimePoint> {
    for (const auto& heard : wire.heard()) {
      if (heard.from == 0 && heard.to == leaf && prunes(heard.rpc)) return heard.at;
    }
    return std::nullopt;
  };
  std::vector<std::pair<NodeIndex, TimePoint>> pruned;
  for (NodeIndex i = 1; i < 17; ++i) {
    if (const auto at = pruned_at(i)) pruned.emplace_back(i, *at);
  }
  ASSERT_EQ(pruned.size(), 4u);

  world.run(75s);

  for (const auto& [leaf, at] : pruned) {
    std::size_t early = 0;
    std::size_t again = 0;
    for (const auto& heard : wire.heard()) {
      if (heard.from != leaf || !grafts(heard.rpc) || heard.at <= at) continue;
      ++(heard.at < at + 61s ? early : again);
    }
    EXPECT_EQ(early, 0u) << leaf;
    EXPECT_GE(again, 1u) << leaf;
  }
  EXPECT_EQ(world.traced(0, Kind::prune, "within backoff"), 0u);
}

std::shared_ptr<const host::Config> short_queues() {
  return config_with([](gossipsub::Config& gossip) { gossip.outbox_items_max = 3; });
}

TEST(GoGraftPruneRetry, ControlOfThirtyFiveTopicsIsNeverLostInShortQueues) {
  World world{62, {}, Fidelity::direct};
  add_nodes(world, 10, short_queues());
  connect_some(world, 10);
  world.run(1s);
  for (int topic = 0; topic < 35; ++topic) join_all(world, "topic" + std::to_string(topic));
  world.run(5s);

  for (int topic = 0; topic < 35; ++topic) {
    const auto name = "topic" + std::to_string(topic);
    world.publish(world.rng().below(10), name, name);
    world.run(500ms);
    EXPECT_EQ(reach(world, name).nodes, 10u) << name;
  }
}

TEST(GoControlPiggyback, JoinsDuringAFloodFormTheirMeshes) {
  World world{63, {.bytes_per_second = 200'000}, Fidelity::direct};
  add_nodes(world, 10, short_queues());
  join_all(world, "flood");
  connect_all(world);
  world.run(2s);
  std::uint64_t dropped = 0;

  for (int i = 0; i < 500; ++i) {
    if (i % 100 == 50) join_all(world, "topic" + std::to_string(i / 100));
    const auto body = std::to_string(i) + std::string(1000, 'x');
    for (int burst = 0; burst < 4; ++burst) {
      world.publish(world.rng().below(10), "flood", body + std::to_string(burst));
    }
    world.run(5ms);
  }
  world.run(5s);
  for (NodeIndex i = 0; i < 10; ++i) dropped += world.traced(i, Kind::outbox_dropped);
  ASSERT_GT(dropped, 0u);

  for (int topic = 0; topic < 5; ++topic) {
    const auto name = "topic" + std::to_string(topic);
    for (NodeIndex i = 0; i < 10; ++i) EXPECT_GE(world.host(i).router().mesh(name).size(), 5u) << i;
    world.publish(world.rng().below(10), name, name);
    world.run(1s);
    EXPECT_EQ(reach(world, name).nodes, 10u) << name;
  }
}

TEST(GoMixed, NodesOfFloodsubAndGossipsubHearEachOther) {
  World world{64, {}, Fidelity::direct};
  add_nodes(world, 20);
  add_nodes(world, 10, config_with([](gossipsub::Config& gossip) {
              gossip.mode = gossipsub::Mode::floodsub;
            }));
  join_all(world, "t");
  for (NodeIndex i = 1; i < 30; ++i) {
    for (int k = 0; k < 8; ++k) {
      const auto other = world.rng().below(30);
      if (other != i) world.connect(i, other);
    }
  }
  world.run(3s);

  publish_some(world, "t", 100);
  world.run(5s);

  expect_all(world, "t", 100);
}

TEST(GoMultihops, ALineOfSixCarriesAMessageFromEndToEnd) {
  World world{65, {}, Fidelity::direct};
  add_nodes(world, 6);
  connect_edges(world, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}});
  for (NodeIndex i = 1; i < 6; ++i) world.join(i, "t");
  world.run(2s);

  world.publish(0, "t", "far");
  world.run(1s);

  EXPECT_EQ(world.count(5, "far"), 1u);
}

TEST(GoTreeTopology, HasItsEdgesOnlyAndBothEndsReachAll) {
  const Edges edges{{0, 1}, {1, 2}, {1, 4}, {2, 3}, {0, 5}, {5, 6}, {5, 8}, {6, 7}, {8, 9}};
  World world{66, {}, Fidelity::direct};
  add_nodes(world, 10);
  connect_edges(world, edges);
  join_all(world, "t");
  world.run(3s);

  for (NodeIndex i = 0; i < 10; ++i) {
    std::vector<PeerId> expected;
    for (const auto& [from, to] : edges) {
      if (from == i) expected.push_back(world.id(to));
      if (to == i) expected.push_back(world.id(from));
    }
    std::ranges::sort(expected);
    EXPECT_EQ(world.host(i).router().subscribers("t"), expected) << i;
  }
  world.publish(9, "t", "from an end");
  world.publish(3, "t", "from another");
  world.run(2s);
  EXPECT_EQ(reach(world, "from an end").nodes, 10u);
  EXPECT_EQ(reach(world, "from another").nodes, 10u);
}

/// Those we dialled may always come in, so a hub that dials all gets a mesh of all.
TEST(GoPruneMeshCorrectly, AMeshAboveDHighIsCutToExactlyD) {
  World world{67, {}, Fidelity::direct};
  add_nodes(world, 16);
  join_all(world, "t");
  for (NodeIndex i = 1; i < 16; ++i) world.connect(0, i);
  std::size_t most = 0;
  for (int i = 0; i < 300; ++i) {
    world.run(10ms);
    most = std::max(most, world.host(0).router().mesh("t").size());
  }

  EXPECT_GT(most, 12u);
  EXPECT_EQ(world.host(0).router().mesh("t").size(), 6u);
}

TEST(GoPublishDuplicateMessage, IsNoFaultAndHeardOnce) {
  World world{68, {}, Fidelity::direct};
  const auto config =
      config_with([](gossipsub::Config& gossip) { gossip.message_id = pubsub::ids::sha256_data; });
  grow(world, 5, 3, "t", config);
  world.run(2s);

  world.publish(0, "t", "same");
  world.publish(0, "t", "same");
  world.publish(1, "t", "same");
  world.run(2s);

  EXPECT_EQ(reach(world, "same").nodes, 5u);
  EXPECT_EQ(reach(world, "same").twice, 0u);
}

TEST(GoEnoughPeers, AreThereOnceTheMeshIsBuilt) {
  World world{69, {}, Fidelity::direct};
  add_nodes(world, 20);
  join_all(world, "t");
  for (NodeIndex i = 0; i < 20; ++i) EXPECT_TRUE(world.host(i).router().mesh("t").empty()) << i;

  connect_some(world, 10);
  world.run(3s);

  for (NodeIndex i = 0; i < 20; ++i) EXPECT_GE(world.host(i).router().mesh("t").size(), 5u) << i;
}

TEST(GoCustomParams, AreUsed) {
  World world{70, {}, Fidelity::direct};
  const auto config = config_with([](gossipsub::Config& gossip) {
    gossip.d = 3;
    gossip.d_low = 2;
    gossip.d_high = 4;
    gossip.d_score = 2;
    gossip.d_out = 1;
  });
  grow(world, 20, 10, "t", config);

  world.run(10s);

  for (NodeIndex i = 0; i < 20; ++i) {
    EXPECT_GE(world.host(i).router().mesh("t").size(), 2u) << i;
    EXPECT_LE(world.host(i).router().mesh("t").size(), 5u) << i;
  }
}

}  // namespace
}  // namespace grapevine::sim
