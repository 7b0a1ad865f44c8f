// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

std::vector<std::string> numbered_ids(int first, int count) {
  std::vector<std::string> ids;
  for (int i = first; i < first + count; ++i) ids.push_back("id-" + std::to_string(i));
  return ids;
}

/// A mesh already so full that a subscriber more stays outside.
void fill_mesh(Alone& node, std::string_view topic) {
  for (std::size_t i = 0; i < Config{}.d; ++i) node.add_meshed(topic, {.outbound = true});
}

TEST(Ihave, GoesToSubscribersOutsideTheMeshOnly) {
  Alone node;
  node.join("t");
  fill_mesh(node, "t");
  const auto outside = node.add({.topic = "t"});
  const auto flood = node.add({.version = Version::floodsub, .topic = "t"});
  const auto elsewhere = node.add({.topic = "u"});
  ASSERT_TRUE(node.publish("t", "x"));

  node.heartbeat();

  EXPECT_EQ(node.heard(outside).ids_advertised(), 1u);
  EXPECT_EQ(node.heard(outside).ihave[0].ids[0], node.id_of("x"));
  EXPECT_EQ(node.heard(flood).ids_advertised(), 0u);
  EXPECT_EQ(node.heard(elsewhere).ids_advertised(), 0u);
  for (std::uint32_t mesh = 1; mesh <= 6; ++mesh) {
    EXPECT_EQ(node.heard(PeerHandle{mesh}).ids_advertised(), 0u);
  }
}

TEST(Ihave, AdvertisesAMessageForTheGossipWindowsOnly) {
  Alone node;
  node.join("t");
  fill_mesh(node, "t");
  const auto outside = node.add({.topic = "t"});
  ASSERT_TRUE(node.publish("t", "x"));

  node.heartbeats(10);

  EXPECT_EQ(node.heard(outside).ids_advertised(), Config{}.mcache_gossip);
}

TEST(Ihave, GoesToDLazyOrAShareOfManySubscribers) {
  Alone node;
  node.join("t");
  fill_mesh(node, "t");
  std::vector<PeerHandle> outside;
  for (int i = 0; i < 10; ++i) outside.push_back(node.add({.topic = "t"}));
  const auto told = [&] {
    return std::ranges::count_if(outside,
                                 [&](auto peer) { return node.heard(peer).ids_advertised() > 0; });
  };

  ASSERT_TRUE(node.publish("t", "x"));
  node.heartbeat();
  EXPECT_EQ(told(), 6);

  node.heartbeats(5);
  for (int i = 0; i < 90; ++i) outside.push_back(node.add({.topic = "t"}));
  for (const auto peer : outside) node.heard(peer) = {};
  ASSERT_TRUE(node.publish("t", "y"));
  node.heartbeat();
  EXPECT_EQ(told(), 25);
}

TEST(Ihave, OfVeryManyMessagesIsASampleOfBoundedSize) {
  auto config = Alone::plain();
  config.ihave_ids_max = 300;
  Alone node{config};
  node.join("t");
  fill_mesh(node, "t");
  std::vector<PeerHandle> outside;
  for (int i = 0; i < 6; ++i) outside.push_back(node.add({.topic = "t"}));
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(node.publish("t", std::to_string(i)));

  node.heartbeat();

  std::set<std::string> together;
  for (const auto peer : outside) {
    std::set<std::string> told;
    for (const auto& advert : node.heard(peer).ihave) {
      told.insert(advert.ids.begin(), advert.ids.end());
    }
    EXPECT_LE(told.size(), 300u);
    EXPECT_GE(told.size(), 200u);
    EXPECT_LE(node.heard(peer).largest_rpc, pubsub::SendLimits{}.batch_bytes);
    together.insert(told.begin(), told.end());
  }
  EXPECT_GT(together.size(), 600u);
}

TEST(Ihave, IsForgottenAtTheNextHeartbeatWhenAPeerDoesNotRead) {
  Alone node;
  node.join("t");
  fill_mesh(node, "t");
  const auto outside = node.add({.topic = "t"});
  node.hold_writes = true;
  for (int beat = 0; beat < 50; ++beat) {
    ASSERT_TRUE(node.publish("t", std::to_string(beat)));
    node.heartbeat();
  }

  node.release_writes();

  EXPECT_EQ(node.heard(outside).ids_advertised(), Config{}.mcache_gossip);
}

