// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "scenario/network.hpp"

// Validation and filtering among whole nodes; names begin with those of go's tests.
namespace grapevine::sim {
namespace {

using gossipsub::Traced;
using gossipsub::Validation;

using GoValidate = Both;
using GoValidateOverload = Both;
using GoBasicSeqnoValidator = Both;
using GoBlacklist = Both;
using GoPeerFilter = Both;
using HungValidators = Both;

TEST_P(GoValidate, BadContentIsDeliveredNowhereBeyondWhoValidates) {
  World world{41, {}, GetParam()};
  add_nodes(world, 3);
  join_all(world, "t");
  connect_edges(world, {{0, 1}, {1, 2}});
  world.host(1).set_validation("t", {.asked = true});
  world.set_judge([](NodeIndex, const host::Validate& asked) {
    const bool bad = to_text(asked.message.view.payload()).starts_with("bad");
    return bad ? Validation::reject : Validation::accept;
  });
  world.run(3s);

  world.publish(0, "t", "good");
  world.publish(0, "t", "bad");
  world.run(3s);

  EXPECT_EQ(reach(world, "good").nodes, 3u);
  EXPECT_EQ(reach(world, "bad").nodes, 1u);
  EXPECT_EQ(world.host(1).router().counters().rejected, 1u);
}

/// One validator answers nothing at all: its topic waits for the time-out, the other goes on (V53).
TEST_P(HungValidators, OfAFloodedTopicDelayNoOtherAndEndAtTheirTime_V53) {
  const auto config = config_with([](gossipsub::Config& gossip) {
    gossip.validations_max = 8;
    gossip.validation_queue_max = 16;
  });
  World world{42, {}, GetParam()};
  add_nodes(world, 5, config);
  for (const auto* topic : {"hung", "quick"}) join_all(world, topic);
  connect_all(world);
  world.host(0).set_validation("hung", {.asked = true, .timeout = 5s, .concurrency = 4});
  world.host(0).set_validation("quick", {.asked = true});
  world.set_judge([](NodeIndex, const host::Validate& asked) -> std::optional<Validation> {
    if (asked.message.view.topic == "hung") return std::nullopt;
    return Validation::accept;
  });
  world.run(3s);

  for (int i = 0; i < 50; ++i) {
    world.publish(1, "hung", "h" + std::to_string(i));
    world.publish(2, "quick", "q" + std::to_string(i));
    world.run(20ms);
  }
  world.run(1s);

  for (int i = 0; i < 50; ++i) EXPECT_EQ(world.count(0, "q" + std::to_string(i)), 1u) << i;
  const auto& counters = world.host(0).router().counters();
  EXPECT_GE(counters.throttled, 50u - 4 - 16);  // and their copies
  EXPECT_EQ(counters.timed_out, 0u);
  world.run(30s);
  EXPECT_GE(counters.timed_out, 20u);  // five rounds of four, at least
  EXPECT_EQ(counters.rejected, 0u);
}

TEST_P(GoValidateOverload, OfNAtATimeTheNextIsDropped) {
  const auto config =
      config_with([](gossipsub::Config& gossip) { gossip.validation_queue_max = 0; });
  World world{43, {}, GetParam()};
  add_nodes(world, 2, config);
  join_all(world, "t");
  world.connect(0, 1);
  world.host(1).set_validation("t", {.asked = true, .concurrency = 10});
  std::vector<gossipsub::Ticket> held;
  world.set_judge([&](NodeIndex, const host::Validate& asked) -> std::optional<Validation> {
    held.push_back(asked.ticket);
    return std::nullopt;
  });
  world.run(3s);

  for (int i = 0; i < 11; ++i) world.publish(0, "t", "m" + std::to_string(i));
  world.run(500ms);

  EXPECT_EQ(held.size(), 10u);
  EXPECT_EQ(world.host(1).router().counters().throttled, 1u);
}

TEST_P(GoBasicSeqnoValidator, OrdinaryTrafficPassesEverywhere) {
  const auto config = config_with([](gossipsub::Config& gossip) { gossip.check_seqno = true; });
  World world{44, {}, GetParam()};
  grow(world, 12, 4, "t", config);
  world.run(5s);

  for (int i = 0; i < 20; ++i) {
    for (NodeIndex at = 0; at < 12; ++at) {
      world.publish(at, "t", std::to_string(at) + "/" + std::to_string(i));
    }
    world.run(500ms);
  }
  world.run(5s);

  for (int i = 0; i < 20; ++i) {
    for (NodeIndex at = 0; at < 12; ++at) {
      const auto got = reach(world, std::to_string(at) + "/" + std::to_string(i));
      EXPECT_EQ(got.nodes, 12u) << at << "/" << i;
      EXPECT_EQ(got.twice, 0u);
    }
  }
}

TEST_P(GoBlacklist, NeitherWhatABlockedPeerSendsNorWhatItWroteIsHeard) {
  World world{45, {}, GetParam()};
  add_nodes(world, 3);
  join_all(world, "t");
  connect_edges(world, {{0, 1}, {1, 2}});
  world.run(3s);
  world.host(2).block({world.id(0)}, world.now());  // who is two hops away

  world.publish(0, "t", "written by the blocked");
  world.publish(1, "t", "by another");
  world.run(3s);
  EXPECT_EQ(world.count(1, "written by the blocked"), 1u);
  EXPECT_EQ(world.count(2, "written by the blocked"), 0u);
  EXPECT_EQ(world.count(2, "by another"), 1u);

  world.host(1).block({world.id(0)}, world.now());
  world.run(1s);
  world.publish(0, "t", "to nobody");
  world.connect(0, 1);  // listed before it comes
  world.run(3s);
  EXPECT_EQ(world.count(1, "to nobody"), 0u);
  EXPECT_EQ(world.host(1).peers().size(), 1u);
  EXPECT_TRUE(std::ranges::none_of(world.host(1).router().subscribers("t"),
                                   [&](const PeerId& peer) { return peer == world.id(0); }));
}

TEST_P(GoPeerFilter, FilteredPeersGetNothingOfTheTopic) {
  World world{46, {}, GetParam()};
  const auto outsider = world.add(default_config());
  const auto id = world.id(outsider);
  const auto config = config_with([&](gossipsub::Config& gossip) {
    gossip.peer_filter = [id](const PeerId& peer, std::string_view topic) {
      return topic != "members" || peer != id;
    };
    gossip.flood_publish = true;
  });
  add_nodes(world, 4, config);
  for (const auto* topic : {"members", "everybody"}) join_all(world, topic);
  connect_all(world);
  world.run(3s);

  for (NodeIndex i = 1; i < world.size(); ++i) {
    world.publish(i, "members", "secret of " + std::to_string(i));
    world.publish(i, "everybody", "news of " + std::to_string(i));
  }
  world.publish(outsider, "members", "intrusion");
  world.run(8s);

  for (NodeIndex i = 1; i < world.size(); ++i) {
    EXPECT_EQ(reach(world, "secret of " + std::to_string(i)).nodes, 4u);
    EXPECT_EQ(world.count(outsider, "secret of " + std::to_string(i)), 0u);
    EXPECT_EQ(world.count(outsider, "news of " + std::to_string(i)), 1u);
    EXPECT_EQ(world.count(i, "intrusion"), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Fidelities, GoValidate, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, HungValidators, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, GoValidateOverload, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, GoBasicSeqnoValidator, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, GoBlacklist, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, GoPeerFilter, both, fidelity_name);

}  // namespace
}  // namespace grapevine::sim
