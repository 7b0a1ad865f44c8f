// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "scenario/network.hpp"

namespace grapevine::sim {
namespace {

constexpr double graylist = -80;

gossipsub::ScoreParams score_params() {
  gossipsub::ScoreParams score;
  score.skip_atomic_validation = true;
  score.thresholds = {
      .gossip = -10, .publish = -50, .graylist = graylist, .opportunistic_graft = 2};
  score.behaviour_penalty_weight = -10;
  score.behaviour_penalty_decay = 0.9;
  auto& t = score.topics["t"];
  t.topic_weight = 0.5;
  t.time_in_mesh_weight = 0.01;
  t.time_in_mesh_quantum = 1s;
  t.time_in_mesh_cap = 100;
  t.first_message_deliveries_weight = 1;
  t.first_message_deliveries_decay = 0.9;
  t.first_message_deliveries_cap = 20;
  t.mesh_message_deliveries_weight = -1;
  t.mesh_message_deliveries_decay = 0.95;
  t.mesh_message_deliveries_cap = 50;
  t.mesh_message_deliveries_threshold = 4;
  t.mesh_message_deliveries_window = 500ms;
  t.mesh_message_deliveries_activation = 10s;
  t.mesh_failure_penalty_weight = -1;
  t.mesh_failure_penalty_decay = 0.95;
  t.invalid_message_deliveries_weight = -10;
  t.invalid_message_deliveries_decay = 0.95;
  return score;
}

std::shared_ptr<const host::Config> scored_config() {
  return config_with([](gossipsub::Config& config) { config.score = score_params(); });
}

double score(World& world, NodeIndex judge, NodeIndex judged) {
  return world.host(judge).router().score(world.id(judged));
}

/// The worst that any of the first `honest` nodes thinks of another of them.
double worst_among(World& world, std::size_t honest) {
  double worst = 0;
  for (NodeIndex i = 0; i < honest; ++i) {
    for (NodeIndex k = 0; k < honest; ++k) worst = std::min(worst, score(world, i, k));
  }
  return worst;
}

void grow_scored(World& world, std::size_t count, std::size_t degree) {
  const auto config = scored_config();
  for (std::size_t i = 0; i < count; ++i) world.join(world.add(config), "t");
  for (std::size_t i = 1; i < count; ++i) {
    for (std::size_t k = 0; k < std::min(degree, i); ++k) world.connect(i, world.rng().below(i));
  }
}

TEST(HonestPeers, AreNeverBelowZeroForEachOtherWhateverTheLinks_V49) {
  for (const auto& links : {LinkModel{}, LinkModel{.jitter = 40ms, .loss_per_10000 = 100},
                            LinkModel{.latency = 150ms}}) {
    World world{21, links};
    grow_scored(world, 14, 5);
    world.run(5s);

    for (int second = 0; second < 60; ++second) {
      for (int i = 0; i < 8; ++i) {
        world.publish(world.rng().below(14), "t", std::to_string(second) + '/' + std::to_string(i));
        world.run(125ms);
      }
      ASSERT_GE(worst_among(world, 14), 0) << second;
    }
  }
}

/// A node that plays along in the mesh and says whatever it likes on a second gossip stream.
class Attacker {
 public:
  Attacker(World& world, NodeIndex self, NodeIndex victim)
      : world_{world}, self_{self}, stream_{open(world, self, victim)} {}

