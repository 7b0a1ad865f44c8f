// SPDX-License-Identifier: Apache-2.0
#include "node/go_rand.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <string>

#include "base/text.hpp"
#include "identity/keys.hpp"

namespace grapevine::node {
namespace {

// demo-seq-keys.csv was written by Go's math/rand itself.
TEST(DemoKeySeed, IsTheOneOfGoForEveryNumberOfTheTable) {
  std::ifstream table{"unit/node/demo-seq-keys.csv"};
  std::string line;
  ASSERT_TRUE(std::getline(table, line));
  int rows = 0;
  while (std::getline(table, line)) {
    const auto first = line.find(',');
    const auto second = line.find(',', first + 1);
    const auto seed = demo_key_seed(std::stoll(line.substr(0, first)));
    EXPECT_EQ(base::to_hex(seed), line.substr(first + 1, second - first - 1)) << line;
    EXPECT_EQ(KeyPair::from_ed25519_seed(seed).peer_id().to_string(), line.substr(second + 1));
    ++rows;
  }
  EXPECT_EQ(rows, 256);
}

TEST(DemoKeySeed, TakesEveryNumberThatTheFlagTakes) {
  using Limits = std::numeric_limits<std::int64_t>;
  EXPECT_NE(demo_key_seed(-1), demo_key_seed(-2));
  EXPECT_EQ(demo_key_seed(Limits::max()), demo_key_seed(Limits::max()));
  EXPECT_EQ(demo_key_seed(0), demo_key_seed((std::int64_t{1} << 31) - 1)) << "modulo 2^31 - 1";
}

TEST(GoRand, ReadsOneStreamInPieces) {
  GoRand whole{1};
  GoRand pieces{1};
  std::array<std::uint8_t, 32> at_once{};
  std::array<std::uint8_t, 32> in_pieces{};

  whole.read(at_once);
  pieces.read(MutableBytes{in_pieces}.first(5));
  pieces.read(MutableBytes{in_pieces}.subspan(5));

  EXPECT_EQ(at_once, in_pieces);
}

}  // namespace
}  // namespace grapevine::node
