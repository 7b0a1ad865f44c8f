// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

ConnectResult only_result(const Lab& lab, Lab::Node at) {
  const auto results = lab.all<ConnectResult>(at);
  EXPECT_EQ(results.size(), 1u);
  return results.empty() ? ConnectResult{} : results.front();
}

TEST(Connecting, TellsBothSidesWhoTheOtherIs) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();

  lab.connect(a, b);

  const auto result = only_result(lab, a);
  EXPECT_FALSE(result.error);
  EXPECT_EQ(result.peer, lab.id(b));
  EXPECT_FALSE(result.already);
  ASSERT_EQ(lab.host(a).peers().size(), 1u);
  EXPECT_EQ(lab.host(a).peers()[0].peer, lab.id(b));
  EXPECT_TRUE(lab.host(a).peers()[0].outbound);
  EXPECT_EQ(lab.host(a).peers()[0].address, Lab::address(b));
  ASSERT_EQ(lab.host(b).peers().size(), 1u);
  EXPECT_EQ(lab.host(b).peers()[0].peer, lab.id(a));
  EXPECT_FALSE(lab.host(b).peers()[0].outbound);
  EXPECT_EQ(lab.all<PeerConnected>(b).size(), 1u);
}

TEST(Connecting, ToAConnectedPeerSaysSoAndDialsNothing) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  lab.connect(a, b);
  lab.forget(a);

  lab.connect(a, b);

  EXPECT_TRUE(only_result(lab, a).already);
  EXPECT_TRUE(lab.all<Dial>(a).empty());
}

TEST(Connecting, WithoutAPeerIdTakesWhoeverAnswers) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();

  lab.connect(a, {Lab::address(b)});
  lab.settle();

  EXPECT_EQ(only_result(lab, a).peer, lab.id(b));
}

TEST(Connecting, GoesOnToTheNextAddressWhenTheFirstIsRefused) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();

  lab.connect(a, {parse("/ip4/10.7.7.7/tcp/1").with_p2p(lab.id(b).bytes()), lab.full(b)});
  lab.settle();

  EXPECT_FALSE(only_result(lab, a).error);
  EXPECT_EQ(lab.host(a).peers().size(), 1u);
}

TEST(Connecting, GoesOnAfterTheStaggerWhenTheFirstIsSilentAndCancelsIt) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  const auto silent = parse("/ip4/10.7.7.7/tcp/1");
  lab.silence(silent);

  lab.connect(a, {silent, lab.full(b)});
  lab.run(240ms);
  EXPECT_TRUE(lab.all<ConnectResult>(a).empty());
  lab.run(20ms);

  EXPECT_FALSE(only_result(lab, a).error);
  EXPECT_EQ(lab.all<CancelDial>(a).size(), 1u);
  EXPECT_EQ(lab.host(a).state_size().dials, 0u);
  EXPECT_EQ(lab.host(a).state_size().connecting, 0u);
}

TEST(Connecting, NamesEveryAddressThatFailed) {
  Lab lab;
  const auto a = lab.add();
  const auto silent = parse("/ip4/10.7.7.8/tcp/1");
  lab.silence(silent);

  lab.connect(a, {parse("/ip4/10.7.7.7/tcp/1"), silent, parse("/ip4/10.7.7.9/udp/1")});
  lab.run(20s);

  const auto result = only_result(lab, a);
  EXPECT_EQ(result.error, DialError::timeout);
  for (const auto* address : {"10.7.7.7", "10.7.7.8", "10.7.7.9"}) {
    EXPECT_NE(result.detail.find(address), std::string::npos) << result.detail;
  }
}

TEST(Connecting, EndsAtItsDeadline) {
  Lab lab;
  const auto a = lab.add();
  const auto silent = parse("/ip4/10.7.7.7/tcp/1");
  lab.silence(silent);
  ConnectRequest request;
  request.addresses = {silent};
  request.timeout = 2s;

  lab.host(a).connect(request, lab.now());
  lab.run(1999ms);
  EXPECT_TRUE(lab.all<ConnectResult>(a).empty());
  lab.run(2ms);

  EXPECT_EQ(only_result(lab, a).error, DialError::timeout);
  EXPECT_EQ(lab.all<CancelDial>(a).size(), 1u);
}

