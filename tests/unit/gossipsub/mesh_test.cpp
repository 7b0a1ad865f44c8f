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

/// `count` nodes in one topic, each dialling `degree` later ones.
void web(Network& network, std::size_t count, std::size_t degree, std::string_view topic) {
  for (std::size_t i = 0; i < count; ++i) network.join(network.add(), topic);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t step = 1; step <= degree && i + step * step < count; ++step) {
      network.connect(i, i + step * step);
    }
  }
}

TEST(Web, SparseOrDenseCarriesEveryMessageToEverybodyOnce) {
  for (const std::size_t degree : {2u, 4u}) {
    Network network;
    web(network, 20, degree, "t");
    network.advance(2s);
    for (std::size_t i = 0; i < 100; ++i) {
      ASSERT_TRUE(network.publish(i * 7 % 20, "t", "m" + std::to_string(i)));
    }
    network.advance(5s);

    for (std::size_t at = 0; at < 20; ++at) {
      for (std::size_t i = 0; i < 100; ++i) {
        EXPECT_EQ(network.count(at, "m" + std::to_string(i)), 1u) << at << ' ' << i;
      }
    }
  }
}

TEST(Web, OfMixedVersionsCarriesEveryMessage) {
  Network network;
  const Version versions[] = {Version::floodsub, Version::v1_0, Version::v1_1, Version::v1_2};
  for (std::size_t i = 0; i < 12; ++i) network.join(network.add(), "t");
  for (std::size_t i = 0; i < 12; ++i) {
    network.connect(i, (i + 1) % 12, versions[i % 4]);
    if (i % 3 == 0) network.connect(i, (i + 5) % 12, versions[(i + 1) % 4]);
  }
  network.advance(3s);
  for (std::size_t i = 0; i < 12; ++i) {
    ASSERT_TRUE(network.publish(i, "t", std::to_string(i) + std::string(2000, '.')));
  }
  network.advance(5s);

  for (std::size_t at = 0; at < 12; ++at) EXPECT_EQ(network.node(at).delivered.size(), 12u) << at;
}

TEST(Line, OfSixNodesCarriesAMessageFromEndToEnd) {
  Network network;
  for (std::size_t i = 0; i < 6; ++i) network.join(network.add(), "t");
  for (std::size_t i = 0; i + 1 < 6; ++i) network.connect(i, i + 1);

  ASSERT_TRUE(network.publish(0, "t", "far"));

  EXPECT_EQ(network.count(5, "far"), 1u);
}

TEST(Subscribers, WhoComeOneByOneAllReceive) {
  Network network;
  web(network, 10, 3, "elsewhere");
  for (std::size_t i = 0; i < 10; ++i) {
    network.join(i, "t");
    network.advance(300ms);
  }
  for (std::size_t i = 0; i < 10; ++i) ASSERT_TRUE(network.publish(i, "t", std::to_string(i)));
  network.advance(4s);

  for (std::size_t at = 0; at < 10; ++at) EXPECT_EQ(network.node(at).delivered.size(), 10u);
}

TEST(Subscribers, WhoRemainAfterSomeHaveLeftReceive) {
  Network network;
  web(network, 20, 4, "t");
  network.advance(2s);
  for (std::size_t i = 1; i < 20; i += 4) network.leave(i, "t");
  network.advance(2s);

  for (std::size_t i = 0; i < 20; i += 2) ASSERT_TRUE(network.publish(i, "t", std::to_string(i)));
  network.advance(5s);

  for (std::size_t at = 0; at < 20; ++at) {
    EXPECT_EQ(network.node(at).delivered.size(), at % 4 == 1 ? 0u : 10u) << at;
  }
}

TEST(Fanout, OfANodeThatNeverJoinedReachesAll) {
  Network network;
  web(network, 10, 3, "t");
  const auto outsider = network.add();
  for (std::size_t i = 0; i < 10; ++i) network.connect(outsider, i);
  network.advance(2s);

  ASSERT_TRUE(network.publish(outsider, "t", "from outside"));
  network.join(outsider, "t");
  ASSERT_TRUE(network.publish(outsider, "t", "from inside"));
  network.advance(3s);

  for (std::size_t at = 0; at < 10; ++at) {
    EXPECT_EQ(network.count(at, "from outside"), 1u);
    EXPECT_EQ(network.count(at, "from inside"), 1u);
  }
}

TEST(Mesh, NeverHoldsAGraftWithinABackoffInASeedOfChurn) {
  for (int seed = 0; seed < 5; ++seed) {
    Rng rng{Rng::Seed{static_cast<std::uint8_t>(seed)}};
    Network network;
    web(network, 12, 3, "t");
    for (int step = 0; step < 60; ++step) {
      const auto at = rng.below(12);
      if (rng.chance(1, 2)) {
        network.leave(at, "t");
      } else {
        network.join(at, "t");
      }
      ASSERT_TRUE(network.publish(rng.below(12), "t", std::to_string(step)));
      network.advance(std::chrono::milliseconds{rng.below(2500)});
    }
    for (std::size_t at = 0; at < 12; ++at) {
      for (int step = 0; step < 60; ++step) EXPECT_LE(network.count(at, std::to_string(step)), 1u);
    }
  }
}

TEST(Router, WithTheSameSeedDoesTheSame) {
  const auto run = [] {
    Network network;
    std::string record;
    network.tap = [&](std::size_t from, std::size_t to, const SharedBytes& frame) {
      record += std::to_string(from) + '>' + std::to_string(to) + ':' + to_text(frame.view());
    };
    web(network, 15, 3, "t");
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(network.publish(static_cast<std::size_t>(i) % 15, "t", std::to_string(i)));
      network.advance(400ms);
    }
    return record;
  };

  EXPECT_EQ(run(), run());
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
