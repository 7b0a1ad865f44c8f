// SPDX-License-Identifier: Apache-2.0
#include "base/frame_reader.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "base/varint.hpp"

namespace grapevine::base {
namespace {

std::vector<Bytes> frames_of(FrameReader& reader, SharedBytes piece) {
  std::vector<Bytes> frames;
  reader.feed(std::move(piece));
  for (;;) {
    const auto frame = reader.next();
    EXPECT_TRUE(frame);
    if (!frame || !*frame) return frames;
    frames.push_back(to_bytes(**frame));
  }
}

Bytes framed(const std::vector<Bytes>& contents) {
  Bytes out;
  for (const auto& content : contents) {
    append_varint(out, content.size());
    append(out, content);
  }
  return out;
}

TEST(Frames, AreTheSameHoweverTheStreamIsCut) {
  const std::vector<Bytes> contents = {Bytes(1, 7), Bytes(127, 1), Bytes(128, 2), Bytes(40'000, 3),
                                       Bytes(2, 4)};
  const SharedBytes all{framed(contents)};
  for (const std::size_t step : {1, 2, 3, 127, 128, 129, 1000, 39'999, 50'000}) {
    FrameReader reader{1 << 20};
    std::vector<Bytes> got;

    for (std::size_t at = 0; at < all.size(); at += step) {
      const auto piece = all.slice(at, std::min(step, all.size() - at));
      for (auto& frame : frames_of(reader, piece)) got.push_back(std::move(frame));
    }

    EXPECT_EQ(got, contents) << step;
  }
}

TEST(Frames, OfNoBytesArePassedOver) {
  FrameReader reader{100};

  EXPECT_EQ(frames_of(reader, SharedBytes{Bytes{0, 0, 1, 9, 0}}), std::vector<Bytes>{Bytes{9}});
  EXPECT_TRUE(frames_of(reader, SharedBytes{Bytes{0}}).empty());
}

TEST(Frames, WithinOnePieceAreViewsOfIt) {
  FrameReader reader{100};
  const SharedBytes piece{framed({Bytes(50, 1)})};

  reader.feed(piece);
  const auto frame = reader.next();

  ASSERT_TRUE(frame && *frame);
  EXPECT_EQ((*frame)->data(), piece.data() + 1);
}

TEST(Frames, SpanningPiecesKeepNoMoreMemoryThanTheyNeed) {
  const SharedBytes all{framed({Bytes(70'000, 1)})};
  FrameReader reader{1 << 20};
  std::optional<SharedBytes> frame;

  for (std::size_t at = 0; at < all.size(); at += 16'384) {
    reader.feed(all.slice(at, std::min<std::size_t>(16'384, all.size() - at)));
    frame = *reader.next();
  }

  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->kept(), 70'000U);
}

TEST(Frames, AboveTheLimitAreRefusedBeforeTheyCome_V03_F21) {
  const auto outcome = [](std::uint64_t length, std::size_t step) {
    FrameReader reader{1000};
    Bytes prefix;
    append_varint(prefix, length);
    const SharedBytes all{prefix};
    for (std::size_t at = 0; at < all.size(); at += step) {
      reader.feed(all.slice(at, std::min(step, all.size() - at)));
      if (const auto frame = reader.next(); !frame) return std::optional{frame.error()};
    }
    return std::optional<FrameError>{};
  };
  for (const std::size_t step : {1, 10}) {
    EXPECT_FALSE(outcome(1000, step));
    for (const std::uint64_t length : {std::uint64_t{1001}, std::uint64_t{1} << 31,
                                       (std::uint64_t{1} << 63) - 1, ~std::uint64_t{0}}) {
      EXPECT_EQ(outcome(length, step), FrameError::too_large) << length;
    }
  }
}

TEST(Frames, WithABadLengthAreRefused_V01_V04) {
  for (const auto& bad : {Bytes(11, 0xFF), Bytes{0x80, 0x00}}) {
    for (const bool whole : {true, false}) {
      FrameReader reader{1000};
      std::optional<FrameError> error;
      for (std::size_t at = 0; at < bad.size() && !error; at += whole ? bad.size() : 1) {
        reader.feed(SharedBytes::copy_of(ByteView{bad}.subspan(at, whole ? bad.size() : 1)));
        if (const auto frame = reader.next(); !frame) error = frame.error();
      }
      EXPECT_EQ(error, FrameError::bad_length);
    }
  }
}

}  // namespace
}  // namespace grapevine::base
