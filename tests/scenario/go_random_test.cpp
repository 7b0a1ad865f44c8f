// SPDX-License-Identifier: Apache-2.0
// What go's randomsub tests ask: most of the network hears.
#include <gtest/gtest.h>

#include "scenario/network.hpp"

namespace grapevine::sim {
namespace {

std::shared_ptr<const host::Config> random_config(std::size_t network_size) {
  return config_with([=](gossipsub::Config& gossip) {
    gossip.mode = gossipsub::Mode::randomsub;
    gossip.versions = {gossipsub::Version::randomsub, gossipsub::Version::floodsub};
    gossip.randomsub_network_size = network_size;
  });
}

/// Deliveries of ten messages, each published by another node that joined.
std::size_t publish_ten(World& world) {
  std::size_t delivered = 0;
  for (int i = 0; i < 10; ++i) {
    const auto data = "message " + std::to_string(i);
    world.publish(world.rng().below(world.size()), "t", data);
    world.run(500ms);
    for (NodeIndex node = 0; node < world.size(); ++node) delivered += world.count(node, data);
  }
  return delivered;
}

TEST(GoRandomsub, SmallMostHear) {
  World world{7, {}, Fidelity::direct};
  add_nodes(world, 10, random_config(10));
  join_all(world, "t");
  connect_all(world);
  world.run(1s);

  EXPECT_GE(publish_ten(world), 70u);
}

TEST(GoRandomsub, BigMostHear) {
  World world{8, {}, Fidelity::direct};
  add_nodes(world, 50, random_config(50));
  join_all(world, "t");
  connect_some(world, 12);
  world.run(1s);

  EXPECT_GE(publish_ten(world), 400u);
}

TEST(GoRandomsub, MixedWithFloodsubMostHear) {
  World world{9, {}, Fidelity::direct};
  add_nodes(world, 10, config_with([](gossipsub::Config& gossip) {
              gossip.mode = gossipsub::Mode::floodsub;
            }));
  add_nodes(world, 30, random_config(30));
  join_all(world, "t");
  connect_some(world, 12);
  world.run(1s);

  EXPECT_GE(publish_ten(world), 360u);
}

}  // namespace
}  // namespace grapevine::sim
