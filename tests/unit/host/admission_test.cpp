// SPDX-License-Identifier: Apache-2.0
#include "core/host/admission.hpp"

#include <gtest/gtest.h>

#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

std::shared_ptr<const Config> limited(auto change) {
  return config_with([&](Config& config, auto&, auto&) { change(config); });
}
Multiaddr from(int network) {
  return parse("/ip4/10.8." + std::to_string(network / 256) + "." + std::to_string(network % 256) +
               "/tcp/5");
}

TEST(Networks, AreIPv4AddressesAndIPv6FiftySixes) {
  const auto of = [](std::string_view text) { return network_of(parse(text)); };

  EXPECT_EQ(of("/ip4/1.2.3.4/tcp/1"), of("/ip4/1.2.3.4/tcp/2"));
  EXPECT_NE(of("/ip4/1.2.3.4/tcp/1"), of("/ip4/1.2.3.5/tcp/1"));
  EXPECT_EQ(of("/ip6/2001:db8:0:100::1/tcp/1"), of("/ip6/2001:db8:0:1ff:1::/tcp/1"));
  EXPECT_NE(of("/ip6/2001:db8:0:100::1/tcp/1"), of("/ip6/2001:db8:0:200::1/tcp/1"));
  EXPECT_EQ(of("/ip6/::ffff:1.2.3.4/tcp/1"), of("/ip4/1.2.3.4/tcp/2"));
  EXPECT_EQ(of("/ip4/127.0.0.9/tcp/1"), "");
  EXPECT_EQ(of("/ip6/::1/tcp/1"), "");
  EXPECT_EQ(of("/ip6/::ffff:127.0.0.1/tcp/1"), "");
}

TEST(Admission, CountsWhatComesAndGoes) {
  Config config;
  Rng rng{seed_of(1)};
  Admission admission{config, rng};
  const TimePoint now{1s};

  EXPECT_TRUE(admission.accept("a", now));
  EXPECT_TRUE(admission.dial());
  admission.established("a", false);
  EXPECT_EQ(admission.connections(), 2u);
  admission.closed("a", false, false);
  admission.closed("", true, false);

  EXPECT_EQ(admission.connections(), 0u);
}

TEST(Admission, FollowsTheRateOfOneNetworkAndNoOther_V06) {
  Config config;
  Rng rng{seed_of(1)};
  Admission admission{config, rng};
  TimePoint now{1s};
  const auto knock = [&](const std::string& network) {
    const bool admitted = admission.accept(network, now);
    if (admitted) admission.closed(network, false, true);
    return admitted;
  };

  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += knock("a");
  EXPECT_EQ(admitted, 16);
  EXPECT_TRUE(knock("b"));
  now += 1s;
  admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += knock("a");

  EXPECT_EQ(admitted, 5);
}

TEST(Admission, RemembersNoMoreNetworksThanItsLimit) {
  Config config;
  Rng rng{seed_of(1)};
  Admission admission{config, rng};
  TimePoint now{1s};

  for (int i = 0; i < 200'000; ++i) {
    const auto network = std::to_string(i);
    if (admission.accept(network, now)) admission.closed(network, false, true);
    if (i % 1000 == 0) now += 50ms;
  }

  EXPECT_LE(admission.networks(), 65'536u);
  now += 10s;
  EXPECT_TRUE(admission.accept("late", now));
}

TEST(Accepting, StopsAtTheLimitPerAddress) {
  Lab lab;
  const auto node = lab.add();
  int admitted = 0;

  for (std::uint64_t i = 0; i < 12; ++i) admitted += lab.visit(node, 100 + i).has_value();

  EXPECT_EQ(admitted, 8);
  EXPECT_TRUE(lab.visit(node, 200, {}, from(1)));
}

TEST(Accepting, ExemptsLoopback) {
  Lab lab;
  const auto node = lab.add();

  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_TRUE(lab.visit(node, 100 + i, {}, parse("/ip4/127.0.0.1/tcp/1"))) << i;
  }

  EXPECT_EQ(lab.host(node).peers().size(), 100u);
}

TEST(Accepting, StopsAtTheLimitInAllAndGoesOnWhenThereIsRoomAgain) {
  Lab lab;
  const auto node = lab.add(limited([](Config& config) {
    config.connections_max = 10;
    config.inbound_max = 6;
  }));
  for (int i = 0; i < 6; ++i)
    ASSERT_TRUE(lab.visit(node, 100 + static_cast<std::uint64_t>(i), {}, from(i)));

  EXPECT_FALSE(lab.visit(node, 200, {}, from(100)));
  lab.hang_up(0);

  EXPECT_TRUE(lab.visit(node, 201, {}, from(101)));
}

