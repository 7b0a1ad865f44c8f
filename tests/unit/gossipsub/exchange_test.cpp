// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

Config exchanging() {
  auto config = Alone::plain();
  config.peer_exchange = true;
  return config;
}
/// As `exchanging`, of a node that keeps no mesh.
Config bootstrapper() {
  auto config = exchanging();
  config.d = config.d_low = config.d_high = config.d_score = config.d_out = 0;
  return config;
}
ScoreParams scored() {
  ScoreParams score;
  score.skip_atomic_validation = true;
  score.app_specific_weight = 1;
  return score;
}
SharedBytes record(std::string_view text) { return SharedBytes::copy_of(as_bytes(text)); }
PeerId stranger(int number) { return Alone::key(5000 + number).peer_id(); }

/// The PRUNE a peer got last.
Heard::Prune last_prune(Alone& node, PeerHandle peer) {
  return node.heard(peer).prunes.empty() ? Heard::Prune{} : node.heard(peer).prunes.back();
}

TEST(PeerExchange, NamesOthersWithTheirRecordsToWhoFindsTheMeshFull) {
  Alone node{bootstrapper()};
  node.join("t");
  const auto known = node.add({.topic = "t"});
  const auto bare = node.add({.topic = "t"});
  node.add({.topic = "elsewhere"});
  node.router().set_record(known, record("of known"));
  const auto asking = node.add({.topic = "t"});
  node.router().set_record(asking, record("of asking"));

  node.graft(asking, "t");

  const auto prune = last_prune(node, asking);
  ASSERT_EQ(prune.offers.size(), 2u);
  EXPECT_EQ(prune.offers[0], std::pair(node.id(known), std::string{"of known"}));
  EXPECT_EQ(prune.offers[1], std::pair(node.id(bare), std::string{}));
  EXPECT_EQ(prune.backoff, 60u);
  EXPECT_EQ(node.traced(Traced::Kind::px_sent), 2u);
}

TEST(PeerExchange, NamesOthersToWhoIsCutFromAnOverfullMesh) {
  auto config = exchanging();
  config.d_high = 6;
  Alone node{config};
  node.join("t");
  std::vector<PeerHandle> peers;
  for (int i = 0; i < 8; ++i) peers.push_back(node.add_meshed("t", {.outbound = true}));
  node.heartbeats(2);

  std::size_t cut = 0;
  for (const auto peer : peers) {
    if (node.meshed(peer, "t")) continue;
    ++cut;
    EXPECT_EQ(last_prune(node, peer).offers.size(), 7u);
  }
  EXPECT_GE(cut, 1u);
}

TEST(PeerExchange, IsOffUnlessAskedFor_G14) {
  auto config = bootstrapper();
  config.peer_exchange = false;
  Alone hub{config};
  hub.join("t");
  hub.router().set_record(hub.add({.topic = "t"}), record("r"));
  const auto asking = hub.add({.topic = "t"});
  hub.graft(asking, "t");
  EXPECT_EQ(last_prune(hub, asking).topic, "t");
  EXPECT_TRUE(last_prune(hub, asking).offers.empty());

  Alone node;
  node.join("t");
  const auto poisoner = node.add_meshed("t");
  std::vector<PeerId> ids;
  for (int i = 0; i < 16; ++i) ids.push_back(stranger(i));
  node.say(poisoner, [&](auto& rpc) {
    pubsub::Prune prune{"t", 60, {}};
    for (const auto& id : ids) prune.peers.push_back({id.bytes(), as_bytes("r")});
    rpc.add_prune(prune);
  });
  EXPECT_TRUE(node.offers.empty());
}

TEST(PeerExchange, TellsNothingWhenLeavingNorToWhomWeBlameNorOldVersions) {
  auto config = exchanging();
  config.score = scored();
  Alone node{config};
  node.join("t");
  const auto bad = node.add_meshed("t");
  const auto good = node.add_meshed("t");
  ASSERT_TRUE(node.router().set_application_score(node.id(bad), -1));
  node.heartbeat();
  EXPECT_FALSE(node.meshed(bad, "t"));
  EXPECT_TRUE(last_prune(node, bad).offers.empty());

  node.leave("t");
  EXPECT_EQ(last_prune(node, good).topic, "t");
  EXPECT_TRUE(last_prune(node, good).offers.empty());

  Alone hub{bootstrapper()};
  hub.join("t");
  hub.add({.topic = "t"});
  const auto old = hub.add({.version = Version::v1_0, .topic = "t"});
  hub.graft(old, "t");
  EXPECT_TRUE(last_prune(hub, old).offers.empty());
}

