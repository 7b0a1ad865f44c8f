// SPDX-License-Identifier: Apache-2.0
// What a remote may make a muxer do and hold.
#include "core/yamux/muxer.hpp"

#include <gtest/gtest.h>

#include "settled.hpp"

namespace grapevine::yamux {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST(Muxer, LimitsItsOwnStreams) {
  auto muxer = settled(Role::client, {.outbound_streams_max = 3, .unacknowledged_max = 2});
  ASSERT_TRUE(muxer.open(start));
  ASSERT_TRUE(muxer.open(start));
  EXPECT_EQ(muxer.open(start).error(), OpenError::backlog);
  sent(muxer);

  reply(muxer, {update(1, flag::ack), update(3, flag::ack)});
  ASSERT_TRUE(muxer.open(start));
  EXPECT_EQ(muxer.open(start).error(), OpenError::too_many);

  reply(muxer, {update(1, flag::rst)});
  EXPECT_TRUE(muxer.open(start));
  muxer.check_invariants();
}

TEST(Muxer, RefusesInboundStreamsAboveTheLimitAlone) {
  auto muxer = settled(Role::server, {.inbound_streams_max = 1});

  const auto frames = reply(
      muxer, {update(1, flag::syn), data(3, flag::syn, {1}), data(3, 0, {2}), data(1, 0, {3})});

  EXPECT_EQ(frames, (Frames{update(3, flag::rst), update(1, flag::ack)}));
  const auto all = events(muxer);
  EXPECT_EQ(only<Opened>(all).size(), 1U);
  EXPECT_EQ(only<Data>(all).size(), 1U);
}

TEST(Muxer, TakesNoMoreForClosedStreamsThanWasGranted) {
  auto muxer = settled(Role::server);
  reply(muxer, {data(1, flag::syn, Bytes(100 * kib))});
  muxer.reset(1);

  EXPECT_EQ(error_of(muxer, {data(1, 0, Bytes(156 * kib))}), std::nullopt);
  EXPECT_EQ(error_of(muxer, {data(1, 0, {1})}), Error::credit_exceeded);
}

TEST(Muxer, DropsTheRestOfAFrameWhoseStreamIsResetInTheMiddle) {
  auto muxer = settled(Role::server);
  const auto input = encode(Frames{data(1, flag::syn, Bytes(100, 1)), data(3, flag::syn, {2})});
  ASSERT_TRUE(muxer.on_bytes(input.slice(0, 50), start));
  muxer.reset(1);
  ASSERT_TRUE(muxer.on_bytes(input.slice(50, input.size() - 50), start));

  const auto received = only<Data>(events(muxer));

  ASSERT_EQ(received.size(), 1U);
  EXPECT_EQ(received[0].stream, 3U);
}

TEST(Muxer, V16MillionOpensStayWithinTheLimits) {
  auto muxer = settled(Role::server);
  std::size_t opened = 0;
  for (std::uint32_t batch = 0; batch < 5000; ++batch) {
    Frames frames;
    for (std::uint32_t i = 0; i < 200; ++i)
      frames.push_back(update((batch * 200 + i) * 2 + 1, flag::syn));
    ASSERT_TRUE(muxer.on_bytes(encode(frames), start));
    opened += only<Opened>(events(muxer)).size();
    sent(muxer);
  }
  EXPECT_EQ(opened, 256U);
  EXPECT_EQ(muxer.stream_count(), 256U);
  muxer.check_invariants();
}

TEST(Muxer, V16OpensWithoutReadingTheRefusalsEndTheMuxer) {
  auto muxer = settled(Role::server);
  Frames frames;
  for (StreamId i = 0; i < 4000; ++i) frames.push_back(update(i * 2 + 1, flag::syn));

  EXPECT_EQ(error_of(muxer, frames), Error::too_many_refused);
}

TEST(Muxer, V17PingFloodFillsABoundedQueueAndStopsReading) {
  auto muxer = settled(Role::server);
  const Frames flood(10'000, ping(flag::syn, 1));

  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(muxer.on_bytes(encode(flood), start));
    EXPECT_TRUE(muxer.congested());
    muxer.check_invariants();
  }

  EXPECT_EQ(sent(muxer).size(), 256U);
  EXPECT_FALSE(muxer.congested());
}

TEST(Muxer, V18CreditOverflowIsAProtocolError) {
  const auto error = [](const Frames& frames) {
    auto muxer = settled(Role::server);
    const auto found = error_of(muxer, frames);
    EXPECT_EQ(sent(muxer), Frames{go_away(1)});
    return found;
  };

  EXPECT_EQ(error({update(1, flag::syn), update(1, 0, u32_max)}), Error::credit_overflow);
  EXPECT_EQ(error({update(1, flag::syn, u32_max)}), Error::credit_overflow);
  EXPECT_EQ(error({update(1, flag::syn, u32_max - initial_credit), update(1, 0, 1)}),
            Error::credit_overflow);
  EXPECT_EQ(error({update(1, flag::syn), update(1, flag::rst), update(1, 0, u32_max)}),
            Error::credit_overflow);
}

TEST(Muxer, V18AnOverflowingFirstFrameMakesNoState) {
  auto muxer = settled(Role::server);

  EXPECT_EQ(error_of(muxer, {update(1, flag::syn, u32_max)}), Error::credit_overflow);

  EXPECT_TRUE(events(muxer).empty());
}

TEST(Muxer, V19AResetWithMoreDataThanWasGrantedIsAViolation) {
  auto muxer = settled(Role::server);
  reply(muxer, {update(1, flag::syn)});
  Frame oversize = data(1, flag::rst);
  oversize.header.length = initial_credit + 1;

  EXPECT_EQ(error_of(muxer, {oversize}), Error::credit_exceeded);
}

TEST(Muxer, TakesNothingMoreForAStreamThatHadEndedAndWasReset) {
  auto muxer = settled(Role::server);
  reply(muxer, {data(1, flag::syn | flag::fin, {1})});
  muxer.reset(1);

  EXPECT_EQ(error_of(muxer, {data(1, 0, {1})}), Error::credit_exceeded);
}

TEST(Muxer, V18TheLargestCreditIsTaken) {
  auto muxer = settled(Role::server);

  EXPECT_EQ(error_of(muxer, {update(1, flag::syn, u32_max - initial_credit)}), std::nullopt);
}

TEST(Muxer, V19OversizeFirstFrameMakesNoState) {
  auto muxer = settled(Role::server);
  Frame first = data(1, flag::syn, Bytes(10));
  first.header.length = initial_credit + 1;

  EXPECT_EQ(error_of(muxer, {first}), Error::credit_exceeded);

  EXPECT_TRUE(events(muxer).empty());
  EXPECT_EQ(muxer.stream_count(), 0U);
  EXPECT_EQ(sent(muxer), Frames{go_away(1)});
}

TEST(Muxer, V19OversizeLaterFrameIsRefusedAtItsHeader) {
  auto muxer = settled(Role::server);
  Frame oversize = data(1, 0, {});
  oversize.header.length = initial_credit;
  reply(muxer, {data(1, flag::syn, {1})});
  events(muxer);

  EXPECT_EQ(error_of(muxer, {oversize}), Error::credit_exceeded);
  EXPECT_TRUE(events(muxer).empty());
}

TEST(Muxer, V21NumbersOfAnyShapeCostTheSame) {
  auto muxer = settled(Role::server);
  for (StreamId i = 0; i < 100'000; ++i) {
    const StreamId id = (i << 15) + 1;  // alike in their low bits
    ASSERT_TRUE(
        muxer.on_bytes(encode(Frames{update(id, flag::syn), update(id, flag::rst)}), start));
    events(muxer);
    sent(muxer);
  }
  EXPECT_EQ(muxer.stream_count(), 0U);
  muxer.check_invariants();
}

TEST(Muxer, RandomBytesEndTheMuxerWithAReason) {
  for (std::uint8_t seed = 0; seed < 200; ++seed) {
    Rng rng{Rng::Seed{seed}};
    auto muxer = settled(seed % 2 == 0 ? Role::server : Role::client);
    Bytes noise(4096);
    rng.fill(noise);
    noise[0] = 1;

    const auto taken = muxer.on_bytes(SharedBytes{std::move(noise)}, start);

    EXPECT_EQ(taken.error(), Error::bad_version);
    EXPECT_EQ(sent(muxer), Frames{go_away(1)});
  }
}

}  // namespace
}  // namespace grapevine::yamux
