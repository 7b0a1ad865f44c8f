// SPDX-License-Identifier: Apache-2.0
#include "net/slabs.hpp"

#include <gtest/gtest.h>

namespace grapevine::net {
namespace {

TEST(Slabs, UseTheSameRoomAgainWhenNothingLivesInIt) {
  Slabs slabs{1024};
  const auto* first = slabs.room().data();
  slabs.used(100);

  EXPECT_EQ(slabs.room().data(), first);
  EXPECT_EQ(slabs.room().size(), 1024u);
}

TEST(Slabs, GoOnBehindWhatIsHeld) {
  Slabs slabs{1024};
  const auto room = slabs.room();
  const auto held = slabs.slab().freeze(room.first(100));
  slabs.used(100);

  EXPECT_EQ(slabs.room().data(), room.data() + 100);
  EXPECT_EQ(slabs.room().size(), 924u);
}

TEST(Slabs, TakeAnotherSlabWhenTheRestIsSmall) {
  Slabs slabs{1024};
  const auto room = slabs.room();
  const auto held = slabs.slab().freeze(room.first(800));
  slabs.used(800);

  const auto next = slabs.room();

  EXPECT_EQ(next.size(), 1024u);
  EXPECT_TRUE(next.data() < room.data() || next.data() >= room.data() + room.size());
}

TEST(Slabs, ComeBackToASlabThatWasLetGo) {
  Slabs slabs{1024};
  const auto* first = slabs.room().data();
  {
    const auto held = slabs.slab().freeze(slabs.room().first(1024));
    slabs.used(1024);
    slabs.room();
  }
  const auto held = slabs.slab().freeze(slabs.room().first(1024));
  slabs.used(1024);

  EXPECT_EQ(slabs.room().data(), first);
}

TEST(Slabs, NeverWriteWhereSomebodyStillReads) {
  Slabs slabs{1024};
  std::vector<SharedBytes> held;
  for (std::uint8_t i = 0; i < 200; ++i) {
    auto room = slabs.room();
    std::ranges::fill(room.first(200), i);
    held.push_back(slabs.slab().freeze(room.first(200)));
    slabs.used(200);
  }

  for (std::uint8_t i = 0; i < 200; ++i) {
    EXPECT_TRUE(std::ranges::all_of(held[i].view(), [&](auto byte) { return byte == i; }));
  }
}

}  // namespace
}  // namespace grapevine::net
