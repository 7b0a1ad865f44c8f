// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

using Outcomes = std::vector<std::pair<std::uint64_t, ReplayVerdict>>;

Config strict() {
  auto config = Alone::plain();
  config.signature_policy = pubsub::SignaturePolicy::strict_sign;
  config.message_id = pubsub::ids::from_seqno;
  return config;
}

Replay old(const pubsub::Message& message, std::uint64_t request = 1) {
  return {request, message.field, Alone::key(77).peer_id(), false};
}

/// The field of `message` with its payload changed.
SharedBytes forged(const pubsub::Message& message) {
  auto bytes = to_bytes(message.field.view());
  bytes[static_cast<std::size_t>(message.view.payload().data() - message.field.data())] ^= 1;
  return SharedBytes{std::move(bytes)};
}

TEST(Replay, IsDeliveredOnceMarkedAndNotForwarded) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");

  node.replay(old(node.message("t", "x"), 5));
  node.replay(old(node.message("t", "x"), 6));
  node.send(peer, "t", "x");

  EXPECT_EQ(node.deliveries, std::vector<std::string>{"x"});
  EXPECT_EQ(node.histories, std::vector{true});
  EXPECT_EQ(node.replayed,
            (Outcomes{{5, ReplayVerdict::delivered}, {6, ReplayVerdict::duplicate}}));
  EXPECT_EQ(node.heard(peer).count("x"), 0U);
  node.heartbeats(3);
  EXPECT_EQ(node.heard(peer).ids_advertised(), 0U);
}

/// A chain of nodes: who gets a young message from a neighbour's history is all that those behind
/// it have.
TEST(Replay, ThatIsYoungIsForwardedLikeAnyOther) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");
  auto young = old(node.message("t", "x"));
  young.fresh = true;

  node.replay(young);

  EXPECT_EQ(node.delivered("x"), 1U);
  EXPECT_EQ(node.heard(peer).count("x"), 1U);
}

TEST(Replay, OfATopicNotJoinedIsIgnored) {
  Alone node;

  node.replay(old(node.message("t", "x")));

  EXPECT_EQ(node.replayed, (Outcomes{{1, ReplayVerdict::ignored}}));
  EXPECT_TRUE(node.deliveries.empty());
}

TEST(Replay, PassesTheChecksOfFieldsAndSignature) {
  Alone node{strict()};
  node.join("t");
  const auto good = node.signed_message(1, 1, "t", "good");
  const auto bad = forged(node.signed_message(1, 2, "t", "bad"));
  const auto unsigned_one = pubsub::encode({"t", as_bytes("x"), nullptr, {}, nullptr});

  node.replay(old(good, 1));
  node.replay({2, bad, Alone::key(77).peer_id(), false});
  node.replay(old(unsigned_one, 3));
  node.replay({4, SharedBytes::copy_of(as_bytes("no message")), Alone::key(77).peer_id(), false});
  EXPECT_TRUE(node.deliveries.empty());
  for (const auto& job : std::exchange(node.to_verify, {})) node.verify(job);

  std::ranges::sort(node.replayed);
  EXPECT_EQ(node.replayed, (Outcomes{{1, ReplayVerdict::delivered},
                                     {2, ReplayVerdict::rejected},
                                     {3, ReplayVerdict::rejected},
                                     {4, ReplayVerdict::rejected}}));
  EXPECT_EQ(node.deliveries, std::vector<std::string>{"good"});
}

TEST(Replay, AsksTheValidator) {
  Alone node;
  node.router().set_validated("t", true);
  node.join("t");
  for (const auto* data : {"a", "b", "c"}) {
    node.replay(old(node.message("t", data), static_cast<std::uint64_t>(data[0])));
  }
  ASSERT_EQ(node.to_validate.size(), 3U);

  node.answer(node.to_validate[0].ticket, Validation::accept);
  node.answer(node.to_validate[1].ticket, Validation::reject);
  node.answer(node.to_validate[2].ticket, Validation::ignore);

  EXPECT_EQ(node.replayed, (Outcomes{{'a', ReplayVerdict::delivered},
                                     {'b', ReplayVerdict::rejected},
                                     {'c', ReplayVerdict::ignored}}));
}

TEST(Replay, ThatGossipBringsMeanwhileIsForwarded) {
  Alone node{strict()};
  node.join("t");
  const auto sender = node.add_meshed("t");
  const auto other = node.add_meshed("t");
  const auto message = node.signed_message(1, 1, "t", "x");

  node.replay(old(message));
  node.send(sender, message);
  for (const auto& job : std::exchange(node.to_verify, {})) node.verify(job);

  EXPECT_EQ(node.delivered("x"), 1U);
  EXPECT_EQ(node.heard(other).count("x"), 1U);
  EXPECT_EQ(node.heard(sender).count("x"), 0U);
}

/// A forged history must not censor what gossip brings (V42).
TEST(Replay, ThatIsForgedLeavesTheGenuineMessageItsTurn) {
  Alone node{strict()};
  node.join("t");
  const auto sender = node.add_meshed("t");
  const auto genuine = node.signed_message(1, 1, "t", "x");

  node.replay({1, forged(genuine), Alone::key(77).peer_id(), false});
  node.send(sender, genuine);
  while (!node.to_verify.empty()) {
    for (const auto& job : std::exchange(node.to_verify, {})) node.verify(job);
  }

  EXPECT_EQ(node.deliveries, std::vector<std::string>{"x"});
  EXPECT_EQ(node.histories, std::vector{false});
  EXPECT_EQ(node.replayed, (Outcomes{{1, ReplayVerdict::rejected}}));
}

TEST(Replay, OfOurOwnMessagesIsDelivered) {
  Alone node{strict()};
  node.join("t");

  node.replay(old(node.signed_message(0, 1, "t", "mine")));
  for (const auto& job : std::exchange(node.to_verify, {})) node.verify(job);

  EXPECT_EQ(node.delivered("mine"), 1U);
}

TEST(Replay, BeyondWhatMayBeUnderCheckIsIgnored) {
  auto config = strict();
  config.pending_messages_max = 2;
  Alone node{config};
  node.join("t");

  for (std::uint64_t number = 1; number <= 3; ++number) {
    node.replay(old(node.signed_message(1, number, "t", "x"), number));
  }

  EXPECT_EQ(node.replayed, (Outcomes{{3, ReplayVerdict::ignored}}));
}

TEST(SeenBefore, IsNotDeliveredAgainUntilItsTimeIsOver) {
  auto config = Alone::plain();
  config.seen.ttl = 120s;
  Alone node{config};
  const auto recent = node.id_of("recent");
  const auto earlier = node.id_of("earlier");
  const SeenBefore ids[] = {{as_bytes(earlier), 100s}, {as_bytes(recent), 1s}};
  node.router().restore_seen(ids, node.now());
  node.join("t");
  const auto sender = node.add_meshed("t");

  node.send(sender, "t", "recent");
  node.send(sender, "t", "earlier");
  EXPECT_TRUE(node.deliveries.empty());
  node.advance(60s);  // 160 s after it was seen; a part of the window more than the TTL
  node.send(sender, "t", "earlier");
  node.send(sender, "t", "recent");

  EXPECT_EQ(node.deliveries, std::vector<std::string>{"earlier"});
}

}  // namespace
}  // namespace grapevine::gossipsub
