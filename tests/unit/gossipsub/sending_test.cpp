// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

std::string sized(char fill, std::size_t size = 1000) { return std::string(size, fill); }

/// Room for 10 messages of `sized` in all outboxes.
Config ten_in_all() {
  auto config = Alone::plain();
  const auto one = Alone{}.message("t", sized('x')).field.size();
  config.message_size_max = one;
  config.outbox_bytes_max = 10 * one;
  config.outboxes_bytes_max = 10 * one;
  return config;
}

TEST(Batch, BeginsWithAnotherMessageForEachRecipient) {
  Alone node;
  node.join("t");
  std::vector<PeerHandle> peers;
  for (int i = 0; i < 4; ++i) peers.push_back(node.add_meshed("t"));

  EXPECT_EQ(node.publish_batch("t", {"a", "b", "c", "d"}), 4u);

  using Payloads = std::vector<std::string>;
  EXPECT_EQ(node.heard(peers[0]).published, (Payloads{"a", "b", "c", "d"}));
  EXPECT_EQ(node.heard(peers[1]).published, (Payloads{"b", "c", "d", "a"}));
  EXPECT_EQ(node.heard(peers[2]).published, (Payloads{"c", "d", "a", "b"}));
  EXPECT_EQ(node.heard(peers[3]).published, (Payloads{"d", "a", "b", "c"}));
  for (const auto* text : {"a", "b", "c", "d"}) EXPECT_EQ(node.delivered(text), 1u);
}

TEST(Batch, SpreadsItsBeginningsEvenlyOverFewAndManyRecipients) {
  for (const std::size_t count : {2u, 12u}) {
    auto config = Alone::plain();
    config.d_high = 12;
    Alone node{config};
    node.join("t");
    std::vector<PeerHandle> peers;
    for (std::size_t i = 0; i < count; ++i) peers.push_back(node.add_meshed("t"));

    node.publish_batch("t", {"a", "b", "c", "d", "e", "f"});

    std::map<std::string, std::size_t> firsts;
    for (const auto peer : peers) {
      ASSERT_EQ(node.heard(peer).published.size(), 6u);
      ++firsts[node.heard(peer).published.front()];
    }
    EXPECT_EQ(firsts.size(), std::min<std::size_t>(count, 6));
    for (const auto& [text, times] : firsts) EXPECT_LE(times, (count + 5) / 6) << text;
  }
}

TEST(Batch, LeavesOutWhatWasPublishedBeforeAndGoesToTheFanoutToo) {
  Alone node;
  const auto peer = node.add({.topic = "t"});
  node.publish("t", "b");

  EXPECT_EQ(node.publish_batch("t", {"a", "b", "c"}), 2u);
  EXPECT_EQ(node.publish_batch("t", {"a", "b"}), 0u);

  EXPECT_EQ(node.heard(peer).published, (std::vector<std::string>{"b", "a", "c"}));
  EXPECT_EQ(node.router().fanout("t").size(), 1u);
}

TEST(LocalPublish, IsHeardHereAndNowhereElse) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");
  const auto outside = node.add({.topic = "t"});
  node.prune(outside, "t");

  ASSERT_TRUE(node.publish_local("t", "mine"));
  node.heartbeats(3);
  node.iwant(outside, {node.id_of("mine")});

  EXPECT_EQ(node.delivered("mine"), 1u);
  EXPECT_EQ(node.heard(peer).count("mine"), 0u);
  EXPECT_EQ(node.heard(outside).count("mine"), 0u);
  EXPECT_EQ(node.heard(outside).ids_advertised(), 0u);
  EXPECT_EQ(node.publish_local("t", "mine").error(), PublishError::duplicate);
}

TEST(AllOutboxes, TogetherRefuseTheMessageAboveTheirBound) {
  Alone node{ten_in_all()};
  node.join("t");
  const auto first = node.add_meshed("t");
  const auto second = node.add_meshed("t");
  node.hold_writes = true;

  for (char c = 'a'; c < 'f'; ++c) EXPECT_EQ(node.publish("t", sized(c)), 2u) << c;
  EXPECT_EQ(node.publish("t", sized('f')), 0u);

  EXPECT_EQ(node.traced(Traced::Kind::outbox_dropped), 2u);
  EXPECT_EQ(node.router().counters().rpc_dropped, 2u);
  node.release_writes();
  EXPECT_EQ(node.heard(first).published.size(), 5u);
  EXPECT_EQ(node.heard(second).published.size(), 5u);
  EXPECT_EQ(node.publish("t", sized('g')), 2u);
}

