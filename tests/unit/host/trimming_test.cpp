// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

/// Host 0 takes `most` connections; the others dial it in turn, each two seconds after the other.
struct Crowd {
  explicit Crowd(std::size_t most) {
    hub = lab.add(config_with([&](Config& config, auto&, auto&) {
      config.inbound_max = most;
      config.per_ip_max = config.accepts_per_ip_burst = 100;
    }));
  }
  Lab::Node dial() {
    const auto node = lab.add();
    dial(node);
    return node;
  }
  void dial(Lab::Node node) {
    lab.connect(node, {lab.full(hub)});
    lab.run(2s);
  }
  bool connected(Lab::Node node) { return lab.host(hub).peer(lab.id(node)).has_value(); }

  Lab lab;
  Lab::Node hub{};
};

TEST(GoTagTracerMeshTags, WhoIsInAMeshStaysWhenAnotherNeedsTheRoom) {
  Crowd crowd{2};
  const auto meshed = crowd.lab.add();
  crowd.lab.host(crowd.hub).join("t", crowd.lab.now());
  crowd.lab.host(meshed).join("t", crowd.lab.now());
  const auto idle = crowd.dial();
  crowd.dial(meshed);
  crowd.lab.run(40s);
  ASSERT_EQ(crowd.lab.host(crowd.hub).router().mesh("t").size(), 1u);

  const auto newcomer = crowd.dial();

  EXPECT_TRUE(crowd.connected(meshed));
  EXPECT_FALSE(crowd.connected(idle));
  EXPECT_TRUE(crowd.connected(newcomer));
}

TEST(GoTagTracerDirectPeerTags, ADirectPeerStaysWhenAnotherNeedsTheRoom) {
  Crowd crowd{2};
  const auto idle = crowd.dial();
  const auto direct = crowd.dial();
  crowd.lab.host(crowd.hub).add_direct(crowd.lab.id(direct), {}, crowd.lab.now());
  crowd.lab.run(40s);

  const auto newcomer = crowd.dial();

  EXPECT_TRUE(crowd.connected(direct));
  EXPECT_FALSE(crowd.connected(idle));
  EXPECT_TRUE(crowd.connected(newcomer));
}

TEST(Trimming, SparesTheNewAndGoesSlowly) {
  Crowd crowd{2};
  const auto first = crowd.dial();
  const auto second = crowd.dial();
  EXPECT_FALSE(crowd.connected(crowd.dial()));  // nobody is older than the grace
  crowd.lab.run(40s);

  const auto third = crowd.lab.add();
  const auto fourth = crowd.lab.add();
  crowd.lab.connect(third, {crowd.lab.full(crowd.hub)});
  crowd.lab.connect(fourth, {crowd.lab.full(crowd.hub)});
  crowd.lab.run(2s);

  EXPECT_TRUE(crowd.connected(first));  // of equals the one that was here the shortest time goes
  EXPECT_FALSE(crowd.connected(second));
  EXPECT_TRUE(crowd.connected(third));
  EXPECT_FALSE(crowd.connected(fourth));
}

}  // namespace
}  // namespace grapevine::host
