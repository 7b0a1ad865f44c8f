// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <future>
#include <thread>

#include "cluster.hpp"

namespace grapevine::test {
namespace {

TEST(Stopping, TellsThePeersAtOnce) {
  TestNode a, b;
  ASSERT_TRUE(a.node.connect({b.address()}, patience));

  a.node.stop();

  EXPECT_TRUE(b.saw("disconnected " + a.id()));
}

TEST(Stopping, SendsWhatIsQueuedFirst) {
  constexpr std::size_t count = 1000;
  TestNode a, b;
  auto to_b = *b.node.topic("t")->subscribe();
  const auto topic = *a.node.join("t");
  mesh(a, b, "t");
  for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(topic.publish(std::string(1000, 'x')));

  a.node.stop();

  EXPECT_EQ(take(to_b, count).size(), count);
}

/// More than outboxes, streams and sockets hold at a time.
TEST(Stopping, SendsAllThatTheRingHolds) {
  constexpr std::size_t count = 5000;
  TestNode a{quick_unsigned()}, b{quick_unsigned()};
  auto to_b = *b.node.topic("t")->subscribe({.bytes_max = 1u << 30});
  const auto topic = *a.node.join("t");
  mesh(a, b, "t");
  std::string text(2000, 'x');
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(text.data(), &i, sizeof i);
    ASSERT_TRUE(topic.publish(text, patience));
  }

  a.node.stop(2 * patience);

  EXPECT_EQ(take(to_b, count).size(), count);
}

TEST(Stopping, SendsWhatStreamsHoldFirst) {
  constexpr std::size_t size = 1'000'000;  // four times what the remote lets us send at first
  TestNode a, b;
  std::promise<Stream> came;
  ASSERT_TRUE(b.node.handle("/x", [&](Stream stream) { came.set_value(std::move(stream)); }));
  ASSERT_TRUE(a.node.connect({b.address()}, patience));
  auto ours = *a.node.open_stream(b.node.id(), "/x", patience);
  auto theirs = came.get_future().get();
  ASSERT_TRUE(ours.write(std::vector<std::uint8_t>(size), patience));
  auto read = std::async(std::launch::async, [&] { return theirs.read_exactly(size, patience); });

  a.node.stop(2 * patience);

  const auto got = read.get();
  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_EQ(got->size(), size);
}

TEST(Stopping, WakesWhoWaitsForRoom) {
  auto config = quick();
  config.publish_ring = 1;
  TestNode node{config};
  std::promise<void> stuck, go_on;
  auto subscription = *node.node.join("t")->subscribe();
  const auto topic = *node.node.topic("t");
  subscription.on_ready([&, once = false]() mutable {
    if (std::exchange(once, true)) return;
    stuck.set_value();
    go_on.get_future().wait();
  });
  ASSERT_TRUE(topic.publish("taken"));
  stuck.get_future().wait();
  ASSERT_TRUE(topic.publish("in the ring"));
  std::vector<std::future<bool>> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(std::async(std::launch::async, [&] {
      while (topic.publish("x", std::chrono::hours{1})) {
      }
      return topic.publish("x", std::chrono::hours{1}).error().code == ErrorCode::closed;
    }));
  }

  go_on.set_value();
  node.node.stop();

  for (auto& one : waiting) EXPECT_TRUE(one.get());
}

TEST(Stopping, MayBeAskedForOften) {
  TestNode a;
  a.node.stop();
  a.node.stop();
  auto again = a.node;
  again.stop();
}

TEST(Stopping, LeavesHandlesThatRefuse) {
  TestNode a, b;
  const auto topic = *a.node.join("t");
  auto subscription = *topic.subscribe();
  ASSERT_TRUE(a.node.connect({b.address()}, patience));

  a.node.stop();

  EXPECT_EQ(topic.publish("x").error().code, ErrorCode::closed);
  EXPECT_EQ(topic.subscribe().error().code, ErrorCode::closed);
  EXPECT_TRUE(subscription.closed());
  EXPECT_TRUE(subscription.take(1, patience).empty());
  EXPECT_EQ(a.node.connect({b.address()}).error().code, ErrorCode::closed);
  EXPECT_EQ(a.node.join("u").error().code, ErrorCode::closed);
  EXPECT_EQ(a.node.open_stream(b.node.id(), "/x").error().code, ErrorCode::closed);
  EXPECT_EQ(a.node.ping(b.node.id()).error().code, ErrorCode::closed);
  EXPECT_TRUE(a.node.peers().empty());
  EXPECT_TRUE(a.node.topics().empty());
}

TEST(Stopping, HandlesMayOutliveTheNode) {
  auto node = std::make_unique<TestNode>();
  auto other = std::make_unique<TestNode>();
  auto topic = *node->node.join("t");
  auto subscription = *topic.subscribe();
  ASSERT_TRUE(other->node.handle("/x", [](Stream) {}));
  ASSERT_TRUE(node->node.connect({other->address()}, patience));
  ASSERT_TRUE(topic.publish("kept"));
  auto message = subscription.next(patience);

  node.reset();
  other.reset();

  ASSERT_TRUE(message);
  EXPECT_EQ(message->data.text(), "kept");
  EXPECT_EQ(topic.publish("x").error().code, ErrorCode::closed);
}

