// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/varint.hpp"
#include "core/pubsub/snappy.hpp"

namespace grapevine::pubsub {
namespace {

TEST(Snappy, GivesBackWhatItTook) {
  for (const auto& data : {std::string{}, std::string{"x"}, std::string(100'000, 'z'),
                           std::string{"no byte of it comes twice"}}) {
    const auto block = snappy::encode(as_bytes(data));
    const auto back = snappy::decode(block, data.size());
    ASSERT_TRUE(back);
    EXPECT_EQ(to_text(*back), data);
  }
  EXPECT_LT(snappy::encode(Bytes(100'000, 'z')).size(), 10'000u);
}

/// The format's own example of a literal: a length, a tag with the literal's length less one.
TEST(Snappy, IsTheBlockFormat) {
  EXPECT_EQ(snappy::encode(as_bytes("abc")), (Bytes{3, 2 << 2, 'a', 'b', 'c'}));
}

TEST(Snappy, RefusesABombBeforeItUnpacksAnything) {
  const auto block = snappy::encode(Bytes(1'000'001, 0));

  EXPECT_TRUE(snappy::decode(block, 1'000'001));
  EXPECT_EQ(snappy::decode(block, 1'000'000).error(), snappy::Error::too_large);
}

TEST(Snappy, RefusesABlockThatPromisesMoreThanItCanHold) {
  Bytes block;
  base::append_varint(block, 1'000'000);
  block.insert(block.end(), 100, 0);

  EXPECT_EQ(snappy::decode(block, 2'000'000).error(), snappy::Error::malformed);
}

TEST(Snappy, RefusesWhatIsCutOrNoBlock) {
  const auto block = snappy::encode(as_bytes("some text that is long enough to be cut"));

  for (std::size_t size = 0; size < block.size(); ++size) {
    EXPECT_FALSE(snappy::decode(ByteView{block}.first(size), 1000)) << size;
  }
  EXPECT_FALSE(snappy::decode(as_bytes("\xff\xff\xff\xff\xff\xff"), 1000));
}

}  // namespace
}  // namespace grapevine::pubsub
