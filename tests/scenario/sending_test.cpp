// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "scenario/network.hpp"

namespace grapevine::sim {
namespace {

std::vector<std::string> blocks(std::size_t count, std::size_t size) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back("block " + std::to_string(i) + " ");
    all.back().resize(size, static_cast<char>('a' + i));
  }
  return all;
}

/// How long it takes until every node has all that node 0 publishes, where the line to each
/// neighbour carries 1 MB/s.
Duration time_to_reach_all(bool interleaved) {
  const auto texts = blocks(24, 100'000);
  World world{51, {.bytes_per_second = 1'000'000}, Fidelity::direct};
  add_nodes(world, 7);
  join_all(world, "t");
  connect_all(world);
  world.run(5s);
  const auto begin = world.now();
  if (interleaved) {
    world.publish_batch(0, "t", texts);
  } else {
    for (const auto& text : texts) world.publish(0, "t", text);
  }
  world.run(60s);
  TimePoint last = begin;
  for (NodeIndex i = 1; i < world.size(); ++i) {
    EXPECT_EQ(world.received(i).size(), texts.size()) << i;
    for (const auto& got : world.received(i)) last = std::max(last, got.at);
  }
  return last - begin;
}

TEST(GoMessageBatchPublish, InterleavedReachesAllInHalfTheTimeOverSlowLinks) {
  const auto together = time_to_reach_all(true);
  const auto one_by_one = time_to_reach_all(false);

  EXPECT_GE(one_by_one, Duration{2400ms});  // 24 blocks at 100 ms each
  EXPECT_LE(together * 2, one_by_one);
}

using Registry = Both;

std::shared_ptr<const host::Config> discovering() {
  return config_with([](gossipsub::Config& gossip) { gossip.discovery = true; });
}

TEST_P(Registry, GoSimpleDiscoveryBringsThoseWhoJoinATopicTogether) {
  World world{52, {}, GetParam()};
  world.set_registry(50ms);
  add_nodes(world, 10, discovering());
  for (NodeIndex i = 0; i < world.size(); ++i) {
    world.join(i, "t");
    world.run(200ms);
  }
  world.run(10s);

  for (NodeIndex i = 0; i < world.size(); ++i) {
    EXPECT_GE(world.host(i).router().reachable("t"), 5u) << i;
    world.publish(i, "t", "from " + std::to_string(i));
  }
  world.run(2s);
  for (NodeIndex i = 0; i < world.size(); ++i) {
    EXPECT_EQ(reach(world, "from " + std::to_string(i)).nodes, world.size()) << i;
  }
}

TEST_P(Registry, GoGossipSubDiscoveryAfterBootstrapJoinsTwoPartitions) {
  World world{53, {}, GetParam()};
  add_nodes(world, 12, discovering());
  for (NodeIndex i = 0; i < 12; i += 2) {  // the even ones know each other, and so do the odd ones
    for (NodeIndex k = 0; k < i; k += 2) {
      if ((i + k) % 4 == 2) {
        world.connect(i, k);
        world.connect(i + 1, k + 1);
      }
    }
  }
  join_all(world, "t");
  world.run(5s);
  world.publish(0, "t", "apart");
  world.run(2s);
  ASSERT_EQ(reach(world, "apart").nodes, 6u);

  world.set_registry(50ms);
  world.run(70s);  // the longest wait between two searches

  world.publish(0, "t", "together");
  world.run(2s);
  EXPECT_EQ(reach(world, "together").nodes, 12u);
}

TEST_P(Registry, ThatNamesTheDeadCostsDialsLessAndLessOften) {
  World world{54, {}, GetParam()};
  world.set_registry(50ms);
  add_nodes(world, 3, discovering());
  join_all(world, "t");
  world.run(5s);
  world.crash(1);
  world.crash(2);
  world.run(10min);

  const auto before = world.events();
  world.run(1min);
  EXPECT_LE(world.events() - before, 120u);  // a heartbeat a second, and hardly anything else
  EXPECT_LE(world.host(0).state_size().dials, 2u);
}

INSTANTIATE_TEST_SUITE_P(Fidelities, Registry, both, fidelity_name);

/// Resets our gossip stream between two nodes, on both ends.
class Breaker {
 public:
  explicit Breaker(World& world) : world_{world} {
    world.set_tap([this](NodeIndex from, NodeIndex to, host::direct::Frames& frames) {
      for (auto& frame : frames) {
        const auto* open = std::get_if<host::direct::Open>(&frame);
        if (open != nullptr && open->proposals.front().starts_with("/meshsub")) {
          streams_[{from, to}] = open->stream;
        }
      }
    });
  }
  void reset(NodeIndex opener, NodeIndex other) {
    const host::direct::Frames frames{host::direct::Reset{streams_.at({opener, other})}};
    world_.inject(opener, other, frames);
    world_.inject(other, opener, frames);
  }

 private:
  World& world_;
  std::map<std::pair<NodeIndex, NodeIndex>, session::StreamId> streams_;
};

using Link = std::pair<NodeIndex, NodeIndex>;

/// Mesh links that only the first of the two has.
std::set<Link> one_sided(const World& world) {
  std::set<Link> links;
  for (NodeIndex a = 0; a < world.size(); ++a) {
    for (const auto& id : world.host(a).router().mesh("t")) {
      NodeIndex b = 0;
      while (world.id(b) != id) ++b;
      const auto other = world.host(b).router().mesh("t");
      if (std::ranges::find(other, world.id(a)) == other.end()) links.emplace(a, b);
    }
  }
  return links;
}

TEST(LostStream, LeavesNoHalfOfAMeshLinkBehind) {
  World world{55, {}, Fidelity::direct};
  Breaker breaker{world};
  const auto config = config_with([](gossipsub::Config& gossip) {
    gossip.d = gossip.d_low = gossip.d_high = 3;
    gossip.d_score = 2;
    gossip.d_out = 1;
  });
  add_nodes(world, 8, config);
  join_all(world, "t");
  connect_all(world);
  world.run(5s);

  for (int round = 0; round < 20; ++round) {
    const NodeIndex opener = world.rng().below(8);
    breaker.reset(opener, (opener + 1 + world.rng().below(7)) % 8);
    world.run(40s);
    const auto now = one_sided(world);
    world.run(500ms);  // what was on its way has arrived
    for (const auto& link : one_sided(world)) {
      ASSERT_FALSE(now.contains(link)) << "round " << round << ": " << link.first << " thinks that "
                                       << link.second << " has it in its mesh";
    }
  }
}

}  // namespace
}  // namespace grapevine::sim
