// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "scenario/network.hpp"

namespace grapevine::sim {
namespace {

TEST(MeshForming, OneMessageReachesThirtyNodesExactlyOnce) {
  World world{1};
  grow(world, 30, 3, "t");
  world.run(5s);

  world.publish(7, "t", "hello");
  world.run(2s);

  EXPECT_EQ(reach(world, "hello").nodes, 30u);
  EXPECT_EQ(reach(world, "hello").twice, 0u);
}

TEST(MeshForming, EveryNodeHasAMeshWithinBounds) {
  World world{2};
  grow(world, 40, 8, "t");

  world.run(10s);

  for (NodeIndex i = 0; i < world.size(); ++i) {
    const auto mesh = world.host(i).router().mesh("t").size();
    EXPECT_GE(mesh, 5u) << i;
    EXPECT_LE(mesh, 12u) << i;
  }
}

TEST(MeshForming, MeshLinksAreSymmetric) {
  World world{3};
  grow(world, 25, 5, "t");

  world.run(10s);

  for (NodeIndex i = 0; i < world.size(); ++i) {
    for (NodeIndex k = 0; k < world.size(); ++k) {
      const auto mine = world.host(i).router().mesh("t");
      const auto theirs = world.host(k).router().mesh("t");
      EXPECT_EQ(std::ranges::count(mine, world.id(k)), std::ranges::count(theirs, world.id(i)))
          << i << ' ' << k;
    }
  }
}

TEST(Replay, TheSameSeedGivesTheSameRunAndAnotherSeedAnother) {
  const auto run = [](std::uint64_t seed) {
    World world{seed, {.jitter = 10ms, .loss_per_10000 = 100}};
    grow(world, 12, 3, "t");
    world.run(3s);
    world.publish(0, "t", "x");
    world.run(2s);
    return world.trace_hash();
  };

  EXPECT_EQ(run(5), run(5));
  EXPECT_NE(run(5), run(6));
}

}  // namespace
}  // namespace grapevine::sim
