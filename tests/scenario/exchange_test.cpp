// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scenario/network.hpp"

namespace grapevine::sim {
namespace {

constexpr NodeIndex hub = 0;
constexpr std::size_t leaves = 30;

/// A star whose leaves know nobody but the hub, which keeps no mesh.
void make_star(World& world, bool hub_names_others, bool leaves_listen_to_it) {
  world.add(config_with([&](gossipsub::Config& gossip) {
    gossip.peer_exchange = hub_names_others;
    gossip.d = gossip.d_low = gossip.d_high = gossip.d_score = gossip.d_out = 0;
  }));
  add_nodes(world, leaves, config_with([&](gossipsub::Config& gossip) {
              gossip.peer_exchange = leaves_listen_to_it;
            }));
  join_all(world, "t");
  for (NodeIndex i = 1; i <= leaves; ++i) {
    const auto address = "/ip4/10.0.0." + std::to_string(i + 1) + "/tcp/4001";
    world.host(i).set_listen_addresses({*Multiaddr::parse(address)}, world.now());
    world.connect(i, hub);
    world.run(100ms);
  }
  world.run(30s);
}

using Bootstrapper = Both;

TEST_P(Bootstrapper, ThatPrunesWithPeerExchangeMakesAMeshOfStrangers) {
  World world{31, {}, GetParam()};
  make_star(world, true, true);

  EXPECT_TRUE(world.host(hub).router().mesh("t").empty());
  for (NodeIndex i = 1; i <= leaves; ++i) {
    EXPECT_GE(world.host(i).peers().size(), 4u) << i;
    EXPECT_GE(world.host(i).router().mesh("t").size(), 3u) << i;
  }
  world.disconnect(1, hub);
  for (NodeIndex i = 2; i <= leaves; ++i) world.disconnect(i, hub);
  world.run(1s);
  for (NodeIndex i = 1; i <= leaves; ++i) {
    world.publish(i, "t", "from " + std::to_string(i));
    world.run(200ms);
  }
  world.run(5s);
  for (NodeIndex i = 1; i <= leaves; ++i) {
    EXPECT_EQ(reach(world, "from " + std::to_string(i)).nodes, leaves) << i;
  }
}

TEST_P(Bootstrapper, IsNotListenedToByDefault_G14) {
  World world{32, {}, GetParam()};
  make_star(world, true, false);

  for (NodeIndex i = 1; i <= leaves; ++i) EXPECT_EQ(world.host(i).peers().size(), 1u) << i;
}

INSTANTIATE_TEST_SUITE_P(Fidelities, Bootstrapper, both, fidelity_name);

}  // namespace
}  // namespace grapevine::sim
