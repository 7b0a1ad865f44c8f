// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scenario/network.hpp"

namespace grapevine::sim {
namespace {

/// A little of everything that can happen, under one seed.
struct Run {
  std::uint64_t hash;
  std::uint64_t events;
  std::size_t received;
  friend auto operator<=>(const Run&, const Run&) = default;
};
Run run(std::uint64_t seed, Fidelity fidelity) {
  World world{
      seed, {.jitter = 10ms, .loss_per_10000 = 100, .bytes_per_second = 1'000'000}, fidelity};
  grow(world, 12, 3, "t");
  world.run(3s);
  for (int i = 0; i < 20; ++i) {
    world.publish(world.rng().below(12), "t", std::to_string(i) + std::string(2000, 'x'));
    world.run(100ms);
  }
  world.partition({0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1});
  world.run(2s);
  world.heal();
  world.crash(3);
  world.run(1s);
  world.restart(3);
  world.join(3, "t");
  world.connect(3, 0);
  world.run(3s);
  std::size_t received = 0;
  for (NodeIndex i = 0; i < world.size(); ++i) received += world.received(i).size();
  return {world.trace_hash(), world.events(), received};
}

using Replay = Both;

TEST_P(Replay, TheSameSeedGivesTheSameRunAndAnotherSeedAnother) {
  const auto first = run(5, GetParam());

  EXPECT_EQ(first, run(5, GetParam()));
  EXPECT_NE(first.hash, run(6, GetParam()).hash);
}

INSTANTIATE_TEST_SUITE_P(Fidelities, Replay, both, fidelity_name);

TEST(Fidelities, HaveTheSameReach) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    std::vector<std::size_t> nodes;
    for (const auto fidelity : {Fidelity::full, Fidelity::direct}) {
      World world{seed, {.jitter = 20ms, .loss_per_10000 = 200}, fidelity};
      grow(world, 24, 4, "t");
      world.run(5s);
      std::size_t sum = 0;
      for (int i = 0; i < 10; ++i) {
        world.publish(world.rng().below(24), "t", "m" + std::to_string(i));
        world.run(500ms);
      }
      world.run(5s);
      for (int i = 0; i < 10; ++i) sum += reach(world, "m" + std::to_string(i)).nodes;
      nodes.push_back(sum);
    }
    EXPECT_EQ(nodes, (std::vector<std::size_t>{240, 240})) << seed;
  }
}

/// Nobody reads for an hour, everybody is talked to: what waits stays within the sockets and the
/// hosts' own limits.
TEST(Memory, OfAWorldInWhichNobodyReadsIsBounded) {
  const LinkModel links{.bytes_per_second = 1'000'000, .socket_size = 64 * 1024};
  World world{7, links, Fidelity::direct};
  grow(world, 6, 5, "t");
  world.run(5s);
  std::vector<int> alone(6);
  for (int i = 0; i < 6; ++i) alone[static_cast<std::size_t>(i)] = i;
  world.partition(alone);

  for (int i = 0; i < 200; ++i) {
    world.publish(0, "t", std::to_string(i) + std::string(100'000, 'x'));
    world.run(20ms);
    EXPECT_LE(world.bytes_in_flight(), 5u * 2u * (64u + 64u + 128u) * 1024u);
  }
}

}  // namespace
}  // namespace grapevine::sim
