// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

TEST(Renewal, OnANewStreamEndsWhatIsNotSaidAgain_F26) {
  Alone node;
  node.join("kept");
  node.join("dropped");
  const auto peer = node.add_meshed("kept");
  node.subscribe(peer, "dropped");
  node.subscribe(peer, "foreign");
  ASSERT_TRUE(node.meshed(peer, "dropped"));

  node.router().on_inbound_stream(peer);
  node.subscribe(peer, "kept");
  EXPECT_TRUE(node.meshed(peer, "kept"));  // grafted anew
  EXPECT_FALSE(node.meshed(peer, "dropped"));
  node.heartbeats(3);

  EXPECT_EQ(node.router().subscribers("kept").size(), 1u);
  EXPECT_TRUE(node.router().subscribers("dropped").empty());
  EXPECT_TRUE(node.router().subscribers("foreign").empty());
}

TEST(Renewal, InSeveralRpcsLosesNothing_F26) {
  Alone node;
  const auto peer = node.add();
  for (int i = 0; i < 50; ++i) node.subscribe(peer, "topic" + std::to_string(i));

  node.router().on_inbound_stream(peer);
  for (int i = 0; i < 50; ++i) {
    node.subscribe(peer, "topic" + std::to_string(i));
    if (i == 25) node.heartbeat();
  }
  node.heartbeats(3);

  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(node.router().subscribers("topic" + std::to_string(i)).size(), 1u) << i;
  }
}

/// As rust does, which tells its topics once a connection and may open another stream later.
TEST(Renewal, IsNotWhatAStreamWithoutAHelloMeans) {
  Alone node;
  node.join("old");
  const auto peer = node.add_meshed("old");

  node.router().on_inbound_stream(peer);
  node.subscribe(peer, "new");
  node.heartbeats(5);

  EXPECT_TRUE(node.meshed(peer, "old"));
  EXPECT_EQ(node.router().subscribers("old").size(), 1u);
  EXPECT_EQ(node.router().subscribers("new").size(), 1u);
}

TEST(Renewal, IsCertainOnceTheOldStreamDied_F26) {
  Alone node;
  node.join("old");
  const auto peer = node.add_meshed("old");
  node.router().on_inbound_stream(peer);
  node.subscribe(peer, "new");

  node.router().on_inbound_dead(peer);

  EXPECT_FALSE(node.meshed(peer, "old"));
  EXPECT_TRUE(node.router().subscribers("old").empty());
  EXPECT_EQ(node.router().subscribers("new").size(), 1u);
}

TEST(Stream, MovedToAnotherConnectionSaysHelloAndItsGraftsAgain_F25) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");
  node.heard(peer) = {};

  node.open(peer);

  EXPECT_EQ(node.heard(peer).subscriptions.size(), 1u);
  EXPECT_EQ(node.heard(peer).grafts, std::vector<std::string>{"t"});
  EXPECT_TRUE(node.meshed(peer, "t"));
}

}  // namespace
}  // namespace grapevine::gossipsub