  template <class Fill>
  void say(Fill fill) {
    pubsub::RpcWriter writer{{}};
    fill(writer);
    Bytes whole;
    for (const auto& piece : writer.take().pieces) append(whole, piece);
    EXPECT_TRUE(world_.host(self_).write(stream_, SharedBytes{std::move(whole)}));
  }
  void advertise_what_is_not() {
    for (int rpc = 0; rpc < 10; ++rpc) {
      std::vector<std::string> ids;
      for (int i = 0; i < 20; ++i) ids.push_back("bogus id " + std::to_string(next_++));
      std::vector<ByteView> views;
      for (const auto& id : ids) views.push_back(as_bytes(id));
      say([&](auto& writer) { writer.add_ihave("t", views); });
    }
  }
  void graft_at_once() {
    say([](auto& writer) { writer.add_prune({"t", 60, {}}); });
    for (int i = 0; i < 2; ++i) say([](auto& writer) { writer.add_graft("t"); });
  }
  void publish_invalid() {
    const auto key = KeyPair::from_ed25519_seed(Rng::Seed{99});
    const auto author = key.peer_id();
    for (int i = 0; i < 5; ++i) {
      const auto made = pubsub::encode({"t", as_bytes("forged"), &author, next_++, &key});
      auto bytes = to_bytes(made.field.view());
      bytes[static_cast<std::size_t>(made.view.payload().data() - made.field.data())] ^= 1;
      const SharedBytes field{std::move(bytes)};
      say([&](auto& writer) { writer.add_publish(field); });
    }
  }

