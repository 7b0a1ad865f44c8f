// SPDX-License-Identifier: Apache-2.0
// Credit, windows, and who may send next.
#include "core/yamux/muxer.hpp"

#include <gtest/gtest.h>

#include "settled.hpp"

namespace grapevine::yamux {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST(Muxer, SendsNoMoreThanItsCredit) {
  auto muxer = settled(Role::client);
  const auto id = *muxer.open(start);
  muxer.write(id, SharedBytes{Bytes(300 * kib, 1)});
  std::size_t total = 0;
  for (const auto& frame : sent(muxer)) {
    total += frame.body.size();
    EXPECT_LE(frame.body.size(), Batch::capacity);
  }
  EXPECT_EQ(total, initial_credit);
  EXPECT_EQ(muxer.queued(id), 44 * kib);

  EXPECT_EQ(reply(muxer, {update(id, flag::ack, 10)}), Frames{data(id, 0, Bytes(10, 1))});
}

TEST(Muxer, TellsWhenMoreCanBeWritten) {
  auto muxer = settled(Role::client);
  const auto id = *muxer.open(start);
  muxer.write(id, SharedBytes{Bytes(10, 1)});
  sent(muxer);
  EXPECT_EQ(only<Writable>(events(muxer)).size(), 1U);

  muxer.write(id, SharedBytes{Bytes(initial_credit - 10, 1)});
  sent(muxer);
  EXPECT_TRUE(only<Writable>(events(muxer)).empty());
  reply(muxer, {update(id, 0, 1)});
  EXPECT_EQ(only<Writable>(events(muxer)).size(), 1U);
  reply(muxer, {update(id, 0, 1)});
  EXPECT_TRUE(only<Writable>(events(muxer)).empty());
}

TEST(Muxer, GivesCreditBackWhenHalfTheWindowIsConsumed) {
  auto muxer = settled(Role::server);
  reply(muxer, {data(1, flag::syn, Bytes(200 * kib))});

  muxer.consumed(1, 100 * kib);
  EXPECT_TRUE(sent(muxer).empty());
  muxer.consumed(1, 40 * kib);

  const auto frames = sent(muxer, start + 1s);
  EXPECT_EQ(frames, Frames{update(1, 0, 140 * kib)});
}

TEST(Muxer, GrowsAWindowThatIsUsedUpWithinRoundTripsButNotBeyondTheBudget) {
  auto muxer = settled(Role::server, {.receive_budget = 700 * kib});
  const auto round = [&](StreamId id, std::uint32_t size, std::uint16_t flags) {
    EXPECT_TRUE(muxer.on_bytes(encode(Frames{data(id, flags, Bytes(size))}), start));
    muxer.consumed(id, size);
    const auto frames = sent(muxer, start + 1ms);
    muxer.check_invariants();
    return frames.empty() ? 0 : frames.back().header.length;
  };

  EXPECT_EQ(round(1, 256 * kib, flag::syn), 512 * kib);  // 512 KiB window, 256 of the budget used
  EXPECT_EQ(round(3, 256 * kib, flag::syn), 512 * kib);  // 512 used
  EXPECT_EQ(round(5, 256 * kib, flag::syn), 444 * kib);  // 700 used
  EXPECT_EQ(round(7, 256 * kib, flag::syn), 256 * kib);  // none left
  muxer.reset(1);                                        // its part comes back
  EXPECT_EQ(round(7, 256 * kib, 0), 512 * kib);
}

TEST(Muxer, GivesNoCreditToARemoteThatHasEnded) {
  auto muxer = settled(Role::server);
  reply(muxer, {data(1, flag::syn | flag::fin, Bytes(256 * kib))});

  muxer.consumed(1, 256 * kib);

  EXPECT_TRUE(sent(muxer).empty());
}

TEST(Muxer, GathersControlFirstAndThenStreamsInTurns) {
  auto muxer = settled(Role::client);
  const auto a = *muxer.open(start);
  const auto b = *muxer.open(start);
  muxer.write(a, SharedBytes{Bytes(100 * kib, 1)});
  muxer.write(b, SharedBytes{Bytes(100 * kib, 2)});
  ASSERT_TRUE(muxer.on_bytes(encode(Frames{ping(flag::syn, 5)}), start));

  const auto frames = sent(muxer);

  EXPECT_EQ(frames[0], ping(flag::ack, 5));
  for (std::size_t i = 1; i + 2 < 12; ++i)
    EXPECT_NE(frames[i].header.stream, frames[i + 1].header.stream);
}

TEST(Muxer, PutsManySmallWritesIntoOneFrameAndKeepsThemWhole) {
  auto muxer = settled(Role::client);
  const auto id = *muxer.open(start);
  for (int i = 0; i < 40; ++i) muxer.write(id, SharedBytes{Bytes(1000, 1)});

  const auto frames = sent(muxer);

  ASSERT_EQ(frames.size(), 3U);
  for (const auto& frame : frames) EXPECT_EQ(frame.body.size() % 1000, 0U);
}

}  // namespace
}  // namespace grapevine::yamux
