// SPDX-License-Identifier: Apache-2.0
#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

void set(Alone& alone, std::string_view topic, const TopicPolicy& policy) {
  ASSERT_TRUE(alone.router().set_policy(topic, policy, alone.now()));
  alone.sleep(0s);  // takes what the router has to say
}

std::string refused(const TopicPolicy& policy, const Config& config = {}) {
  const auto checked = check(policy, config);
  if (checked) return "";
  const auto& error = checked.error();
  return error.parameter + " " + std::string{error.rule} + ": " + error.value;
}

TEST(TopicPolicies, AreCheckedByTheRulesOfTheConfiguration) {
  EXPECT_EQ(refused({}), "");
  EXPECT_EQ(refused({.d = 8, .d_low = 6, .d_high = 12}), "");
  EXPECT_EQ(refused({.d_low = 7}), "d_low at most d: 7");
  EXPECT_EQ(refused({.d_high = 5}), "d_high at least d: 5");
  EXPECT_EQ(refused({.d_score = 7}), "d_score at most d: 7");
  EXPECT_EQ(refused({.d_out = 4}), "d_out at most d / 2: 4");
  EXPECT_EQ(refused({.message_size_max = 0}), "message_size_max above zero: 0");
  EXPECT_EQ(refused({.message_size_max = 1024 * 1024}), "");
  EXPECT_EQ(refused({.message_size_max = 1024 * 1024 + 1}),
            "rpc_limits.size_max at least message_size_max: 1048577");
  EXPECT_EQ(refused({.expiry = 0s}), "expiry above zero: 0 us");
  EXPECT_EQ(refused({.queue_share = 1.5}), "queue_share from 0 to 1: 1.500000");
  EXPECT_EQ(refused({.queue_share = -0.5}), "queue_share from 0 to 1: -0.500000");
  EXPECT_EQ(refused({.queue_share = 0.0}), "");
}

TEST(TopicPolicies, OfATopicThatCannotBeAreRefused) {
  Alone alone;

  EXPECT_EQ(alone.router().set_policy("", {.d = 6}, alone.now()).error().parameter, "topic");
  const std::string longest(pubsub::topic_size_max, 't');
  EXPECT_TRUE(alone.router().set_policy(longest, {.d = 6}, alone.now()));
  EXPECT_FALSE(alone.router().set_policy(longest + "t", {.d = 6}, alone.now()));
}

/// rust: per-topic mesh parameters.
TEST(TopicPolicies, GiveATopicAMeshOfItsOwnSize) {
  Alone alone;
  set(alone, "wide", {.d = 9, .d_low = 8, .d_high = 12, .d_out = 0});
  set(alone, "thin", {.d = 2, .d_low = 1, .d_high = 3, .d_score = 1, .d_out = 0});
  for (int i = 0; i < 14; ++i) {
    const auto peer = alone.add();
    for (const auto* topic : {"wide", "thin", "plain"}) alone.subscribe(peer, topic);
  }
  for (const auto* topic : {"wide", "thin", "plain"}) alone.join(topic);

  EXPECT_EQ(alone.router().mesh("wide").size(), 9u);
  EXPECT_EQ(alone.router().mesh("thin").size(), 2u);
  EXPECT_EQ(alone.router().mesh("plain").size(), 6u);
}

TEST(TopicPolicies, BoundAMeshThatOthersFillAndCutItAtTheHeartbeat) {
  Alone alone;
  alone.join("t");
  std::vector<PeerHandle> peers;
  for (int i = 0; i < 8; ++i) peers.push_back(alone.add_meshed("t"));
  ASSERT_EQ(alone.router().mesh("t").size(), 8u);

  set(alone, "t", {.d = 3, .d_low = 2, .d_high = 4, .d_score = 1, .d_out = 0});
  alone.heartbeat();

  EXPECT_EQ(alone.router().mesh("t").size(), 3u);
  alone.add_meshed("t");
  const auto late = alone.add_meshed("t");
  EXPECT_EQ(alone.router().mesh("t").size(), 4u);
  EXPECT_FALSE(alone.meshed(late, "t"));
}

