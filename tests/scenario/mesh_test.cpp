// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "scenario/network.hpp"

namespace grapevine::sim {
namespace {

using MeshForming = Both;

TEST_P(MeshForming, OneMessageReachesThirtyNodesExactlyOnce) {
  World world{1, {}, GetParam()};
  grow(world, 30, 3, "t");
  world.run(5s);

  world.publish(7, "t", "hello");
  world.run(2s);

  EXPECT_EQ(reach(world, "hello").nodes, 30u);
  EXPECT_EQ(reach(world, "hello").twice, 0u);
}

TEST_P(MeshForming, EveryNodeHasAMeshWithinBounds) {
  World world{2, {}, GetParam()};
  grow(world, 40, 8, "t");

  world.run(10s);

  for (NodeIndex i = 0; i < world.size(); ++i) {
    const auto mesh = world.host(i).router().mesh("t").size();
    EXPECT_GE(mesh, 5u) << i;
    EXPECT_LE(mesh, 12u) << i;
  }
}

TEST_P(MeshForming, MeshLinksAreSymmetric) {
  World world{3, {}, GetParam()};
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

INSTANTIATE_TEST_SUITE_P(Fidelities, MeshForming, both, fidelity_name);

}  // namespace
}  // namespace grapevine::sim