TEST(Ihave, OfUnknownMessagesIsAskedForOnce) {
  Alone node;
  node.join("t");
  const auto peer = node.add({.topic = "t"});
  node.send(peer, "t", "known");

  node.ihave(peer, "t", {"unknown", node.id_of("known")});

  EXPECT_EQ(node.heard(peer).iwant, std::vector<std::string>{"unknown"});
}

TEST(Ihave, WithTheSameIdManyTimesIsAskedForOnce_V41) {
  Alone node;
  node.join("t");
  const auto peer = node.add({.topic = "t"});

  node.ihave(peer, "t", std::vector<std::string>(5000, "the same"));
  node.ihave(peer, "t", std::vector<std::string>(5000, "the same"));

  EXPECT_EQ(node.heard(peer).iwant.size(), 1u);
}

TEST(Ihave, OfAnIdPromisedByAnotherIsAskedAgainOnlyAfterAHeartbeat) {
  Alone node;
  node.join("t");
  const auto first = node.add({.topic = "t"});
  const auto second = node.add({.topic = "t"});

  node.ihave(first, "t", {"id"});
  node.ihave(second, "t", {"id"});
  EXPECT_EQ(node.heard(first).iwant.size(), 1u);
  EXPECT_TRUE(node.heard(second).iwant.empty());

  node.advance(1s);  // who advertises and never sends must not keep us from those who would
  node.ihave(second, "t", {"id"});
  EXPECT_EQ(node.heard(second).iwant.size(), 1u);
}

TEST(Ihave, OfATopicNotJoinedOrFromAFloodsubPeerIsIgnored) {
  Alone node;
  const auto peer = node.add({.topic = "t"});
  node.ihave(peer, "t", {"id"});
  node.join("t");
  const auto flood = node.add({.version = Version::floodsub, .topic = "t"});
  node.ihave(flood, "t", {"id"});
  const auto streamless = node.add({.open = false, .topic = "t"});
  node.ihave(streamless, "t", {"id"});

  EXPECT_TRUE(node.heard(peer).iwant.empty());
  EXPECT_TRUE(node.heard(flood).iwant.empty());
}

TEST(IhaveSpam, MakesUsAskForAtMostTheBudgetEachHeartbeat_V41) {
  auto config = Alone::plain();
  config.ihave_ids_max = 100;
  Alone node{config};
  node.join("t");
  const auto peer = node.add({.topic = "t"});

  node.ihave(peer, "t", numbered_ids(0, 1000));
  node.ihave(peer, "t", numbered_ids(1000, 1000));
  EXPECT_EQ(node.heard(peer).iwant.size(), 100u);

  node.heartbeat();
  node.ihave(peer, "t", numbered_ids(2000, 1000));
  EXPECT_EQ(node.heard(peer).iwant.size(), 200u);
}

TEST(IhaveSpam, InManyRpcsIsReadTenTimesEachHeartbeat) {
  Alone node;
  node.join("t");
  const auto peer = node.add({.topic = "t"});

  for (int i = 0; i < 20; ++i) node.ihave(peer, "t", numbered_ids(i, 1));

  EXPECT_EQ(node.heard(peer).iwant.size(), 10u);
  EXPECT_EQ(node.traced(Traced::Kind::ihave_ignored), 10u);
}

TEST(Iwant, IsAnsweredWithTheMessageWhileItIsCached) {
  Alone node;
  node.join("t");
  const auto peer = node.add();
  ASSERT_TRUE(node.publish("t", "x"));
  node.heartbeats(static_cast<int>(Config{}.mcache_len) - 1);
  node.iwant(peer, {node.id_of("x"), "unknown"});
  EXPECT_EQ(node.heard(peer).count("x"), 1u);

  node.heartbeat();
  node.iwant(peer, {node.id_of("x")});

  EXPECT_EQ(node.heard(peer).count("x"), 1u);
}

TEST(IwantSpam, IsServedThreeTimesAnIdAndPeer) {
  Alone node;
  node.join("t");
  const auto greedy = node.add();
  const auto other = node.add();
  ASSERT_TRUE(node.publish("t", "x"));

  for (int i = 0; i < 20; ++i) node.iwant(greedy, {node.id_of("x")});
  node.iwant(other, {node.id_of("x")});

  EXPECT_EQ(node.heard(greedy).count("x"), Config{}.gossip_retransmission);
  EXPECT_EQ(node.heard(other).count("x"), 1u);
}

