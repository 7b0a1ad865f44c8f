// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scenario/network.hpp"

namespace grapevine::sim {
namespace {

using Loss = Both;
using Partition = Both;
using Churn = Both;
using Dialling = Both;
using Restart = Both;

TEST_P(Loss, OfFivePercentDelaysMessagesButLosesNone) {
  World world{11, {.jitter = 20ms, .loss_per_10000 = 500}, GetParam()};
  grow(world, 20, 4, "t");
  world.run(5s);

  for (int i = 0; i < 50; ++i) {
    world.publish(world.rng().below(20), "t", "m" + std::to_string(i));
    world.run(100ms);
  }
  world.run(10s);

  for (int i = 0; i < 50; ++i) {
    const auto got = reach(world, "m" + std::to_string(i));
    EXPECT_EQ(got.nodes, 20u) << i;
    EXPECT_EQ(got.twice, 0u) << i;
  }
}

TEST_P(Partition, OfAFewSecondsHealsAndGossipBringsWhatWasMissed) {
  World world{12, {}, GetParam()};
  grow(world, 16, 4, "t");
  world.run(5s);
  std::vector<int> halves(16);
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = i < 8 ? 0 : 1;

  world.partition(halves);
  world.publish(0, "t", "left");
  world.run(2s);
  EXPECT_LE(reach(world, "left").nodes, 8u);
  world.heal();
  world.run(10s);

  EXPECT_EQ(reach(world, "left").nodes, 16u);
  EXPECT_EQ(reach(world, "left").twice, 0u);
}

TEST_P(Partition, OfTwoMinutesEndsTheConnectionsAcrossItAndANewDialJoinsTheHalves) {
  World world{13, {}, GetParam()};
  grow(world, 10, 3, "t");
  world.run(5s);
  world.partition({0, 0, 0, 0, 0, 1, 1, 1, 1, 1});

  world.run(120s);
  for (NodeIndex i = 0; i < 5; ++i) {
    for (const auto& peer : world.host(i).peers()) {
      for (NodeIndex k = 5; k < 10; ++k) EXPECT_NE(peer.peer, world.id(k));
    }
  }
  world.heal();
  world.connect(0, 5);
  world.connect(1, 6);
  world.run(10s);
  world.publish(9, "t", "together");
  world.run(5s);

  EXPECT_EQ(reach(world, "together").nodes, 10u);
}

TEST_P(Churn, OfAFifthOfTheNodesLeavesTheRestConnectedAndTheReturnedHear) {
  World world{14, {}, GetParam()};
  grow(world, 25, 5, "t");
  world.run(5s);

  for (NodeIndex i = 0; i < 5; ++i) world.crash(i * 5);
  world.run(3s);
  world.publish(1, "t", "without them");
  world.run(5s);
  EXPECT_EQ(reach(world, "without them").nodes, 20u);

  for (NodeIndex i = 0; i < 5; ++i) {
    world.restart(i * 5);
    world.join(i * 5, "t");
    for (int k = 0; k < 3; ++k) world.connect(i * 5, i * 5 + 1 + world.rng().below(4));
  }
  world.run(10s);
  world.publish(2, "t", "with them");
  world.run(5s);

  EXPECT_EQ(reach(world, "with them").nodes, 25u);
  EXPECT_EQ(reach(world, "with them").twice, 0u);
}

TEST_P(Dialling, FromBothSidesAtOnceLeavesOneConnection_F25) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World world{seed, {.jitter = 50ms}, GetParam()};
    const auto config = default_config();
    for (int i = 0; i < 2; ++i) world.join(world.add(config), "t");
    world.connect(0, 1);
    world.connect(1, 0);
    world.run(3s);
    world.publish(0, "t", "during");

    world.run(10s);
    world.publish(1, "t", "after");
    world.run(2s);

    EXPECT_EQ(world.host(0).link_count(), 1u) << seed;
    EXPECT_EQ(world.host(1).link_count(), 1u) << seed;
    EXPECT_EQ(world.count(1, "during"), 1u) << seed;
    EXPECT_EQ(world.count(0, "after"), 1u) << seed;
  }
}

TEST_P(Restart, WithTheSameIdentityIsHeardAgainThoughTheOldConnectionLingers_F26) {
  World world{15, {}, GetParam()};
  const auto config = default_config();
  for (int i = 0; i < 2; ++i) world.join(world.add(config), "t");
  world.connect(1, 0);
  world.run(2s);
  world.partition({0, 1});  // the crash is not heard of
  world.run(100ms);
  world.crash(1);
  world.run(100ms);
  world.heal();
  world.restart(1);
  world.join(1, "t");

  world.connect(1, 0);
  world.run(8s);
  world.publish(0, "t", "again");
  world.run(2s);

  EXPECT_EQ(world.count(1, "again"), 1u);
  EXPECT_EQ(world.host(0).peers().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Fidelities, Loss, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, Partition, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, Churn, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, Dialling, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, Restart, both, fidelity_name);

}  // namespace
}  // namespace grapevine::sim
