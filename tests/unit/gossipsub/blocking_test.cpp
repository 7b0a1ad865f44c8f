// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/gossipsub/blacklist.hpp"
#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

constexpr TimePoint start{1s};

PeerId id_of(int number) { return Alone::key(number).peer_id(); }

TEST(BlockedPeers, AreBlockedUntilTheyAreNot) {
  Rng rng{Rng::Seed{1}};
  Blacklist list{base::KeyedHash{rng}, 10};

  EXPECT_TRUE(list.add({id_of(1)}, start));
  EXPECT_TRUE(list.contains(id_of(1), start + 10h));
  EXPECT_FALSE(list.contains(id_of(2), start));
  EXPECT_TRUE(list.remove(id_of(1)));
  EXPECT_FALSE(list.remove(id_of(1)));
  EXPECT_FALSE(list.contains(id_of(1), start));
}

TEST(BlockedPeers, ForATimeAreFreeAfterIt) {
  Rng rng{Rng::Seed{1}};
  Blacklist list{base::KeyedHash{rng}, 10};

  list.add({id_of(1), start + 1s}, start);

  EXPECT_TRUE(list.contains(id_of(1), start + 1s - 1us));
  EXPECT_FALSE(list.contains(id_of(1), start + 1s));
  EXPECT_TRUE(list.all(start + 1s).empty());
  list.sweep(start + 1s);
  EXPECT_TRUE(list.empty());
}

TEST(BlockedPeers, AreBoundedAndTheEndedMakeRoom) {
  Rng rng{Rng::Seed{1}};
  Blacklist list{base::KeyedHash{rng}, 2};
  list.add({id_of(1), start + 1s}, start);
  list.add({id_of(2)}, start);

  EXPECT_FALSE(list.add({id_of(3)}, start));
  EXPECT_TRUE(list.add({id_of(2), start + 5s}, start));  // the latest word counts
  EXPECT_TRUE(list.add({id_of(3)}, start + 1s));

  EXPECT_EQ(list.size(), 2u);
}

TEST(Blocked, TheMessagesOfASenderAreDropped) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");
  node.router().block({node.id(peer)}, node.now());

  node.send(peer, "t", "x");

  EXPECT_TRUE(node.deliveries.empty());
  EXPECT_EQ(node.traced(Traced::Kind::blocked), 1u);
}

TEST(Blocked, AnAuthorIsNotHeardThroughOthersEither) {
  Alone node{Config{}};
  node.join("t");
  const auto relay = node.add_meshed("t");
  node.router().block({id_of(5)}, node.now());

  node.send(relay, node.signed_message(5, 1, "t", "x"));
  EXPECT_TRUE(node.to_verify.empty());
  node.send(relay, node.signed_message(6, 1, "t", "y"));
  ASSERT_EQ(node.to_verify.size(), 1u);
  node.router().block({id_of(6)}, node.now());  // while it is being checked
  node.verify(node.to_verify[0]);

  EXPECT_TRUE(node.deliveries.empty());
  EXPECT_EQ(node.router().counters().rejected, 0u);
}

TEST(Blocked, BeforeItComesAPeerIsToldNothingAndHeardNothing) {
  Alone node;
  node.join("t");
  node.router().block({id_of(9)}, node.now());

  const auto peer = node.add({.topic = "t", .identity = 9});
  node.publish("t", "x");

  EXPECT_EQ(node.heard(peer).rpcs, 0u);
  EXPECT_TRUE(node.router().subscribers("t").empty());
}

TEST(Blocked, NothingOfAPeerIsLeftInTheTopics) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");
  const auto flooder = node.add({.version = Version::floodsub, .topic = "t"});

  node.router().block({node.id(peer)}, node.now());
  node.router().block({node.id(flooder)}, node.now());
  node.publish("t", "x");

  EXPECT_TRUE(node.router().subscribers("t").empty());
  EXPECT_TRUE(node.router().mesh("t").empty());
  EXPECT_EQ(node.heard(peer).count("x"), 0u);
  EXPECT_EQ(node.heard(flooder).count("x"), 0u);
  node.remove(peer);
  node.remove(flooder);
  EXPECT_EQ(node.router().peer_state_size(), 0u);
}

