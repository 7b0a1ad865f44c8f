// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

Config narrow(std::size_t running, std::size_t queue) {
  auto config = Alone::plain();
  config.validations_max = running;
  config.validation_queue_max = queue;
  return config;
}

TEST(Validated, ARefusedMessageIsNotDeliveredAndAnAcceptedOneIs) {
  Alone node;
  node.router().set_validation("t", {.asked = true});
  node.join("t");
  const auto sender = node.add_meshed("t");

  node.send(sender, "t", "good");
  node.send(sender, "t", "bad");
  ASSERT_EQ(node.to_validate.size(), 2u);
  node.answer(node.to_validate[1].ticket, Validation::reject);
  node.answer(node.to_validate[0].ticket, Validation::accept);

  EXPECT_EQ(node.deliveries, std::vector<std::string>{"good"});
  EXPECT_EQ(node.router().counters().rejected, 1u);
}

TEST(Validated, AboveTheConcurrencyAMessageIsThrottledAndNotHeldAgainstAnybody) {
  auto config = narrow(8, 0);
  config.gater.emplace();
  Alone node{config};
  node.router().set_validation("t", {.asked = true, .concurrency = 3});
  node.join("t");
  const auto sender = node.add_meshed("t");

  for (int i = 0; i < 4; ++i) node.send(sender, "t", "message" + std::to_string(i));

  EXPECT_EQ(node.to_validate.size(), 3u);
  EXPECT_EQ(node.router().counters().throttled, 1u);
  EXPECT_EQ(node.traced(Traced::Kind::throttled), 1u);
  EXPECT_EQ(node.traced(Traced::Kind::misbehaved), 0u);

  node.answer(node.to_validate[0].ticket, Validation::accept);
  node.send(sender, "t", "message3");  // not marked as seen: it has another chance
  ASSERT_EQ(node.to_validate.size(), 4u);
  node.answer(node.to_validate[3].ticket, Validation::accept);
  EXPECT_EQ(node.delivered("message3"), 1u);
}

TEST(Validated, AFloodedTopicDoesNotStarveAnother_V53) {
  Alone node{narrow(4, 50)};
  node.router().set_validation("flooded", {.asked = true});
  node.router().set_validation("quiet", {.asked = true});
  node.join("flooded");
  node.join("quiet");
  const auto flooder = node.add_meshed("flooded");
  const auto honest = node.add_meshed("quiet");

  for (int i = 0; i < 100; ++i) node.send(flooder, "flooded", "junk" + std::to_string(i));
  node.send(honest, "quiet", "news");
  for (std::size_t i = 0; i < 2; ++i) {
    node.answer(node.to_validate.at(i).ticket, Validation::ignore);
  }
  const auto asked = std::ranges::count(node.to_validate, "quiet", [](const Validate& question) {
    return std::string{question.message.view.topic};
  });

  EXPECT_EQ(asked, 1);  // of the first places that came free
  EXPECT_EQ(node.router().counters().throttled, 100u - 4 - 50);
}

TEST(Validated, WhatTakesLongerThanItsTimeIsIgnoredInVirtualTime) {
  Alone node;
  node.router().set_validation("t", {.asked = true, .timeout = 5s});
  node.join("t");
  const auto sender = node.add_meshed("t");
  node.send(sender, "t", "x");

  node.advance(5s - 1us);
  EXPECT_EQ(node.router().counters().timed_out, 0u);
  node.advance(1us);
  EXPECT_EQ(node.router().counters().timed_out, 1u);
  EXPECT_EQ(node.router().counters().ignored, 1u);
  node.answer(node.to_validate.at(0).ticket, Validation::accept);  // too late

  EXPECT_TRUE(node.deliveries.empty());
  node.send(sender, "t", "x");  // seen, and not asked again
  EXPECT_EQ(node.to_validate.size(), 1u);
}

TEST(Validated, AnAnswerInPartMovesTheDeadline) {
  Alone node;
  node.router().set_validation("t", {.asked = true, .timeout = 1s});
  node.join("t");
  const auto sender = node.add_meshed("t");
  node.send(sender, "t", "x");

  node.router().extend_validation(node.to_validate.at(0).ticket, 3s);
  node.advance(2s);
  node.answer(node.to_validate.at(0).ticket, Validation::accept);

  EXPECT_EQ(node.delivered("x"), 1u);
}

TEST(Validated, ALateAnswerDoesNotConcernTheCopyThatTookItsPlace) {
  auto config = Alone::plain();
  config.message_id = pubsub::ids::prefix8;
  Alone node{config};
  node.router().set_validation("t", {.asked = true, .timeout = 1s});
  node.join("t");
  const auto first = node.add_meshed("t");
  const auto second = node.add_meshed("t");
  node.send(first, "t", "same id one");
  node.send(second, "t", "same id two");

  node.advance(1s);
  ASSERT_EQ(node.to_validate.size(), 2u);
  node.answer(node.to_validate[0].ticket, Validation::accept);
  EXPECT_TRUE(node.deliveries.empty());
  node.answer(node.to_validate[1].ticket, Validation::accept);

  EXPECT_EQ(node.deliveries, std::vector<std::string>{"same id two"});
}

