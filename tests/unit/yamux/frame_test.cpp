// SPDX-License-Identifier: Apache-2.0
#include "core/yamux/frame.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace grapevine::yamux {
namespace {

TEST(Frame, HasTheLayoutOfTheSpec) {
  const Header header{FrameType::window_update, flag::syn | flag::fin, 0x01020304, 0x05060708};

  const auto bytes = encode_header(header);

  const std::array<std::uint8_t, 12> expected{0, 1, 0, 5, 1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(bytes, expected);
  EXPECT_EQ(decode_header(bytes), header);
}

TEST(Frame, RefusesOtherVersionsAndTypes) {
  auto bytes = encode_header({FrameType::ping, 0, 0, 0});

  bytes[0] = 1;
  EXPECT_EQ(decode_header(bytes).error(), FrameError::bad_version);
  bytes[0] = 0;
  bytes[1] = 4;
  EXPECT_EQ(decode_header(bytes).error(), FrameError::bad_type);
  EXPECT_EQ(name(FrameError::bad_type), "bad_type");
}

TEST(Frame, SurvivesTheRoundTripWhateverItHolds) {
  Rng rng{Rng::Seed{1}};
  for (int i = 0; i < 10'000; ++i) {
    std::array<std::uint8_t, header_size> bytes;
    rng.fill(bytes);
    bytes[0] = 0;
    bytes[1] &= 3;

    const auto header = decode_header(bytes);

    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(encode_header(*header), bytes);
  }
}

}  // namespace
}  // namespace grapevine::yamux