TEST(TopicPolicies, ThatEndGiveTheTopicBackToTheConfiguration) {
  Alone alone;
  set(alone, "t", {.d = 2, .d_low = 1, .d_score = 1, .d_out = 0});
  alone.join("t");
  for (int i = 0; i < 8; ++i) alone.add({.topic = "t"});
  alone.heartbeats(2);
  EXPECT_EQ(alone.router().mesh("t").size(), 1u);

  set(alone, "t", {});
  alone.heartbeats(2);

  EXPECT_EQ(alone.router().mesh("t").size(), 6u);
  alone.leave("t");
}

/// rust: per-topic transmit sizes.
TEST(TopicPolicies, BoundTheMessagesOfATopicSentAndTaken) {
  Alone alone;
  set(alone, "small", {.message_size_max = 100});
  for (const auto* topic : {"small", "plain"}) alone.join(topic);
  const auto peer = alone.add_meshed("small");
  const auto overhead = alone.message("small", std::string(80, 'x')).field.size() - 80;
  const std::string fits(100 - overhead, 'a');
  const std::string exceeds(101 - overhead, 'b');

  EXPECT_TRUE(alone.publish("small", fits));
  EXPECT_EQ(alone.publish("small", exceeds).error(), PublishError::too_large);
  alone.send(peer, "small", std::string(100 - overhead, 'c'));
  alone.send(peer, "small", std::string(101 - overhead, 'd'));
  alone.send(peer, "plain", std::string(1000, 'e'));

  EXPECT_EQ(alone.delivered(std::string(100 - overhead, 'c')), 1u);
  EXPECT_EQ(alone.delivered(std::string(101 - overhead, 'd')), 0u);
  EXPECT_EQ(alone.delivered(std::string(1000, 'e')), 1u);
  EXPECT_EQ(alone.router().counters().rejected, 1u);
}

TEST(TopicPolicies, MayAllowATopicMoreThanTheConfiguration) {
  auto config = Alone::plain();
  config.message_size_max = 1000;
  Alone alone{config};
  set(alone, "large", {.message_size_max = 5000});
  for (const auto* topic : {"large", "plain"}) alone.join(topic);

  EXPECT_TRUE(alone.publish("large", std::string(4000, 'a')));
  EXPECT_EQ(alone.publish("plain", std::string(4000, 'b')).error(), PublishError::too_large);
}

TEST(TopicPolicies, LetOneTopicBeSignedAndTheOtherNot) {
  Alone alone;  // StrictNoSign
  set(alone, "signed", {.signature_policy = pubsub::SignaturePolicy::strict_sign});
  for (const auto* topic : {"signed", "plain"}) alone.join(topic);
  const auto peer = alone.add_meshed("signed");
  alone.subscribe(peer, "plain");

  alone.send(peer, "signed", "bare");
  alone.send(peer, alone.signed_message(5, 1, "plain", "adorned"));
  EXPECT_EQ(alone.router().counters().rejected, 2u);
  EXPECT_EQ(alone.deliveries.size(), 0u);
  alone.send(peer, "plain", "bare too");
  alone.send(peer, alone.signed_message(5, 2, "signed", "genuine"));

  EXPECT_EQ(alone.delivered("bare too"), 1u);
  ASSERT_EQ(alone.to_verify.size(), 1u);
  alone.verify(alone.to_verify.front());
  EXPECT_EQ(alone.delivered("genuine"), 1u);
}

