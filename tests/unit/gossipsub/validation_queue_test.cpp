// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/validation_queue.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace grapevine::gossipsub {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1s};
constexpr TopicHandle a{0};
constexpr TopicHandle b{1};

/// Enters tickets numbered upwards.
class Lines : public ::testing::Test {
 protected:
  bool enter(TopicHandle topic, std::size_t concurrency = 2) {
    const bool entered = queue_.enter(topic, Ticket{++last_}, concurrency);
    queue_.check_invariants();
    return entered;
  }
  std::vector<std::uint64_t> run() {
    std::vector<std::uint64_t> begun;
    while (const auto ticket = queue_.next()) begun.push_back(std::to_underlying(*ticket));
    queue_.check_invariants();
    return begun;
  }
  void leave(std::uint64_t ticket) {
    EXPECT_TRUE(queue_.leave(Ticket{ticket}));
    queue_.check_invariants();
  }
  using Begun = std::vector<std::uint64_t>;

  std::uint64_t last_ = 0;
  ValidationQueue queue_{{.running_max = 3, .waiting_max = 2}};
};

TEST_F(Lines, RunAsManyOfATopicAsItMayAndThenQueueUpToTheBound) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(enter(a));
    EXPECT_EQ(run().size(), 1u);
  }
  EXPECT_TRUE(enter(a));
  EXPECT_TRUE(enter(a));
  EXPECT_EQ(run(), Begun{});

  EXPECT_FALSE(enter(a));
  EXPECT_EQ(queue_.running(), 2u);
  EXPECT_EQ(queue_.waiting(), 2u);
}

TEST_F(Lines, GiveAFreePlaceToTheTopicsInTurn_V53) {
  ValidationQueue queue{{.running_max = 1, .waiting_max = 10}};
  for (std::uint64_t i = 1; i <= 5; ++i) ASSERT_TRUE(queue.enter(a, Ticket{i}, 10));
  for (std::uint64_t i = 11; i <= 12; ++i) ASSERT_TRUE(queue.enter(b, Ticket{i}, 10));

  Begun order;
  while (const auto ticket = queue.next()) {
    order.push_back(std::to_underlying(*ticket));
    queue.leave(*ticket);
    queue.check_invariants();
  }

  EXPECT_EQ(order, (Begun{1, 11, 2, 12, 3, 4, 5}));
}

TEST_F(Lines, OfAFullTopicKeepNoOtherFromRunning) {
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(enter(a));
    run();
  }
  ASSERT_FALSE(enter(a));

  EXPECT_TRUE(enter(b));

  EXPECT_EQ(run(), Begun{6});
}

TEST_F(Lines, HoldNoMoreThanMayRunTogether) {
  for (const auto topic : {a, a, b, b}) ASSERT_TRUE(enter(topic));

  EXPECT_EQ(run(), (Begun{1, 3, 2}));
  leave(3);
  EXPECT_EQ(run(), Begun{4});
}

TEST_F(Lines, WithoutAQueueThrottleTheOneAboveTheConcurrency) {
  ValidationQueue queue{{.running_max = 8, .waiting_max = 0}};
  for (std::uint64_t i = 1; i <= 3; ++i) {
    EXPECT_TRUE(queue.enter(a, Ticket{i}, 3));
    EXPECT_TRUE(queue.next());
  }

  EXPECT_FALSE(queue.enter(a, Ticket{4}, 3));
  queue.leave(Ticket{1});
  EXPECT_TRUE(queue.enter(a, Ticket{5}, 3));
}

TEST_F(Lines, KeepNothingOfATopicThatIsThrough) {
  ASSERT_TRUE(enter(a));
  run();
  EXPECT_TRUE(queue_.concerns(a));
  queue_.set_deadline(Ticket{1}, start);

  leave(1);

  EXPECT_FALSE(queue_.concerns(a));
  EXPECT_FALSE(queue_.next_due());
  EXPECT_FALSE(queue_.leave(Ticket{1}));
}

TEST_F(Lines, EndWhatIsLateInTheOrderOfTheDeadlines) {
  for (const auto topic : {a, b, a}) ASSERT_TRUE(enter(topic));
  run();
  queue_.set_deadline(Ticket{1}, start + 3s);
  queue_.set_deadline(Ticket{2}, start + 1s);
  queue_.set_deadline(Ticket{3}, start + 2s);
  queue_.set_deadline(Ticket{2}, start + 4s);  // moved

  EXPECT_EQ(queue_.next_due(), start + 2s);
  EXPECT_FALSE(queue_.take_due(start + 2s - 1us));
  EXPECT_EQ(queue_.take_due(start + 3s), Ticket{3});
  EXPECT_EQ(queue_.take_due(start + 3s), Ticket{1});
  EXPECT_FALSE(queue_.take_due(start + 3s));
  EXPECT_EQ(queue_.running(), 1u);
}

TEST_F(Lines, AtAHighRateRememberNoDeadlineOfWhatIsOver) {
  ASSERT_TRUE(enter(a));
  run();
  queue_.set_deadline(Ticket{1}, start);  // stays at the top
  for (std::uint64_t i = 2; i < 10'000; ++i) {
    ASSERT_TRUE(queue_.enter(b, Ticket{i}, 1));
    ASSERT_EQ(queue_.next(), Ticket{i});
    queue_.set_deadline(Ticket{i}, start + 30s);
    ASSERT_TRUE(queue_.leave(Ticket{i}));
    queue_.check_invariants();  // bounds the heap
  }
}

}  // namespace
}  // namespace grapevine::gossipsub
