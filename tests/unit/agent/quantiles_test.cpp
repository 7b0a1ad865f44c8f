// SPDX-License-Identifier: Apache-2.0
#include "agent/quantiles.hpp"

#include <gtest/gtest.h>

namespace grapevine::agent {
namespace {

TEST(NearestRank, IsTheSmallestValueThatCoversTheShare) {
  struct Row {
    std::size_t percent, count, rank;
  };
  for (const auto& row :
       {Row{50, 1, 0}, Row{100, 1, 0}, Row{50, 2, 0}, Row{50, 3, 1}, Row{90, 10, 8}, Row{99, 10, 9},
        Row{99, 100, 98}, Row{99, 101, 99}, Row{100, 101, 100}})
    EXPECT_EQ(nearest_rank(row.percent, row.count), row.rank)
        << row.percent << " % of " << row.count;
}

TEST(Quantiles, AreOfTheSortedValuesInMicroseconds) {
  const auto got = quantiles_of({4000, 1500, 3000, 2000});

  EXPECT_EQ(got.p50, 2.0);
  EXPECT_EQ(got.p90, 4.0);
  EXPECT_EQ(got.p99, 4.0);
  EXPECT_EQ(got.max, 4.0);
}

TEST(Quantiles, AreExactOverManyValues) {
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < 1000; ++i) values.push_back((i * 7919 % 1000 + 1) * 1000);

  const auto got = quantiles_of(values);

  EXPECT_EQ(got.p50, 500.0);
  EXPECT_EQ(got.p90, 900.0);
  EXPECT_EQ(got.p99, 990.0);
  EXPECT_EQ(got.max, 1000.0);
}

TEST(Quantiles, AreZeroOfNothing) {
  const auto got = quantiles_of({});

  EXPECT_EQ(got.p50, 0.0);
  EXPECT_EQ(got.max, 0.0);
}

}  // namespace
}  // namespace grapevine::agent
