// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

TEST(Blocking, EndsEveryConnectionOfThePeerAndForgetsIt) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  lab.host(a).join("t", lab.now());
  lab.host(b).join("t", lab.now());
  lab.connect(a, b);
  lab.run(2s);
  lab.connect(b, {lab.full(a)}, true);
  lab.settle();
  ASSERT_EQ(lab.host(b).router().mesh("t").size(), 1u);

  EXPECT_TRUE(lab.host(b).block({lab.id(a)}, lab.now()));
  lab.settle();

  EXPECT_TRUE(lab.host(b).peers().empty());
  EXPECT_EQ(lab.host(b).link_count(), 0u);
  EXPECT_EQ(lab.last<PeerDisconnected>(b)->reason, "blocked");
  EXPECT_TRUE(lab.host(b).router().subscribers("t").empty());
  EXPECT_EQ(lab.host(b).router().peer_state_size(), 0u);
}

TEST(Blocking, TakesNoConnectionOfThePeerAndDialsNone) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  lab.host(b).block({lab.id(a)}, lab.now());

  lab.connect(a, b);
  EXPECT_TRUE(lab.host(b).peers().empty());
  EXPECT_TRUE(lab.all<PeerConnected>(b).empty());

  lab.connect(b, a);
  EXPECT_EQ(lab.last<ConnectResult>(b)->error, DialError::blocked);
  EXPECT_TRUE(lab.all<Dial>(b).empty());
  lab.connect(b, {Lab::address(a)});  // who it is turns out when it answers
  lab.settle();
  EXPECT_EQ(lab.last<ConnectResult>(b)->error, DialError::blocked);
  EXPECT_TRUE(lab.host(b).peers().empty());
}

TEST(Blocking, ForATimeEndsWithIt) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  lab.host(b).block({lab.id(a), lab.now() + 60s}, lab.now());

  lab.run(60s);
  lab.connect(a, b);
  lab.settle();

  EXPECT_EQ(lab.host(b).peers().size(), 1u);
}

TEST(Blocking, OfADirectPeerHoldsAsWell) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  lab.host(b).add_direct(lab.id(a), {Lab::address(a)}, lab.now());
  lab.run(2s);
  ASSERT_EQ(lab.host(b).peers().size(), 1u);

  lab.host(b).block({lab.id(a)}, lab.now());
  lab.run(600s);
  EXPECT_TRUE(lab.host(b).peers().empty());

  lab.host(b).unblock(lab.id(a));
  lab.run(600s);
  EXPECT_EQ(lab.host(b).peers().size(), 1u);
}

}  // namespace
}  // namespace grapevine::host
