// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "unit/api/cluster.hpp"

namespace grapevine {
namespace {

using namespace test;

std::string large() { return std::string(5000, 'x'); }  // named in IDONTWANT

std::array<std::uint8_t, 32> seed(std::uint8_t number) {
  std::array<std::uint8_t, 32> seed{};
  seed[0] = number;
  return seed;
}

/// Its mesh is one peer.
NodeConfig narrow() {
  auto config = quick();
  config.gossip.d = config.gossip.d_low = config.gossip.d_high = config.gossip.d_score = 1;
  config.gossip.d_out = 0;
  return config;
}

TEST(Receipts, AreWaitedForLevelByLevel) {
  TestNode a{narrow()};
  TestNode b;
  TestNode c;  // hears of it through b, and tells a in its gossip
  const auto topic = *a.node.join("t");
  (void)b.node.join("t");
  (void)c.node.join("t");
  mesh(a, b, "t");
  mesh(c, b, "t");
  ASSERT_TRUE(c.node.connect({a.address()}, patience));
  ASSERT_TRUE(topic.wait_for_peers(2, patience));

  const auto receipt = topic.publish_tracked(large());

  ASSERT_TRUE(receipt) << receipt.error().detail;
  EXPECT_TRUE(receipt->wait(ReceiptLevel::queued, 1, patience));
  EXPECT_TRUE(receipt->wait(ReceiptLevel::written, 1, patience));
  EXPECT_TRUE(receipt->wait(ReceiptLevel::acknowledged, 1, patience));
  EXPECT_EQ(receipt->state().acknowledged, 1u);
  EXPECT_GT(receipt->id().size(), 0u);
  const auto more = receipt->wait(ReceiptLevel::acknowledged, 5, 10ms);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::timeout);
}

TEST(Receipts, TellOfProgressAndOfTheirEnd) {
  TestNode a;
  const auto topic = *a.node.join("t");
  std::latch over{1};
  ReceiptOptions options;
  options.time = 200ms;
  options.on_progress = [&](const ReceiptState& state) {
    if (state.over) over.count_down();
  };

  const auto receipt = topic.publish_tracked("nobody is there", std::move(options));

  ASSERT_TRUE(receipt);
  over.wait();
  EXPECT_TRUE(receipt->state().over);
  EXPECT_EQ(receipt->state().queued, 0u);
  EXPECT_EQ(receipt->wait(ReceiptLevel::queued, 1, patience).error().code, ErrorCode::timeout);
}

TEST(Receipts, AreBoundedAndFreeTheirPlacesWhenLetGo) {
  TestNode a{quick_unsigned()};
  const auto topic = *a.node.join("t");
  const auto text = [](int i) { return std::to_string(10'000'000 + i); };
  std::vector<Receipt> held;
  for (int i = 0; i < 1024; ++i) {
    auto receipt = topic.publish_tracked(text(i), {}, {.wait = 30s});
    ASSERT_TRUE(receipt) << i << receipt.error().detail;
    held.push_back(*std::move(receipt));
  }

  const auto refused = topic.publish_tracked(text(2000));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::limit);
  held.clear();
  const auto again = topic.publish_tracked(text(2000), {.time = 200ms});

  ASSERT_TRUE(again);
  EXPECT_FALSE(again->state().over);
}

TEST(Receipts, EndWithTheNode) {
  TestNode a;
  const auto topic = *a.node.join("t");
  const auto receipt = topic.publish_tracked("x");
  ASSERT_TRUE(receipt);

  std::thread stopping{[&] { a.node.stop(1s); }};
  const auto waited = receipt->wait(ReceiptLevel::acknowledged, 1, patience);
  stopping.join();

  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code, ErrorCode::closed);
  EXPECT_TRUE(receipt->state().over);
  EXPECT_EQ(topic.publish_tracked("y").error().code, ErrorCode::closed);
}

TEST(Readiness, GoMinTopicSizeNoDiscoveryIsWaitedForByEvents) {
  TestNode a;
  TestNode b;
  TestNode c;
  const auto topic = *a.node.join("t");
  const auto early = topic.wait_for_peers(1, 10ms);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, ErrorCode::timeout);
  (void)b.node.join("t");
  (void)c.node.join("t");

  std::thread connecting{[&] {
    (void)a.node.connect({b.address()}, patience);
    (void)a.node.connect({c.address()}, patience);
  }};
  EXPECT_TRUE(topic.wait_for_peers(2, patience));
  EXPECT_TRUE(topic.wait_for_mesh(2, patience));
  connecting.join();

  EXPECT_EQ(topic.mesh().size(), 2u);
}