TEST(TopicPolicies, ThatTurnStricterRefuseWhatWasParkedUnderTheOldOnes) {
  auto config = Alone::plain();
  config.signature_policy = pubsub::SignaturePolicy::lax_sign;
  config.message_id = pubsub::ids::prefix8;
  Alone alone{config};
  alone.join("t");
  alone.router().set_validated("t", true);
  const auto first = alone.add_meshed("t");
  const auto second = alone.add_meshed("t");
  alone.send(first, "t", "samesame first");
  alone.send(second, "t", "samesame second");  // the same id and other bytes: parked
  ASSERT_EQ(alone.to_validate.size(), 1u);

  set(alone, "t", {.signature_policy = pubsub::SignaturePolicy::strict_sign});
  alone.answer(alone.to_validate.front().ticket, Validation::ignore);

  EXPECT_EQ(alone.to_validate.size(), 1u);
  EXPECT_EQ(alone.router().counters().ignored, 2u);
  EXPECT_TRUE(alone.router().has_room(second));
}

/// go: TestWithTopicMsgIdFunction.
TEST(TopicPolicies, GiveATopicAnIdFunctionOfItsOwn) {
  Alone alone;
  set(alone, "prefixed", {.message_id = pubsub::ids::prefix8});
  for (const auto* topic : {"prefixed", "plain"}) alone.join(topic);
  const auto peer = alone.add_meshed("prefixed");
  alone.subscribe(peer, "plain");

  for (const auto* topic : {"prefixed", "plain"}) {
    alone.send(peer, topic, "12345678 one");
    alone.send(peer, topic, "12345678 two");
  }

  EXPECT_EQ(alone.delivered("12345678 one"), 2u);
  EXPECT_EQ(alone.delivered("12345678 two"), 1u);
  EXPECT_EQ(alone.router().counters().duplicates, 1u);
}

TEST(TopicPolicies, FloodOneTopicOnly) {
  Alone alone;
  set(alone, "flood", {.flood_publish = true});
  for (const auto* topic : {"flood", "plain"}) alone.join(topic);
  for (int i = 0; i < 10; ++i) {
    const auto peer = alone.add();
    for (const auto* topic : {"flood", "plain"}) alone.subscribe(peer, topic);
  }

  EXPECT_EQ(alone.publish("flood", "everywhere"), 10u);
  EXPECT_LT(*alone.publish("plain", "in the mesh"), 10u);
}

/// go: TestFanoutOnly.
TEST(FanoutOnlyTopics, AreNeverAnnouncedAndHearThemselvesOnly) {
  Alone alone;
  set(alone, "t", {.fanout_only = true});
  const auto peer = alone.add({.topic = "t"});
  alone.join("t");
  alone.graft(peer, "t");

  alone.send(peer, "t", "from another");
  EXPECT_EQ(alone.publish("t", "our own"), 1u);

  EXPECT_EQ(alone.deliveries, std::vector<std::string>{"our own"});
  EXPECT_EQ(alone.heard(peer).count("our own"), 1u);
  EXPECT_TRUE(alone.heard(peer).subscriptions.empty());
  EXPECT_TRUE(alone.router().mesh("t").empty());
  EXPECT_TRUE(alone.router().topics().empty());
  const auto late = alone.add();
  EXPECT_TRUE(alone.heard(late).subscriptions.empty());
}

TEST(FanoutOnlyTopics, MadeSoWhileJoinedAreLeftAndJoinedAgainAfterwards) {
  Alone alone;
  alone.join("t");
  const auto peer = alone.add_meshed("t");
  using Said = std::vector<std::pair<std::string, bool>>;

  set(alone, "t", {.fanout_only = true});
  EXPECT_EQ(alone.heard(peer).subscriptions, (Said{{"t", true}, {"t", false}}));
  EXPECT_EQ(alone.heard(peer).prunes.size(), 1u);
  set(alone, "t", {});

  EXPECT_EQ(alone.heard(peer).subscriptions, (Said{{"t", true}, {"t", false}, {"t", true}}));
  EXPECT_EQ(alone.router().topics(), std::vector<std::string>{"t"});
}

