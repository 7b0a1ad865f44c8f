// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "gossipsub/group.hpp"

namespace grapevine::interop {
namespace {

TEST(Group, CountsFromItsNumberThroughItsParts) {
  Group group{Group::id_of(0x1234)};

  group.fill(0b10000001);

  EXPECT_EQ(group.have(), 0b10000001);
  const auto& first = group.parts()[0];
  EXPECT_EQ((Group::Part{first.begin(), first.begin() + 16}),
            (Group::Part{0, 0, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 0, 0, 0, 0x12, 0x35}));
  const auto& last = group.parts()[7];
  EXPECT_EQ((Group::Part{last.end() - 8, last.end()}),
            (Group::Part{0, 0, 0, 0, 0, 0, 0x16, 0x33}));  // 0x1234 + 1023
}

TEST(Group, EncodesABitmapThePartsAndItsId) {
  Group group{Group::id_of(7)};
  group.fill(0b00001111);

  const auto encoded = group.encode(0b11111100);

  EXPECT_EQ(encoded.size(), 1 + 2 * Group::part_size + 8);
  EXPECT_EQ(Group::which(encoded), 0b00001100);
  EXPECT_EQ(encoded.back(), 7);
  EXPECT_TRUE(group.encode(0b11110000).empty());
}

TEST(Group, GrowsByTheHalfItLacksAndKeepsWhatItHas) {
  Group whole{Group::id_of(7)};
  whole.fill(Group::all);
  Group half{Group::id_of(7)};
  half.fill(0b00001111);
  half.set(1, Group::Part(Group::part_size, 9));

  EXPECT_TRUE(half.extend(whole.encode(0b11110010)));

  EXPECT_TRUE(half.complete());
  EXPECT_EQ(half.parts()[1], Group::Part(Group::part_size, 9));
  EXPECT_EQ(half.parts()[7], whole.parts()[7]);
}

TEST(Group, RefusesAnotherGroupsPartsAndWrongSizesWhole) {
  Group other{Group::id_of(8)};
  other.fill(Group::all);
  Group group{Group::id_of(7)};
  auto of_ours = other.encode(0b00000011);
  of_ours.back() = 7;

  EXPECT_FALSE(group.extend(other.encode(1)));
  EXPECT_FALSE(group.extend({}));
  EXPECT_FALSE(group.extend(std::span{of_ours}.first(of_ours.size() - 1)));
  of_ours[0] = 0b00000111;
  EXPECT_FALSE(group.extend(of_ours));
  EXPECT_EQ(group.have(), 0);
  of_ours[0] = 0b00000011;
  EXPECT_TRUE(group.extend(of_ours));
}

}  // namespace
}  // namespace grapevine::interop