TEST(Connecting, EndsWhenTheOtherSideNeverShakesHands_F07) {
  Lab lab;
  const auto a = lab.add();
  const auto mute = parse("/ip4/10.7.7.7/tcp/1");
  lab.station(mute);

  lab.connect(a, {mute});
  lab.run(11s);

  EXPECT_EQ(only_result(lab, a).error, DialError::timeout);
  EXPECT_TRUE(lab.guest(0).closed);
  EXPECT_EQ(lab.host(a).link_count(), 0u);
}

TEST(Connecting, RefusesAnotherPeerThanTheOneDialled_V10_F22) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  const auto c = lab.add();
  lab.host(b).join("t", lab.now());

  lab.connect(a, {Lab::address(b).with_p2p(lab.id(c).bytes())});
  lab.run(5s);

  EXPECT_EQ(only_result(lab, a).error, DialError::wrong_peer);
  EXPECT_TRUE(lab.all<PeerConnected>(a).empty());
  EXPECT_TRUE(lab.all<PeerIdentified>(a).empty());
  EXPECT_EQ(lab.host(a).link_count(), 0u);
  EXPECT_EQ(lab.host(b).link_count(), 0u);
  EXPECT_TRUE(lab.host(a).addresses_of(lab.id(c), lab.now()).empty());
}

TEST(Connecting, ForgetsAnAddressWhereAnotherPeerAnswers_V10_F22) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  const auto c = lab.add();
  lab.host(c).set_listen_addresses({Lab::address(c), parse("/ip4/10.7.7.7/tcp/1")}, lab.now());
  lab.connect(a, c);
  lab.run(1s);
  lab.host(a).disconnect(lab.id(c), lab.now());
  lab.settle();
  ASSERT_EQ(lab.host(a).addresses_of(lab.id(c), lab.now()).size(), 2u);
  lab.redirect(parse("/ip4/10.7.7.7/tcp/1"), b);

  lab.connect(a, {parse("/ip4/10.7.7.7/tcp/1").with_p2p(lab.id(c).bytes())});
  lab.run(1s);

  EXPECT_EQ(lab.last<ConnectResult>(a)->error, DialError::wrong_peer);
  EXPECT_EQ(lab.host(a).addresses_of(lab.id(c), lab.now()), std::vector{Lab::address(c)});
}

TEST(Connecting, RefusesAddressesThatNameDifferentPeers) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  const auto c = lab.add();

  lab.connect(a, {lab.full(b), lab.full(c)});
  lab.settle();

  EXPECT_EQ(only_result(lab, a).error, DialError::wrong_peer);
  EXPECT_TRUE(lab.all<Dial>(a).empty());
}

TEST(Connecting, RefusesToDialItself_F22) {
  Lab lab;
  const auto a = lab.add();
  lab.host(a).set_listen_addresses({Lab::address(a)}, lab.now());

  lab.connect(a, {lab.full(a)});      // by id
  lab.connect(a, {Lab::address(a)});  // by address
  lab.redirect(parse("/ip4/10.7.7.7/tcp/1"), a);
  lab.connect(a, {parse("/ip4/10.7.7.7/tcp/1")});  // found out when it answers
  lab.run(5s);

  const auto results = lab.all<ConnectResult>(a);
  ASSERT_EQ(results.size(), 3u);
  for (const auto& result : results) EXPECT_EQ(result.error, DialError::self) << result.detail;
  EXPECT_EQ(lab.all<Dial>(a).size(), 1u);
  EXPECT_EQ(lab.host(a).link_count(), 0u);
  EXPECT_TRUE(lab.all<PeerConnected>(a).empty());
}

TEST(Connecting, NeedsAnAddressOfATransportThatIsThere) {
  Lab lab;
  const auto a = lab.add();

  lab.connect(a, std::vector<Multiaddr>{});
  lab.connect(a, {parse("/ip4/10.7.7.7/udp/1/quic-v1")});
  lab.settle();

  const auto results = lab.all<ConnectResult>(a);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].error, DialError::none_given);
  EXPECT_EQ(results[1].error, DialError::unsupported);
}