TEST(AllOutboxes, ShedRepliesThenForwardedMessagesAndTheLongestQueuesFirst) {
  Alone node{ten_in_all()};
  node.join("t");
  const auto mesh = node.add_meshed("t");
  const auto asking = node.add({.topic = "t"});
  node.prune(asking, "t");
  const auto sender = node.add({.topic = "t"});
  node.prune(sender, "t");
  std::vector<std::string> ids;
  for (char c = 'a'; c < 'f'; ++c) {
    node.send(sender, "t", sized(c));
    ids.push_back(node.id_of(sized(c)));
  }
  node.hold_writes = true;
  node.iwant(asking, ids);                                            // 5 replies
  for (char c = 'k'; c < 'p'; ++c) node.send(sender, "t", sized(c));  // 5 forwarded
  ASSERT_EQ(node.traced(Traced::Kind::outbox_dropped), 0u);

  for (char c = 'p'; c < 'v'; ++c) ASSERT_EQ(node.publish("t", sized(c)), 1u) << c;  // 6 own
  node.release_writes();

  EXPECT_EQ(node.heard(asking).published.size(), 0u);
  EXPECT_EQ(node.heard(mesh).count(sized('k')), 0u);
  EXPECT_EQ(node.heard(mesh).count(sized('u')), 1u);
  EXPECT_EQ(node.traced(Traced::Kind::outbox_dropped),
            16u - (node.heard(mesh).published.size() - 5u));
}

TEST(AllOutboxes, AreGivenBackWhatWasSentCancelledAndLeft) {
  Alone node{ten_in_all()};
  node.join("t");
  const auto leaving = node.add_meshed("t");
  const auto losing = node.add_meshed("t");
  node.hold_writes = true;
  for (char c = 'a'; c < 'f'; ++c) node.publish("t", sized(c));
  ASSERT_EQ(node.publish("t", sized('z')), 0u);

  node.remove(leaving);
  EXPECT_EQ(node.publish("t", sized('y')), 1u);
  node.lose(losing);
  node.open(losing);

  EXPECT_EQ(node.publish("t", sized('x')), 1u);  // check_invariants compares the sums
}

TEST(LostStream, GraftsAnewWhereTheOtherSideStillHasTheLink) {
  auto config = Alone::plain();
  config.d_low = 1;
  config.d_out = 0;
  Alone node{config};
  node.join("t");
  const auto peer = node.add_meshed("t");
  node.add_meshed("t");
  node.lose(peer);
  ASSERT_FALSE(node.meshed(peer, "t"));
  node.heard(peer) = {};

  node.open(peer);

  EXPECT_TRUE(node.meshed(peer, "t"));  // although there are d_low others
  EXPECT_EQ(node.heard(peer).grafts, std::vector<std::string>{"t"});
}

TEST(LostStream, IsFollowedByAPruneWhereTheMeshIsFullMeanwhile) {
  auto config = Alone::plain();
  config.d = config.d_low = config.d_high = 2;
  config.d_score = 1;
  config.d_out = 1;
  Alone node{config};
  node.join("t");
  const auto peer = node.add_meshed("t");
  const auto other = node.add_meshed("t");
  node.lose(peer);
  const auto third = node.add_meshed("t");
  ASSERT_TRUE(node.meshed(other, "t") && node.meshed(third, "t"));
  node.heard(peer) = {};

  node.open(peer);

  ASSERT_EQ(node.heard(peer).prunes.size(), 1u);
  EXPECT_EQ(node.heard(peer).prunes[0].backoff, 60u);
  EXPECT_TRUE(node.heard(peer).grafts.empty());
}

TEST(LostStream, DoesNotSwallowAPruneThatWasQueued) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");
  node.hold_writes = true;
  node.leave("t");
  node.join("t");
  node.lose(peer);
  node.heard(peer) = {};
  node.advance(3s);

  node.hold_writes = false;
  node.open(peer);

  ASSERT_EQ(node.heard(peer).prunes.size(), 1u);
  EXPECT_EQ(node.heard(peer).prunes[0].backoff, 7u);  // what is left of it
  EXPECT_EQ(node.heard(peer).subscriptions.back(), (std::pair{std::string{"t"}, true}));
}

