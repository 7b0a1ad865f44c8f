// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <future>
#include <semaphore>
#include <thread>

#include "cluster.hpp"

namespace grapevine::test {
namespace {

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
  return text;
}

TEST(Node, HasItsIdInItsAddresses) {
  const TestNode node;

  ASSERT_EQ(node.node.addresses().size(), 1u);
  EXPECT_TRUE(node.address().ends_with("/p2p/" + node.id()));
  EXPECT_TRUE(node.address().starts_with("/ip4/127.0.0.1/tcp/"));
}

TEST(Node, KeepsTheIdentityOfItsSeed) {
  NodeConfig config;
  config.key_seed.emplace();
  config.key_seed->at(0) = 1;
  const auto first = Node::start(config)->id();

  EXPECT_EQ(Node::start(config)->id(), first);
}

TEST(Node, ListensWhereEveryInterfaceIs) {
  NodeConfig config;
  config.listen = {"/ip4/0.0.0.0/tcp/0"};
  const auto node = Node::start(config);

  ASSERT_TRUE(node);
  for (const auto& address : node->addresses())
    EXPECT_EQ(address.find("0.0.0.0"), std::string::npos);
  EXPECT_GE(node->addresses().size(), 1u);
}

struct Carries : testing::TestWithParam<Signing> {
  static NodeConfig config() {
    auto config = quick();
    config.signing = GetParam();
    return config;
  }
  TestNode a{config()};
  TestNode b{config()};
};

INSTANTIATE_TEST_SUITE_P(Signed, Carries, testing::Values(Signing::strict, Signing::none));

TEST_P(Carries, MessagesOfAllSizesBothWays) {
  auto to_a = *a.node.topic("t")->subscribe({.own_messages = false});
  auto to_b = *b.node.topic("t")->subscribe({.own_messages = false});
  mesh(a, b, "t");
  const std::size_t sizes[] = {0, 1, 100, 1023, 1024, 1025, 16'000, 65'536, 300'000, 900'000};

  for (const auto size : sizes) {
    const auto text = pattern(size);
    const auto sent = a.node.topic("t")->publish(text);
    ASSERT_TRUE(sent) << sent.error().detail;
    const auto got = take(to_b, 1);
    ASSERT_EQ(got.size(), 1u) << size;
    EXPECT_EQ(got[0].data.text(), text);
    EXPECT_EQ(*got[0].topic, "t");
    EXPECT_EQ(got[0].via, a.node.id());
    EXPECT_FALSE(got[0].local);
    EXPECT_TRUE(std::ranges::equal(got[0].id.bytes(), sent->id.bytes()));
    EXPECT_EQ(got[0].from.has_value(), GetParam() == Signing::strict);
    if (GetParam() == Signing::strict) {
      EXPECT_EQ(got[0].from, a.node.id());
    }

    ASSERT_TRUE(b.node.topic("t")->publish(text + "!"));
    const auto back = take(to_a, 1);
    ASSERT_EQ(back.size(), 1u) << size;
    EXPECT_EQ(back[0].data.text(), text + "!");
  }
}

TEST_P(Carries, BurstsInOrderAndExactlyOnce) {
  constexpr std::size_t count = 2000;
  auto to_a = *a.node.topic("t")->subscribe({.own_messages = false});
  auto to_b = *b.node.topic("t")->subscribe({.own_messages = false});
  mesh(a, b, "t");
  const auto topic_a = *a.node.topic("t");
  const auto topic_b = *b.node.topic("t");

  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_TRUE(topic_a.publish("a" + std::to_string(i)));
    ASSERT_TRUE(topic_b.publish("b" + std::to_string(i)));
  }