TEST(Connecting, TriesNoMoreAddressesThanTheLimit) {
  Lab lab;
  const auto a = lab.add();
  std::vector<Multiaddr> many;
  for (int i = 1; i <= 40; ++i) many.push_back(parse("/ip4/10.7.7.7/tcp/" + std::to_string(i)));

  lab.connect(a, many);
  lab.settle();

  EXPECT_EQ(lab.all<Dial>(a).size(), 16u);
  EXPECT_EQ(only_result(lab, a).error, DialError::refused);
}

TEST(Connecting, TriesEightAddressesOfAPeerAtATime) {
  Lab lab;
  const auto a = lab.add();
  std::vector<Multiaddr> many;
  for (int i = 1; i <= 16; ++i) {
    many.push_back(parse("/ip4/10.7.7.7/tcp/" + std::to_string(i)));
    lab.silence(many.back());
  }
  ConnectRequest request;
  request.addresses = many;
  request.timeout = 1min;

  lab.host(a).connect(request, lab.now());
  lab.run(10s);
  EXPECT_EQ(lab.all<Dial>(a).size(), 8u);
  lab.run(10s);

  EXPECT_EQ(lab.all<Dial>(a).size(), 16u);
}

TEST(Connecting, WaitsForAFreeDialAndServesAllInTheEnd) {
  Lab lab;
  const auto a = lab.add(config_with([](Config& config, auto&, auto&) { config.dials_max = 3; }));
  for (int i = 1; i <= 20; ++i) {
    const auto silent = parse("/ip4/10.7.7.7/tcp/" + std::to_string(i));
    lab.silence(silent);
    ConnectRequest request;
    request.addresses = {silent};
    request.timeout = 1h;
    lab.host(a).connect(request, lab.now());
  }
  lab.settle();
  EXPECT_EQ(lab.all<Dial>(a).size(), 3u);
  EXPECT_EQ(lab.host(a).state_size().backlog, 17u);

  lab.run(15s * 7 + 1s);

  EXPECT_EQ(lab.all<Dial>(a).size(), 20u);
  EXPECT_EQ(lab.all<ConnectResult>(a).size(), 20u);
  EXPECT_EQ(lab.host(a).state_size().backlog, 0u);
}

TEST(Connecting, IsRefusedAtTheLimitOfConnections) {
  Lab lab;
  const auto a = lab.add(config_with([](Config& config, auto&, auto&) {
    config.connections_max = 1;
    config.inbound_max = 1;
  }));
  lab.add();
  lab.add();
  lab.connect(a, 1);
  lab.forget(a);

  lab.connect(a, 2);

  EXPECT_EQ(only_result(lab, a).error, DialError::limit);
}

TEST(Connecting, IsCancelledByDisconnectAndByShutdown) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  const auto silent = parse("/ip4/10.7.7.7/tcp/1");
  lab.silence(silent);
  lab.connect(a, {silent.with_p2p(lab.id(b).bytes())});
  lab.connect(a, {silent});
  lab.settle();

  lab.host(a).disconnect(lab.id(b), lab.now());
  lab.settle();
  EXPECT_EQ(only_result(lab, a).error, DialError::cancelled);
  lab.host(a).shutdown(lab.now());
  lab.settle();

  EXPECT_EQ(lab.all<ConnectResult>(a).size(), 2u);
  EXPECT_EQ(lab.all<CancelDial>(a).size(), 2u);
  lab.connect(a, {Lab::address(b)});
  EXPECT_EQ(lab.host(a).state_size().dials, 0u);
}

TEST(Connecting, OfAFurtherConnectionKeepsTheFirstAndLetsGossipBe) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  for (const auto node : {a, b}) lab.host(node).join("t", lab.now());
  lab.connect(a, b);
  lab.run(2s);

  lab.connect(a, {lab.full(b)}, true);
  lab.run(30s);
  lab.publish(a, "t", "x");
  lab.publish(b, "t", "y");

  const auto result = lab.last<ConnectResult>(a);
  ASSERT_TRUE(result && result->link);
  EXPECT_FALSE(result->already);
  EXPECT_EQ(lab.host(a).link_count(), 2u);
  EXPECT_EQ(lab.host(b).link_count(), 2u);
  EXPECT_EQ(lab.delivered(b, "x"), 1u);
  EXPECT_EQ(lab.delivered(a, "y"), 1u);
  lab.host(a).close_link(*result->link, lab.now());
  lab.run(1s);
  lab.publish(b, "t", "z");
  EXPECT_EQ(lab.host(b).link_count(), 1u);
  EXPECT_EQ(lab.delivered(a, "z"), 1u);
}