TEST(LostStream, DoesNotSwallowThatATopicWasLeft) {
  Alone node;
  node.join("queued");
  node.join("between");
  node.join("kept");
  const auto peer = node.add_meshed("between");
  node.hold_writes = true;
  node.leave("queued");
  node.lose(peer);
  node.leave("between");
  node.hold_writes = false;
  node.heard(peer) = {};

  node.open(peer);

  using Said = std::pair<std::string, bool>;
  auto said = node.heard(peer).subscriptions;
  std::ranges::sort(said);
  EXPECT_EQ(said, (std::vector<Said>{{"between", false}, {"kept", true}, {"queued", false}}));
  ASSERT_EQ(node.heard(peer).prunes.size(), 1u);
  EXPECT_EQ(node.heard(peer).prunes[0].topic, "between");
}

Config discovering() {
  auto config = Alone::plain();
  config.discovery = true;
  return config;
}

TEST(Discovery, IsAskedAtOnceThenLaterAndLaterWhileThereAreTooFew) {
  Alone node{discovering()};
  node.join("t");
  ASSERT_EQ(node.searched.size(), 1u);
  EXPECT_EQ(node.searched[0].second.topic, "t");
  EXPECT_EQ(node.searched[0].second.limit, 32u);

  node.advance(10min);

  Duration longest{};
  for (std::size_t i = 1; i < node.searched.size(); ++i) {
    const auto apart = node.searched[i].first - node.searched[i - 1].first;
    EXPECT_GE(apart, std::min<Duration>(1s * (1 << std::min<std::size_t>(i - 1, 6)), 60s));
    longest = std::max(longest, apart);
  }
  EXPECT_LE(longest, 76s);  // a minute, a quarter of jitter, a heartbeat
  EXPECT_GE(node.searched.size(), 12u);
}

TEST(Discovery, StopsWithEnoughPeersAndBeginsAnewWhenTheyLeave) {
  Alone node{discovering()};
  node.join("t");
  std::vector<PeerHandle> peers;
  for (int i = 0; i < 5; ++i) peers.push_back(node.add({.topic = "t"}));
  node.heartbeat();
  const auto before = node.searched.size();
  node.advance(5min);
  EXPECT_EQ(node.searched.size(), before);

  node.remove(peers[0]);
  node.advance(1s);

  EXPECT_EQ(node.searched.size(), before + 1);
}

TEST(Discovery, AdvertisesJoinedTopicsAgainAfterHalfTheirTime) {
  auto config = discovering();
  config.advertise_ttl = 60s;
  Alone node{config};
  node.join("t");
  node.add({.topic = "other"});
  node.publish("other", "x");
  ASSERT_EQ(node.advertised.size(), 1u);
  EXPECT_EQ(node.advertised[0].ttl, Duration{60s});

  node.advance(120s);
  EXPECT_GE(node.advertised.size(), 4u);
  EXPECT_LE(node.advertised.size(), 5u);
  for (const auto& told : node.advertised) EXPECT_EQ(told.topic, "t");

  node.leave("t");
  node.advertised.clear();
  node.advance(120s);
  EXPECT_TRUE(node.advertised.empty());
}

TEST(Discovery, IsOffUnlessAskedFor) {
  Alone node;
  node.join("t");
  node.advance(60s);

  EXPECT_TRUE(node.advertised.empty());
  EXPECT_TRUE(node.searched.empty());
}

TEST(Reachable, AreSubscribersWithAStreamOfOurs) {
  Alone node;
  node.join("t");
  const auto open = node.add({.topic = "t"});
  const auto closed = node.add({.open = false, .topic = "t"});
  node.add({.topic = "other"});

  EXPECT_EQ(node.router().reachable("t"), 1u);
  EXPECT_EQ(node.router().mesh_size("t"), 1u);
  node.open(closed);
  EXPECT_EQ(node.router().reachable("t"), 2u);
  node.lose(open);
  EXPECT_EQ(node.router().reachable("t"), 1u);
  EXPECT_EQ(node.router().reachable("nowhere"), 0u);
}

}  // namespace
}  // namespace grapevine::gossipsub