 private:
  static host::StreamKey open(World& world, NodeIndex self, NodeIndex victim) {
    const auto stream =
        world.host(self).open_stream(world.id(victim), {"/meshsub/1.1.0"}, world.now());
    EXPECT_TRUE(stream);
    return *stream;
  }
  World& world_;
  NodeIndex self_;
  host::StreamKey stream_;
  std::uint64_t next_ = 1;
};

class Misbehaviour : public ::testing::TestWithParam<void (Attacker::*)()> {};

TEST_P(Misbehaviour, IsGraylistedWithinTenHeartbeatsAndCostsNobodyElse_G12) {
  constexpr std::size_t honest = 10;
  World world{22};
  grow_scored(world, honest, 4);
  const auto attacker = world.add(scored_config());
  world.join(attacker, "t");
  for (NodeIndex victim = 0; victim < 3; ++victim) world.connect(attacker, victim);
  world.run(5s);
  std::vector<Attacker> streams;
  for (NodeIndex victim = 0; victim < 3; ++victim) streams.emplace_back(world, attacker, victim);

  for (int heartbeat = 0; heartbeat < 10; ++heartbeat) {
    for (auto& stream : streams) (stream.*GetParam())();
    for (int i = 0; i < 8; ++i) {
      world.publish(world.rng().below(honest), "t", "traffic " + std::to_string(8 * heartbeat + i));
      world.run(125ms);
    }
  }

  for (NodeIndex victim = 0; victim < 3; ++victim) {
    EXPECT_LT(score(world, victim, attacker), graylist) << victim;
    EXPECT_FALSE(std::ranges::count(world.host(victim).router().mesh("t"), world.id(attacker)));
  }
  EXPECT_GE(worst_among(world, honest), 0);
  EXPECT_GE(reach(world, "traffic 79").nodes, honest);
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, Misbehaviour,
                         ::testing::Values(&Attacker::advertise_what_is_not,
                                           &Attacker::graft_at_once, &Attacker::publish_invalid));

/// Twelve that take part in the mesh and forward nothing have surrounded a node before the others
/// found it. Answers how many of the others are in its mesh after a minute.
long friends_of_the_surrounded(std::uint64_t opportunistic_graft_ticks) {
  constexpr std::size_t honest = 8;
  World world{23};
  const auto config = config_with([&](gossipsub::Config& gossip) {
    gossip.score = score_params();
    gossip.score->topics["t"].mesh_message_deliveries_weight = 0;
    gossip.score->topics["t"].time_in_mesh_weight = 0;
    gossip.opportunistic_graft_ticks = opportunistic_graft_ticks;
  });
  using Id = Result<pubsub::MessageId, pubsub::RejectReason>;
  const auto silent = config_with([](gossipsub::Config& gossip) {
    gossip.message_id = [](const pubsub::MessageView&) -> Id {
      return unexpected(pubsub::RejectReason::id_too_long);
    };
  });
  for (std::size_t i = 0; i <= honest; ++i) world.join(world.add(config), "t");
  const NodeIndex target = honest;
  for (int i = 0; i < 12; ++i) {
    const auto sybil = world.add(silent);
    world.join(sybil, "t");
    world.connect(sybil, target);
  }
  world.run(5s);
  EXPECT_GE(world.host(target).router().mesh("t").size(), 6u);
  for (NodeIndex i = 0; i < honest; ++i) {
    for (NodeIndex k = 0; k < i; ++k) world.connect(i, k);
    world.connect(i, target);
  }
  world.run(2s);
  for (int i = 0; i < 120; ++i) {
    world.publish(world.rng().below(honest), "t", std::to_string(i));
    world.run(500ms);
  }
  const auto mesh = world.host(target).router().mesh("t");
  return std::ranges::count_if(mesh, [&](const PeerId& peer) {
    for (NodeIndex i = 0; i < honest; ++i) {
      if (world.id(i) == peer) return true;
    }
    return false;
  });
}

/// What those outside tell it by gossip is enough to let one of them in; that one then brings all.
TEST(OpportunisticGrafting, FreesAMeshFullOfSilentPeers) {
  EXPECT_EQ(friends_of_the_surrounded(1'000'000), 0);
  EXPECT_GE(friends_of_the_surrounded(10), 1);
}

constexpr std::size_t judges = 8;

/// Four topics scored alike, in which silence costs `weight` times the threshold's square.
gossipsub::ScoreParams four_topics(double weight) {
  auto score = score_params();
  score.topics["t"].mesh_message_deliveries_weight = weight;
  for (const auto name : {"u", "v", "w"}) score.topics[name] = score.topics["t"];
  return score;
}

/// A node that publishes and forwards in three topics and forwards nothing in the fourth, for the
/// activation time and a minute. Answers how many of its neighbours found it below zero.
std::size_t judges_that_see_through(const gossipsub::ScoreParams& params) {
  using Id = Result<pubsub::MessageId, pubsub::RejectReason>;
  World world{24};
  const auto config = config_with([&](gossipsub::Config& gossip) { gossip.score = params; });
  const auto silent = config_with([](gossipsub::Config& gossip) {
    gossip.message_id = [](const pubsub::MessageView& view) -> Id {
      if (view.topic == "t") return unexpected(pubsub::RejectReason::id_too_long);
      return pubsub::ids::from_seqno(view);
    };
  });
  add_nodes(world, judges, config);
  const auto attacker = world.add(silent);
  for (const auto topic : {"t", "u", "v", "w"}) join_all(world, topic);
  connect_all(world);

  std::vector<bool> saw(judges);
  for (int second = 0; second < 70; ++second) {
    for (const std::string topic : {"t", "u", "v", "w"}) {
      const auto data = topic + std::to_string(second);
      for (int i = 0; i < 2; ++i) {
        world.publish(world.rng().below(judges), topic, data + "/" + std::to_string(i));
      }
      if (topic != "t") world.publish(attacker, topic, data);
      world.run(250ms);
    }
    for (NodeIndex i = 0; i < judges; ++i) {
      saw[i] = saw[i] || world.host(i).router().score(world.id(attacker)) < 0;
    }
  }
  return static_cast<std::size_t>(std::ranges::count(saw, true));
}

/// CVE-2022-47547: conduct in other topics must not pay for silence in one.
TEST(SilenceInOneTopic, IsSeenThroughUnlessTheParametersWereWarnedOf_V51_G10) {
  const auto sound = four_topics(-20);
  EXPECT_TRUE(gossipsub::warnings(sound).empty());
  EXPECT_EQ(judges_that_see_through(sound), judges);

  const auto weak = four_topics(-0.5);
  EXPECT_EQ(gossipsub::warnings(weak).size(), 4u);
  EXPECT_LT(judges_that_see_through(weak), judges);
}

}  // namespace
}  // namespace grapevine::sim
