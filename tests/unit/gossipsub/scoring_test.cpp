// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

/// What peers do in "t" counts; the rest is what the application says.
Config scored() {
  auto config = Alone::plain();
  auto& score = config.score.emplace();
  score.skip_atomic_validation = true;
  score.thresholds = {.gossip = -10, .publish = -20, .graylist = -30, .opportunistic_graft = 5};
  score.app_specific_weight = 1;
  score.behaviour_penalty_weight = -1;
  score.behaviour_penalty_decay = 0.9999;
  auto& t = score.topics["t"];
  t.skip_atomic_validation = true;
  t.topic_weight = 1;
  t.time_in_mesh_quantum = 1s;
  t.first_message_deliveries_weight = 1;
  t.first_message_deliveries_decay = 0.99;
  t.first_message_deliveries_cap = 100;
  t.invalid_message_deliveries_weight = -1;
  t.invalid_message_deliveries_decay = 0.99;
  return config;
}

double score(Alone& node, PeerHandle peer) { return node.router().score(node.id(peer)); }
void set(Alone& node, PeerHandle peer, double value) {
  node.router().set_application_score(node.id(peer), value);
}
/// Whole acts of misbehaviour held against the peer.
long misdeeds(Alone& node, PeerHandle peer) {
  return std::lround(node.router().explain(node.id(peer))->behaviour_penalty);
}
TopicScore in_topic(Alone& node, PeerHandle peer) {
  const auto told = node.router().explain(node.id(peer));
  return told->topics.empty() ? TopicScore{} : told->topics[0];
}

TEST(Graylist, DropsRpcsUnreadUnlessThePeerIsDirect) {
  auto config = scored();
  config.direct_peers = {Alone::key(77).peer_id()};
  Alone node{config};
  node.join("t");
  const auto peer = node.add({.topic = "t"});
  const auto direct = node.add({.topic = "t", .identity = 77});
  set(node, peer, -30.5);
  set(node, direct, -30.5);

  node.send(peer, "t", "dropped");
  EXPECT_TRUE(node.feed(peer, SharedBytes{Bytes{0xFF, 0xFF, 0xFF}}));  // not even decoded
  node.send(direct, "t", "direct");
  EXPECT_EQ(node.delivered("dropped"), 0u);
  EXPECT_EQ(node.delivered("direct"), 1u);
  EXPECT_EQ(node.traced(Traced::Kind::graylisted), 2u);

  set(node, peer, -30);
  node.send(peer, "t", "at the threshold");
  EXPECT_EQ(node.delivered("at the threshold"), 1u);
}

TEST(GossipThreshold, EndsGossipInBothDirections) {
  auto config = scored();
  config.d = config.d_low = config.d_high = config.d_score = config.d_out = 0;
  Alone node{config};
  node.join("t");
  const auto good = node.add({.topic = "t"});
  const auto bad = node.add({.topic = "t"});
  set(node, good, -10);
  set(node, bad, -10.5);
  ASSERT_TRUE(node.publish("t", "x"));

  node.advance(1s);
  EXPECT_EQ(node.heard(good).ids_advertised(), 1u);
  EXPECT_EQ(node.heard(bad).ids_advertised(), 0u);
  for (const auto peer : {good, bad}) {
    node.iwant(peer, {node.id_of("x")});
    node.ihave(peer, "t", {"id of " + std::to_string(std::to_underlying(peer))});
  }
  EXPECT_EQ(node.heard(good).count("x"), 1u);
  EXPECT_EQ(node.heard(bad).count("x"), 0u);
  EXPECT_EQ(node.heard(good).iwant.size(), 1u);
  EXPECT_EQ(node.heard(bad).iwant.size(), 0u);
}

TEST(PublishThreshold, KeepsFloodPublishedMessagesFromPeersBelowIt) {
  auto config = scored();
  config.flood_publish = true;
  Alone node{config};
  const auto good = node.add({.topic = "t"});
  const auto bad = node.add({.topic = "t"});
  set(node, good, -20);
  set(node, bad, -20.5);

  ASSERT_TRUE(node.publish("t", "x"));

  EXPECT_EQ(node.heard(good).count("x"), 1u);
  EXPECT_EQ(node.heard(bad).count("x"), 0u);
}

