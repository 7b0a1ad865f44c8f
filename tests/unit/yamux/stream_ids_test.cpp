// SPDX-License-Identifier: Apache-2.0
#include "core/yamux/stream_ids.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/rng.hpp"

namespace grapevine::yamux {
namespace {

constexpr auto id_max = std::numeric_limits<StreamId>::max();

TEST(IdSequence, CountsInTwosAndEnds) {
  IdSequence ids{id_max - 2};

  EXPECT_EQ(ids.next(), id_max - 2);
  EXPECT_EQ(ids.next(), id_max);
  EXPECT_EQ(ids.next(), std::nullopt);
  EXPECT_EQ(ids.next(), std::nullopt);
}

TEST(UsedIds, TakesEachNumberOnceInAnyOrder) {
  UsedIds used{1};

  EXPECT_TRUE(used.take(5));
  EXPECT_TRUE(used.take(1));
  EXPECT_TRUE(used.take(3));
  EXPECT_EQ(used.gaps(), 0U);
  for (const StreamId id : {1, 3, 5}) EXPECT_FALSE(used.take(id));
  EXPECT_TRUE(used.take(id_max));
  EXPECT_FALSE(used.take(id_max));
  EXPECT_TRUE(used.take(id_max - 2));
}

TEST(UsedIds, AgreesWithASetWhileGapsAreFew) {
  Rng rng{Rng::Seed{2}};
  for (int round = 0; round < 200; ++round) {
    UsedIds used{2};
    std::set<StreamId> twin;
    for (int i = 0; i < 200; ++i) {
      const auto id = static_cast<StreamId>(2 + 2 * rng.below(120));
      EXPECT_EQ(used.take(id), twin.insert(id).second);
    }
  }
}

TEST(UsedIds, KeepsABoundedNumberOfGapsAndNeverTakesTwice) {
  Rng rng{Rng::Seed{3}};
  UsedIds used{1};
  std::set<StreamId> taken;
  for (int i = 0; i < 20'000; ++i) {
    const auto id = static_cast<StreamId>(rng.below(1'000'000) * 2 + 1);
    if (used.take(id)) {
      EXPECT_TRUE(taken.insert(id).second);
    }
    ASSERT_LE(used.gaps(), UsedIds::gaps_max);
  }
}

}  // namespace
}  // namespace grapevine::yamux
