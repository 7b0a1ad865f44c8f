// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/gossipsub/network.hpp"

namespace grapevine::gossipsub {
namespace {

/// A star of subscribers around node 0, which speaks randomsub.
struct Star {
  explicit Star(std::size_t leaves_in, std::size_t network_size = 0) : leaves{leaves_in} {
    Config config;
    config.mode = Mode::randomsub;
    config.randomsub_network_size = network_size;
    for (std::size_t i = 0; i <= leaves; ++i) net.add(config);
  }
  void connect(std::size_t leaf, Version version) {
    net.connect(0, leaf, version);
    net.join(leaf, "t");
  }
  void connect_all() {
    for (std::size_t leaf = 1; leaf <= leaves; ++leaf) connect(leaf, Version::randomsub);
  }
  std::size_t reached(std::string_view data) {
    std::size_t sum = 0;
    for (std::size_t leaf = 1; leaf <= leaves; ++leaf) sum += net.count(leaf, data);
    return sum;
  }
  Network net;
  std::size_t leaves;
};

TEST(Randomsub, SendsToSixOfManyAndToOthersTheNextTime) {
  Star star{20};
  star.connect_all();

  EXPECT_EQ(star.net.publish(0, "t", "one"), 6u);
  EXPECT_EQ(star.reached("one"), 6u);
  std::size_t heard = 0;
  for (int i = 0; i < 30; ++i) star.net.publish(0, "t", std::to_string(i));
  for (std::size_t leaf = 1; leaf <= 20; ++leaf) {
    heard += star.net.node(leaf).delivered.empty() ? 0 : 1;
  }
  EXPECT_EQ(heard, 20u);
}

TEST(Randomsub, SendsToTheSquareRootOfTheNetworkRoundedUp) {
  Star star{20, 101};
  star.connect_all();

  EXPECT_EQ(star.net.publish(0, "t", "one"), 11u);
  EXPECT_EQ(star.reached("one"), 11u);
}

TEST(Randomsub, SendsToAllWhereThereAreFew) {
  Star star{5};
  star.connect_all();

  EXPECT_EQ(star.net.publish(0, "t", "one"), 5u);
}

TEST(Randomsub, SendsToEveryFloodsubPeerBesides) {
  Star star{20};
  for (std::size_t leaf = 1; leaf <= 20; ++leaf) {
    star.connect(leaf, leaf <= 8 ? Version::floodsub : Version::randomsub);
  }

  EXPECT_EQ(star.net.publish(0, "t", "one"), 14u);
  for (std::size_t leaf = 1; leaf <= 8; ++leaf) EXPECT_EQ(star.net.count(leaf, "one"), 1u);
}

TEST(Randomsub, ForwardsNeverBackAndHasNoMesh) {
  Star star{12};
  star.connect_all();
  star.net.join(0, "t");
  star.net.advance(2s);

  star.net.publish(1, "t", "one");

  EXPECT_EQ(star.net.count(0, "one"), 1u);
  EXPECT_EQ(star.net.count(1, "one"), 1u) << "its own, once";
  EXPECT_EQ(star.reached("one"), 7u);
  EXPECT_TRUE(star.net.router(0).mesh("t").empty());
}

}  // namespace
}  // namespace grapevine::gossipsub
