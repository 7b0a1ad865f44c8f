// SPDX-License-Identifier: Apache-2.0
#include "base/varint.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "base/rng.hpp"
#include "base/text.hpp"

namespace grapevine::base {
namespace {

Result<std::optional<std::uint64_t>, VarintError> read(std::string_view hex) {
  const auto bytes = *from_hex(hex);
  ByteReader in{bytes};
  return take_varint(in);
}

Bytes varint(std::uint64_t value) {
  Bytes out;
  append_varint(out, value);
  return out;
}

TEST(Varint, ReadsAndWritesTheExamplesOfTheSpec) {
  const std::pair<std::uint64_t, std::string_view> examples[] = {
      {0, "00"},
      {1, "01"},
      {127, "7f"},
      {128, "8001"},
      {255, "ff01"},
      {300, "ac02"},
      {16384, "808001"},
      {(1ULL << 63) - 1, "ffffffffffffffff7f"},
      {1ULL << 63, "80808080808080808001"},
      {std::numeric_limits<std::uint64_t>::max(), "ffffffffffffffffff01"},
  };
  for (const auto& [value, hex] : examples) {
    EXPECT_EQ(to_hex(varint(value)), hex);
    EXPECT_EQ(read(hex).value(), value) << hex;
    EXPECT_EQ(varint_size(value), hex.size() / 2) << hex;
  }
}

TEST(Varint, RoundTripsNumbersOfEveryWidthAndLeavesWhatFollows) {
  Rng rng{Rng::Seed{1}};
  for (int i = 0; i < 10'000; ++i) {
    const auto value = rng.u64() >> rng.below(64);
    auto bytes = varint(value);
    ASSERT_EQ(bytes.size(), varint_size(value));
    bytes.push_back(0x2a);

    ByteReader in{bytes};
    ASSERT_EQ(take_varint(in).value(), value);
    ASSERT_EQ(in.u8(), 0x2a);
  }
}

TEST(Varint, V04TakesNothingWhileTheEndIsMissing) {
  for (const auto hex : {"", "80", "ffff", "ffffffffffffffffff"}) {
    const auto bytes = *from_hex(hex);
    ByteReader in{bytes};

    const auto taken = take_varint(in);

    ASSERT_TRUE(taken.has_value()) << hex;
    EXPECT_EQ(*taken, std::nullopt) << hex;
    EXPECT_EQ(in.remaining(), bytes.size()) << hex;
  }
}

TEST(Varint, V04RefusesWhatIsNotMinimal) {
  for (const auto hex : {"8000", "ff00", "818000", "80808080808080808000"}) {
    EXPECT_EQ(read(hex).error(), VarintError::non_minimal) << hex;
  }
}

TEST(Varint, V04RefusesMoreThanSixtyFourBits) {
  EXPECT_EQ(read("80808080808080808002").error(), VarintError::overflow);
  EXPECT_EQ(read("ffffffffffffffffff7f").error(), VarintError::overflow);
}

TEST(Varint, V04RefusesElevenBytes) {
  EXPECT_EQ(read("8080808080808080808001").error(), VarintError::too_long);
}

TEST(Varint, V01StopsAtTheTenthByteOfAnEndlessOne) {
  const Bytes endless(65'536, 0xff);
  for (std::size_t received = 0; received < endless.size(); ++received) {
    ByteReader in{ByteView{endless}.first(received)};
    const auto taken = take_varint(in);
    if (received < varint_size_max) {
      ASSERT_EQ(taken.value(), std::nullopt) << received;
    } else {
      ASSERT_EQ(taken.error(), VarintError::too_long) << received;
    }
  }
}

TEST(Frame, IsTakenOnlyWhole) {
  const auto bytes = *from_hex("03616263ff");
  for (std::size_t received = 0; received < 4; ++received) {
    ByteReader in{ByteView{bytes}.first(received)};
    EXPECT_EQ(take_frame(in, 3).value(), std::nullopt) << received;
    EXPECT_EQ(in.remaining(), received);
  }

  ByteReader in{bytes};
  const auto body = take_frame(in, 3);

  EXPECT_EQ(as_text(body->value()), "abc");
  EXPECT_EQ(in.remaining(), 1U);
}

TEST(Frame, MayBeEmpty) {
  const auto bytes = *from_hex("00");
  ByteReader in{bytes};

  const auto body = take_frame(in, 0);

  ASSERT_TRUE(body->has_value());
  EXPECT_TRUE((*body)->empty());
}

TEST(Frame, V03RefusesALengthAboveTheLimitBeforeTheBodyArrives) {
  constexpr std::size_t limit = 1024;
  for (const auto length : {std::uint64_t{limit + 1}, std::uint64_t{1} << 31,
                            (std::uint64_t{1} << 63) - 1, ~std::uint64_t{0}}) {
    const auto prefix = varint(length);
    ByteReader in{prefix};
    EXPECT_EQ(take_frame(in, limit).error(), FrameError::too_large) << length;
  }
}

TEST(Frame, V01RefusesAMalformedLength) {
  const Bytes endless(65'536, 0xff);
  ByteReader in{endless};
  EXPECT_EQ(take_frame(in, 1024).error(), FrameError::bad_length);

  const auto longer = *from_hex("810061");
  ByteReader padded{longer};
  EXPECT_EQ(take_frame(padded, 1024).error(), FrameError::bad_length);
}

}  // namespace
}  // namespace grapevine::base
