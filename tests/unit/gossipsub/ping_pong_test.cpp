// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

constexpr pubsub::Extensions ping_pong{.ping_pong = true};

struct PingPong : testing::Test {
  static Config config() {
    auto config = Alone::plain();
    config.extensions = ping_pong;
    config.ping_bytes_max = 10;
    return config;
  }
  PeerHandle add(const pubsub::Extensions& theirs = ping_pong) {
    const auto peer = node.add({.version = Version::v1_3});
    node.say(peer, [&](auto& rpc) { rpc.add_extensions(theirs); });
    return peer;
  }
  void ping(PeerHandle peer, std::string_view bytes) {
    node.say(peer, [&](auto& rpc) {
      rpc.add_extension_body(pubsub::ping_pong_field({as_bytes(bytes), {}}));
    });
  }
  const std::vector<std::string>& pongs(PeerHandle peer) { return node.heard(peer).pongs; }

  Alone node{config()};
};

TEST_F(PingPong, APingIsAnsweredWithItsBytes) {
  const auto peer = add();

  ping(peer, "one");
  ping(peer, "");

  EXPECT_EQ(pongs(peer), (std::vector<std::string>{"one", ""}));
  EXPECT_EQ(node.heard(peer).extensions, std::vector{ping_pong});
}

TEST_F(PingPong, PingsAreAnsweredUpToABudgetOfBytesAHeartbeat) {
  const auto peer = add();
  const auto other = add();

  ping(peer, "1234567");
  ping(peer, "8901");
  ping(peer, "890");
  ping(peer, "1");
  ping(other, "other");

  EXPECT_EQ(pongs(peer), (std::vector<std::string>{"1234567", "890"}));
  EXPECT_EQ(pongs(other), (std::vector<std::string>{"other"}));
  EXPECT_EQ(node.traced(Traced::Kind::limit_hit), 2u);
  node.heartbeat();
  ping(peer, "1");
  EXPECT_EQ(pongs(peer).size(), 3u);
}

TEST_F(PingPong, WhoDidNotSayItHasTheExtensionIsNotAnswered) {
  const auto peer = add({.partial_messages = true});

  ping(peer, "one");

  EXPECT_TRUE(pongs(peer).empty());
}

TEST_F(PingPong, APongIsCountedAndNotAnswered) {
  const auto peer = add();
  node.say(peer, [&](auto& rpc) {
    rpc.add_extension_body(pubsub::ping_pong_field({{}, as_bytes("one")}));
  });

  EXPECT_TRUE(pongs(peer).empty());
  EXPECT_EQ(node.traced(Traced::Kind::pong_received), 1u);
}

TEST(PingPongOff, IsNeitherSaidNorAnswered) {
  Alone node{Alone::plain()};
  const auto peer = node.add({.version = Version::v1_3});
  node.say(peer, [&](auto& rpc) { rpc.add_extensions(ping_pong); });
  node.say(peer, [&](auto& rpc) {
    rpc.add_extension_body(pubsub::ping_pong_field({as_bytes("one"), {}}));
  });

  EXPECT_TRUE(node.heard(peer).pongs.empty());
  EXPECT_TRUE(node.heard(peer).extensions.empty());
}

}  // namespace
}  // namespace grapevine::gossipsub
