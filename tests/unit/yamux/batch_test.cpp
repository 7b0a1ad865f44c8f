// SPDX-License-Identifier: Apache-2.0
#include "core/yamux/batch.hpp"

#include <gtest/gtest.h>

#include "wire.hpp"

namespace grapevine::yamux {
namespace {

Bytes flat(const Batch& batch) {
  Bytes out;
  test::flatten(batch, out);
  return out;
}

TEST(Batch, JoinsSmallPiecesAndReferencesLargeOnes) {
  Batch batch;
  batch.reset(Batch::capacity);
  const auto small = SharedBytes{Bytes(100, 1)};
  const auto large = SharedBytes{Bytes(Batch::reference_min, 2)};

  batch.add(small);
  batch.add(small);
  batch.add(large);
  batch.add(small);

  ASSERT_EQ(batch.pieces().size(), 3U);
  EXPECT_EQ(batch.pieces()[0].size(), 256U) << "the large piece begins with a block of the cipher";
  EXPECT_EQ(batch.pieces()[1].data(), large.data() + 56);
  EXPECT_EQ(batch.size(), 300U + large.size());
  EXPECT_EQ(flat(batch).size(), batch.size());
}

TEST(Batch, WritesAReservedHeaderWhereItWasReserved) {
  Batch batch;
  batch.reset(100);
  batch.add(Header{FrameType::ping, flag::ack, 0, 7});
  const auto place = batch.reserve_header();
  batch.add(SharedBytes{Bytes{1, 2, 3}});

  batch.fill(place, Header{FrameType::data, 0, 9, 3});

  EXPECT_EQ(batch.room(), 100U - 27U);
  EXPECT_EQ(test::decode(flat(batch)),
            (std::vector{test::ping(flag::ack, 7), test::data(9, 0, {1, 2, 3})}));
}

TEST(Batch, KeepsWhatItReferencesAndLetsItGoOnReset) {
  Batch batch;
  batch.reset(Batch::capacity);
  auto owner = std::make_shared<Bytes>(8000, std::uint8_t{5});
  batch.add(SharedBytes{owner, *owner, owner->size()});
  EXPECT_EQ(owner.use_count(), 2);

  batch.reset(Batch::capacity);

  EXPECT_EQ(owner.use_count(), 1);
  EXPECT_TRUE(batch.empty());
}

TEST(Batch, HoldsAnyMixtureThatFits) {
  Rng rng{Rng::Seed{4}};
  for (int round = 0; round < 300; ++round) {
    Batch batch;
    const auto limit = 100 + rng.below(Batch::capacity - 99);
    batch.reset(limit);
    Bytes expected;
    while (batch.room() > 0) {
      Bytes piece(1 + rng.below(std::min<std::size_t>(batch.room(), rng.chance(1, 2) ? 60 : 9000)));
      rng.fill(piece);
      append(expected, piece);
      batch.add(SharedBytes{std::move(piece)});
    }
    EXPECT_EQ(flat(batch), expected);
    EXPECT_EQ(batch.size(), limit);
  }
}

}  // namespace
}  // namespace grapevine::yamux