TEST(IwantSpam, OfOneIdInOneRpcIsServedOnce_V41) {
  Alone node;
  node.join("t");
  const auto peer = node.add();
  ASSERT_TRUE(node.publish("t", "x"));

  node.iwant(peer, std::vector<std::string>(5000, node.id_of("x")));

  EXPECT_EQ(node.heard(peer).count("x"), 1u);
}

TEST(IwantSpam, IsBoundedInIdsAndBytesEachHeartbeat) {
  auto config = Alone::plain();
  config.iwant_ids_max = 10;
  config.iwant_bytes_max = 5000;
  Alone node{config};
  node.join("t");
  const auto peer = node.add();
  std::vector<std::string> small;
  std::vector<std::string> large;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(node.publish("t", std::to_string(i)));
    small.push_back(node.id_of(std::to_string(i)));
    const std::string data(1000, static_cast<char>('a' + i));
    ASSERT_TRUE(node.publish("t", data));
    large.push_back(node.id_of(data));
  }

  node.iwant(peer, small);
  EXPECT_EQ(node.heard(peer).published.size(), 10u);
  node.heartbeat();
  node.heard(peer) = {};
  node.iwant(peer, large);
  EXPECT_EQ(node.heard(peer).published.size(), 4u);
}

TEST(Rpcs, OfManyLargeMessagesAreSplitAndCarryThemAll) {
  Alone node;
  node.join("t");
  const auto peer = node.add({.topic = "t"});
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    const auto data = std::to_string(i) + std::string(15'000, 'x');
    ASSERT_TRUE(node.publish("t", data));
    ids.push_back(node.id_of(data));
  }
  node.heard(peer) = {};

  node.iwant(peer, ids);

  EXPECT_EQ(node.heard(peer).published.size(), 100u);
  EXPECT_LE(node.heard(peer).largest_rpc, pubsub::SendLimits{}.batch_bytes);
}

TEST(Idontwant, GoesToMeshPeersOf12BeforeTheMessageIsChecked) {
  auto config = Alone::plain();
  Alone node{config};
  node.router().set_validated("t", true);
  node.join("t");
  const auto mesh = node.add_meshed("t");
  const auto sender = node.add_meshed("t");
  const auto old = node.add_meshed("t", {.version = Version::v1_1});
  for (int i = 0; i < 3; ++i) node.add_meshed("t");
  const auto outside = node.add({.topic = "t"});
  ASSERT_FALSE(node.meshed(outside, "t"));
  const std::string data(1024, 'x');

  node.send(sender, "t", data);
  node.send(sender, "t", data);

  ASSERT_TRUE(node.deliveries.empty());
  EXPECT_EQ(node.heard(mesh).idontwant, std::vector<std::string>{node.id_of(data)});
  EXPECT_TRUE(node.heard(sender).idontwant.empty());
  EXPECT_TRUE(node.heard(old).idontwant.empty());
  EXPECT_TRUE(node.heard(outside).idontwant.empty());
}

TEST(Idontwant, IsNotSentForSmallMessages) {
  Alone node;
  node.join("t");
  const auto mesh = node.add_meshed("t");
  const auto sender = node.add_meshed("t");

  node.send(sender, "t", std::string(1023, 'x'));
  EXPECT_TRUE(node.heard(mesh).idontwant.empty());
  node.send(sender, "t", std::string(1024, 'x'));
  EXPECT_EQ(node.heard(mesh).idontwant.size(), 1u);
}

TEST(Idontwant, LeavesRoomInItsRpcsForImplementationsThatReadTenIds) {
  Alone node;
  node.join("t");
  const auto mesh = node.add_meshed("t");
  const auto sender = node.add_meshed("t");
  node.hold_writes = true;
  for (int i = 0; i < 35; ++i) {
    node.send(sender, "t", std::to_string(i) + std::string(1024, 'x'));
  }
  node.heard(mesh) = {};

  node.release_writes();

  EXPECT_EQ(node.heard(mesh).idontwant.size(), 35u);
  EXPECT_GE(node.heard(mesh).rpcs, 4u);
}

