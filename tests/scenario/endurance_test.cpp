// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "scenario/network.hpp"

namespace grapevine::sim {
namespace {

using Kind = gossipsub::Traced::Kind;
using Leaving = Both;
using SlowReader = Both;
using LargeMessages = Both;
using LateJoiner = Both;
using Endurance = Both;

TEST_P(Leaving, AndJoiningTwentyTimesInAMinuteNeverGraftsWithinABackoff_V47) {
  World world{21, {}, GetParam()};
  grow(world, 12, 4, "t");
  world.run(10s);

  for (int i = 0; i < 20; ++i) {
    world.leave(3, "t");
    world.run(1500ms);
    world.join(3, "t");
    world.run(1500ms);
  }
  world.run(90s);

  for (NodeIndex i = 0; i < world.size(); ++i) {
    EXPECT_EQ(world.traced(i, Kind::prune, "within backoff"), 0u) << i;
  }
  world.publish(5, "t", "after all that");
  world.run(2s);
  EXPECT_EQ(world.count(3, "after all that"), 1u);
}

TEST_P(SlowReader, LosesItsConnectionsAndNobodyElseNotices_F06) {
  World world{22, {.bytes_per_second = 10'000'000}, GetParam()};
  grow(world, 8, 7, "t");
  world.run(5s);

  world.set_deaf(3, true);
  for (int i = 0; i < 60; ++i) {
    world.publish(static_cast<NodeIndex>(i % 2), "t",
                  std::to_string(i) + std::string(100'000, 'x'));
    world.run(500ms);
  }

  for (NodeIndex i = 0; i < world.size(); ++i) {
    if (i == 3) continue;
    for (const auto& peer : world.host(i).peers()) EXPECT_NE(peer.peer, world.id(3)) << i;
    EXPECT_EQ(world.received(i).size(), 60u) << i;
  }
}

TEST_P(SlowReader, ThatWakesInTimeHasEverything) {
  World world{23, {.bytes_per_second = 10'000'000}, GetParam()};
  grow(world, 4, 3, "t");
  world.run(5s);

  world.set_deaf(3, true);
  for (int i = 0; i < 5; ++i) {
    world.publish(0, "t", std::to_string(i) + std::string(100'000, 'x'));
    world.run(1s);
  }
  world.set_deaf(3, false);
  world.run(5s);

  EXPECT_EQ(world.received(3).size(), 5u);
  EXPECT_EQ(world.host(3).peers().size(), 3u);
}

TEST_P(LargeMessages, OfAMegabyteOverTenMegabitArriveOnceAndSmallOnesPassThem_F03) {
  World world{24, {.bytes_per_second = 10'000'000 / 8}, GetParam()};
  grow(world, 10, 4, "t");
  world.run(5s);
  std::vector<std::size_t> peers;
  for (NodeIndex i = 0; i < world.size(); ++i) peers.push_back(world.host(i).peers().size());
  const auto body = std::string(1'000'000, 'x');

  for (int i = 0; i < 5; ++i) {
    world.publish(static_cast<NodeIndex>(i), "t", body + std::to_string(i));
    world.run(1s);
    world.publish(9, "t", "small" + std::to_string(i));
    world.run(5s);
    EXPECT_EQ(reach(world, "small" + std::to_string(i)).nodes, 10u) << i;
    world.run(4s);
  }
  world.run(20s);

  for (int i = 0; i < 5; ++i) {
    const auto large = reach(world, body + std::to_string(i));
    EXPECT_EQ(large.nodes, 10u) << i;
    EXPECT_EQ(large.twice, 0u) << i;
  }
  for (NodeIndex i = 0; i < world.size(); ++i) {
    EXPECT_EQ(world.host(i).peers().size(), peers[i]) << i;
  }
  // A mesh link carries a message once, one way or, when both ends get it at once, both.
  EXPECT_LE(world.bytes_carried(), 5u * 1'010'000u * 40u);
}

TEST_P(LateJoiner, HearsWhatWasSaidBeforeItCameByGossip) {
  World world{25, {}, GetParam()};
  grow(world, 14, 6, "t");
  world.run(5s);
  const auto late = world.add(default_config());
  world.join(late, "t");

  world.publish(2, "t", "just before");
  world.run(500ms);
  for (NodeIndex i = 0; i < 14; ++i) world.connect(late, i);
  world.run(5s);

  EXPECT_EQ(world.count(late, "just before"), 1u);
  EXPECT_GE(world.traced(late, Kind::iwant_sent), 1u);
}

/// Which node was there when: alive and long enough in the network to be expected to hear.
class Presence {
 public:
  explicit Presence(std::size_t nodes) : since_(nodes, TimePoint{}) {}
  void gone(NodeIndex node) { since_[node].reset(); }
  void back(NodeIndex node, TimePoint at) { since_[node] = at; }
  bool settled(NodeIndex node, TimePoint now) const {
    return since_[node] && *since_[node] + 8s <= now;
  }

 private:
  std::vector<std::optional<TimePoint>> since_;
};

struct Published {
  std::string data;
  std::set<NodeIndex> expected;
};

/// What an application with a list of addresses does: nobody stays with fewer than three peers.
void keep_connected(World& world) {
  for (NodeIndex i = 0; i < world.size(); ++i) {
    if (!world.alive(i)) continue;
    for (auto have = world.host(i).peers().size(); have < 3; ++have) {
      const auto other = world.rng().below(world.size());
      if (other != i && world.alive(other)) world.connect(i, other);
    }
  }
}

TEST_P(Endurance, OfThirtyPercentChurnAMinuteLosesNothingForThoseWhoStay_G17) {
  constexpr std::size_t nodes = 30;
  World world{27, {.jitter = 20ms}, GetParam()};
  grow(world, nodes, 5, "t");
  world.run(10s);
  Presence presence{nodes};
  std::vector<std::pair<TimePoint, NodeIndex>> returning;
  std::vector<Published> published;

  for (int second = 0; second < 300; ++second) {
    if (second % 7 == 0) {  // nine of thirty a minute
      auto victim = world.rng().below(nodes);
      while (!world.alive(victim)) victim = world.rng().below(nodes);
      world.crash(victim);
      presence.gone(victim);
      for (auto& message : published) message.expected.erase(victim);
      returning.emplace_back(world.now() + 12s, victim);
    }
    while (!returning.empty() && returning.front().first <= world.now()) {
      const auto node = returning.front().second;
      returning.erase(returning.begin());
      world.restart(node);
      world.join(node, "t");
      presence.back(node, world.now());
      for (int i = 0; i < 5; ++i) {
        const auto other = world.rng().below(nodes);
        if (other != node && world.alive(other)) world.connect(node, other);
      }
    }
    keep_connected(world);
    auto author = world.rng().below(nodes);
    while (!world.alive(author) || !presence.settled(author, world.now())) {
      author = world.rng().below(nodes);
    }
    Published message{"m" + std::to_string(second), {}};
    for (NodeIndex i = 0; i < nodes; ++i) {
      if (world.alive(i) && presence.settled(i, world.now())) message.expected.insert(i);
    }
    world.publish(author, "t", message.data);
    published.push_back(std::move(message));
    world.run(1s);
    if (published.size() > 20) {  // long gone: whoever crashes now has got it or never will
      const auto& old = published[published.size() - 20];
      for (const auto node : old.expected) EXPECT_EQ(world.count(node, old.data), 1u) << old.data;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Fidelities, Leaving, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, SlowReader, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, LargeMessages, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, LateJoiner, both, fidelity_name);
INSTANTIATE_TEST_SUITE_P(Fidelities, Endurance, both, fidelity_name);

}  // namespace
}  // namespace grapevine::sim
