// SPDX-License-Identifier: Apache-2.0
#include "core/yamux/receive_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/rng.hpp"

namespace grapevine::yamux {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1000s};
constexpr std::uint32_t kib = 1024;
constexpr std::uint32_t no_limit = 1U << 30;

TEST(ReceiveWindow, RefusesWhatExceedsTheCreditAndChangesNothing) {
  ReceiveWindow window{initial_credit, start};

  EXPECT_FALSE(window.take(initial_credit + 1, start));
  EXPECT_EQ(window.credit(), initial_credit);
  EXPECT_TRUE(window.take(initial_credit, start));
  EXPECT_FALSE(window.take(1, start));
}

TEST(ReceiveWindow, OwesAnUpdateWhenHalfIsConsumed) {
  ReceiveWindow window{initial_credit, start};
  ASSERT_TRUE(window.take(200 * kib, start));

  window.consumed(128 * kib - 1);
  EXPECT_FALSE(window.update_due());
  window.consumed(1);
  EXPECT_TRUE(window.update_due());

  const auto update = window.update({}, start);
  EXPECT_EQ(update.credit, 128 * kib);
  EXPECT_EQ(window.credit(), 184 * kib);
  EXPECT_FALSE(window.update_due());
}

TEST(ReceiveWindow, DoublesWhenConsumedWithinTwoRoundTrips) {
  ReceiveWindow window{initial_credit, start};
  ASSERT_TRUE(window.take(initial_credit, start));
  window.consumed(initial_credit);

  const auto update = window.update({.round_trip = 50ms, .allowed = no_limit}, start + 99ms);

  EXPECT_EQ(update.grown, initial_credit);
  EXPECT_EQ(update.credit, 2 * initial_credit);
  EXPECT_EQ(window.window(), 2 * initial_credit);
}

TEST(ReceiveWindow, BetweenNeighboursTwoMillisecondsAreSoonEnough) {
  const auto grown = [](Duration after) {
    ReceiveWindow window{initial_credit, start};
    EXPECT_TRUE(window.take(initial_credit, start));
    window.consumed(initial_credit);
    return window.update({.round_trip = 20us, .allowed = no_limit}, start + after).grown;
  };

  EXPECT_EQ(grown(2ms - 1us), initial_credit);
  EXPECT_EQ(grown(2ms), 0U);
}

TEST(ReceiveWindow, StaysWhenSlowOrUnmeasuredOrNotAllowed) {
  const auto grown = [](const ReceiveWindow::Growth& growth, Duration after) {
    ReceiveWindow window{initial_credit, start};
    EXPECT_TRUE(window.take(initial_credit, start));
    window.consumed(initial_credit);
    return window.update(growth, start + after).grown;
  };

  EXPECT_EQ(grown({.round_trip = 50ms, .allowed = no_limit}, 100ms), 0U);
  EXPECT_EQ(grown({.round_trip = std::nullopt, .allowed = no_limit}, 1ms), 0U);
  EXPECT_EQ(grown({.round_trip = 50ms, .allowed = 0}, 1ms), 0U);
  EXPECT_EQ(grown({.round_trip = 50ms, .allowed = 7}, 1ms), 7U);
}

TEST(ReceiveWindow, MeasuresABurstFromItsFirstByte) {
  ReceiveWindow window{initial_credit, start};
  ASSERT_TRUE(window.take(initial_credit, start + 1h));
  window.consumed(initial_credit);

  const auto update = window.update({.round_trip = 50ms, .allowed = no_limit}, start + 1h + 10ms);

  EXPECT_GT(update.grown, 0U);
}

TEST(ReceiveWindow, GrantsAConfiguredSurplusFirst) {
  ReceiveWindow window{1024 * kib, start};

  EXPECT_EQ(window.credit(), initial_credit);
  EXPECT_TRUE(window.update_due());
  EXPECT_EQ(window.update({}, start).credit, 768 * kib);
  EXPECT_EQ(window.credit(), 1024 * kib);
}

/// The same accounting, said as two sums instead of a window.
struct Twin {
  std::uint64_t granted = initial_credit;  ///< all credit ever given
  std::uint64_t received = 0;
  std::uint64_t consumed = 0;
  std::uint64_t window = initial_credit;
};

TEST(ReceiveWindow, AgreesWithItsNaiveTwin) {
  for (std::uint8_t seed = 0; seed < 50; ++seed) {
    Rng rng{Rng::Seed{seed}};
    ReceiveWindow window{initial_credit, start};
    Twin twin;
    auto now = start;
    for (int step = 0; step < 2000; ++step) {
      now += Duration{rng.below(20'000)};
      const auto amount = static_cast<std::uint32_t>(rng.below(300 * kib));
      switch (rng.below(3)) {
        case 0: {
          const bool allowed = twin.received + amount <= twin.granted;
          EXPECT_EQ(window.take(amount, now), allowed);
          if (allowed) twin.received += amount;
          break;
        }
        case 1: {
          const auto size = std::min<std::uint64_t>(amount, twin.received - twin.consumed);
          window.consumed(static_cast<std::uint32_t>(size));
          twin.consumed += size;
          break;
        }
        default: {
          if (!window.update_due()) break;
          const auto update = window.update(
              {.round_trip = 20ms, .allowed = static_cast<std::uint32_t>(4096 * kib - twin.window)},
              now);
          twin.window += update.grown;
          twin.granted += update.credit;
          EXPECT_EQ(twin.granted, twin.consumed + twin.window);
          break;
        }
      }
      EXPECT_EQ(window.credit(), twin.granted - twin.received);
      EXPECT_EQ(window.held(), twin.received - twin.consumed);
      EXPECT_EQ(window.window(), twin.window);
    }
  }
}

}  // namespace
}  // namespace grapevine::yamux
