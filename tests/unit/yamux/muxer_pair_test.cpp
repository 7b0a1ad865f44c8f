// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "pair.hpp"

namespace grapevine::yamux {
namespace {

using namespace std::chrono_literals;
using test::Pair;

constexpr std::size_t mib = 1024 * 1024;

TEST(MuxerPair, AgreesUnderAnyFragmentationAndInterleaving) {
  for (std::uint8_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(static_cast<int>(seed));
    Rng rng{Rng::Seed{seed}};
    Pair pair{
        Config{.inbound_streams_max = 32, .outbound_streams_max = 24, .unacknowledged_max = 16}};
    for (int step = 0; step < 3000; ++step) {
      test::random_step(pair, [&](std::uint64_t bound) { return rng.below(bound); });
      pair.check_invariants();
    }

    pair.settle();

    pair.check_invariants();
    for (const std::size_t index : {0U, 1U}) {
      for (const auto& [id, size] : pair.side(index).written) {
        if (pair.side(0).touched.contains(id)) continue;
        EXPECT_EQ(pair.side(1 - index).received[id], size);
      }
    }
    EXPECT_EQ(pair.side(0).muxer.stream_count(), pair.side(1).muxer.stream_count());
  }
}

/// Moves `total` bytes from one side to the other over a wire with a delay; answers how long it
/// took.
Duration transfer(Pair& pair, StreamId id, std::size_t total, Duration delay) {
  struct Flight {
    TimePoint at;
    std::size_t side;
    std::size_t size;
  };
  std::deque<Flight> flights;
  const auto began = pair.now();
  while (pair.side(1).received[id] < total) {
    auto& from = pair.side(0);
    if (from.muxer.queued(id) < mib && from.written[id] < total)
      pair.write(0, id, std::min(total - from.written[id], mib));
    for (const std::size_t index : {0U, 1U}) {
      const auto before = pair.side(index).wire.size();
      while (pair.side(index).muxer.has_output()) pair.gather(index);
      const auto size = pair.side(index).wire.size() - before;
      if (size > 0) flights.push_back({pair.now() + delay, index, size});
    }
    ASSERT(!flights.empty());  // else it would stand still for ever
    pair.advance(std::max(flights.front().at - pair.now(), Duration{0}));
    pair.deliver(flights.front().side, flights.front().size);
    flights.pop_front();
    pair.consume(1, id, total);
    pair.check_invariants();
  }
  return pair.now() - began;
}

TEST(MuxerPair, MovesSixtyFourMebibytesWithGrowingWindows) {
  Pair pair{Config{}};
  const auto id = *pair.open(0);

  const auto taken = transfer(pair, id, 64 * mib, 25ms);

  EXPECT_EQ(pair.side(1).received[id], 64 * mib);  // each byte is compared on arrival
  EXPECT_LT(taken, 3s);                            // 256 KiB a round trip would take 12.8 s
}

TEST(MuxerPair, StaysAtTheInitialWindowWhenTheBudgetIsNone) {
  Pair pair{Config{.receive_budget = 0}};
  const auto id = *pair.open(0);

  const auto taken = transfer(pair, id, 8 * mib, 25ms);

  EXPECT_GT(taken, 700ms);
}

TEST(MuxerPair, HoldsBackForASlowReaderAndNobodyElse) {
  Pair pair{Config{}};
  const auto slow = *pair.open(0);
  const auto other = *pair.open(0);
  pair.write(0, slow, 4 * mib);
  for (int i = 0; i < 100; ++i) {
    pair.write(0, other, 50'000);
    while (pair.side(0).muxer.has_output()) pair.gather(0);
    while (!pair.side(0).wire.empty()) pair.deliver(0, mib);
    pair.consume(1, other, mib);
    while (pair.side(1).muxer.has_output()) pair.gather(1);
    while (!pair.side(1).wire.empty()) pair.deliver(1, mib);
  }

  EXPECT_EQ(pair.side(1).received[slow], initial_credit);
  EXPECT_EQ(pair.side(0).muxer.queued(slow), 4 * mib - initial_credit);
  EXPECT_EQ(pair.side(1).received[other], 5'000'000U);
}

TEST(MuxerPair, V20FullWindowsBothWaysOverAOneKibibyteWireNeverStall) {
  Pair pair{Config{}};
  const auto a = *pair.open(0);
  const auto b = *pair.open(1);
  pair.settle();
  pair.write(0, a, mib);
  pair.write(1, a, mib);
  pair.write(0, b, mib);
  pair.write(1, b, mib);
  for (int round = 0; round < 20'000; ++round) {
    for (const std::size_t index : {0U, 1U}) {
      if (pair.side(index).wire.size() < 1024) pair.gather(index, 1024);
      pair.deliver(index, 1024);
      for (const auto id : {a, b}) pair.consume(index, id, mib);
    }
  }

  for (const std::size_t index : {0U, 1U}) {
    EXPECT_EQ(pair.side(index).received[a], mib);
    EXPECT_EQ(pair.side(index).received[b], mib);
  }
}

TEST(MuxerPair, V20CloseInTheMiddleOfAStallEndsBothSides) {
  Pair pair{Config{}};
  const auto id = *pair.open(0);
  pair.write(0, id, 4 * mib);
  while (pair.side(0).muxer.has_output()) pair.gather(0);

  pair.side(1).muxer.close(GoAway::normal);
  pair.gather(1);
  pair.deliver(1, mib);

  EXPECT_EQ(pair.side(0).error, Error::remote_closed);
  EXPECT_FALSE(pair.side(0).muxer.has_output());
}

}  // namespace
}  // namespace grapevine::yamux