TEST(FanoutOnlyTopics, LeftMeanwhileStayLeft) {
  Alone alone;
  set(alone, "t", {.fanout_only = true});
  alone.join("t");
  alone.leave("t");

  set(alone, "t", {});

  EXPECT_TRUE(alone.router().topics().empty());
  EXPECT_EQ(alone.router().peer_state_size(), 0u);
}

TEST(MessageExpiry, DropsWhatWaitedTooLongAndCountsIt) {
  Alone alone;
  set(alone, "fresh", {.expiry = 2s});
  for (const auto* topic : {"fresh", "plain"}) alone.join(topic);
  const auto peer = alone.add_meshed("fresh");
  alone.graft(peer, "plain");
  alone.hold_writes = true;
  alone.publish("fresh", "too old");
  alone.publish("plain", "of any age");
  alone.advance(1500ms);
  alone.publish("fresh", "young");

  alone.advance(500ms);
  alone.release_writes();

  EXPECT_EQ(alone.heard(peer).published, (std::vector<std::string>{"of any age", "young"}));
  EXPECT_EQ(alone.router().counters().expired, 1u);
  EXPECT_EQ(alone.traced(Traced::Kind::outbox_expired), 1u);
}

TEST(MessagePriority, OrdersALaneAndSaysWhoMakesWay) {
  auto config = Alone::plain();
  config.outbox_items_max = 3;
  Alone alone{config};
  set(alone, "high", {.priority = Priority::high});
  set(alone, "low", {.priority = Priority::low});
  const auto peer = alone.add();
  for (const auto* topic : {"low", "plain", "high"}) {
    alone.join(topic);
    alone.subscribe(peer, topic);
    alone.graft(peer, topic);
  }
  alone.hold_writes = true;
  for (const auto* topic : {"low", "plain", "high"}) {
    alone.publish(topic, std::string{topic} + " 1");
  }
  alone.publish("high", "high 2");  // for which the low one makes way
  alone.publish("low", "low 2");    // for which nothing does

  alone.release_writes();

  EXPECT_EQ(alone.heard(peer).published, (std::vector<std::string>{"high 1", "high 2", "plain 1"}));
  EXPECT_EQ(alone.router().counters().rpc_dropped, 2u);
}

TEST(QueueShare, BoundsWhatATopicHoldsOfAnOutbox) {
  auto config = Alone::plain();
  config.message_size_max = 1000;
  config.outbox_bytes_max = 1000;
  Alone alone{config};
  set(alone, "bulk", {.queue_share = 0.5});
  const auto peer = alone.add();
  for (const auto* topic : {"bulk", "plain"}) {
    alone.join(topic);
    alone.subscribe(peer, topic);
    alone.graft(peer, topic);
  }
  alone.hold_writes = true;
  const auto size = alone.message("bulk", std::string(240, 'x')).field.size() - 240;
  const auto quarter = [&](char c) { return std::string(250 - size, c); };

  EXPECT_EQ(alone.publish("bulk", quarter('a')), 1u);
  EXPECT_EQ(alone.publish("bulk", quarter('b')), 1u);  // exactly its half
  EXPECT_EQ(alone.publish("bulk", quarter('c')), 0u);
  EXPECT_EQ(alone.publish("plain", std::string(400, 'd')), 1u);
  EXPECT_EQ(alone.router().counters().rpc_dropped, 1u);
  alone.release_writes();
  EXPECT_EQ(alone.heard(peer).published.size(), 3u);
  alone.hold_writes = true;
  EXPECT_EQ(alone.publish("bulk", quarter('e')), 1u);  // what was sent is not held any more
}

TEST(QueueShare, OfNothingStillHasRoomForOneMessage) {
  Alone alone;
  set(alone, "t", {.queue_share = 0.0});
  alone.join("t");
  alone.add_meshed("t");
  alone.hold_writes = true;

  EXPECT_EQ(alone.publish("t", "one"), 1u);
  EXPECT_EQ(alone.publish("t", "two"), 0u);
}