TEST(Readiness, CallsBackOnceAndAlsoAtTheEnd) {
  TestNode a;
  TestNode b;
  const auto topic = *a.node.join("t");
  (void)b.node.join("t");
  std::atomic<int> calls = 0;
  std::latch ready{1};
  std::latch ended{1};
  ErrorCode end{};
  topic.when_mesh(1, [&](Expected<void> reached) {
    if (reached) ++calls;
    ready.count_down();
  });
  topic.when_peers(5, [&](Expected<void> reached) {
    end = reached ? ErrorCode::timeout : reached.error().code;
    ended.count_down();
  });

  mesh(a, b, "t");
  ready.wait();
  a.node.stop(1s);
  ended.wait();

  EXPECT_EQ(calls, 1);
  EXPECT_EQ(end, ErrorCode::closed);
  EXPECT_EQ(topic.wait_for_mesh(1, patience).error().code, ErrorCode::closed);
}

TEST(Authors, GoRelayPublishWithKeyCarriesTheVirtualAuthor) {
  TestNode a;
  TestNode b;
  const auto topic = *a.node.join("t");
  auto heard = *(*b.node.topic("t")).subscribe();
  mesh(a, b, "t");
  const auto author = *Author::from_seed(seed(77));

  ASSERT_TRUE(topic.publish("as another", {.author = author}));
  ASSERT_TRUE(topic.publish("as myself"));

  const auto got = take(heard, 2);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].from, author.id());
  EXPECT_NE(got[0].from, a.node.id());
  EXPECT_EQ(got[0].via, a.node.id());
  EXPECT_EQ(got[1].from, a.node.id());
}

TEST(Authors, GoPublishWithKeyInvalidParametersAreRefused) {
  const auto none = Author::from_protobuf({});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::bad_config);
  const std::vector<std::uint8_t> noise(40, 7);
  EXPECT_FALSE(Author::from_protobuf(noise));

  TestNode a;
  TestNode unsigned_node{quick_unsigned()};
  const auto author = *Author::from_seed(seed(1));
  const auto refused = (*unsigned_node.node.join("t")).publish("12345678", {.author = author});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::bad_config);
}

TEST(LocalPublish, GoWithLocalPublicationStaysInTheNode) {
  TestNode a;
  TestNode b;
  const auto topic = *a.node.join("t");
  auto here = *topic.subscribe();
  auto there = *(*b.node.topic("t")).subscribe();
  mesh(a, b, "t");

  ASSERT_TRUE(topic.publish("only here", {.local = true}));
  ASSERT_TRUE(topic.publish("everywhere"));

  const auto got = take(here, 2);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].data.text(), "only here");
  EXPECT_TRUE(got[0].local);
  const auto outside = take(there, 1);
  ASSERT_EQ(outside.size(), 1u);
  EXPECT_EQ(outside[0].data.text(), "everywhere");
}

