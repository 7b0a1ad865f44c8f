// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/varint.hpp"
#include "core/host/address_book.hpp"
#include "core/host/frame_reader.hpp"
#include "core/host/timers.hpp"
#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

const TimePoint start{1s};

PeerId peer(std::uint64_t number) { return key_of(number).peer_id(); }

TEST(Timers, ComeInOrderOfTimeAndThenOfSetting) {
  Timers timers;
  timers.set({start + 2s, Timer::Kind::dial, 0, 1});
  timers.set({start + 1s, Timer::Kind::dial, 0, 2});
  timers.set({start + 2s, Timer::Kind::dial, 0, 3});

  EXPECT_FALSE(timers.take_due(start, timers.order()));
  std::vector<std::uint64_t> subjects;
  while (const auto timer = timers.take_due(start + 2s, timers.order())) {
    subjects.push_back(timer->subject);
  }

  EXPECT_EQ(subjects, (std::vector<std::uint64_t>{2, 1, 3}));
}

TEST(Timers, SetMeanwhileWaitForTheNextRound) {
  Timers timers;
  timers.set({start, Timer::Kind::dial, 0, 1});
  const auto order = timers.order();

  EXPECT_TRUE(timers.take_due(start, order));
  timers.set({start, Timer::Kind::dial, 0, 2});

  EXPECT_FALSE(timers.take_due(start, order));
  EXPECT_TRUE(timers.take_due(start, timers.order()));
}

TEST(Timers, SweepOutTheDeadBeforeTheyAreTheMost) {
  Timers timers;
  std::size_t most = 0;

  for (std::uint64_t i = 0; i < 100'000; ++i) {
    if (timers.crowded()) {
      timers.sweep([&](const Timer& timer) { return timer.subject + 10 > i; });
    }
    timers.set({start + 15s, Timer::Kind::dial, 0, i});
    most = std::max(most, timers.size());
  }

  EXPECT_LE(most, 100u);
}

TEST(AddressBook, ForgetsWhatANewerListLeavesOut_V32) {
  Config config;
  Rng rng{seed_of(1)};
  AddressBook book{config, rng};
  book.replace(peer(1), {port(1), port(2)}, start);

  book.replace(peer(1), {port(2), port(3)}, start);

  EXPECT_EQ(book.addresses(peer(1), start), (std::vector{port(2), port(3)}));
}

TEST(AddressBook, IsBoundedInPeersAddressesAndTime_V31) {
  Config config;
  config.address_book_peers_max = 20;
  config.addresses_per_peer_max = 4;
  Rng rng{seed_of(1)};
  AddressBook book{config, rng};
  std::vector<Multiaddr> many;
  for (int i = 1; i <= 50; ++i) many.push_back(port(i));

  for (std::uint64_t i = 0; i < 100; ++i) {
    book.replace(peer(i), many, start + std::chrono::seconds{i});
  }

  EXPECT_EQ(book.size(), 20u);
  EXPECT_TRUE(book.addresses(peer(79), start + 100s).empty());
  EXPECT_EQ(book.addresses(peer(80), start + 100s).size(), 4u);
  EXPECT_TRUE(book.addresses(peer(80), start + 80s + 1h).empty());
}

TEST(AddressBook, PutsWhatWorkedFirstAndDropsWhereAnotherAnswers) {
  Config config;
  Rng rng{seed_of(1)};
  AddressBook book{config, rng};
  book.replace(peer(1), {port(1), port(2)}, start);

  book.add(peer(1), port(3), start);
  book.remove(peer(1), port(1));
  book.remove(peer(2), port(1));

  EXPECT_EQ(book.addresses(peer(1), start), (std::vector{port(3), port(2)}));
}

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
    base::append_varint(out, content.size());
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
    base::append_varint(prefix, length);
    const SharedBytes all{prefix};
    for (std::size_t at = 0; at < all.size(); at += step) {
      reader.feed(all.slice(at, std::min(step, all.size() - at)));
      if (const auto frame = reader.next(); !frame) return std::optional{frame.error()};
    }
    return std::optional<base::FrameError>{};
  };
  for (const std::size_t step : {1, 10}) {
    EXPECT_FALSE(outcome(1000, step));
    for (const std::uint64_t length : {std::uint64_t{1001}, std::uint64_t{1} << 31,
                                       (std::uint64_t{1} << 63) - 1, ~std::uint64_t{0}}) {
      EXPECT_EQ(outcome(length, step), base::FrameError::too_large) << length;
    }
  }
}

TEST(Frames, WithABadLengthAreRefused_V01_V04) {
  for (const auto& bad : {Bytes(11, 0xFF), Bytes{0x80, 0x00}}) {
    for (const bool whole : {true, false}) {
      FrameReader reader{1000};
      std::optional<base::FrameError> error;
      for (std::size_t at = 0; at < bad.size() && !error; at += whole ? bad.size() : 1) {
        reader.feed(SharedBytes::copy_of(ByteView{bad}.subspan(at, whole ? bad.size() : 1)));
        if (const auto frame = reader.next(); !frame) error = frame.error();
      }
      EXPECT_EQ(error, base::FrameError::bad_length);
    }
  }
}

}  // namespace
}  // namespace grapevine::host
