// SPDX-License-Identifier: Apache-2.0
// A star: one hub, and leaves that know nobody but it. The hub's mesh takes d_high of them; the
// others, whom it refuses, hear by gossip only, so that how many are reached is arithmetic:
//   each of the mcache_gossip heartbeats tells max(d_lazy, gossip_factor * (n - d_high)) of the
//   n - d_high leaves outside the mesh, chosen anew each time.
// With 60 leaves and go's defaults: 12 of 48, three times, so a leaf outside is missed with
// (36/48)^3 = 0.42, and 1 + 12 + 48 * 0.58 = 40.75 nodes of 61 are reached on average. More is not
// promised: a star of that size wants gossip_factor 1, flood publishing, or leaves that know each
// other.
#include <gtest/gtest.h>

#include <map>

#include "scenario/network.hpp"
#include "scenario/wiretap.hpp"

namespace grapevine::sim {
namespace {

constexpr NodeIndex hub = 0;
constexpr std::size_t leaves = 60;
constexpr std::size_t d_high = 12;

void make_star(World& world, double gossip_factor) {
  const auto config =
      config_with([&](gossipsub::Config& gossip) { gossip.gossip_factor = gossip_factor; });
  add_nodes(world, leaves + 1, config);
  join_all(world, "t");
  for (NodeIndex i = 1; i <= leaves; ++i) world.connect(i, hub);
  world.run(10s);
}

using Star = Both;

TEST_P(Star, OfSixtyReachesWhatTheGossipFactorPromises) {
  World world{26, {}, GetParam()};
  make_star(world, 0.25);
  constexpr std::size_t messages = 40;

  std::size_t reached = 0;
  for (std::size_t i = 0; i < messages; ++i) {
    const auto data = "from " + std::to_string(i);
    world.publish(1 + i, "t", data);
    world.run(8s);
    const auto got = reach(world, data);
    EXPECT_GE(got.nodes, 1 + d_high + 12u) << i;  // the mesh and the first round of gossip
    EXPECT_EQ(got.twice, 0u) << i;
    reached += got.nodes;
  }

  EXPECT_EQ(world.host(hub).peers().size(), leaves);
  EXPECT_EQ(world.host(hub).router().mesh("t").size(), d_high);
  const auto mean = static_cast<double>(reached) / messages;
  EXPECT_NEAR(mean, 40.75, 1.5);
}

TEST_P(Star, WhoseHubGossipsToAllCarriesEveryMessage) {
  World world{27, {}, GetParam()};
  make_star(world, 1.0);

  for (NodeIndex i = 0; i <= leaves; i += 6) {
    world.publish(i, "t", "from " + std::to_string(i));
    world.run(300ms);
  }
  world.run(10s);

  EXPECT_EQ(world.host(hub).router().mesh("t").size(), d_high);
  for (NodeIndex i = 0; i <= leaves; i += 6) {
    const auto got = reach(world, "from " + std::to_string(i));
    EXPECT_EQ(got.nodes, leaves + 1) << i;
    EXPECT_EQ(got.twice, 0u) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Fidelities, Star, both, fidelity_name);

TEST(StarsHub, TellsTwelveOutsideItsMeshInEachOfThreeHeartbeatsAndEachAsksOnce) {
  World world{28, {}, Fidelity::direct};
  Wiretap wire{world};
  make_star(world, 0.25);
  const auto mesh = world.host(hub).router().mesh("t");
  wire.forget();

  world.publish(hub, "t", "news");
  world.run(8s);

  std::map<TimePoint, std::size_t> told;
  for (const auto& heard : wire.heard()) {
    if (heard.from != hub || !advertises(heard.rpc)) continue;
    ++told[heard.at];
    EXPECT_EQ(std::ranges::count(mesh, world.id(heard.to)), 0);
  }
  ASSERT_EQ(told.size(), 3u);
  for (const auto& [at, count] : told) EXPECT_EQ(count, 12u);
  for (NodeIndex i = 1; i <= leaves; ++i) {
    const bool meshed = std::ranges::count(mesh, world.id(i)) > 0;
    const auto adverts = wire.count(hub, i, advertises);
    EXPECT_EQ(world.count(i, "news"), meshed || adverts > 0 ? 1u : 0u) << i;
    EXPECT_EQ(wire.count(i, hub, asks), !meshed && adverts > 0 ? 1u : 0u) << i;
    EXPECT_EQ(wire.count(hub, i, publishes), world.count(i, "news")) << i;
  }
}

}  // namespace
}  // namespace grapevine::sim