TEST(Connecting, OfOnlyAFurtherConnectionIsNoPeer) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  lab.host(b).join("t", lab.now());

  lab.connect(a, {lab.full(b)}, true);
  lab.run(30s);

  EXPECT_TRUE(lab.host(a).peers().empty());
  EXPECT_TRUE(lab.all<PeerConnected>(a).empty());
  EXPECT_EQ(lab.host(a).link_count(), 1u);
  EXPECT_EQ(lab.host(b).link_count(), 1u);
}

TEST(DirectPeers, AreDialledAgainWithBackOffUntilTheyAreBack) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  lab.host(a).add_direct(lab.id(b), {Lab::address(b)}, lab.now());
  lab.run(1s);
  ASSERT_EQ(lab.host(a).peers().size(), 1u);
  EXPECT_TRUE(lab.all<ConnectResult>(a).empty());  // it was not the application's command

  lab.vanish(b);
  lab.run(60s);  // the dead connection is noticed within 40 s
  EXPECT_TRUE(lab.host(a).peers().empty());
  lab.forget(a);
  lab.run(10min);
  const auto tried = lab.all<Dial>(a).size();
  EXPECT_GE(tried, 2u);
  EXPECT_LE(tried, 8u);
  lab.start(b);
  lab.run(7min);

  EXPECT_EQ(lab.host(a).peers().size(), 1u);
}

TEST(DirectPeers, AreDialledAtLeastAsOftenAsTheLongestWaitSays) {
  Lab lab;
  const auto a =
      lab.add(config_with([](Config& config, auto&, auto&) { config.dial_backoff_max = 8s; }));
  lab.host(a).add_direct(key_of(50).peer_id(), {parse("/ip4/10.7.7.7/tcp/1")}, lab.now());

  lab.run(2min);

  EXPECT_GE(lab.all<Dial>(a).size(), 12u);
  EXPECT_LE(lab.all<Dial>(a).size(), 20u);
}

TEST(ProtectedConnection, StaysWhereThePeerMakesTooMany) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  ConnectRequest request;
  request.addresses = {lab.full(b)};
  request.protected_from_limits = true;
  lab.host(a).connect(request, lab.now());
  lab.run(15s);
  const auto link = lab.last<ConnectResult>(a)->link;
  ASSERT_TRUE(link);

  for (int i = 0; i < 6; ++i) {
    lab.connect(b, {lab.full(a)}, true);
    lab.run(100ms);
  }
  lab.run(30s);

  EXPECT_TRUE(lab.host(a).open_stream(*link, {"/app/1"}, lab.now()));
  EXPECT_EQ(lab.host(a).link_count(), 3u);  // two, and the protected one
}

TEST(DirectPeers, ThatHangUpAreDialledAgainSoon) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  lab.host(a).add_direct(lab.id(b), {Lab::address(b)}, lab.now());
  lab.run(1min);

  lab.host(b).disconnect(lab.id(a), lab.now());
  lab.settle();
  EXPECT_TRUE(lab.host(a).peers().empty());
  lab.run(2s);

  EXPECT_EQ(lab.host(a).peers().size(), 1u);
}

TEST(Disconnecting, IsToldOnBothSidesAndLeavesNothing) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  for (const auto node : {a, b}) lab.host(node).join("t", lab.now());
  lab.connect(a, b);
  lab.run(2s);

  lab.host(a).disconnect(lab.id(b), lab.now());
  lab.run(1min);

  for (const auto node : {a, b}) {
    EXPECT_EQ(lab.all<PeerDisconnected>(node).size(), 1u);
    const auto size = lab.host(node).state_size();
    EXPECT_EQ(size.links + size.ended + size.streams + size.peers + size.router, 0u);
  }
}

TEST(Creating, ChecksTheLimits) {
  const auto config = config_with([](Config& changed, auto&, auto&) { changed.dials_max = 0; });

  const auto host = Host::create(key_of(1), config, Rng{seed_of(1)}, TimePoint{});

  ASSERT_FALSE(host);
  EXPECT_EQ(host.error().parameter, "dials_max");
}

}  // namespace
}  // namespace grapevine::host
