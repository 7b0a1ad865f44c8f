// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/receipts.hpp"

#include <gtest/gtest.h>

#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

std::string large(char fill) { return std::string(2000, fill); }

TEST(Receipt, CountsOutboxesPeersWrittenToAndPeersThatKnowOfTheMessage) {
  Alone node;
  node.join("t");
  std::vector<PeerHandle> peers;
  for (int i = 0; i < 4; ++i) peers.push_back(node.add_meshed("t"));
  node.hold_writes = true;
  node.track("x", 1);
  ASSERT_EQ(node.publish("t", "x"), 4u);
  EXPECT_EQ(node.progress(1).queued, 4u);
  EXPECT_EQ(node.progress(1).written, 0u);

  node.release_writes();
  EXPECT_EQ(node.progress(1).written, 4u);
  EXPECT_EQ(node.progress(1).acknowledged, 0u);

  node.idontwant(peers[0], {node.id_of("x")});
  node.ihave(peers[1], "t", {node.id_of("x")});
  node.send(peers[2], "t", "x");

  EXPECT_EQ(node.progress(1).acknowledged, 3u);
  EXPECT_FALSE(node.progress(1).over);
}

TEST(Receipt, CountsAPeerOnceHoweverItShowsTheMessageAndAlsoWhenItComesBack) {
  Alone node;
  node.join("t");
  auto peer = node.add_meshed("t", {.identity = 5});
  node.track("x", 1);
  node.publish("t", "x");
  node.idontwant(peer, {node.id_of("x")});
  node.ihave(peer, "t", {node.id_of("x")});

  node.remove(peer);
  peer = node.add({.topic = "t", .identity = 5});
  node.ihave(peer, "t", {node.id_of("x")});
  node.iwant(peer, {node.id_of("x")});

  EXPECT_EQ(node.progress(1).acknowledged, 1u);
  EXPECT_EQ(node.progress(1).written, 1u);
  node.remove(peer);
  EXPECT_EQ(node.router().peer_state_size(), 0u);
}

TEST(Receipt, IsNotMovedByOtherMessages) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");
  node.track("x", 1);
  node.publish("t", "x");
  node.publish("t", "y");
  node.idontwant(peer, {node.id_of("y")});

  EXPECT_EQ(node.progress(1).written, 1u);
  EXPECT_EQ(node.progress(1).acknowledged, 0u);
}

TEST(Receipt, CountsWhatGossipFetches) {
  Alone node;
  node.join("t");
  const auto outside = node.add({.topic = "t"});
  node.prune(outside, "t");
  node.track("x", 1);
  node.publish("t", "x");
  ASSERT_EQ(node.progress(1).queued, 0u);

  node.iwant(outside, {node.id_of("x")});

  EXPECT_EQ(node.progress(1).queued, 1u);
  EXPECT_EQ(node.progress(1).written, 1u);
}

TEST(Receipt, EndsAtItsTimeWithWhatIsKnown) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");
  node.track("x", 1, 1500ms);
  node.publish("t", "x");

  node.advance(1499ms);
  EXPECT_FALSE(node.progress(1).over);
  node.advance(1ms);
  EXPECT_TRUE(node.progress(1).over);
  EXPECT_EQ(node.progress(1).written, 1u);
  node.idontwant(peer, {node.id_of("x")});
  EXPECT_EQ(node.progress(1).acknowledged, 0u);
}

TEST(Receipt, LivesNoLongerThanTheLimit) {
  auto config = Alone::plain();
  config.receipt_time_max = 5s;
  Alone node{config};
  node.track("x", 1, 1h);

  node.advance(5s);

  EXPECT_TRUE(node.progress(1).over);
}

TEST(Receipts, AboveTheirNumberEndAtOnce) {
  auto config = Alone::plain();
  config.receipts_max = 2;
  Alone node{config};
  node.track("a", 1);
  node.track("b", 2);
  EXPECT_FALSE(node.progress(2).over);

  node.track("c", 3);
  EXPECT_TRUE(node.progress(3).over);

  node.router().untrack(ReceiptId{1});
  node.track("d", 4);
  EXPECT_FALSE(node.progress(4).over);
}

TEST(Receipts, OfOneIdAreNotTwo) {
  Alone node;
  node.track("a", 1);
  node.track("a", 2);

  EXPECT_TRUE(node.progress(2).over);
  EXPECT_FALSE(node.progress(1).over);
}

TEST(Receipts, RememberABoundedNumberOfPeers) {
  Receipts receipts{{1, 1h}};
  receipts.add(IdKey{1}, {ReceiptId{1}, 1h}, TimePoint{});

  for (std::uint64_t i = 0; i <= Receipts::peers_max; ++i) {
    receipts.note(IdKey{1}, Receipts::PeerKey{i * 7919}, Receipts::Level::acknowledged);
  }

  const auto news = receipts.take();
  ASSERT_EQ(news.size(), 1u);
  EXPECT_EQ(news[0].acknowledged, Receipts::peers_max);
}

TEST(Receipts, TellOfATurnInOneWord) {
  Receipts receipts{{2, 1h}};
  receipts.add(IdKey{1}, {ReceiptId{1}, 1h}, TimePoint{});
  for (std::uint64_t i = 0; i < 3; ++i) {
    receipts.note(IdKey{1}, Receipts::PeerKey{i}, Receipts::Level::queued);
  }

  EXPECT_EQ(receipts.take().size(), 1u);
  EXPECT_TRUE(receipts.take().empty());
}

}  // namespace
}  // namespace grapevine::gossipsub
