// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/protobuf.hpp"
#include "unit/gossipsub/alone.hpp"
#include "unit/gossipsub/network.hpp"

namespace grapevine::gossipsub {
namespace {

constexpr pubsub::Extensions test_only{.partial_messages = false, .test = true};

Config with_test() {
  auto config = Alone::plain();
  config.extensions = test_only;
  return config;
}

void say(Alone& node, PeerHandle peer, const pubsub::Extensions& extensions) {
  node.say(peer, [&](auto& rpc) { rpc.add_extensions(extensions); });
}

void send_test(Alone& node, PeerHandle peer) {
  node.say(peer, [&](auto& rpc) { rpc.add_extension_body(pubsub::test_field()); });
}

TEST(Extensions, AreSaidInTheFirstRpcWithTheSubscriptionsAndOnce) {
  Alone node{with_test()};
  node.join("t");

  const auto peer = node.add({.version = Version::v1_3, .topic = "t"});
  node.publish("t", "more");
  node.heartbeats(3);

  EXPECT_EQ(node.heard(peer).extensions, std::vector{test_only});
  EXPECT_EQ(node.heard(peer).extensions_at, std::vector<std::size_t>{0});
  EXPECT_EQ(node.heard(peer).subscriptions.size(), 1u);
}

TEST(Extensions, AreInTheFirstRpcHoweverManySubscriptionsFollow) {
  Alone node{with_test()};
  for (int i = 0; i < 250; ++i) node.join("topic " + std::to_string(i));

  const auto peer = node.add({.version = Version::v1_3});

  EXPECT_EQ(node.heard(peer).subscriptions.size(), 250u);
  EXPECT_EQ(node.heard(peer).rpcs, 3u);
  EXPECT_EQ(node.heard(peer).extensions_at, std::vector<std::size_t>{0});
}

TEST(Extensions, AreSaidAgainOnANewStreamOnly) {
  Alone node{with_test()};
  const auto peer = node.add({.version = Version::v1_3});

  node.lose(peer);
  node.open(peer, Version::v1_3);

  EXPECT_EQ(node.heard(peer).extensions.size(), 2u);
}

TEST(Extensions, AreNeverSaidToOlderPeers) {
  Alone node{with_test()};
  for (const auto version : {Version::floodsub, Version::v1_0, Version::v1_1, Version::v1_2}) {
    const auto peer = node.add({.version = version});
    say(node, peer, test_only);

    EXPECT_TRUE(node.heard(peer).extensions.empty());
    EXPECT_EQ(node.heard(peer).tests, 0u);
  }
}

TEST(Extensions, OfNothingAreNotSaid) {
  Alone node;

  const auto peer = node.add({.version = Version::v1_3});

  EXPECT_EQ(node.heard(peer).rpcs, 0u);
}

TEST(Extensions, SaidTwiceAreMisbehaviour) {
  Alone node{with_test()};
  const auto peer = node.add({.version = Version::v1_3});
  say(node, peer, test_only);
  EXPECT_EQ(node.traced(Traced::Kind::misbehaved), 0u);

  say(node, peer, {.partial_messages = true});

  EXPECT_EQ(node.traced(Traced::Kind::misbehaved), 10u);
  EXPECT_EQ(node.traced(Traced::Kind::extensions_received), 1u);
}

TEST(Extensions, MayBeSaidOnceOnEachStreamThePeerOpens) {
  Alone node{with_test()};
  const auto peer = node.add({.version = Version::v1_3});
  node.router().on_inbound_stream(peer);
  say(node, peer, test_only);
  node.router().on_inbound_stream(peer);
  say(node, peer, test_only);
  EXPECT_EQ(node.traced(Traced::Kind::misbehaved), 0u);

  say(node, peer, test_only);

  EXPECT_EQ(node.traced(Traced::Kind::misbehaved), 10u);
}

TEST(Extensions, AbsentFromTheFirstRpcAreNone) {
  Alone node{with_test()};
  const auto peer = node.add({.version = Version::v1_3});

  node.subscribe(peer, "t");

  EXPECT_EQ(node.heard(peer).tests, 0u);
}

TEST(Extensions, ThatComeLateForTheFirstTimeAreTaken) {
  Alone node{with_test()};
  const auto peer = node.add({.version = Version::v1_3});
  node.subscribe(peer, "t");

  say(node, peer, test_only);

  EXPECT_EQ(node.traced(Traced::Kind::misbehaved), 0u);
  EXPECT_EQ(node.heard(peer).tests, 1u);
}

TEST(Extensions, ThatAreUnknownAreIgnored) {
  Alone node{with_test()};
  const auto peer = node.add({.version = Version::v1_3});
  Bytes known;
  base::FieldWriter{known}.varint(6492435, 1);
  Bytes control;
  base::FieldWriter{control}.bytes(6, known);
  Bytes frame;
  base::FieldWriter{frame}.bytes(3, control);

  EXPECT_TRUE(node.feed(peer, SharedBytes{frame}));

  EXPECT_EQ(node.traced(Traced::Kind::misbehaved), 0u);
  EXPECT_EQ(node.heard(peer).tests, 0u);
}

TEST(Extensions, G18RepeatedForEverCostNoMemoryAndOneEventATurn) {
  Alone node{with_test()};
  const auto peer = node.add({.version = Version::v1_3});
  say(node, peer, test_only);
  const auto size = node.router().peer_state_size();

  for (int i = 0; i < 10'000; ++i) say(node, peer, test_only);

  EXPECT_EQ(node.router().peer_state_size(), size);
  EXPECT_EQ(node.traced(Traced::Kind::misbehaved), 100'000u);
  EXPECT_FALSE(node.router().has_pending());
}

TEST(TestExtension, GoesOutOnceWhereBothSidesHaveIt) {
  Alone node{with_test()};
  const auto peer = node.add({.version = Version::v1_3});
  EXPECT_EQ(node.heard(peer).tests, 0u);

  say(node, peer, test_only);
  node.heartbeats(3);

  EXPECT_EQ(node.heard(peer).tests, 1u);
}

TEST(TestExtension, GoesOutAfterTheHelloWhereThePeerSpokeFirst) {
  Alone node{with_test()};
  const auto peer = node.add({.version = Version::v1_3, .open = false});
  say(node, peer, test_only);
  EXPECT_EQ(node.heard(peer).rpcs, 0u);

  node.open(peer, Version::v1_3);

  EXPECT_EQ(node.heard(peer).extensions_at, std::vector<std::size_t>{0});
  EXPECT_EQ(node.heard(peer).tests, 1u);
}

TEST(TestExtension, IsNeverAnswered) {
  Alone node{with_test()};
  const auto peer = node.add({.version = Version::v1_3});
  say(node, peer, test_only);

  for (int i = 0; i < 5; ++i) send_test(node, peer);

  EXPECT_EQ(node.heard(peer).tests, 1u);
  EXPECT_EQ(node.traced(Traced::Kind::test_received), 5u);
}

TEST(TestExtension, IsNotSentWhereOneSideLacksIt) {
  Alone without;
  const auto offers = without.add({.version = Version::v1_3});
  say(without, offers, test_only);
  send_test(without, offers);
  EXPECT_EQ(without.heard(offers).tests, 0u);
  EXPECT_EQ(without.traced(Traced::Kind::test_received), 0u);

  Alone with{with_test()};
  const auto silent = with.add({.version = Version::v1_3});
  say(with, silent, {.partial_messages = true});
  EXPECT_EQ(with.heard(silent).tests, 0u);
}

TEST(TestExtension, TwoRoutersSendEachOtherOne) {
  Network net;
  const auto a = net.add(with_test());
  const auto b = net.add(with_test());
  std::size_t sent = 0;
  net.tap = [&](std::size_t, std::size_t, const SharedBytes& frame) {
    sent += pubsub::read_rpc(frame, {})->test_extension;
  };

  net.connect(a, b, Version::v1_3);
  net.advance(5s);

  EXPECT_EQ(sent, 2u);
  EXPECT_EQ(net.traced(a, Traced::Kind::test_received), 1u);
  EXPECT_EQ(net.traced(b, Traced::Kind::test_received), 1u);
  EXPECT_EQ(net.traced(a, Traced::Kind::misbehaved), 0u);
}

}  // namespace
}  // namespace grapevine::gossipsub