TEST(PeerExchange, NamesNobodyWeWouldNotHaveInAMesh) {
  auto config = bootstrapper();
  config.score = scored();
  Alone node{config};
  node.join("t");
  node.add({.version = Version::floodsub, .topic = "t"});
  node.router().add_direct(node.id(node.add({.topic = "t"})), node.now());
  const auto bad = node.add({.topic = "t"});
  ASSERT_TRUE(node.router().set_application_score(node.id(bad), -1));
  const auto asking = node.add({.topic = "t"});

  node.graft(asking, "t");

  EXPECT_EQ(last_prune(node, asking).topic, "t");
  EXPECT_TRUE(last_prune(node, asking).offers.empty());
}

TEST(PeerExchange, NamesAtMostSixteenAndEightKibibytesOfRecords) {
  Alone node{bootstrapper()};
  node.join("t");
  for (int i = 0; i < 40; ++i) {
    node.router().set_record(node.add({.topic = "t"}), record(std::string(1000, 'r')));
  }
  const auto asking = node.add({.topic = "t"});

  node.graft(asking, "t");

  const auto offers = last_prune(node, asking).offers;
  EXPECT_EQ(offers.size(), 16u);
  EXPECT_EQ(std::ranges::count_if(offers, [](const auto& offer) { return !offer.second.empty(); }),
            8);
  EXPECT_LT(node.heard(asking).largest_rpc, 12u * 1024);
}

/// A node whose mesh peer prunes it and names strangers.
struct OfferedTo {
  explicit OfferedTo(double accept_px = 0) : node{make(accept_px)} {
    node.join("t");
    node.join("u");
    pruner = node.add_meshed("t");
  }
  static Config make(double accept_px) {
    auto config = exchanging();
    config.score = scored();
    config.score->thresholds.accept_px = accept_px;
    return config;
  }
  void name(std::string_view topic, const std::vector<PeerId>& ids, std::string_view record = "r") {
    node.say(pruner, [&](auto& rpc) {
      pubsub::Prune prune{topic, 60, {}};
      for (const auto& id : ids) prune.peers.push_back({id.bytes(), as_bytes(record)});
      rpc.add_prune(prune);
    });
  }
  Alone node;
  PeerHandle pruner{};
};

TEST(OffersOfPeers, AreHandedToTheHost) {
  OfferedTo one;

  one.name("t", {stranger(1), one.node.id(one.pruner), Alone::key(0).peer_id(), stranger(2)});

  ASSERT_EQ(one.node.offers.size(), 2u);  // neither the peer that is here nor ourselves
  EXPECT_EQ(one.node.offers[0].peer, stranger(1));
  EXPECT_EQ(one.node.offers[0].offered_by, one.node.id(one.pruner));
  EXPECT_EQ(as_text(one.node.offers[0].record), "r");
  EXPECT_EQ(one.node.offers[1].peer, stranger(2));
  EXPECT_EQ(one.node.traced(Traced::Kind::px_received), 2u);
}

TEST(OffersOfPeers, AreTakenFromWhoseScoreReachesAcceptPxOnly) {
  OfferedTo below{10};
  ASSERT_TRUE(below.node.router().set_application_score(below.node.id(below.pruner), 9));
  below.name("t", {stranger(1)});
  EXPECT_TRUE(below.node.offers.empty());
  EXPECT_EQ(below.node.traced(Traced::Kind::px_refused), 1u);

  OfferedTo at{10};
  ASSERT_TRUE(at.node.router().set_application_score(at.node.id(at.pruner), 10));
  at.name("t", {stranger(1)});
  EXPECT_EQ(at.node.offers.size(), 1u);
}

TEST(OffersOfPeers, AreTakenFromThePruneThatEndsAMeshLinkOnly) {
  OfferedTo one;

  one.name("u", {stranger(1)});
  EXPECT_TRUE(one.node.offers.empty());
  one.name("t", {stranger(1)});
  EXPECT_EQ(one.node.offers.size(), 1u);
  one.name("t", {stranger(2)});
  EXPECT_EQ(one.node.offers.size(), 1u);
}

TEST(OffersOfPeers, AreSixteenAHeartbeatAtMost_V31) {
  OfferedTo one;
  one.node.subscribe(one.pruner, "u");
  one.node.graft(one.pruner, "u");
  std::vector<PeerId> ids;
  for (int i = 0; i < 40; ++i) ids.push_back(stranger(i));

  one.name("t", ids);
  one.name("u", {stranger(50)});

  EXPECT_EQ(one.node.offers.size(), 16u);
}

TEST(OffersOfPeers, ThatAreNoPeersOrOverlongAreLeftOut) {
  OfferedTo one;
  one.node.subscribe(one.pruner, "u");
  one.node.graft(one.pruner, "u");

  one.node.say(one.pruner,
               [](auto& rpc) { rpc.add_prune({"u", 60, {{as_bytes("no id"), as_bytes("r")}}}); });
  one.name("t", {stranger(1)}, std::string(4097, 'r'));

  EXPECT_TRUE(one.node.offers.empty());
  EXPECT_EQ(one.node.traced(Traced::Kind::px_refused), 2u);
}

}  // namespace
}  // namespace grapevine::gossipsub
