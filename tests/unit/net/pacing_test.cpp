// SPDX-License-Identifier: Apache-2.0
#include "net/pacing.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace grapevine::net {
namespace {

constexpr Duration moment{1};
constexpr gossipsub::PeerHandle alice{1};
constexpr gossipsub::PeerHandle bob{2};
constexpr Pacing::Share share{10, 1000};

using Rooms = std::vector<gossipsub::OutboxRoom>;

struct PacingTest : testing::Test {
  bool holds(const Rooms& rooms) { return pacing.holds(rooms, share, now); }
  void pass(Duration time) { now += time; }
  /// Alice has let a share pass without her.
  void lose_trust_in_alice() {
    EXPECT_TRUE(holds(full));
    pass(Pacing::patience);
    EXPECT_FALSE(holds(full));
    pacing.published(now);
  }

  const Rooms full{{alice, 9, 1000}};
  Pacing pacing;
  TimePoint now{std::chrono::seconds{1000}};
};

TEST_F(PacingTest, HoldsWhileAShareDoesNotFitIntoAnOutbox) {
  EXPECT_FALSE(holds({}));
  EXPECT_FALSE(holds({{alice, 10, 1000}}));
  EXPECT_EQ(pacing.holds_until(), TimePoint::max());

  EXPECT_TRUE(holds({{alice, 9, 1000}}));
  EXPECT_EQ(pacing.holds_until(), now + Pacing::patience);
  EXPECT_TRUE(holds({{alice, 10, 999}}));
  EXPECT_TRUE(holds({{alice, 10, 1000}, {bob, 0, 0}}));
}

TEST_F(PacingTest, IsPatientWithWhoeverMakesRoomInTime) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(holds(full));
    pass(Pacing::patience - moment);
    EXPECT_TRUE(holds(full));
    EXPECT_FALSE(holds({{alice, 10, 1000}}));
    pacing.published(now);
  }
}

TEST_F(PacingTest, LosesItsPatienceWithASlowPeer) {
  EXPECT_TRUE(holds(full));
  pass(Pacing::patience);

  EXPECT_FALSE(holds(full));
  EXPECT_FALSE(holds(full)) << "nothing was published yet";
}

TEST_F(PacingTest, WaitsShortlyForWhomItDistrusts) {
  lose_trust_in_alice();

  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(holds(full));
    EXPECT_EQ(pacing.holds_until(), now + Pacing::interval);
    pass(Pacing::interval);
    EXPECT_FALSE(holds(full));
    pacing.published(now);
  }
}

TEST_F(PacingTest, TrustsAgainWhomItSeesMakingRoom) {
  lose_trust_in_alice();
  EXPECT_TRUE(holds(full));
  pass(Pacing::interval - moment);
  EXPECT_FALSE(holds({{alice, 10, 1000}}));

  EXPECT_TRUE(holds(full));

  EXPECT_EQ(pacing.holds_until(), now + Pacing::patience);
}

TEST_F(PacingTest, IsPatientAgainLater) {
  lose_trust_in_alice();
  pass(Pacing::distrust);

  EXPECT_TRUE(holds(full));

  EXPECT_EQ(pacing.holds_until(), now + Pacing::patience);
}

/// Distrust of one is no reason to overrun the others.
TEST_F(PacingTest, GoesOnWaitingForTheOthers) {
  lose_trust_in_alice();
  const Rooms both{{alice, 0, 0}, {bob, 0, 0}};
  EXPECT_TRUE(holds(both));
  pass(Pacing::patience - moment);

  EXPECT_TRUE(holds(both));
  EXPECT_FALSE(holds(full));
}

/// Two that are distrusted do not take turns in holding us up.
TEST_F(PacingTest, IsNotHeldUpByPeersOutOfStep) {
  lose_trust_in_alice();
  EXPECT_TRUE(holds(full));
  pass(Pacing::interval / 2);
  const Rooms both{{alice, 0, 0}, {bob, 0, 0}};
  EXPECT_TRUE(holds(both));
  pass(Pacing::patience - moment);
  EXPECT_TRUE(holds(both));
  pass(moment);

  EXPECT_FALSE(holds(both));
}

}  // namespace
}  // namespace grapevine::net
