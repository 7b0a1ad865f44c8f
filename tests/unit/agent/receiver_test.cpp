// SPDX-License-Identifier: Apache-2.0
#include "agent/receiver.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "agent/payload.hpp"

namespace grapevine::agent {
namespace {

constexpr std::size_t size = 24;

Message message_of(std::vector<std::uint8_t> bytes) {
  auto owner = std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes));
  Message message;
  message.data = Payload{owner, *owner};
  return message;
}

Message message(std::uint64_t sequence, std::int64_t sent_ns = 0) {
  auto bytes = blank_payload(size);
  stamp(bytes, {sent_ns, sequence});
  return message_of(std::move(bytes));
}

void take(Receiver& receiver, const Message& one, std::int64_t now_ns = 3000) {
  receiver.take({&one, 1}, now_ns);
}

/// A receiver and what it announced.
struct Counted {
  explicit Counted(std::uint64_t count, std::uint64_t ack_every = 1)
      : receiver{{"t", size, count, ack_every},
                 [this](std::uint64_t told) { announced.push_back(told); }} {}

  std::vector<std::uint64_t> announced;
  Receiver receiver;
};

TEST(Receiver, EndsWithItsLastDistinctSequence) {
  Counted run{3};

  for (const std::uint64_t sequence : {2, 0, 0, 3}) {
    take(run.receiver, message(sequence, 1000));
    EXPECT_FALSE(run.receiver.complete());
  }
  take(run.receiver, message(1, 1000));

  EXPECT_TRUE(run.receiver.complete());
  const auto report = run.receiver.report();
  EXPECT_EQ(report.at("count"), 3);
  EXPECT_EQ(report.at("repeated"), 2);
  EXPECT_EQ(report.at("corrupt"), 0);
  EXPECT_EQ(report.at("first_ns"), 3000);
  EXPECT_EQ(report.at("latency_us").at("max"), 2.0);
}

TEST(Receiver, TakesNoMoreOfABatchThanItNeeds) {
  Counted run{2};
  const std::vector<Message> batch{message(0), message(1), message(2)};

  EXPECT_EQ(run.receiver.take(batch, 1), 2u);
  EXPECT_EQ(run.receiver.report().at("repeated"), 0);
}

TEST(Receiver, CountsAWrongByteOrLengthAsCorrupt) {
  Counted run{4};
  auto wrong = blank_payload(size);
  wrong.back() ^= 1;
  auto cut = blank_payload(size);
  stamp(cut, {0, 1});
  cut.pop_back();

  take(run.receiver, message_of(wrong));
  take(run.receiver, message_of(cut));
  take(run.receiver, message_of({1, 2, 3}));
  take(run.receiver, message(2));

  EXPECT_EQ(run.receiver.report().at("corrupt"), 3);
  EXPECT_EQ(run.receiver.report().at("count"), 3);
}

TEST(Receiver, LeavesTheFirstTwentiethOutOfTheLatencies) {
  Counted run{40};

  for (std::uint64_t sequence = 0; sequence < 40; ++sequence)
    take(run.receiver, message(sequence, sequence < 2 ? -1'000'000 : 0), 1000);

  EXPECT_EQ(run.receiver.report().at("latency_us").at("max"), 1.0);
}

TEST(Receiver, AnnouncesEverySoManyAndTheLast) {
  Counted run{5, 2};

  for (std::uint64_t sequence = 0; sequence < 5; ++sequence) take(run.receiver, message(sequence));

  EXPECT_EQ(run.announced, (std::vector<std::uint64_t>{2, 4, 5}));
}

TEST(Receiver, AnnouncesABatchOnce) {
  Counted run{6, 2};
  const std::vector<Message> batch{message(0), message(1), message(2), message(3), message(4)};

  run.receiver.take(batch, 1);

  EXPECT_EQ(run.announced, std::vector<std::uint64_t>{5});
}

}  // namespace
}  // namespace grapevine::agent