  const auto at_b = take(to_b, count);
  const auto at_a = take(to_a, count);
  ASSERT_EQ(at_b.size(), count);
  ASSERT_EQ(at_a.size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(at_b[i].data.text(), "a" + std::to_string(i));
    ASSERT_EQ(at_a[i].data.text(), "b" + std::to_string(i));
  }
  EXPECT_TRUE(to_b.take(1, 0ms).empty());
  EXPECT_EQ(b.node.statistics().delivered, count);
  EXPECT_EQ(a.node.statistics().published, count);
  EXPECT_EQ(a.node.statistics().rpc_dropped, 0u);
}

TEST_P(Carries, ABatchPublishedAtOnce) {
  auto to_b = *b.node.topic("t")->subscribe();
  const auto joined = a.node.join("t");
  mesh(a, b, "t");
  std::vector<std::string> texts;
  std::vector<std::span<const std::uint8_t>> batch;
  for (int i = 0; i < 500; ++i) texts.push_back(std::to_string(i));
  for (const auto& text : texts) {
    batch.emplace_back(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  }

  const auto sent = joined->publish_all(batch);

  ASSERT_TRUE(sent) << sent.error().detail;
  EXPECT_EQ(sent->size(), 500u);
  const auto got = take(to_b, 500);
  ASSERT_EQ(got.size(), 500u);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].data.text(), texts[i]);
}

TEST(Node, HearsItselfWithoutPeers) {
  TestNode node;
  auto subscription = *node.node.topic("t")->subscribe();

  ASSERT_TRUE(node.node.topic("t")->publish("hello"));

  const auto message = subscription.next(patience);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->local);
  EXPECT_EQ(message->via, node.node.id());
  EXPECT_EQ(message->data.text(), "hello");
}

TEST(Node, NumbersItsMessagesUpwardsWhateverTheThreadsDo_V44) {
  constexpr std::size_t threads = 4, each = 250;
  TestNode a, b;
  auto to_b = *b.node.topic("t")->subscribe();
  const auto topic = *a.node.join("t");
  mesh(a, b, "t");

  std::vector<std::thread> publishers;
  for (std::size_t i = 0; i < threads; ++i) {
    publishers.emplace_back([&topic] {
      for (std::size_t sent = 0; sent < each; ++sent) EXPECT_TRUE(topic.publish("x"));
    });
  }
  for (auto& publisher : publishers) publisher.join();

  const auto got = take(to_b, threads * each);
  ASSERT_EQ(got.size(), threads * each);
  for (std::size_t i = 1; i < got.size(); ++i) ASSERT_LT(*got[i - 1].seqno, *got[i].seqno);
}

TEST(Node, AsksBeforeItUsesSequenceNumbers) {
  std::atomic<std::uint64_t> below = 0;
  auto config = quick();
  config.first_seqno = std::uint64_t{1} << 62;
  config.reserve_seqno = [&](std::uint64_t mark) {
    below = mark;
    return true;
  };
  TestNode node{config};
  auto subscription = *node.node.topic("t")->subscribe();

  ASSERT_TRUE(node.node.topic("t")->publish("x"));

  const auto message = subscription.next(patience);
  ASSERT_TRUE(message);
  EXPECT_GE(*message->seqno, std::uint64_t{1} << 62);
  EXPECT_LT(*message->seqno, below.load());
}

TEST(Node, DoesNotStartWhenSequenceNumbersCannotBeRecorded) {
  NodeConfig config;
  config.reserve_seqno = [](std::uint64_t) { return false; };

  const auto node = Node::start(config);

  ASSERT_FALSE(node);
  EXPECT_EQ(node.error().code, ErrorCode::io);
}

TEST(Node, RefusesWhatIsTooLarge) {
  auto config = quick();
  config.max_message_size = 2000;
  TestNode node{config};

  const auto refused = node.node.topic("t")->publish(pattern(2000));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::too_large);
  EXPECT_TRUE(node.node.topic("t")->publish(pattern(1500)));
}

