// SPDX-License-Identifier: Apache-2.0
#include "core/ping/ping.hpp"

#include <gtest/gtest.h>

namespace grapevine::ping {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1h};

Pinger pinger() { return Pinger{Rng{Rng::Seed{1}}}; }

TEST(Pinger, MeasuresTheRoundTrip) {
  auto asking = pinger();
  Responder answering;

  const auto payload = asking.start(start);
  const auto echo = answering.on_bytes(payload, 0).value();

  EXPECT_EQ(asking.on_bytes(echo, start + 40ms).value(), 40ms);
  EXPECT_FALSE(asking.waiting());
  EXPECT_FALSE(asking.next_deadline());
}

TEST(Pinger, SurvivesAnyFragmentation) {
  Rng rng{Rng::Seed{2}};
  auto asking = pinger();
  Responder answering;
  for (int round = 0; round < 200; ++round) {
    const auto payload = asking.start(start);
    Bytes echo;
    for (ByteView rest{payload}; !rest.empty();) {
      const auto size = 1 + rng.below(rest.size());
      append(echo, answering.on_bytes(rest.first(size), 0).value());
      rest = rest.subspan(size);
    }
    std::optional<Duration> round_trip;
    for (ByteView rest{echo}; !rest.empty();) {
      ASSERT_FALSE(round_trip);
      const auto size = 1 + rng.below(rest.size());
      round_trip = asking.on_bytes(rest.first(size), start + 5ms).value();
      rest = rest.subspan(size);
    }
    ASSERT_EQ(round_trip, 5ms);
  }
}

TEST(Pinger, AsksSomethingNewEveryTime) {
  auto asking = pinger();
  const auto first = asking.start(start);
  ASSERT_TRUE(asking.on_bytes(first, start));

  EXPECT_NE(asking.start(start), first);
}

TEST(Pinger, RefusesAWrongEchoAtItsFirstWrongByte) {
  for (std::size_t at = 0; at < payload_size; ++at) {
    auto asking = pinger();
    auto echo = asking.start(start);
    echo[at] ^= 1;
    ASSERT_TRUE(asking.on_bytes(ByteView{echo}.first(at), start));
    EXPECT_EQ(asking.on_bytes(ByteView{echo}.subspan(at, 1), start).error(), PingError::wrong_echo);
  }
}

TEST(Pinger, RefusesBytesItDidNotAskFor) {
  auto asking = pinger();
  EXPECT_EQ(asking.on_bytes(Bytes{1}, start).error(), PingError::unasked);
  EXPECT_TRUE(asking.on_bytes({}, start));

  auto echo = Bytes(payload_size + 1);
  std::ranges::copy(asking.start(start), echo.begin());
  EXPECT_EQ(asking.on_bytes(echo, start).error(), PingError::unasked);
}

TEST(Pinger, GivesUpAfterItsTimeout) {
  auto asking = pinger();
  EXPECT_TRUE(asking.on_deadline(start + 1h));
  asking.start(start);

  EXPECT_EQ(asking.next_deadline(), start + 20s);
  EXPECT_TRUE(asking.on_deadline(start + 20s - 1us));
  EXPECT_EQ(asking.on_deadline(start + 20s).error(), PingError::timeout);
}

TEST(Pinger, RefusesAnAnswerThatComesWithItsDeadline) {
  auto asking = pinger();
  const auto payload = asking.start(start);

  EXPECT_EQ(asking.on_bytes(payload, start + 20s).error(), PingError::timeout);
}

TEST(Pinger, TimesOutAtTheEndOfTime) {
  auto asking = pinger();
  asking.start(TimePoint::max() - 1s);

  EXPECT_EQ(asking.next_deadline(), TimePoint::max());
}

TEST(Responder, AnswersInWholePayloads) {
  Responder answering;
  const Bytes bytes(payload_size * 3 - 1, 7);

  EXPECT_EQ(answering.on_bytes(bytes, 0)->size(), payload_size * 2);
  EXPECT_EQ(answering.on_bytes(Bytes{8}, 0)->back(), 8);
  EXPECT_TRUE(answering.on_bytes({}, 0)->empty());
}

// Asking without reading the answers.
TEST(Responder, V17EndsWhenAnswersPileUp) {
  Responder answering;
  const Bytes ping(payload_size);

  EXPECT_TRUE(answering.on_bytes(ping, Responder::queued_max - payload_size));
  EXPECT_EQ(answering.on_bytes(ping, Responder::queued_max - payload_size + 1).error(),
            PingError::flood);
  EXPECT_EQ(answering.on_bytes(Bytes(Responder::queued_max + payload_size), 0).error(),
            PingError::flood);
  EXPECT_EQ(answering.on_bytes(ping, ~std::size_t{0}).error(), PingError::flood);
  EXPECT_TRUE(answering.on_bytes(Bytes(payload_size - 1), ~std::size_t{0}));
}

}  // namespace
}  // namespace grapevine::ping
