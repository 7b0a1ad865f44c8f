// SPDX-License-Identifier: Apache-2.0
#include "base/rng.hpp"

#include <gtest/gtest.h>
#include <sodium/crypto_stream_chacha20.h>

#include <numeric>

#include "base/text.hpp"

namespace grapevine {
namespace {

Bytes draw(Rng& rng, std::size_t size) {
  Bytes bytes(size);
  rng.fill(bytes);
  return bytes;
}

TEST(Rng, BeginsWithTheKeystreamOfRfc8439) {
  Rng zero{Rng::Seed{}};
  EXPECT_EQ(base::to_hex(draw(zero, 64)),
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
            "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
  EXPECT_EQ(base::to_hex(draw(zero, 64)),
            "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
            "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");

  Rng other{Rng::Seed{0x00, 0xff}};
  draw(other, 128);
  EXPECT_EQ(base::to_hex(draw(other, 64)),
            "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
            "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096");
}

TEST(Rng, TakesTheNextBlocksKeyFromTheStream) {
  const Rng::Seed seed{7};
  constexpr std::array<std::uint8_t, crypto_stream_chacha20_ietf_NONCEBYTES> nonce{};
  std::array<std::uint8_t, 544> stream;
  crypto_stream_chacha20_ietf(stream.data(), stream.size(), nonce.data(), seed.data());
  Rng::Seed next;
  std::copy_n(stream.begin() + 512, next.size(), next.begin());

  Rng rng{seed};
  EXPECT_EQ(draw(rng, 512), Bytes(stream.begin(), stream.begin() + 512));
  Rng continued{next};
  EXPECT_EQ(draw(rng, 512), draw(continued, 512));
}

TEST(Rng, GivesTheSameBytesHoweverTheyAreAskedFor) {
  Rng whole{Rng::Seed{3}};
  Rng pieces{Rng::Seed{3}};
  Rng sizes{Rng::Seed{4}};
  const auto expected = draw(whole, 5000);

  Bytes drawn;
  while (drawn.size() < expected.size()) {
    append(drawn,
           draw(pieces, std::min<std::size_t>(sizes.below(700), expected.size() - drawn.size())));
  }

  EXPECT_EQ(drawn, expected);
}

TEST(Rng, ForksDrawStreamsOfTheirOwn) {
  Rng parent{Rng::Seed{5}};
  Rng child = parent.fork();
  Rng sibling = parent.fork();

  const auto a = draw(parent, 64);
  const auto b = draw(child, 64);
  const auto c = draw(sibling, 64);

  EXPECT_NE(a, b);
  EXPECT_NE(b, c);
  EXPECT_NE(a, c);
}

TEST(Rng, MovesItsStreamAlong) {
  Rng rng{Rng::Seed{6}};
  Rng twin{Rng::Seed{6}};
  draw(rng, 10);
  draw(twin, 10);

  Rng moved = std::move(rng);
  EXPECT_EQ(moved.u64(), twin.u64());

  Rng target{Rng::Seed{}};
  target = std::move(moved);
  EXPECT_EQ(target.u64(), twin.u64());
}

TEST(RngDeathTest, StopsTheProgramWhenDrawnFromAfterAMove) {
  Rng rng{Rng::Seed{}};
  Rng moved = std::move(rng);
  EXPECT_DEATH(rng.u64(), "moved_away");
  EXPECT_DEATH(moved.below(0), "bound > 0");
}

TEST(Rng, ChoosesUniformlyBelowTheBound) {
  Rng rng{Rng::Seed{8}};
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) ++counts[rng.below(7)];
  // Six standard deviations of a binomial with n = 70,000 and p = 1/7 are 556.
  for (const auto count : counts) EXPECT_NEAR(count, 10'000, 556);

  for (int i = 0; i < 100; ++i) EXPECT_EQ(rng.below(1), 0U);
}

TEST(Rng, HasNoModuloBiasForHugeBounds) {
  // Of 64-bit numbers modulo 3 * 2^62, the lowest third comes up twice as often as it should.
  constexpr auto bound = std::uint64_t{3} << 62;
  Rng rng{Rng::Seed{9}};
  int low = 0;
  for (int i = 0; i < 30'000; ++i) low += rng.below(bound) < bound / 3 ? 1 : 0;
  EXPECT_NEAR(low, 10'000, 490);
}

TEST(Rng, TakesChancesAtTheGivenRate) {
  Rng rng{Rng::Seed{10}};
  int hits = 0;
  for (int i = 0; i < 40'000; ++i) hits += rng.chance(1, 4) ? 1 : 0;
  EXPECT_NEAR(hits, 10'000, 520);
  EXPECT_FALSE(rng.chance(0, 1));
  EXPECT_TRUE(rng.chance(1, 1));
}

TEST(Rng, ShufflesIntoEveryOrderEquallyOften) {
  Rng rng{Rng::Seed{11}};
  std::array<int, 27> counts{};
  for (int i = 0; i < 60'000; ++i) {
    std::array<int, 3> items{0, 1, 2};
    rng.shuffle(items);
    ++counts[static_cast<std::size_t>(items[0] * 9 + items[1] * 3 + items[2])];
  }

  int orders = 0;
  for (const auto count : counts) {
    if (count == 0) continue;
    ++orders;
    EXPECT_NEAR(count, 10'000, 548);
  }
  EXPECT_EQ(orders, 6);
}

TEST(Rng, ShufflesTheSameWayForTheSameSeed) {
  std::array<int, 100> a;
  std::iota(a.begin(), a.end(), 0);
  auto b = a;
  Rng first{Rng::Seed{12}};
  Rng second{Rng::Seed{12}};

  first.shuffle(a);
  second.shuffle(b);

  EXPECT_EQ(a, b);
  EXPECT_FALSE(std::ranges::is_sorted(a));
}

}  // namespace
}  // namespace grapevine