TEST(Node, CarriesTheLargestMessageItWasConfiguredFor) {
  auto config = quick();
  config.max_message_size = 4u << 20;
  TestNode a{config}, b{config};
  auto to_b = *b.node.topic("t")->subscribe();
  const auto topic = *a.node.join("t");
  mesh(a, b, "t");
  const auto text = pattern((4u << 20) - 1000);

  ASSERT_TRUE(topic.publish(text));

  const auto got = take(to_b, 1);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].data.text(), text);
}

TEST(Node, TellsThatTheSameContentWasPublished) {
  auto config = quick();
  config.signing = Signing::none;
  TestNode node{config};
  ASSERT_TRUE(node.node.topic("t")->publish("x"));

  const auto again = node.node.topic("t")->publish("x");

  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::duplicate);
}

TEST(Node, SaysThatTheRingIsFull) {
  auto config = quick();
  config.publish_ring = 4;
  config.signing = Signing::none;
  TestNode node{config};
  std::binary_semaphore stuck{0}, go_on{0};
  auto subscription = *node.node.topic("t")->subscribe();
  subscription.on_ready([&, once = false]() mutable {
    if (std::exchange(once, true)) return;
    stuck.release();
    go_on.acquire();
  });
  ASSERT_TRUE(node.node.topic("t")->publish("first"));
  ASSERT_TRUE(stuck.try_acquire_for(patience));  // the loop stands still

  // The first message has left the ring: all four places are free.
  for (const auto* text : {"1", "2", "3", "4"}) EXPECT_TRUE(node.node.topic("t")->publish(text));
  const auto refused = node.node.topic("t")->publish("one too many");
  const auto late = node.node.topic("t")->publish("one too many", 1ms);
  go_on.release();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::queue_full);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::queue_full);
  EXPECT_EQ(take(subscription, 5).size(), 5u);
}

/// Batches larger than the ring included.
TEST(Node, WaitsForRoomInTheRing) {
  constexpr std::size_t count = 1000;
  auto config = quick();
  config.publish_ring = 4;
  TestNode node{config};
  auto subscription = *node.node.topic("t")->subscribe();
  const auto topic = *node.node.topic("t");

  for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(topic.publish(std::to_string(i), patience));
  const std::vector<std::span<const std::uint8_t>> batch(count);
  const auto sent = topic.publish_all(batch, patience);

  ASSERT_TRUE(sent) << sent.error().detail;
  EXPECT_EQ(take(subscription, 2 * count).size(), 2 * count);
}

TEST(Node, NeverWaitsForRoomInACallback) {
  auto config = quick();
  config.publish_ring = 1;
  TestNode node{config};
  std::promise<ErrorCode> answer;
  auto subscription = *node.node.join("t")->subscribe();
  subscription.on_ready([&, topic = *node.node.topic("u")] {
    EXPECT_TRUE(topic.publish("taken"));
    answer.set_value(topic.publish("for ever", std::chrono::hours{1}).error().code);
  });

  ASSERT_TRUE(node.node.topic("t")->publish("x"));

  EXPECT_EQ(answer.get_future().get(), ErrorCode::queue_full);
}

/// Publishing as fast as it goes is slowed down to the peer's speed; nothing is dropped on the way.
TEST(Node, SlowsAPublisherDownInsteadOfDropping) {
  constexpr std::size_t count = 20'000;
  TestNode a{quick_unsigned()}, b{quick_unsigned()};
  auto to_b = *b.node.topic("t")->subscribe({.bytes_max = 1u << 30});
  const auto topic = *a.node.join("t");
  mesh(a, b, "t");

  auto text = pattern(2000);
  for (std::uint64_t i = 0; i < count;) {
    std::memcpy(text.data(), &i, sizeof i);
    const auto sent = topic.publish(text);
    if (sent) {
      ++i;
    } else {
      ASSERT_EQ(sent.error().code, ErrorCode::queue_full);
      std::this_thread::yield();
    }
  }

  EXPECT_EQ(take(to_b, count).size(), count);
  EXPECT_EQ(a.node.statistics().rpc_dropped, 0u);
}

