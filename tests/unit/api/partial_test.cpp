// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <thread>

#include "cluster.hpp"

namespace grapevine::test {
namespace {

using Bits = std::vector<std::uint8_t>;

NodeConfig in_parts() {
  auto config = quick();
  config.partial_messages = true;
  return config;
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// A node that solves a puzzle of eight parts: a part is its own number, metadata a bit each.
struct Solver : TestNode {
  explicit Solver(std::uint8_t start) : TestNode{in_parts()}, have{start} {
    PartialOptions options;
    options.on_received = [this](const PartialReceived& received) { hear(received); };
    EXPECT_TRUE(topic.set_partial(std::move(options)));
    EXPECT_TRUE(node.join("t"));
  }
  ~Solver() { node.stop(); }

  void hear(const PartialReceived& received) {
    for (const auto part : received.message.bytes()) have = have | 1 << part;
    EXPECT_EQ(*received.topic, "t");
    events->add("has " + std::to_string(have));
    EXPECT_TRUE(publish());
  }
  Expected<std::size_t> publish(std::vector<Peer> to = {}) {
    const std::uint8_t mine = have;
    PartialMessage message;
    message.group = bytes_of("group");
    message.metadata = {&mine, 1};
    message.to = std::move(to);
    message.parts_for = [mine](const PartialReceiver& receiver) {
      MessageParts parts;
      if (!receiver.said) return parts;
      const auto lacks = static_cast<std::uint8_t>(mine & ~receiver.has[0]);
      for (std::uint8_t i = 0; i < 8; ++i) {
        if ((lacks >> i & 1) != 0) parts.message.push_back(i);
      }
      parts.metadata = {lacks};
      return parts;
    };
    return topic.publish_partial(message);
  }

  std::atomic<std::uint8_t> have;
  Topic topic = *node.topic("t");
};

TEST(PartialTopics, TwoHalvesBecomeTwoWholes) {
  Solver a{0b00001111};
  Solver b{0b11110000};
  mesh(a, b, "t");

  ASSERT_EQ(a.publish(), 1u);

  EXPECT_TRUE(a.saw("has 255"));
  EXPECT_TRUE(b.saw("has 255"));
}

TEST(PartialTopics, KnowHoldersByWhatTheySaid) {
  Solver a{0b00000001};
  Solver b{0b00000011};
  mesh(a, b, "t");
  EXPECT_TRUE(b.topic.partial_holders(bytes_of("group")).empty());

  ASSERT_EQ(a.publish(), 1u);
  ASSERT_TRUE(a.saw("has 3"));

  const auto holders = a.topic.partial_holders(bytes_of("group"));
  ASSERT_EQ(holders.size(), 1u);
  EXPECT_EQ(holders[0].peer, b.node.id());
  EXPECT_EQ(holders[0].has, Bits{3});
  EXPECT_TRUE(holders[0].said);
}

TEST(PartialTopics, ArePublishedToNamedPeersOnly) {
  Solver a{1};
  Solver b{0};
  mesh(a, b, "t");

  EXPECT_EQ(a.publish({a.node.id()}), 0u);
  EXPECT_EQ(a.publish({b.node.id()}), 1u);
  EXPECT_TRUE(b.saw("has 1"));
}

TEST(PartialTopics, TakePublishersOnManyThreads) {
  Solver a{0b00001111};
  Solver b{0b11110000};
  mesh(a, b, "t");

  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) EXPECT_TRUE(a.publish() && b.publish());
    });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_TRUE(a.saw("has 255"));
  EXPECT_TRUE(b.saw("has 255"));
}

TEST(PartialTopics, AreRefusedWithoutTheConfiguration) {
  TestNode plain;
  TestNode able{in_parts()};
  const auto topic = *able.node.topic("t");
  PartialMessage message;
  message.group = bytes_of("group");

  EXPECT_EQ(plain.node.topic("t")->set_partial({}).error().code, ErrorCode::not_enabled);
  EXPECT_EQ(topic.publish_partial(message).error().code, ErrorCode::not_enabled);
  ASSERT_TRUE(topic.set_partial({}));
  EXPECT_EQ(topic.publish_partial(message), 0u);
  topic.clear_partial();
  EXPECT_EQ(topic.publish_partial(message).error().code, ErrorCode::not_enabled);
}

TEST(PartialTopics, RefuseABadGroupAndTooMuchMetadata) {
  TestNode able{in_parts()};
  const auto topic = *able.node.topic("t");
  ASSERT_TRUE(topic.set_partial({}));
  const Bits long_id(129, 1);
  const Bits metadata(16 * 1024 + 1, 1);
  PartialMessage message;

  EXPECT_EQ(topic.publish_partial(message).error().code, ErrorCode::bad_group);
  message.group = long_id;
  EXPECT_EQ(topic.publish_partial(message).error().code, ErrorCode::bad_group);
  message.group = std::span{long_id}.first(128);
  message.metadata = metadata;
  EXPECT_EQ(topic.publish_partial(message).error().code, ErrorCode::too_large);
  message.metadata = std::span{metadata}.first(16 * 1024);
  EXPECT_EQ(topic.publish_partial(message), 0u);
}

TEST(PartialTopics, OfAStoppedNodeAreClosed) {
  TestNode able{in_parts()};
  const auto topic = *able.node.topic("t");
  able.node.stop();

  EXPECT_EQ(topic.set_partial({}).error().code, ErrorCode::closed);
  EXPECT_EQ(topic.publish_partial({}).error().code, ErrorCode::closed);
  EXPECT_TRUE(topic.partial_holders(bytes_of("group")).empty());
  topic.clear_partial();
}

}  // namespace
}  // namespace grapevine::test