TEST(PublishThreshold, KeepsPeersBelowItOutOfTheFanout) {
  Alone node{scored()};
  const auto good = node.add({.topic = "t"});
  const auto bad = node.add({.topic = "t"});
  const auto turned = node.add({.topic = "t"});
  set(node, bad, -20.5);

  ASSERT_TRUE(node.publish("t", "x"));
  EXPECT_EQ(node.router().fanout("t").size(), 2u);
  set(node, turned, -20.5);
  node.advance(1s);

  EXPECT_EQ(node.router().fanout("t"), std::vector<PeerId>{node.id(good)});
  EXPECT_EQ(node.heard(bad).count("x"), 0u);
}

TEST(PublishThreshold, HoldsForFloodsubPeersWhateverIsSent) {
  Alone node{scored()};
  node.join("t");
  const auto sender = node.add_meshed("t");
  const auto good = node.add({.version = Version::floodsub, .topic = "t"});
  const auto bad = node.add({.version = Version::floodsub, .topic = "t"});
  set(node, bad, -20.5);

  node.send(sender, "t", "forwarded");
  ASSERT_TRUE(node.publish("t", "own"));

  EXPECT_EQ(node.heard(good).published.size(), 2u);
  EXPECT_EQ(node.heard(bad).published.size(), 0u);
}

TEST(NegativeScore, IsRefusedWithAPruneLikeAnyOther_V56) {
  Alone node{scored()};
  node.join("t");
  for (int i = 0; i < 12; ++i) node.add_meshed("t");
  const auto bad = node.add({.topic = "t"});
  const auto surplus = node.add({.topic = "t"});
  set(node, bad, -1);

  node.graft(bad, "t");
  node.graft(surplus, "t");

  ASSERT_EQ(node.heard(bad).prunes.size(), 1u);
  ASSERT_EQ(node.heard(surplus).prunes.size(), 1u);
  EXPECT_EQ(node.heard(bad).prunes[0].backoff, node.heard(surplus).prunes[0].backoff);
}

TEST(GraftInBackoff, IsMisbehaviourAndTwiceRightAfterThePrune) {
  Alone node{scored()};
  node.join("t");
  const auto peer = node.add_meshed("t");
  node.leave("t");
  node.join("t");
  node.prune(peer, "t", 60);

  node.graft(peer, "t");
  EXPECT_EQ(misdeeds(node, peer), 2);
  node.advance(11s);
  node.graft(peer, "t");
  EXPECT_EQ(misdeeds(node, peer), 3);
  node.graft(peer, "t");
  EXPECT_EQ(misdeeds(node, peer), 5);
  EXPECT_GE(node.heard(peer).prunes.size(), 3u);
  EXPECT_FALSE(node.meshed(peer, "t"));
  EXPECT_LT(score(node, peer), -20);
}

TEST(GraftInBackoff, OfAPeerThatIsGraylistedAtLastIsNotAnswered) {
  Alone node{scored()};
  node.join("t");
  const auto peer = node.add_meshed("t");
  node.prune(peer, "t", 60);
  for (int i = 0; i < 3; ++i) node.graft(peer, "t");
  ASSERT_LT(score(node, peer), -30);
  const auto answers = node.heard(peer).prunes.size();

  node.graft(peer, "t");
  node.advance(70s);  // the backoff is over, the score is not

  EXPECT_EQ(node.heard(peer).prunes.size(), answers);
  EXPECT_FALSE(node.meshed(peer, "t"));
}

TEST(IhaveSpam, CostsOneMisdeedForEachRpcThatMadeUsAskInVain) {
  Alone node{scored()};
  node.join("t");
  const auto spammer = node.add({.topic = "t"});
  for (int i = 0; i < 5; ++i) {
    node.ihave(spammer, "t", {"bogus " + std::to_string(i), "more " + std::to_string(i)});
  }

  node.advance(3s);
  EXPECT_EQ(misdeeds(node, spammer), 0);
  node.advance(1s);
  EXPECT_EQ(misdeeds(node, spammer), 5);
  node.advance(10s);
  EXPECT_EQ(misdeeds(node, spammer), 5);  // each once
}

