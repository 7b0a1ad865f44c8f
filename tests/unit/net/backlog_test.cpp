// SPDX-License-Identifier: Apache-2.0
#include "net/backlog.hpp"

#include <gtest/gtest.h>

namespace grapevine::net {
namespace {

constexpr TimePoint start{std::chrono::seconds{1000}};
constexpr host::LinkId slow{1};
constexpr host::LinkId busy{2};

TEST(Backlog, HoldsWhileALinkIsBehind) {
  Backlog backlog;
  EXPECT_FALSE(backlog.holds(start));

  backlog.behind(busy, start);
  EXPECT_TRUE(backlog.holds(start));
  EXPECT_EQ(backlog.holds_until(), start + Backlog::patience);

  backlog.caught_up(busy);
  EXPECT_FALSE(backlog.holds(start));
  EXPECT_TRUE(backlog.empty());
}

TEST(Backlog, StopsWaitingForALinkThatTakesTooLong) {
  Backlog backlog;
  backlog.behind(slow, start);

  EXPECT_TRUE(backlog.holds(start + Backlog::patience / 2));
  EXPECT_FALSE(backlog.holds(start + Backlog::patience));
}

/// A mesh peer that reads slowly, then fast, then slowly must not halt our publishing each time.
TEST(Backlog, DoesNotWaitAgainForALinkThatWasSlow) {
  Backlog backlog;
  backlog.behind(slow, start);
  auto now = start + Backlog::patience;
  EXPECT_FALSE(backlog.holds(now));

  backlog.caught_up(slow);
  backlog.behind(slow, now);
  EXPECT_FALSE(backlog.holds(now));

  now += Backlog::distrust;
  backlog.caught_up(slow);
  backlog.behind(slow, now);
  EXPECT_TRUE(backlog.holds(now));
}

TEST(Backlog, WaitsForTheOthersBesideASlowOne) {
  Backlog backlog;
  backlog.behind(slow, start);
  const auto now = start + Backlog::patience;
  EXPECT_FALSE(backlog.holds(now));

  backlog.behind(busy, now);
  EXPECT_TRUE(backlog.holds(now));
  backlog.forget(busy);
  EXPECT_FALSE(backlog.holds(now));
}

}  // namespace
}  // namespace grapevine::net