TEST(TopicPolicies, SetTheTopicsScoreParameters) {
  auto config = Alone::plain();
  config.score.emplace().skip_atomic_validation = true;
  Alone alone{config};
  TopicScoreParams params;
  params.skip_atomic_validation = true;
  params.topic_weight = 1;
  params.invalid_message_deliveries_weight = -1;
  params.invalid_message_deliveries_decay = 0.5;
  set(alone, "t", {.message_size_max = 500, .score = params});
  alone.join("t");
  const auto peer = alone.add_meshed("t");

  alone.say(peer, [&](auto& rpc) {
    rpc.add_publish(alone.signed_message(5, 1, "t", "signed where nothing may be").field);
  });

  EXPECT_LT(alone.router().score(alone.id(peer)), 0);
}

TEST(Batch, OfWhichOneIsRefusedKeepsItsTopicToTheEnd) {
  auto config = Alone::plain();
  config.mode = Mode::floodsub;  // where nothing is cached that would keep the topic
  Alone alone{config};
  set(alone, "t", {});
  std::vector<pubsub::Message> batch;
  for (const auto* data : {"one", "one", "two"}) batch.push_back(alone.message("t", data));
  batch.push_back(alone.message("t", std::string(2 << 20, 'x')));

  EXPECT_EQ(alone.router().publish_batch(std::move(batch), alone.now()), 2u);
  alone.sleep(0s);

  EXPECT_EQ(alone.deliveries, (std::vector<std::string>{"one", "two"}));
  alone.heartbeats(2);
  EXPECT_EQ(alone.router().peer_state_size(), 0u);
}

TEST(PeerCaps, LetControlToGoBeFullerButForItsTenIds) {
  Alone alone;
  alone.join("t");
  const auto go = alone.add_meshed("t");
  const auto js = alone.add_meshed("t");
  const auto other = alone.add_meshed("t");
  alone.router().set_agent(go, "go-libp2p/0.49");
  alone.router().set_agent(js, "js-libp2p/3.0");
  alone.hold_writes = true;
  const auto sender = alone.add({.topic = "t"});
  for (int i = 0; i < 25; ++i) {
    alone.send(sender, "t", std::string(2000, 'x') + std::to_string(i));
  }

  for (const auto peer : {go, js, other}) alone.heard(peer).rpcs = 0;
  alone.release_writes();

  EXPECT_EQ(alone.heard(js).idontwant.size(), 25u);
  EXPECT_EQ(alone.heard(go).idontwant.size(), 25u);
  EXPECT_EQ(alone.heard(js).rpcs, 2u);  // ids, and messages beyond one batch
  EXPECT_EQ(alone.heard(go).rpcs, 3u);
  EXPECT_EQ(alone.heard(other).rpcs, 3u);
}

TEST(PeerCaps, OfAPeerThatTakesNoLargeRpcKeepThemFromIt) {
  Alone alone;
  alone.join("t");
  const auto peer = alone.add_meshed("t");
  alone.router().set_rpc_size_max(peer, 5000);

  EXPECT_EQ(alone.publish("t", std::string(4900, 'a')), 1u);
  EXPECT_EQ(alone.publish("t", std::string(5001, 'b')), 0u);
  alone.iwant(peer, {alone.id_of(std::string(5001, 'b'))});
  alone.hold_writes = true;
  for (char c = 'c'; c < 'h'; ++c) alone.publish("t", std::string(2000, c));
  alone.release_writes();

  EXPECT_LE(alone.heard(peer).largest_rpc, 5000u);
  EXPECT_EQ(alone.heard(peer).published.size(), 6u);
  EXPECT_EQ(alone.router().counters().oversize, 1u + 1u);
  alone.router().set_rpc_size_max(peer, std::nullopt);
  EXPECT_EQ(alone.publish("t", std::string(6000, 'z')), 1u);
}

}  // namespace
}  // namespace grapevine::gossipsub