class Promised : public ::testing::Test {
 protected:
  Promised() : node{scored()} {
    node.join("t");
    promiser = node.add_meshed("t");
    other = node.add_meshed("t");
    message = node.message("t", "promised");
  }
  void promise() { node.ihave(promiser, "t", {node.id_of("promised")}); }
  Alone node;
  PeerHandle promiser{};
  PeerHandle other{};
  pubsub::Message message;
};

TEST_F(Promised, KeptShortlyBeforeItsTimeIsOverIsNoMisdeed_V48) {
  promise();
  node.advance(2900ms);
  node.send(promiser, message);
  node.advance(5s);

  EXPECT_EQ(misdeeds(node, promiser), 0);
}

TEST_F(Promised, KeptTooLateIsOneMisdeed_V48) {
  promise();
  node.advance(3100ms);
  node.send(promiser, message);
  node.advance(5s);

  EXPECT_EQ(misdeeds(node, promiser), 1);
}

TEST_F(Promised, KeptByAnotherPeerOrAsACopyIsKept_V48) {
  promise();
  node.send(other, message);
  node.send(promiser, message);
  node.advance(5s);

  EXPECT_EQ(misdeeds(node, promiser), 0);
  EXPECT_EQ(misdeeds(node, other), 0);
}

TEST_F(Promised, IsKeptWhileTheMessageIsBeingValidated_V48) {
  node.router().set_validated("t", true);
  promise();
  node.send(promiser, message);
  node.advance(10s);
  ASSERT_EQ(node.to_validate.size(), 1u);
  node.answer(node.to_validate[0].ticket, Validation::accept);

  EXPECT_EQ(misdeeds(node, promiser), 0);
}

TEST_F(Promised, IsNotBrokenWhileOurQuestionHasNotLeft_V48) {
  node.hold_writes = true;
  promise();
  node.advance(8s);
  EXPECT_EQ(misdeeds(node, promiser), 0);

  node.release_writes();
  node.advance(8s);
  EXPECT_EQ(misdeeds(node, promiser), 1);
}

TEST_F(Promised, IsNotBrokenByOurOwnSleepNorALostStream_F09) {
  promise();
  node.sleep(60s);
  EXPECT_EQ(misdeeds(node, promiser), 0);

  node.ihave(promiser, "t", {"another"});
  node.lose(promiser);
  node.open(promiser);
  node.advance(5s);
  EXPECT_EQ(misdeeds(node, promiser), 0);
}

TEST_F(Promised, IsForgottenWithThePeer) {
  promise();
  node.remove(promiser);

  node.advance(5s);

  EXPECT_EQ(node.traced(Traced::Kind::misbehaved), 0u);
}

TEST_F(Promised, OfAMessageOfOurOwnBeforeARestartIsNobodysFault_V49) {
  auto config = scored();
  config.signature_policy = pubsub::SignaturePolicy::strict_sign;
  config.message_id = pubsub::ids::from_seqno;
  Alone restarted{config};
  restarted.join("t");
  const auto peer = restarted.add_meshed("t");
  const auto old = restarted.signed_message(0, 7, "t", "old");

  restarted.ihave(peer, "t", {to_text(old.id.bytes())});
  restarted.send(peer, old);
  EXPECT_EQ(score(restarted, peer), 0);
  restarted.send(peer, restarted.signed_message(0, 8, "t", "never asked for"));
  EXPECT_EQ(score(restarted, peer), -1);
}

TEST(InvalidSignatures, DriveTheirSenderBelowTheGraylist) {
  auto config = scored();
  config.signature_policy = pubsub::SignaturePolicy::strict_sign;
  config.message_id = pubsub::ids::from_seqno;
  Alone node{config};
  node.join("t");
  const auto spammer = node.add_meshed("t");
  for (std::uint64_t i = 0; i < 6; ++i) {
    node.send(spammer, node.signed_message(5, i, "t", "x"));
    node.router().on_verified(node.to_verify.back().ticket,
                              unexpected(pubsub::RejectReason::invalid_signature), node.now());
  }
  node.send(spammer, "t", "unsigned");

  EXPECT_LT(score(node, spammer), -30);
  node.send(spammer, node.signed_message(5, 9, "t", "too late"));
  EXPECT_EQ(node.to_verify.size(), 6u);
}