TEST(Accepting, KeepsRoomForOurOwnDials) {
  Lab lab;
  const auto node = lab.add(limited([](Config& config) {
    config.connections_max = 4;
    config.inbound_max = 3;
  }));
  const auto other = lab.add();
  for (int i = 0; i < 9; ++i) lab.visit(node, 100 + static_cast<std::uint64_t>(i), {}, from(i));

  lab.connect(node, other);

  EXPECT_FALSE(lab.last<ConnectResult>(node)->error);
}

TEST(HalfOpen, ConnectionsThatSaySomethingButNeverFinishEndAtTheDeadline_F07) {
  Lab lab;
  const auto node = lab.add();
  const auto wire = *lab.knock(node);

  for (int second = 0; second < 9; ++second) {
    lab.run(1s);
    lab.send(wire, Bytes{static_cast<std::uint8_t>("\x13/multist"[second])});
  }
  EXPECT_FALSE(lab.guest(wire).closed);
  lab.run(1s);

  EXPECT_TRUE(lab.guest(wire).closed);
  EXPECT_EQ(lab.host(node).state_size().half_open, 0u);
}

TEST(HalfOpen, AThousandSilentConnectionsDoNotKeepAnHonestOneOut_F07) {
  Lab lab;
  const auto node = lab.add();
  const auto honest = lab.add();
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(lab.knock(node, from(i)));
  lab.settle();
  EXPECT_EQ(lab.host(node).state_size().half_open, 64u);

  lab.connect(honest, node);

  EXPECT_FALSE(lab.last<ConnectResult>(honest)->error);
  lab.run(11s);
  EXPECT_EQ(lab.host(node).link_count(), 1u);
  EXPECT_EQ(lab.host(node).state_size().half_open, 0u);
}

TEST(HalfOpen, ConnectionsOfOneAddressHaveTheirOwnLimit) {
  Lab lab;
  const auto node = lab.add(limited([](Config& config) { config.half_open_per_ip_max = 3; }));
  int admitted = 0;

  for (int i = 0; i < 8; ++i) admitted += lab.knock(node).has_value();

  EXPECT_EQ(admitted, 3);
}

TEST(Flood, OfConnectionsLeavesEstablishedPeersAlone_V06) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  for (const auto node : {a, b}) lab.host(node).join("t", lab.now());
  lab.connect(a, b);
  lab.run(2s);

  for (int i = 0; i < 2000; ++i) {
    if (const auto wire = lab.knock(a, from(i)); wire && i % 2 == 0) lab.hang_up(*wire);
    if (i % 200 == 0) lab.publish(b, "t", "m" + std::to_string(i));
  }
  lab.run(15s);

  for (int i = 0; i < 2000; i += 200) EXPECT_EQ(lab.delivered(a, "m" + std::to_string(i)), 1u);
  EXPECT_EQ(lab.host(a).link_count(), 1u);
}

TEST(Handshake, GarbageEndsTheConnectionAtOnce_V01_V02_V03) {
  const std::vector<Bytes> garbage = {
      Bytes(64 * 1024, 0xFF),
      Bytes(64 * 1024, 0x00),
      Bytes{0xFF, 0xFF, 0xFF, 0xFF, 0x07},                          // 2^31 - 1
      Bytes{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F},  // 2^63 - 1
      to_bytes(as_bytes("GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nUser-Agent: a browser "
                        "of some kind\r\n\r\n")),
      to_bytes(as_bytes("\x14/multistream/9.9.9\n\x07/noise\n")),
  };
  for (const auto& bytes : garbage) {
    Lab lab;
    const auto node = lab.add();
    const auto wire = *lab.knock(node);

    lab.send(wire, bytes);

    EXPECT_TRUE(lab.guest(wire).closed) << bytes.size();
    EXPECT_LE(lab.guest(wire).received.size(), 64u);
    EXPECT_EQ(lab.host(node).link_count(), 0u);
  }
}

TEST(PerPeer, TheOldestOfTooManyConnectionsGoes) {
  Lab lab;
  const auto node = lab.add();

  for (int i = 0; i < 6; ++i) ASSERT_TRUE(lab.visit(node, 100, {}, from(i)));
  EXPECT_EQ(lab.host(node).link_count(), 4u);  // two more than two, for a while
  EXPECT_TRUE(lab.guest(0).closed);
  lab.run(10s);

  EXPECT_EQ(lab.host(node).link_count(), 2u);
  EXPECT_FALSE(lab.guest(5).closed);
  EXPECT_EQ(lab.host(node).peers().size(), 1u);
  EXPECT_EQ(lab.all<PeerConnected>(node).size(), 1u);
}

}  // namespace
}  // namespace grapevine::host