TEST(Stopping, WakesEverybodyWhoWaits) {
  TestNode a;
  auto subscription = *a.node.join("t")->subscribe();
  std::promise<void> waiting;
  auto taker = std::async(std::launch::async, [&] {
    waiting.set_value();
    return subscription.take(1, std::chrono::hours{1}).size();
  });
  waiting.get_future().wait();

  a.node.stop();

  EXPECT_EQ(taker.get(), 0u);
}

TEST(Stopping, WhileEverybodyPublishes) {
  TestNode a, b, c;
  std::vector<Subscription> subscriptions;
  for (auto* node : {&a, &b, &c}) subscriptions.push_back(*node->node.join("t")->subscribe());
  mesh(a, b, "t");
  mesh(c, b, "t");
  std::atomic<bool> go = true;
  std::vector<std::thread> publishers;
  for (auto* node : {&a, &b, &c}) {
    publishers.emplace_back([&go, topic = *node->node.topic("t")] {
      for (int i = 0; go.load(); ++i)
        topic.publish(std::string(static_cast<std::size_t>(i % 5000), 'x'));
    });
  }
  ASSERT_EQ(take(subscriptions[0], 500).size(), 500u);

  const auto start = std::chrono::steady_clock::now();
  b.node.stop(2s);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
  a.node.stop(2s);

  go = false;
  for (auto& publisher : publishers) publisher.join();
  EXPECT_EQ(b.node.topic("t")->publish("x").error().code, ErrorCode::closed);
}

TEST(Stopping, FromACallback) {
  auto node = std::make_unique<TestNode>();
  auto subscription = *node->node.join("t")->subscribe();
  std::promise<void> stopped;
  subscription.on_ready([&] {
    node->node.stop();  // must not wait for its own thread
    subscription.on_ready({});
    stopped.set_value();
  });

  ASSERT_TRUE(node->node.topic("t")->publish("x"));

  stopped.get_future().wait();
  node.reset();
}

TEST(Stopping, TheLastHandleMayBeDroppedInACallback) {
  std::promise<void> dropped;
  Subscription subscription;
  {
    auto node = std::make_shared<std::optional<Node>>(*Node::start(quick()));
    subscription = *(*node)->join("t")->subscribe();
    subscription.on_ready([node, &dropped]() mutable {
      if (!node->has_value()) return;
      node->reset();
      dropped.set_value();
    });
    ASSERT_TRUE((*node)->topic("t")->publish("x"));
  }

  dropped.get_future().wait();
  EXPECT_EQ(take(subscription, 1).size(), 1u);
  while (!subscription.closed()) subscription.take(1, 10ms);
}

TEST(Callbacks, MayAskTheNodeAndCannotWaitForIt) {
  TestNode a, b;
  std::promise<std::string> answers;
  auto subscription = *a.node.join("t")->subscribe();
  subscription.on_ready([&, once = false]() mutable {
    if (std::exchange(once, true)) return;
    std::string text = a.node.topics().at(0);
    text += a.node.statistics().published == 1 ? " published " : " not published ";
    text += name(a.node.connect({b.address()}).error().code);
    text += " ";
    text += name(a.node.ping(b.node.id()).error().code);
    answers.set_value(text);
  });

  ASSERT_TRUE(a.node.topic("t")->publish("x"));

  EXPECT_EQ(answers.get_future().get(), "t published timeout timeout");
}

TEST(Callbacks, MayPublishAndSubscribe) {
  TestNode node;
  auto pings = *node.node.join("ping")->subscribe();
  auto pongs = *node.node.join("pong")->subscribe();
  std::vector<Subscription> more;
  pings.on_ready([&, topic = *node.node.topic("pong")] {
    more.push_back(*topic.subscribe());
    EXPECT_TRUE(topic.publish("pong"));
  });

  ASSERT_TRUE(node.node.topic("ping")->publish("ping"));

  EXPECT_EQ(take(pongs, 1).size(), 1u);
}

/// Descriptors run out: everything is in a process of its own, which says by its exit what
/// was wrong.
class Exhaustion {
 public:
  int run() {
    auto config = quick();
    config.on_warning = [this](std::string_view) { ++warnings_; };
    TestNode hub{config};
    TestNode friendly;
    TestNode late;
    if (!friendly.node.connect({hub.address()}, patience)) return 2;
    open_clients();
    limit_descriptors();
    connect_clients(hub.address());
    auto quiet = *hub.node.topic("quiet")->subscribe();
    const auto before = cpu_seconds();
    quiet.take(1, 1500ms);  // nothing comes: this is how long it lasts
    if (cpu_seconds() - before > 0.5) return 3;
    if (warnings_ == 0 || warnings_ > 5) return 4;
    if (!friendly.node.ping(hub.node.id(), patience)) return 5;
    for (const int client : clients_) ::close(client);
    if (!late.node.connect({hub.address()}, 5s)) return 6;
    return 0;
  }

 private:
  static double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](timeval time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  void open_clients() {
    for (int i = 0; i < 40; ++i)
      clients_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  }
  /// Leaves five to the node.
  void limit_descriptors() {
    const int next = ::dup(0);
    ::close(next);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = static_cast<rlim_t>(next) + 5;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  void connect_clients(const std::string& address) {
    const auto port = address.substr(address.find("/tcp/") + 5);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    for (const int client : clients_)
      ::connect(client, reinterpret_cast<sockaddr*>(&to), sizeof to);
  }

  std::vector<int> clients_;
  std::atomic<int> warnings_ = 0;
};

TEST(Descriptors, RunOutWithoutHarmToThePresent_V55) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(std::_Exit(Exhaustion{}.run()), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace grapevine::test