TEST(InvalidSignatures, InDisputeAreNotPunished_V12) {
  auto config = scored();
  config.signature_policy = pubsub::SignaturePolicy::strict_sign;
  Alone node{config};
  node.join("t");
  const auto peer = node.add_meshed("t");
  node.send(peer, node.signed_message(5, 1, "t", "x"));

  node.router().on_verified(node.to_verify.back().ticket,
                            unexpected(pubsub::RejectReason::disputed_signature), node.now());

  EXPECT_EQ(score(node, peer), 0);
}

TEST(Forgery, IsHeldAgainstItsSendersAndNotAgainstWhoSentTheGenuineMessage_V42) {
  auto config = scored();
  config.message_id = pubsub::ids::prefix8;
  Alone node{config};
  node.router().set_validated("t", true);
  node.join("t");
  const auto forger = node.add_meshed("t");
  const auto accomplice = node.add_meshed("t");
  const auto honest = node.add_meshed("t");
  node.send(forger, "t", "same id! forged");
  node.send(honest, "t", "same id! genuine");
  node.send(accomplice, "t", "same id! forged");

  node.answer(node.to_validate.at(0).ticket, Validation::reject);
  node.answer(node.to_validate.at(1).ticket, Validation::accept);

  EXPECT_EQ(score(node, forger), -1);
  EXPECT_EQ(score(node, accomplice), -1);
  EXPECT_EQ(score(node, honest), 1);
  EXPECT_EQ(node.delivered("same id! genuine"), 1u);
}

TEST(Verdicts, RejectIsPunishedInEveryCopyAndIgnoreInNone_V49) {
  for (const auto verdict : {Validation::reject, Validation::ignore}) {
    Alone node{scored()};
    node.router().set_validated("t", true);
    node.join("t");
    const auto first = node.add_meshed("t");
    const auto during = node.add_meshed("t");
    const auto later = node.add_meshed("t");
    node.send(first, "t", "x");
    node.send(during, "t", "x");
    node.answer(node.to_validate.at(0).ticket, verdict);
    node.send(later, "t", "x");

    const double expected = verdict == Validation::reject ? -1 : 0;
    for (const auto peer : {first, during, later}) EXPECT_EQ(score(node, peer), expected);
  }
}

TEST(Verdicts, WithoutRoomForAnyAreNobodysFault_V49) {
  auto config = scored();
  config.pending_messages_max = 1;
  Alone node{config};
  node.router().set_validated("t", true);
  node.join("t");
  const auto peer = node.add_meshed("t");

  for (int i = 0; i < 10; ++i) node.send(peer, "t", "m" + std::to_string(i));

  EXPECT_EQ(score(node, peer), 0);
}

TEST(Malformed, MessagesAndRpcsAreMisdeeds) {
  Alone node{scored()};
  node.join("t");
  const auto peer = node.add_meshed("t");

  EXPECT_FALSE(node.feed(peer, SharedBytes{Bytes{0xFF, 0xFF, 0xFF}}));
  EXPECT_EQ(misdeeds(node, peer), 1);
  EXPECT_TRUE(node.feed(peer, SharedBytes{Bytes{0x12, 0x01, 0xFF}}));  // a publish of garbage
  EXPECT_EQ(misdeeds(node, peer), 2);
}

TEST(Deliveries, CreditTheFirstSenderAndMeshPeersThatSentTheSameInTime) {
  auto config = scored();
  auto& t = config.score->topics["t"];
  t.mesh_message_deliveries_weight = -1;
  t.mesh_message_deliveries_decay = 0.99;
  t.mesh_message_deliveries_cap = 50;
  t.mesh_message_deliveries_threshold = 10;
  t.mesh_message_deliveries_window = 100ms;
  t.mesh_message_deliveries_activation = 1s;
  Alone node{config};
  node.router().set_validated("t", true);
  node.join("t");
  const auto first = node.add_meshed("t");
  const auto during = node.add_meshed("t");
  const auto within = node.add_meshed("t");
  const auto late = node.add_meshed("t");
  node.send(first, "t", "x");
  node.send(during, "t", "x");
  node.answer(node.to_validate.at(0).ticket, Validation::accept);
  node.advance(90ms);
  node.send(within, "t", "x");
  node.send(within, "t", "x");
  node.advance(20ms);
  node.send(late, "t", "x");

  EXPECT_EQ(in_topic(node, first).first_message_deliveries, 1);
  EXPECT_EQ(in_topic(node, during).first_message_deliveries, 0);
  EXPECT_EQ(in_topic(node, first).mesh_message_deliveries, 1);
  EXPECT_EQ(in_topic(node, during).mesh_message_deliveries, 1);
  EXPECT_EQ(in_topic(node, within).mesh_message_deliveries, 1);
  EXPECT_EQ(in_topic(node, late).mesh_message_deliveries, 0);
}

