// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>

#include "scenario/network.hpp"
#include "scenario/wiretap.hpp"

namespace grapevine::sim {
namespace {

using Kind = gossipsub::Traced::Kind;
using HalfOpen = Both;
using Stopped = Both;
using Starved = Both;
using Restarted = Both;

std::vector<int> without(const World& world, NodeIndex node) {
  std::vector<int> groups(world.size());
  groups[node] = 1;
  return groups;
}

TEST_P(HalfOpen, ConnectionsAreFoundWithinFortySecondsAndDialledAgainWithBackoff_F05) {
  World world{31, {}, GetParam()};
  add_nodes(world, 5);
  join_all(world, "t");
  connect_all(world);
  world.run(5s);
  world.add_direct(0, 1);
  world.run(5s);
  ASSERT_TRUE(world.host(0).peer(world.id(1)));

  world.partition(without(world, 1));  // the plug is pulled
  world.run(41s);
  for (NodeIndex i = 0; i < 5; ++i) {
    EXPECT_EQ(world.host(i).peers().size(), i == 1 ? 0u : 3u) << i;
    EXPECT_EQ(world.host(i).state_size().links, i == 1 ? 0u : 3u) << i;
  }
  world.publish(2, "t", "without it");
  world.run(2s);
  EXPECT_EQ(reach(world, "without it").nodes, 4u);
  EXPECT_LE(world.host(0).state_size().dials, 1u);
  world.run(60s);
  EXPECT_FALSE(world.host(0).peer(world.id(1)));

  world.heal();
  world.run(90s);
  EXPECT_TRUE(world.host(0).peer(world.id(1)));
  world.publish(1, "t", "back again");
  world.run(3s);
  EXPECT_EQ(reach(world, "back again").nodes, 5u);
}

TEST_P(Stopped, ForTenSecondsANodeCatchesUpAndNobodyPunishesIt_F09) {
  for (const auto span : {1s, 10s}) {
    World world{32, {}, GetParam()};
    add_nodes(world, 10);
    join_all(world, "t");
    connect_all(world);
    world.run(5s);
    const auto mesh = world.host(3).router().mesh("t");

    world.stop(3);
    for (int i = 0; i < 10; ++i) {
      world.publish(world.rng().below(3), "t", "m" + std::to_string(i));
      world.run(span / 10);
    }
    world.resume(3);
    world.run(3s);

    for (int i = 0; i < 10; ++i) EXPECT_EQ(world.count(3, "m" + std::to_string(i)), 1u) << i;
    EXPECT_EQ(world.host(3).router().mesh("t"), mesh);
    for (NodeIndex i = 0; i < 10; ++i) EXPECT_EQ(world.traced(i, Kind::prune), 0u) << i;
  }
}

TEST_P(Stopped, ForAMinuteANodeIsLeftByTheOthersAndReturns_F09) {
  World world{33, {}, GetParam()};
  grow(world, 10, 5, "t");
  world.run(5s);

  world.stop(3);
  world.run(60s);
  for (NodeIndex i = 0; i < 10; ++i) {
    if (i != 3) {
      EXPECT_FALSE(world.host(i).peer(world.id(3))) << i;
    }
  }
  world.resume(3);
  world.run(1s);
  EXPECT_EQ(world.host(3).peers().size(), 0u);
  for (NodeIndex i = 0; i < 3; ++i) world.connect(3, i);
  world.run(5s);
  world.publish(3, "t", "awake");
  world.run(2s);

  EXPECT_EQ(reach(world, "awake").nodes, 10u);
}

TEST(StoppedHeartbeat, HappensOnceHoweverLate_F09) {
  World world{34, {}, Fidelity::direct};
  Wiretap wire{world};
  const auto config = config_with([](gossipsub::Config& gossip) {
    gossip.d = gossip.d_low = gossip.d_high = gossip.d_score = gossip.d_out = 0;  // gossip only
  });
  add_nodes(world, 4, config);
  join_all(world, "t");
  connect_all(world);
  world.run(5s);
  world.publish(0, "t", "said before");

  world.stop(0);
  world.run(10s);
  wire.forget();
  world.resume(0);
  world.run(500ms);

  for (NodeIndex i = 1; i < 4; ++i) EXPECT_EQ(wire.count(0, i, advertises), 1u) << i;
}

TEST_P(Starved, OfNineTenthsOfItsTimeANodeHearsEverythingAndKeepsItsMesh_F18) {
  World world{35, {}, GetParam()};
  add_nodes(world, 10);
  join_all(world, "t");
  connect_all(world);
  world.run(5s);

  for (int i = 0; i < 30; ++i) {
    world.stop(3);
    world.publish(static_cast<NodeIndex>(i % 3), "t", "m" + std::to_string(i));
    world.run(900ms);
    world.resume(3);
    world.run(100ms);
  }
  world.run(2s);

  for (int i = 0; i < 30; ++i) EXPECT_EQ(world.count(3, "m" + std::to_string(i)), 1u) << i;
  for (NodeIndex i = 0; i < 10; ++i) EXPECT_EQ(world.traced(i, Kind::prune), 0u) << i;
  EXPECT_EQ(world.host(3).peers().size(), world.host(3).router().subscribers("t").size());
  EXPECT_LE(world.bytes_in_flight(), 100'000u);
}

/// Node 1 dies unheard while the connection to node 0 stays open there, and returns to `topics`.
void restart_unheard(World& world, const std::vector<std::string>& topics) {
  world.partition(without(world, 1));
  world.run(100ms);
  world.crash(1);
  world.run(1s);
  world.heal();
  world.restart(1);
  for (const auto& topic : topics) world.join(1, topic);
  world.connect(1, 0);
}

TEST_P(Restarted, WithFewerTopicsAPeerIsNoLongerTakenForASubscriberOfTheRest_F26) {
  World world{36, {}, GetParam()};
  grow(world, 2, 1, "kept");
  join_all(world, "dropped");
  world.run(5s);
  ASSERT_EQ(world.host(0).router().mesh("dropped").size(), 1u);

  restart_unheard(world, {"kept"});
  world.run(5s);

  EXPECT_EQ(world.host(0).peers().size(), 1u);
  EXPECT_EQ(world.host(0).router().subscribers("dropped").size(), 0u);
  EXPECT_EQ(world.host(0).router().mesh("dropped").size(), 0u);
  EXPECT_EQ(world.host(0).router().mesh("kept").size(), 1u);
  EXPECT_EQ(world.host(1).router().mesh("kept").size(), 1u);
  world.publish(0, "kept", "to you");
  world.publish(1, "kept", "to me");
  world.run(1s);
  EXPECT_EQ(world.count(1, "to you"), 1u);
  EXPECT_EQ(world.count(0, "to me"), 1u);
}

/// Nothing is repeated on the new connection: only when the old one is found dead is it certain
/// that the peer has begun anew.
TEST_P(Restarted, WithOtherTopicsOnlyAPeerLosesTheOldOnesWithTheOldConnection_F26) {
  World world{37, {}, GetParam()};
  grow(world, 2, 1, "old");
  world.run(5s);

  restart_unheard(world, {"new"});
  world.join(0, "new");
  world.run(5s);
  EXPECT_EQ(world.host(0).router().mesh("new").size(), 1u);
  world.run(45s);

  EXPECT_EQ(world.host(0).router().subscribers("old").size(), 0u);
  EXPECT_EQ(world.host(0).router().subscribers("new").size(), 1u);
  EXPECT_EQ(world.host(0).peers().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Fidelities, HalfOpen, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, Stopped, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, Starved, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, Restarted, both, fidelity_name);

/// Knows the gossip streams between nodes 0 and 1, and can break them or change what is asked for.
class Meddler {
 public:
  explicit Meddler(World& world) : world_{world} {
    world.set_tap([this](NodeIndex from, NodeIndex, host::direct::Frames& frames) {
      for (auto& frame : frames) {
        auto* open = std::get_if<host::direct::Open>(&frame);
        if (open == nullptr) continue;
        streams_[from] = open->stream;
        if (only_)
          open->proposals =
              open->proposals.size() > 1 ? std::vector{*only_} : std::vector<std::string>{"/no"};
      }
    });
  }
  void reset(NodeIndex opener) {
    const host::direct::Frames frames{host::direct::Reset{streams_[opener]}};
    world_.inject(opener, 1 - opener, frames);
    world_.inject(1 - opener, opener, frames);
  }
  /// Of the proposals of a stream to come none is let through at first, then only this one.
  void allow_only(std::string protocol) { only_ = std::move(protocol); }

 private:
  World& world_;
  std::array<session::StreamId, 2> streams_{};
  std::optional<std::string> only_;
};

TEST(GossipStream, ResetAThousandTimesIsOpenedAgainAndLeavesOneOfEverything_F27) {
  World world{38, {}, Fidelity::direct};
  Meddler meddler{world};
  grow(world, 2, 1, "t");
  world.run(5s);
  const auto router = world.host(0).state_size().router;

  for (int i = 0; i < 1000; ++i) {
    meddler.reset(static_cast<NodeIndex>(i % 2));
    world.run(31s);
    ASSERT_EQ(world.host(0).router().subscribers("t").size(), 1u) << i;
    ASSERT_EQ(world.host(1).router().subscribers("t").size(), 1u) << i;
    ASSERT_EQ(world.host(0).router().mesh("t").size(), 1u) << i;
    ASSERT_EQ(world.host(1).router().mesh("t").size(), 1u) << i;
  }

  EXPECT_EQ(world.host(0).state_size().router, router);
  EXPECT_EQ(world.host(0).state_size().streams, 2u);
  EXPECT_LE(world.host(0).state_size().timers, 70u);
  world.publish(0, "t", "there");
  world.publish(1, "t", "back");
  world.run(1s);
  EXPECT_EQ(world.count(1, "there"), 1u);
  EXPECT_EQ(world.count(0, "back"), 1u);
}

TEST(GossipStream, ResetAgainAndAgainWithoutAPauseEndsTheConnection_F27) {
  World world{39, {}, Fidelity::direct};
  Meddler meddler{world};
  grow(world, 2, 1, "t");
  world.run(5s);

  for (int i = 0; i < 10 && !world.host(0).peers().empty(); ++i) {
    meddler.reset(0);
    world.run(12s);
  }

  EXPECT_TRUE(world.host(0).peers().empty());
  EXPECT_EQ(world.host(0).state_size().router, 0u);
}

TEST(GossipStream, DowngradedToTheFirstVersionCarriesMessagesBothWays_F27) {
  World world{40, {}, Fidelity::direct};
  Meddler meddler{world};
  grow(world, 2, 1, "t");
  world.run(5s);

  meddler.allow_only("/meshsub/1.0.0");
  meddler.reset(0);
  meddler.reset(1);
  world.run(10s);

  for (NodeIndex i = 0; i < 2; ++i) {
    ASSERT_EQ(world.host(i).peers().size(), 1u) << i;
    EXPECT_EQ(world.host(i).peers().front().gossip_protocol, "/meshsub/1.0.0") << i;
    EXPECT_EQ(world.host(i).router().mesh("t").size(), 1u) << i;
  }
  world.publish(0, "t", "there");
  world.publish(1, "t", "back");
  world.run(1s);
  EXPECT_EQ(world.count(1, "there"), 1u);
  EXPECT_EQ(world.count(0, "back"), 1u);
}

}  // namespace
}  // namespace grapevine::sim
