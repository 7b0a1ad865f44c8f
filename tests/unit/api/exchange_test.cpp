// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "cluster.hpp"

namespace grapevine::test {
namespace {

NodeConfig exchanging() {
  auto config = quick();
  config.peer_exchange = true;
  return config;
}

NodeConfig bootstrapper() {
  auto config = exchanging();
  auto& gossip = config.gossip;
  gossip.d = gossip.d_low = gossip.d_high = gossip.d_score = gossip.d_out = 0;
  return config;
}

struct Exchanging : testing::Test {
  /// Both join `t` and find the hub's mesh full, the second after the hub knows the first.
  void meet(TestNode& first, TestNode& second) {
    ASSERT_TRUE(hub.node.join("t"));
    for (auto* leaf : {&first, &second}) {
      ASSERT_TRUE(leaf->node.join("t"));
      ASSERT_TRUE(leaf->node.connect({hub.address()}, patience));
      ASSERT_TRUE(hub.saw("identified " + leaf->id()));
      ASSERT_TRUE(hub.saw("joined t " + leaf->id()));
    }
    ASSERT_TRUE(second.saw("pruned t " + hub.id()));
  }
  TestNode hub{bootstrapper()};
};

TEST_F(Exchanging, FindsPeersThroughWhoPrunes) {
  TestNode first{exchanging()};
  TestNode second{exchanging()};

  meet(first, second);

  EXPECT_TRUE(second.saw("grafted t " + first.id()));
  EXPECT_TRUE(first.saw("grafted t " + second.id()));
}

TEST_F(Exchanging, AsksTheFilterBeforeItDials) {
  std::atomic<int> asked = 0;
  auto config = exchanging();
  TestNode first{exchanging()};
  config.px_address_filter = [&, wanted = first.node.id()](const Peer& peer,
                                                           const std::string& address) {
    if (peer == wanted && first.address().starts_with(address)) ++asked;
    return false;
  };
  TestNode second{config};

  meet(first, second);

  while (asked == 0) std::this_thread::yield();
  EXPECT_EQ(second.events->count("connected " + first.id()), 0u);
}

}  // namespace
}  // namespace grapevine::test