TEST(PeerFilter, AFilteredPeerTakesNoPartInTheTopicAndInOthersItDoes) {
  auto config = Alone::plain();
  config.peer_filter = [](const PeerId& peer, std::string_view topic) {
    return topic != "private" || peer == id_of(8);
  };
  Alone node{config};
  node.join("private");
  node.join("public");
  const auto guest = node.add({.identity = 7});
  const auto member = node.add({.identity = 8});
  for (const auto peer : {guest, member}) {
    for (const auto* topic : {"private", "public"}) {
      node.subscribe(peer, topic);
      node.graft(peer, topic);
    }
  }
  EXPECT_EQ(node.router().subscribers("private"), std::vector<PeerId>{id_of(8)});
  EXPECT_FALSE(node.meshed(guest, "private"));
  EXPECT_TRUE(node.meshed(guest, "public"));

  node.send(guest, "private", "intruding");
  node.ihave(guest, "private", {"some id"});
  node.publish("private", "secret");
  node.iwant(guest, {node.id_of("secret")});
  node.iwant(member, {node.id_of("secret")});
  node.heartbeats(3);

  EXPECT_EQ(node.delivered("intruding"), 0u);
  EXPECT_TRUE(node.heard(guest).iwant.empty());
  EXPECT_TRUE(node.heard(guest).ihave.empty());
  EXPECT_EQ(node.heard(guest).count("secret"), 0u);
  EXPECT_EQ(node.heard(member).count("secret"), 2u);
}

TEST(Inspector, SeesAnRpcBeforeAnythingIsDoneAndMayRefuseIt) {
  auto config = Alone::plain();
  config.rpc_inspector = [](const PeerId&, const pubsub::RpcView& rpc, std::size_t size) {
    return size > 0 && rpc.publish.size() < 2;
  };
  Alone node{config};
  node.join("t");
  const auto peer = node.add();
  const auto x = node.message("t", "x");
  const auto y = node.message("t", "y");

  node.say(peer, [&](auto& rpc) {
    rpc.add_subscription(true, "t");
    rpc.add_publish(x.field);
    rpc.add_publish(y.field);
  });
  EXPECT_TRUE(node.deliveries.empty());
  EXPECT_TRUE(node.router().subscribers("t").empty());
  EXPECT_EQ(node.traced(Traced::Kind::filtered), 1u);

  node.send(peer, x);
  EXPECT_EQ(node.delivered("x"), 1u);
}

TEST(SubscriptionFilterOfTheRouter, TracksAllowedTopicsOnlyAndRefusesLongRpcsWhole) {
  auto config = Alone::plain();
  config.subscription_filter.allowed = {"news"};
  config.subscription_filter.patterns = {"chat/*"};
  config.subscription_filter.subscriptions_per_rpc_max = 3;
  Alone node{config};
  const auto peer = node.add();
  const auto say = [&](const std::vector<std::string>& topics) {
    node.say(peer, [&](auto& rpc) {
      for (const auto& topic : topics) rpc.add_subscription(true, topic);
    });
  };

  say({"news", "chat/a", "other"});
  EXPECT_EQ(node.router().subscribers("news").size(), 1u);
  EXPECT_EQ(node.router().subscribers("chat/a").size(), 1u);
  EXPECT_TRUE(node.router().subscribers("other").empty());
  say({"chat/b", "chat/c", "chat/d", "chat/e"});
  EXPECT_TRUE(node.router().subscribers("chat/b").empty());
  EXPECT_EQ(node.traced(Traced::Kind::filtered), 1u);
}

TEST(SubscriptionFilterOfTheRouter, WithTooManyPatternsIsRefused) {
  auto config = Alone::plain();
  config.subscription_filter.patterns.assign(pubsub::SubscriptionFilter::patterns_max, "a*");
  EXPECT_TRUE(check(config));

  config.subscription_filter.patterns.emplace_back("a*");
  EXPECT_EQ(check(config).error().parameter, "subscription_filter.patterns");
}

TEST(Subscriptions, OfOneRpcCollapseToTheLastWordOnEachTopic) {
  Alone node;
  const auto peer = node.add();

  node.say(peer, [&](auto& rpc) {
    for (int i = 0; i < 3; ++i) rpc.add_subscription(true, "twice");
    rpc.add_subscription(true, "fleeting");
    rpc.add_subscription(false, "fleeting");
  });

  EXPECT_EQ(node.router().subscribers("twice").size(), 1u);
  EXPECT_TRUE(node.router().subscribers("fleeting").empty());
  EXPECT_EQ(node.traced(Traced::Kind::subscribed), 1u);
  EXPECT_EQ(node.traced(Traced::Kind::unsubscribed), 0u);
}

}  // namespace
}  // namespace grapevine::gossipsub
