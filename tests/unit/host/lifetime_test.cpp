// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

std::size_t live(const StateSize& size) {
  return size.links + size.ended + size.streams + size.peers + size.router + size.connecting +
         size.dials + size.backlog + size.half_open;
}

TEST(Lifetime, TenThousandConnectionsLeaveNothingBehind) {
  auto lab = std::make_unique<Lab>();
  const auto loose = config_with([](Config& config, auto&, auto&) {
    config.accepts_per_ip_per_second = 1'000'000;
    config.accepts_per_ip_burst = 1'000'000;
  });
  const auto a = lab->add(loose);
  const auto b = lab->add(loose);
  lab->host(a).join("t", lab->now());
  std::size_t most_timers = 0;

  for (int i = 0; i < 10'000; ++i) {
    lab->host(a).connect({{lab->full(b)}, {}, 15s, false, false}, lab->now());
    if (i % 3 != 0) lab->settle();
    lab->host(i % 2 == 0 ? a : b).disconnect(lab->id(i % 2 == 0 ? b : a), lab->now());
    lab->settle();
    lab->forget(a);
    lab->forget(b);
    most_timers = std::max(most_timers, lab->host(a).state_size().timers);
    if (i % 1000 == 999) lab->drop_dead_wires();
  }

  lab->host(a).disconnect(lab->id(b), lab->now());
  lab->settle();

  EXPECT_LE(most_timers, 200u);
  for (const auto node : {a, b}) {
    EXPECT_EQ(live(lab->host(node).state_size()), 0u);
  }
  lab->run(61s);
  for (const auto node : {a, b}) EXPECT_LE(lab->host(node).state_size().timers, 64u);
}

TEST(Lifetime, LinksThatTheDriverForgetsToPullCostNoMoreThanTheLimit) {
  const auto config = config_with([](Config& changed, auto&, auto&) {
    changed.connections_max = 8;
    changed.inbound_max = 8;
  });
  auto host = *Host::create(key_of(1), config, Rng{seed_of(1)}, TimePoint{1s});

  for (int i = 0; i < 1000; ++i) {
    const auto link = host.on_accepted(parse("/ip4/127.0.0.1/tcp/1"), TimePoint{1s});
    ASSERT_TRUE(link);
    host.close_link(*link, TimePoint{1s});
    while (host.poll()) {
    }
  }

  EXPECT_LE(host.state_size().ended, 8u);
  EXPECT_EQ(host.state_size().links, 0u);
}

TEST(Lifetime, EventsThatNobodyFetchesAreDroppedAndCounted) {
  auto host = *Host::create(key_of(1), default_config(), Rng{seed_of(1)}, TimePoint{1s});

  for (int i = 0; i < 10'000; ++i) {
    host.join("t", TimePoint{1s});
    host.leave("t", TimePoint{1s});
  }
  EXPECT_LE(host.state_size().outputs, 4096u);
  std::uint64_t lost = 0;
  while (auto output = host.poll()) {
    if (const auto* traced = std::get_if<Traced>(&*output);
        traced && traced->kind == Traced::Kind::limit_hit) {
      lost = traced->count;
    }
  }

  EXPECT_EQ(lost, 20'000u - 4096u);
}

TEST(Shutdown, SaysGoodbyeToEverybodyAndTakesNobodyNew) {
  Lab lab;
  const auto node = lab.add();
  const auto other = lab.add();
  for (const auto at : {node, other}) lab.host(at).join("t", lab.now());
  lab.connect(node, other);
  const auto guest = *lab.visit(node, 100);
  const auto silent = *lab.knock(node);
  lab.run(1s);

  lab.host(node).shutdown(lab.now());
  lab.settle();

  EXPECT_EQ(live(lab.host(node).state_size()), 0u);
  EXPECT_EQ(lab.guest(guest).session_over, session::SessionError::remote_closed);
  EXPECT_TRUE(lab.guest(silent).closed);
  EXPECT_TRUE(lab.host(other).peers().empty());
  EXPECT_FALSE(lab.knock(node));
  lab.connect(node, other);
  EXPECT_EQ(lab.last<ConnectResult>(node)->error, DialError::cancelled);
  lab.run(1min);
  EXPECT_EQ(live(lab.host(node).state_size()), 0u);
}

TEST(SimultaneousDials, LeaveOneConnectionAndLoseNothing_F25) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Lab lab{seed};
    const auto a = lab.add();
    const auto b = lab.add();
    for (const auto node : {a, b}) lab.host(node).join("t", lab.now());
    lab.host(b).handle("/app/1", lab.now());
    lab.host(a).connect({{lab.full(b)}, {}, 15s, false, false}, lab.now());
    lab.host(b).connect({{lab.full(a)}, {}, 15s, false, false}, lab.now());
    lab.settle();
    ASSERT_EQ(lab.host(a).link_count(), 2u);
    const auto stream = *lab.host(a).open_stream(lab.id(b), {"/app/1"}, lab.now());

    lab.run(Duration{static_cast<Duration::rep>(seed * 20'000)});
    lab.publish(a, "t", "x");
    lab.publish(b, "t", "y");
    lab.run(20s);

    EXPECT_TRUE(lab.all<StreamClosed>(a).empty());
    lab.host(a).reset_stream(stream);
    lab.run(10s);
    EXPECT_EQ(lab.delivered(b, "x"), 1u) << seed;
    EXPECT_EQ(lab.delivered(a, "y"), 1u) << seed;
    EXPECT_EQ(lab.host(a).link_count(), 1u) << seed;
    EXPECT_EQ(lab.host(b).link_count(), 1u) << seed;
    EXPECT_EQ(lab.all<PeerDisconnected>(a).size() + lab.all<PeerDisconnected>(b).size(), 0u);
  }
}

}  // namespace
}  // namespace grapevine::host