TEST(Validated, ScreeningComesFirstAndTakesNoPlaceInTheQueue) {
  Alone node{narrow(1, 0)};
  node.router().set_validation("t", {.screened = true, .asked = true, .concurrency = 1});
  node.join("t");
  const auto sender = node.add_meshed("t");

  node.send(sender, "t", "a");
  node.send(sender, "t", "b");
  node.send(sender, "t", "c");
  ASSERT_EQ(node.to_validate.size(), 3u);
  EXPECT_TRUE(node.to_validate[2].screening);
  node.answer(node.to_validate[0].ticket, Validation::reject);
  node.answer(node.to_validate[1].ticket, Validation::accept);

  ASSERT_EQ(node.to_validate.size(), 4u);
  EXPECT_FALSE(node.to_validate[3].screening);
  node.answer(node.to_validate[3].ticket, Validation::accept);
  EXPECT_EQ(node.deliveries, std::vector<std::string>{"b"});
  EXPECT_EQ(node.router().counters().throttled, 0u);
}

TEST(Validated, TheDefaultHoldsForTopicsWithoutAWordOfTheirOwn) {
  Alone node;
  node.router().set_validation({}, {.screened = true});
  node.router().set_validation("own", {.asked = true});
  node.join("own");
  node.join("other");
  const auto sender = node.add({.topic = "own"});

  node.send(sender, "own", "a");
  node.send(sender, "other", "b");
  ASSERT_EQ(node.to_validate.size(), 2u);
  EXPECT_FALSE(node.to_validate[0].screening);
  EXPECT_TRUE(node.to_validate[1].screening);

  node.router().set_validation("own", {});
  node.router().set_validation({}, {});
  node.send(sender, "own", "c");
  EXPECT_EQ(node.delivered("c"), 1u);
}

TEST(Validated, MessagesOfATopicLeftMeanwhileAreDroppedAndNothingIsLeft) {
  Alone node{narrow(1, 5)};
  node.router().set_validation("t", {.asked = true});
  node.join("t");
  const auto sender = node.add_meshed("t");
  node.send(sender, "t", "a");
  node.send(sender, "t", "b");

  node.leave("t");
  node.router().set_validation("t", {});
  node.remove(sender);
  node.answer(node.to_validate.at(0).ticket, Validation::accept);
  node.answer(node.to_validate.at(1).ticket, Validation::accept);

  EXPECT_TRUE(node.deliveries.empty());
  node.heartbeats(20);
  EXPECT_EQ(node.router().peer_state_size(), 0u);
}

/// A router that checks sequence numbers, one peer of its mesh and messages of another author.
class Sequence : public ::testing::Test {
 protected:
  static Config config() {
    Config config;
    config.check_seqno = true;
    config.seen.ttl = 10s;
    return config;
  }
  Sequence() {
    node.join("t");
    peer = node.add_meshed("t");
  }
  void hear(std::uint64_t seqno, std::string_view data) {
    const auto asked = node.to_verify.size();
    node.send(peer, node.signed_message(5, seqno, "t", data));
    if (node.to_verify.size() > asked) node.verify(node.to_verify.back());
  }

  Alone node{config()};
  PeerHandle peer{};
};

TEST_F(Sequence, ThatRisesPasses) {
  for (std::uint64_t i = 1; i <= 10; ++i) hear(i, "message" + std::to_string(i));

  EXPECT_EQ(node.deliveries.size(), 10u);
}

TEST_F(Sequence, OfAReplayAfterTheSeenTimeDoesNotAndCostsNobody_V43) {
  hear(7, "x");
  ASSERT_EQ(node.delivered("x"), 1u);

  node.advance(20s);  // ids are forgotten in parts, a little after their time
  hear(7, "x");
  hear(6, "older");

  EXPECT_EQ(node.deliveries.size(), 1u);
  EXPECT_EQ(node.router().counters().ignored, 2u);
  EXPECT_EQ(node.router().counters().rejected, 0u);
}

TEST_F(Sequence, OfAnEarlierRunIsKnownToTheNext_V43) {
  hear(7, "x");
  node.heartbeat();
  ASSERT_EQ(node.marks.size(), 1u);
  EXPECT_EQ(node.marks[0].author, Alone::key(5).peer_id());
  EXPECT_EQ(node.marks[0].seqno, 7u);
  node.heartbeat();
  EXPECT_EQ(node.marks.size(), 1u);  // told once

  Alone next{config()};
  next.router().load_author_marks(node.marks);
  next.join("t");
  const auto replayer = next.add_meshed("t");
  next.send(replayer, next.signed_message(5, 7, "t", "x"));
  next.verify(next.to_verify.at(0));
  next.send(replayer, next.signed_message(5, 8, "t", "y"));
  next.verify(next.to_verify.at(1));

  EXPECT_EQ(next.deliveries, std::vector<std::string>{"y"});
}

TEST_F(Sequence, OfAForgeryRaisesNoMark) {
  auto forgery = node.signed_message(6, 1000, "t", "forged");
  const auto author = Alone::key(5).peer_id();
  const auto pair = Alone::key(6);
  forgery = pubsub::encode({"t", as_bytes("forged"), &author, 1000, &pair});
  forgery.id = *pubsub::ids::from_seqno(forgery.view);
  node.send(peer, forgery);
  node.verify(node.to_verify.at(0));

  hear(1, "genuine");

  EXPECT_EQ(node.deliveries, std::vector<std::string>{"genuine"});
}

}  // namespace
}  // namespace grapevine::gossipsub
