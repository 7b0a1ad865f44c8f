// SPDX-License-Identifier: Apache-2.0
#include "net/pacing.hpp"

#include <gtest/gtest.h>

namespace grapevine::net {
namespace {

constexpr TimePoint start{std::chrono::seconds{1000}};
constexpr Duration moment{1};

TEST(Pacing, HoldsWhileSomethingIsPending) {
  Pacing pacing;
  EXPECT_FALSE(pacing.holds(false, start));

  EXPECT_TRUE(pacing.holds(true, start));
  EXPECT_EQ(pacing.holds_until(), start + Pacing::patience);
  EXPECT_TRUE(pacing.holds(true, start + Pacing::patience - moment));

  EXPECT_FALSE(pacing.holds(false, start + Pacing::patience - moment));
  EXPECT_EQ(pacing.holds_until(), TimePoint::max());
}

TEST(Pacing, LosesItsPatienceWithASlowPeer) {
  Pacing pacing;
  EXPECT_TRUE(pacing.holds(true, start));

  EXPECT_FALSE(pacing.holds(true, start + Pacing::patience));
}

/// A mesh peer that reads slowly, then fast, then slowly must not halt our publishing each time.
TEST(Pacing, WaitsShortlyOnceItWasKeptWaiting) {
  Pacing pacing;
  pacing.holds(true, start);
  auto now = start + Pacing::patience;
  pacing.holds(true, now);

  EXPECT_FALSE(pacing.holds(false, now));
  EXPECT_TRUE(pacing.holds(true, now));
  EXPECT_EQ(pacing.holds_until(), now + Pacing::interval);
  now += Pacing::interval;
  EXPECT_FALSE(pacing.holds(true, now));
  EXPECT_TRUE(pacing.holds(true, now));
}

TEST(Pacing, IsPatientAgainLater) {
  Pacing pacing;
  pacing.holds(true, start);
  pacing.holds(true, start + Pacing::patience);
  const auto later = start + Pacing::patience + Pacing::distrust;
  pacing.holds(false, later);

  EXPECT_TRUE(pacing.holds(true, later));
  EXPECT_EQ(pacing.holds_until(), later + Pacing::patience);
}

}  // namespace
}  // namespace grapevine::net
