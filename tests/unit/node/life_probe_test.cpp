// SPDX-License-Identifier: Apache-2.0
#include "node/life_probe.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace grapevine::node {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 30s;

TEST(LifeProbe, TellsHowLongTheAnswerTook) {
  auto node = Node::start({});
  ASSERT_TRUE(node) << node.error().detail;
  LifeProbe probe{*node};

  const auto pulse = probe.check(patience);

  EXPECT_GE(pulse.lag_ms, 0);
  EXPECT_EQ(pulse.peers, 0u);
}

TEST(LifeProbe, TellsThatTheNetworkThreadHangsAndThatItMovesAgain) {
  auto node = Node::start({});
  auto other = Node::start({});
  ASSERT_TRUE(node && other);
  LifeProbe probe{*node};
  std::promise<void> hangs;
  std::promise<void> released;
  std::atomic<bool> first = true;
  node->on_peer([&, release = released.get_future().share()](const PeerEvent&) {
    if (!first.exchange(false)) return;
    hangs.set_value();
    release.wait();
  });
  other->connect(node->addresses(), patience, [](const Expected<Connected>&) {});
  hangs.get_future().wait();

  EXPECT_LT(probe.check(10ms).lag_ms, 0);
  released.set_value();
  const auto pulse = probe.check(patience);
  EXPECT_GE(pulse.lag_ms, 0);
  EXPECT_EQ(pulse.peers, 1u);

  node->on_peer({});
}

}  // namespace
}  // namespace grapevine::node