std::vector<std::string> heard_in_order(BatchOrder order) {
  TestNode a;
  TestNode b;
  const auto topic = *a.node.join("t");
  auto heard = *(*b.node.topic("t")).subscribe();
  mesh(a, b, "t");
  std::vector<std::string> texts;
  for (int i = 0; i < 20; ++i) texts.push_back("m" + std::to_string(i));
  std::vector<std::span<const std::uint8_t>> batch;
  for (const auto& text : texts) {
    batch.emplace_back(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  }
  EXPECT_TRUE(topic.publish_all(batch, 0ms, order));
  std::vector<std::string> got;
  for (const auto& message : take(heard, 20)) got.emplace_back(message.data.text());
  EXPECT_EQ(got.size(), 20u);
  return got;
}

TEST(Batches, ArriveWholeInBothOrders) {
  for (const auto order : {BatchOrder::as_given, BatchOrder::interleaved}) {
    const auto got = heard_in_order(order);
    EXPECT_EQ(got.front(), "m0");  // one recipient: it begins with the first
  }
}

TEST(Discovering, FindsAndConnectsThoseInTheTopic) {
  struct Registry {
    std::mutex mutex;
    std::vector<std::string> addresses;
  };
  const auto registry = std::make_shared<Registry>();
  const auto found_by = [&](const std::shared_ptr<std::string>& own) {
    auto config = quick();
    config.discovery = Discovery{[registry, own](const std::string&, std::chrono::seconds) {
                                   const std::lock_guard lock{registry->mutex};
                                   registry->addresses.push_back(*own);
                                 },
                                 [registry](const std::string&, std::size_t, auto found) {
                                   const std::lock_guard lock{registry->mutex};
                                   auto addresses = registry->addresses;
                                   addresses.push_back("no address at all");
                                   std::thread{[found, addresses] { found(addresses); }}.detach();
                                 }};
    return config;
  };
  const auto own_a = std::make_shared<std::string>();
  const auto own_b = std::make_shared<std::string>();
  TestNode a{found_by(own_a)};
  TestNode b{found_by(own_b)};
  *own_a = a.address();
  *own_b = b.address();
  const auto topic = *a.node.join("t");
  (void)b.node.join("t");

  EXPECT_TRUE(topic.wait_for_mesh(1, patience));
}

// go's topic_test.go, as far as it asks for more than the tests above. A topic here is a name with
// handles, and is left by asking for it or with its last subscription.

TEST(GoTopicClose, WithAnOpenSubscriptionClosesItAndTheTopicCanBeUsedAgain) {
  TestNode a;
  const auto topic = *a.node.join("t");
  auto first = *topic.subscribe();
  a.node.on_topic([](const TopicEvent&) {});

  ASSERT_TRUE(a.node.leave("t"));
  EXPECT_EQ(first.next(patience), std::nullopt);
  EXPECT_TRUE(first.closed());
  EXPECT_TRUE(a.node.topics().empty());

  auto second = *topic.subscribe();  // go's TopicReuse: the handle is as good as new
  ASSERT_TRUE(topic.publish("again"));
  EXPECT_EQ(take(second, 1).size(), 1u);
  EXPECT_EQ(first.next(0ms), std::nullopt);
}

TEST(GoTopicEventHandlerCancel, NothingIsToldAfterIt) {
  TestNode a;
  TestNode b;
  (void)a.node.join("t");
  std::atomic<int> told = 0;
  a.node.on_topic([&](const TopicEvent&) { ++told; });
  a.node.on_topic({});
  const auto topic = *b.node.join("t");

  (void)a.node.connect({b.address()}, patience);
  ASSERT_TRUE(topic.wait_for_mesh(1, patience));
  (void)a.node.topics();  // a turn of a's loop later

  EXPECT_EQ(told, 0);
}

TEST(GoSubscriptionNotification, TellsOfEachPeerOnceAndOfItsLeaving) {
  TestNode a;
  std::vector<std::unique_ptr<TestNode>> others;
  (void)a.node.join("t");
  for (int i = 0; i < 4; ++i) {
    others.push_back(std::make_unique<TestNode>());
    (void)others.back()->node.join("t");
    (void)a.node.connect({others.back()->address()}, patience);
  }
  for (const auto& other : others) {
    ASSERT_TRUE(a.saw("joined t " + other->id()));
    EXPECT_EQ(a.events->count("joined t " + other->id()), 1u);
  }

  (void)others[0]->node.leave("t");

  EXPECT_TRUE(a.saw("left t " + others[0]->id()));
  EXPECT_EQ(a.events->count("left t " + others[1]->id()), 0u);
}

TEST(GoProducePanic, ClosingTwiceIsSafe) {
  TestNode a;
  auto subscription = *(*a.node.join("t")).subscribe();
  subscription.close();
  subscription.close();
  EXPECT_TRUE(subscription.closed());
  EXPECT_EQ(subscription.next(0ms), std::nullopt);
}

TEST(GoPublishWithContextCanceled, AWaitThatIsOverAndANodeThatStoppedAreErrors) {
  auto config = quick_unsigned();
  config.publish_ring = 1;
  TestNode a{config};
  const auto topic = *a.node.join("t");
  a.node.stop(0ms);

  const auto published = topic.publish("12345678", 1h);

  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, ErrorCode::closed);
}

}  // namespace
}  // namespace grapevine
