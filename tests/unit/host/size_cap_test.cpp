// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/host/size_cap.hpp"
#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

constexpr std::size_t kib = 1024;
constexpr SizeCap::Limits limits{16 * kib, 5s, 10min};
constexpr TimePoint start{100s};

/// An RPC that has left at once, and whose stream lives on.
void goes_well(SizeCap& cap, std::size_t size, TimePoint at) {
  cap.on_sent(size, at);
  cap.on_queued(0, at);
  cap.on_queued(0, at + 6s);
  cap.on_sent(1, at + 6s);
}

TEST(SizeCaps, AreTheNextUsualLimitBelowWhatEndedTheStream) {
  for (const auto& [size, expected] : {std::pair{9000 * kib, 4096 * kib},
                                       {1025 * kib, 1024 * kib},
                                       {1024 * kib, 256 * kib},
                                       {100 * kib, 64 * kib},
                                       {64 * kib, 16 * kib},
                                       {16 * kib, 4 * kib}}) {
    SizeCap cap{limits};
    cap.on_sent(size, start);
    EXPECT_FALSE(cap.size_max(start));
    EXPECT_TRUE(cap.on_reset(start + 1s));
    EXPECT_EQ(cap.size_max(start + 1s), expected);
  }
}

TEST(SizeCaps, AreNeverBelowWhatWasTaken) {
  SizeCap cap{limits};
  goes_well(cap, 90 * kib, start);

  cap.on_sent(200 * kib, start + 10s);
  EXPECT_TRUE(cap.on_reset(start + 11s));

  EXPECT_EQ(cap.size_max(start + 11s), 90 * kib);
}

TEST(SizeCaps, AreNotLearnedFromSmallOnesNorFromWhatWasTakenBefore) {
  SizeCap cap{limits};
  cap.on_sent(16 * kib - 1, start);
  EXPECT_FALSE(cap.on_reset(start + 1s));

  goes_well(cap, 200 * kib, start + 2s);
  cap.on_sent(200 * kib, start + 20s);
  EXPECT_FALSE(cap.on_reset(start + 21s));
}

TEST(SizeCaps, AreNotLearnedFromAStreamThatLivedOnForLong) {
  SizeCap cap{limits};
  cap.on_sent(100 * kib, start);
  cap.on_queued(0, start);

  EXPECT_FALSE(cap.on_reset(start + 5001ms));
}

TEST(SizeCaps, AreLearnedHoweverLongTheRpcTookToLeave) {
  SizeCap cap{limits};
  cap.on_sent(100 * kib, start);
  cap.on_sent(10 * kib, start);
  cap.on_queued(10 * kib + 1, start + 60s);  // a byte of it is still here

  EXPECT_TRUE(cap.on_reset(start + 70s));
  EXPECT_EQ(cap.size_max(start + 70s), 64 * kib);
}

TEST(SizeCaps, CountFromWhenTheRpcHasLeftThoughMoreWaitsBehindIt) {
  SizeCap cap{limits};
  cap.on_sent(100 * kib, start);
  cap.on_sent(10 * kib, start);
  cap.on_queued(10 * kib, start + 1s);

  EXPECT_FALSE(cap.on_reset(start + 7s));
}

TEST(SizeCaps, AreRaisedByWhatGoesWellAfterAll) {
  SizeCap cap{limits};
  cap.on_sent(100 * kib, start);
  EXPECT_TRUE(cap.on_reset(start + 1s));
  ASSERT_EQ(cap.size_max(start + 1s), 64 * kib);

  goes_well(cap, 80 * kib, start + 2s);
  EXPECT_EQ(cap.size_max(start + 10s), 80 * kib);
  goes_well(cap, 100 * kib, start + 20s);
  EXPECT_FALSE(cap.size_max(start + 30s));
}

TEST(SizeCaps, AreTestedAgainLaterAndLater) {
  SizeCap cap{limits};
  auto now = start;
  for (auto holds = limits.holds; holds < 24h; holds *= 2) {
    cap.on_sent(100 * kib, now);
    EXPECT_TRUE(cap.on_reset(now));
    EXPECT_EQ(cap.until(), now + holds);
    EXPECT_TRUE(cap.size_max(now + holds - 1us));
    now += holds;
    EXPECT_FALSE(cap.size_max(now));
  }
}

}  // namespace
}  // namespace grapevine::host