TEST(Idontwant, KeepsUsFromForwarding) {
  Alone node;
  node.join("t");
  const auto unwilling = node.add_meshed("t");
  const auto willing = node.add_meshed("t");
  const auto sender = node.add_meshed("t");

  node.idontwant(unwilling, {node.id_of("x")});
  node.send(sender, "t", "x");

  EXPECT_EQ(node.heard(unwilling).count("x"), 0u);
  EXPECT_EQ(node.heard(willing).count("x"), 1u);
}

TEST(Idontwant, TakesBackWhatIsQueued) {
  Alone node;
  node.join("t");
  const auto slow = node.add_meshed("t");
  const auto sender = node.add_meshed("t");
  node.hold_writes = true;
  node.send(sender, "t", "x");
  node.send(sender, "t", "y");

  node.idontwant(slow, {node.id_of("x")});
  node.release_writes();

  EXPECT_EQ(node.heard(slow).count("x"), 0u);
  EXPECT_EQ(node.heard(slow).count("y"), 1u);
  EXPECT_EQ(node.traced(Traced::Kind::idontwant_cancelled), 1u);
}

TEST(Idontwant, TakesBackWhatIsQueuedAlsoWhenThePeerReadsMuchLater) {
  Alone node;
  node.join("t");
  const auto slow = node.add_meshed("t");
  const auto sender = node.add_meshed("t");
  node.hold_writes = true;
  node.send(sender, "t", "x");
  node.idontwant(slow, {node.id_of("x")});

  node.heartbeats(10);
  node.release_writes();

  EXPECT_EQ(node.heard(slow).count("x"), 0u);
}

TEST(Idontwant, KeepsUsFromAnsweringAnIwant) {
  Alone node;
  node.join("t");
  const auto peer = node.add();
  ASSERT_TRUE(node.publish("t", "x"));

  node.idontwant(peer, {node.id_of("x")});
  node.iwant(peer, {node.id_of("x")});

  EXPECT_EQ(node.heard(peer).count("x"), 0u);
}

TEST(Idontwant, IsForgottenAfterItsHeartbeats) {
  Alone node;
  node.join("t");
  const auto mesh = node.add_meshed("t");
  const auto sender = node.add_meshed("t");
  node.idontwant(mesh, {node.id_of("early"), node.id_of("late")});

  node.heartbeats(2);
  node.send(sender, "t", "early");
  EXPECT_EQ(node.heard(mesh).count("early"), 0u);
  node.heartbeat();
  node.send(sender, "t", "late");
  EXPECT_EQ(node.heard(mesh).count("late"), 1u);
}

TEST(Idontwant, IsForgottenWithTheStream) {
  Alone node;
  node.join("t");
  const auto mesh = node.add_meshed("t");
  const auto sender = node.add_meshed("t");
  node.idontwant(mesh, {node.id_of("x")});

  node.lose(mesh);
  node.open(mesh);
  node.send(sender, "t", "x");

  EXPECT_EQ(node.heard(mesh).count("x"), 1u);
}

TEST(IdontwantSpam, AboveTheBudgetIsIgnoredUntilTheNextHeartbeat) {
  Alone node;
  node.join("t");
  const auto mesh = node.add_meshed("t");
  const auto sender = node.add_meshed("t");
  auto ids = numbered_ids(0, static_cast<int>(Config{}.idontwant_ids_max));
  ids.push_back(node.id_of("x"));

  node.idontwant(mesh, ids);
  node.send(sender, "t", "x");
  EXPECT_EQ(node.heard(mesh).count("x"), 1u);

  node.heartbeat();
  node.idontwant(mesh, {node.id_of("y")});
  node.send(sender, "t", "y");
  EXPECT_EQ(node.heard(mesh).count("y"), 0u);
}

TEST(Idontwant, BeforeOurOwnMessageOnlyWhenConfigured) {
  const std::string data(2000, 'x');
  for (const bool on : {false, true}) {
    auto config = Alone::plain();
    config.idontwant_on_publish = on;
    Alone node{config};
    node.join("t");
    const auto mesh = node.add_meshed("t");

    ASSERT_TRUE(node.publish("t", data));

    EXPECT_EQ(node.heard(mesh).idontwant.size(), on ? 1u : 0u);
  }
}

}  // namespace
}  // namespace grapevine::gossipsub
