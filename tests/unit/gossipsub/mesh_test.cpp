// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/gossipsub/network.hpp"

namespace grapevine::gossipsub {
namespace {

TEST(Mesh, FormsOnSubscriptionAndCarriesAMessageOnceToEach) {
  Network network;
  for (int i = 0; i < 3; ++i) network.join(network.add(), "meetme");
  network.connect(0, 1);
  network.connect(1, 2);

  ASSERT_TRUE(network.publish(2, "meetme", "hellokatty"));

  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(network.count(i, "hellokatty"), 1u) << i;
  EXPECT_EQ(network.router(1).mesh("meetme").size(), 2u);
}

TEST(Mesh, OfManyIsCutToDWhenItExceedsDHigh) {
  Network network;
  network.join(network.add(), "t");
  for (std::size_t i = 1; i <= 20; ++i) {
    network.join(network.add(), "t");
    network.connect(0, i);
  }

  network.advance(3s);

  EXPECT_LE(network.router(0).mesh("t").size(), Config{}.d_high);
  EXPECT_GE(network.router(0).mesh("t").size(), Config{}.d_low);
}

TEST(Mesh, PeerThatPrunedUsIsNotGraftedWithinItsBackoff) {
  Network network;
  network.join(network.add(), "t");
  network.join(network.add(), "t");
  network.connect(0, 1);
  pubsub::RpcWriter writer{{}};
  writer.add_prune({"t", 30, {}});

  ASSERT_TRUE(network.feed(0, 1, writer.take()));
  network.advance(29s);

  EXPECT_TRUE(network.router(0).mesh("t").empty());
  network.advance(10s);
  EXPECT_EQ(network.router(0).mesh("t").size(), 1u);
}

TEST(Gossip, ReachesALateJoinerOutsideTheMesh) {
  Network network;
  for (int i = 0; i < 2; ++i) network.join(network.add(), "t");
  network.connect(0, 1);
  ASSERT_TRUE(network.publish(0, "t", "before"));

  network.join(network.add(), "t");
  network.connect(2, 1);
  pubsub::RpcWriter writer{{}};
  writer.add_prune({"t", 60, {}});
  ASSERT_TRUE(network.feed(1, 2, writer.take()));
  network.advance(2s);

  EXPECT_EQ(network.count(2, "before"), 1u);
}

TEST(Router, HoldsNothingOfPeersThatLeft_V50) {
  Network network;
  for (std::size_t i = 0; i < 5; ++i) {
    network.join(network.add(), "t");
    if (i > 0) network.connect(0, i);
  }
  ASSERT_TRUE(network.publish(1, "t", "x"));
  network.advance(2s);

  for (std::size_t i = 1; i < 5; ++i) network.disconnect(0, i);

  EXPECT_EQ(network.router(0).peer_state_size(), 0u);
}

}  // namespace
}  // namespace grapevine::gossipsub
