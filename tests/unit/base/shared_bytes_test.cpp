// SPDX-License-Identifier: Apache-2.0
#include "base/shared_bytes.hpp"

#include <gtest/gtest.h>

namespace grapevine {
namespace {

TEST(SharedBytes, TakesOverAVectorWithoutCopying) {
  Bytes bytes{1, 2, 3};
  const auto* const place = bytes.data();

  const SharedBytes shared{std::move(bytes)};

  EXPECT_EQ(shared.data(), place);
  EXPECT_TRUE(equal(shared, Bytes{1, 2, 3}));
  EXPECT_GE(shared.kept(), 3U);
}

TEST(SharedBytes, EmptyKeepsNothing) {
  EXPECT_TRUE(SharedBytes{}.empty());
  EXPECT_EQ(SharedBytes{Bytes{}}.kept(), 0U);
  EXPECT_EQ(SharedBytes::copy_of({}).kept(), 0U);
  EXPECT_EQ(SharedBytes{}.kept_small().kept(), 0U);
}

TEST(SharedBytes, ASliceOutlivesTheWhole) {
  SharedBytes slice;
  {
    const SharedBytes whole{Bytes{1, 2, 3, 4}};
    slice = whole.slice(1, 2);
    EXPECT_EQ(slice.data(), whole.data() + 1);
    EXPECT_EQ(whole.slice(whole.view().last(1)).data(), whole.data() + 3);
  }
  EXPECT_TRUE(equal(slice, Bytes{2, 3}));
}

TEST(SharedBytes, ChargesTheWholeBlockForASlice) {
  const SharedBytes whole{Bytes(1000)};
  EXPECT_GE(whole.slice(0, 10).kept(), 1000U);
}

TEST(SharedBytes, KeepsItsBlockFromAQuarterOnAndCopiesBelow) {
  const auto whole = SharedBytes::copy_of(Bytes(1000, 7));

  const auto quarter = whole.slice(0, 250).kept_small();
  EXPECT_EQ(quarter.data(), whole.data());
  EXPECT_EQ(quarter.kept(), 1000U);

  const auto less = whole.slice(0, 249).kept_small();
  EXPECT_NE(less.data(), whole.data());
  EXPECT_EQ(less.kept(), 249U);
  EXPECT_TRUE(equal(less, Bytes(249, 7)));

  EXPECT_EQ(whole.slice(0, 0).kept_small().kept(), 0U);
}

TEST(Slab, IsUniqueAgainWhenItsLastPartIsGone) {
  Slab slab{64};
  slab.space()[3] = 42;
  EXPECT_TRUE(slab.unique());
  {
    const auto part = slab.freeze(slab.space().subspan(3, 1));
    const auto copy = part;
    EXPECT_FALSE(slab.unique());
    EXPECT_EQ(copy.view()[0], 42);
    EXPECT_EQ(copy.kept(), 64U);
  }
  EXPECT_TRUE(slab.unique());
}

TEST(Slab, PartsOutliveIt) {
  SharedBytes part;
  {
    Slab slab{64};
    slab.space()[0] = 9;
    part = slab.freeze(slab.space().first(1));
  }
  EXPECT_EQ(part.view()[0], 9);
}

}  // namespace
}  // namespace grapevine