TEST(MeshMembership, IsFollowedInEveryWayInAndOut) {
  Alone node{scored()};
  node.join("t");
  const auto peer = node.add_meshed("t");
  const auto in_mesh = [&] { return in_topic(node, peer).in_mesh; };
  EXPECT_TRUE(in_mesh());
  node.prune(peer, "t", 1);
  EXPECT_FALSE(in_mesh());
  node.advance(10s);  // grafted by us
  EXPECT_TRUE(in_mesh());
  node.subscribe(peer, "t", false);
  EXPECT_FALSE(in_mesh());
  node.subscribe(peer, "t");
  EXPECT_TRUE(in_mesh());
  node.lose(peer);
  EXPECT_FALSE(in_mesh());
  node.open(peer);
  EXPECT_TRUE(in_mesh());
  node.leave("t");
  EXPECT_FALSE(in_mesh());
}

TEST(OpportunisticGrafting, AddsBetterPeersToAPoorMeshOnceAMinute) {
  auto config = scored();
  config.opportunistic_graft_ticks = 60;
  Alone node{config};
  node.join("t");
  std::vector<PeerHandle> silent;
  for (int i = 0; i < 6; ++i) silent.push_back(node.add_meshed("t", {.outbound = true}));
  std::vector<PeerHandle> good;
  for (int i = 0; i < 5; ++i) good.push_back(node.add({.topic = "t"}));
  const auto poor = node.add({.topic = "t"});
  for (const auto peer : good) set(node, peer, 10);

  node.advance(58s);
  EXPECT_EQ(node.router().mesh("t").size(), 6u);
  node.advance(3s);

  EXPECT_EQ(node.router().mesh("t").size(), 8u);
  EXPECT_FALSE(node.meshed(poor, "t"));
  EXPECT_EQ(std::ranges::count_if(good, [&](auto peer) { return node.meshed(peer, "t"); }), 2);
}

TEST(OpportunisticGrafting, LeavesAGoodMeshAlone) {
  Alone node{scored()};
  node.join("t");
  for (int i = 0; i < 6; ++i) set(node, node.add_meshed("t", {.outbound = true}), i < 2 ? 0 : 5);
  const auto better = node.add({.topic = "t"});
  set(node, better, 100);

  node.advance(130s);

  EXPECT_FALSE(node.meshed(better, "t"));
}

TEST(SlowPeers, AreScoredByWhatTheirOutboxDropped) {
  auto config = scored();
  config.outbox_items_max = 4;
  config.score->slow_peer_weight = -0.5;
  config.score->slow_peer_decay = 0.5;
  Alone node{config};
  node.join("t");
  const auto slow = node.add_meshed("t");
  node.hold_writes = true;

  for (int i = 0; i < 10; ++i) ASSERT_TRUE(node.publish("t", "m" + std::to_string(i)));

  EXPECT_EQ(node.router().explain(node.id(slow))->dropped_messages, 6);
  EXPECT_EQ(score(node, slow), -3);
}

IpAddress ip(std::uint8_t last) {
  return *IpAddress::from_bytes(std::array<std::uint8_t, 4>{10, 0, 0, last});
}

TEST(Addresses, OfPeersCountAndMayChange) {
  auto config = scored();
  config.score->ip_colocation_factor_weight = -1;
  config.score->ip_colocation_factor_threshold = 1;
  Alone node{config};
  const auto one = node.add({.ips = {ip(1)}});
  const auto two = node.add({.ips = {ip(1)}});
  EXPECT_EQ(score(node, one), -1);

  node.router().set_ips(two, std::array{ip(2)});

  EXPECT_EQ(score(node, one), 0);
  EXPECT_EQ(score(node, two), 0);
}