TEST(Node, LeavesAndIsHeardNoMore) {
  TestNode a, b;
  auto to_b = *b.node.topic("t")->subscribe();
  const auto topic = *a.node.join("t");
  mesh(a, b, "t");
  EXPECT_EQ(a.node.topics(), std::vector<std::string>{"t"});
  EXPECT_EQ(a.node.mesh("t"), std::vector<Peer>{b.node.id()});
  EXPECT_EQ(topic.peers(), std::vector<Peer>{b.node.id()});

  ASSERT_TRUE(b.node.leave("t"));

  EXPECT_TRUE(a.saw("left t " + b.id()));
  EXPECT_TRUE(to_b.take(1, patience).empty());
  EXPECT_TRUE(to_b.closed());
  EXPECT_TRUE(a.node.mesh("t").empty());
}

TEST(Node, LeavesATopicWithItsLastSubscription) {
  TestNode a, b;
  ASSERT_TRUE(a.node.join("t"));
  auto first = *b.node.topic("t")->subscribe();
  {
    auto second = *b.node.topic("t")->subscribe();
    mesh(a, b, "t");
    first.close();
    EXPECT_EQ(b.node.topics(), std::vector<std::string>{"t"});
  }

  EXPECT_TRUE(a.saw("left t " + b.id()));
  EXPECT_TRUE(b.node.topics().empty());
}

TEST(Node, AsksTheValidatorBeforeItDelivers) {
  TestNode a, b;
  ASSERT_TRUE(b.node.set_validator("t", [](const Message& message, auto answer) {
    if (message.data.text() == "late") {
      std::thread{[answer] { answer(Verdict::accept); }}.detach();
    } else if (message.data.text() != "forgotten") {
      answer(message.data.text() == "bad" ? Verdict::reject : Verdict::accept);
    }
  }));
  auto to_b = *b.node.topic("t")->subscribe();
  const auto topic = *a.node.join("t");
  mesh(a, b, "t");

  for (const auto* text : {"good", "bad", "forgotten", "late"}) ASSERT_TRUE(topic.publish(text));

  const auto got = take(to_b, 2);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].data.text(), "good");
  EXPECT_EQ(got[1].data.text(), "late");
  EXPECT_EQ(b.node.statistics().rejected, 1u);
  EXPECT_EQ(b.node.statistics().ignored, 1u);
}

TEST(Subscription, DropsTheOldestOrTheNewestWhenFull) {
  TestNode node;
  const auto topic = *node.node.topic("t");
  auto oldest = *topic.subscribe({.bytes_max = 3 * 257, .overflow = Overflow::drop_oldest});
  auto newest = *topic.subscribe({.bytes_max = 3 * 257, .overflow = Overflow::drop_newest});
  auto all = *topic.subscribe();

  for (const auto* text : {"1", "2", "3", "4", "5"}) ASSERT_TRUE(topic.publish(text));
  ASSERT_EQ(take(all, 5).size(), 5u);

  const auto late = take(oldest, 3);
  const auto early = take(newest, 3);
  EXPECT_EQ(late.at(0).data.text(), "3");
  EXPECT_EQ(early.at(2).data.text(), "3");
  EXPECT_EQ(oldest.lost(), 2u);
  EXPECT_EQ(newest.lost(), 2u);
}

TEST(Subscription, TellsWhenItBecomesReady) {
  TestNode node;
  const auto topic = *node.node.topic("t");
  auto subscription = *topic.subscribe();
  std::counting_semaphore<> ready{0};
  subscription.on_ready([&] { ready.release(); });

  ASSERT_TRUE(topic.publish("1"));
  ASSERT_TRUE(ready.try_acquire_for(patience));
  ASSERT_TRUE(topic.publish("2"));
  EXPECT_EQ(take(subscription, 2).size(), 2u);
  ASSERT_TRUE(topic.publish("3"));
  EXPECT_TRUE(ready.try_acquire_for(patience));
}

}  // namespace
}  // namespace grapevine::test
