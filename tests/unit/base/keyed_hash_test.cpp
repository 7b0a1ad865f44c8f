// SPDX-License-Identifier: Apache-2.0
#include "base/keyed_hash.hpp"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <vector>

namespace grapevine::base {
namespace {

TEST(KeyedHash, MatchesTheReferenceVectorsOfSipHash24) {
  KeyedHash::Key key;
  std::iota(key.begin(), key.end(), std::uint8_t{0});
  const KeyedHash hash{key};
  Bytes input(63);
  std::iota(input.begin(), input.end(), std::uint8_t{0});

  EXPECT_EQ(hash(ByteView{input}.first(0)), 0x726fdb47dd0e0e31U);
  EXPECT_EQ(hash(ByteView{input}.first(1)), 0x74f839c593dc67fdU);
  EXPECT_EQ(hash(ByteView{input}.first(7)), 0xab0200f58b01d137U);
  EXPECT_EQ(hash(ByteView{input}.first(8)), 0x93f5f5799a932462U);
  EXPECT_EQ(hash(ByteView{input}.first(15)), 0xa129ca6149be45e5U);
  EXPECT_EQ(hash(ByteView{input}.first(63)), 0x958a324ceb064572U);
}

TEST(KeyedHash, HashesTextAsItsBytes) {
  Rng rng{Rng::Seed{1}};
  const KeyedHash hash{rng};
  EXPECT_EQ(hash("topic"), hash(as_bytes("topic")));
}

TEST(KeyedHash, V21KeysThatCollideForOneNodeSpreadForAnother) {
  constexpr std::uint64_t buckets = 1024;
  Rng rng{Rng::Seed{2}};
  const KeyedHash known{rng};
  const KeyedHash secret{rng};
  std::vector<std::string> colliding;
  for (int i = 0; colliding.size() < 4096; ++i) {
    auto text = std::to_string(i);
    if (known(text) % buckets == 0) colliding.push_back(std::move(text));
  }

  std::map<std::uint64_t, int> load;
  int worst = 0;
  for (const auto& text : colliding) worst = std::max(worst, ++load[secret(text) % buckets]);

  // Four a bucket on average; more than 24 in one of 1,024 has a probability below 10^-9.
  EXPECT_LE(worst, 24);
}

}  // namespace
}  // namespace grapevine::base