TEST(Scores, OutliveTheConnectionForTheirTime) {
  auto config = scored();
  config.score->retain_score = 30s;
  Alone node{config};
  node.join("t");
  const auto peer = node.add_meshed("t", {.identity = 9});
  node.prune(peer, "t", 60);
  for (int i = 0; i < 2; ++i) node.graft(peer, "t");
  const auto before = score(node, peer);
  ASSERT_LT(before, -10);
  node.remove(peer);
  const auto id = Alone::key(9).peer_id();
  EXPECT_EQ(node.router().score(id), before);
  EXPECT_FALSE(node.router().explain(id)->connected);

  const auto again = node.add({.identity = 9});
  EXPECT_EQ(score(node, again), before);
  node.remove(again);
  node.advance(32s);
  EXPECT_FALSE(node.router().explain(id));
}

TEST(Scores, LeaveNothingBehindWhenEverybodyHasLeft_V50) {
  auto config = scored();
  config.gater.emplace();
  Alone node{config};
  node.join("t");
  std::vector<PeerHandle> peers;
  for (std::uint8_t i = 0; i < 10; ++i) {
    peers.push_back(node.add_meshed("t", {.ips = {ip(i % 3)}}));
    node.ihave(peers.back(), "t", {"id " + std::to_string(i)});
    node.send(peers.back(), "t", "m" + std::to_string(i));
  }
  node.advance(2s);

  for (const auto peer : peers) node.remove(peer);

  EXPECT_EQ(node.router().peer_state_size(), 0u);
}

TEST(Scores, FollowParametersGivenAtRunTime) {
  Alone node{scored()};
  node.join("u");
  const auto peer = node.add_meshed("u");
  node.send(peer, "u", "before");
  EXPECT_EQ(score(node, peer), 0);
  auto params = scored().score->topics["t"];

  ASSERT_TRUE(node.router().set_topic_score_params("u", params, node.now()));
  node.send(peer, "u", "after");
  EXPECT_EQ(score(node, peer), 1);
  params.first_message_deliveries_decay = 3;
  const auto refused = node.router().set_topic_score_params("u", params, node.now());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().parameter, "first_message_deliveries_decay");
}

TEST(Scores, AreZeroWithoutScoring) {
  Alone node;
  const auto peer = node.add();

  set(node, peer, -100);

  EXPECT_EQ(score(node, peer), 0);
  EXPECT_FALSE(node.router().explain(node.id(peer)));
}

TEST(Gater, ShedsTheMessagesOfAnAddressThatSentBadOnesButReadsTheirControl_V53) {
  auto config = Alone::plain();
  config.gater.emplace();
  config.pending_messages_max = 8;
  Alone node{config};
  node.router().set_validated("t", true);
  node.join("t");
  const auto spammer = node.add_meshed("t", {.ips = {ip(1)}});
  const auto honest = node.add_meshed("t", {.ips = {ip(2)}});
  for (int i = 0; i < 40; ++i) {
    node.send(spammer, "t", "spam" + std::to_string(i));
    if (node.to_validate.size() < 8) continue;
    for (const auto& asked : node.to_validate) node.answer(asked.ticket, Validation::reject);
    node.to_validate.clear();
  }
  for (const auto& asked : node.to_validate) node.answer(asked.ticket, Validation::reject);
  node.to_validate.clear();

  for (int i = 0; i < 20; ++i) node.send(spammer, "t", "late" + std::to_string(i));
  node.prune(spammer, "t");
  for (int i = 0; i < 3; ++i) node.send(honest, "t", "good" + std::to_string(i));

  EXPECT_GE(node.traced(Traced::Kind::shed), 15u);
  EXPECT_FALSE(node.meshed(spammer, "t"));
  const auto from_honest = std::ranges::count(node.to_validate, node.id(honest), &Validate::via);
  EXPECT_EQ(from_honest, 3);
}

}  // namespace
}  // namespace grapevine::gossipsub
