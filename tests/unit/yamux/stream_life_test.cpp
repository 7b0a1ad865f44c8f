// SPDX-License-Identifier: Apache-2.0
// How streams begin and end.
#include "core/yamux/muxer.hpp"

#include <gtest/gtest.h>

#include "settled.hpp"

namespace grapevine::yamux {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST(Muxer, OpensWithSynOnTheFirstFrame) {
  auto muxer = settled(Role::client);
  const auto first = *muxer.open(start);
  const auto second = *muxer.open(start);
  muxer.write(second, SharedBytes{Bytes{1, 2}});

  const auto frames = sent(muxer);

  EXPECT_EQ(first, 1U);
  EXPECT_EQ(second, 3U);
  EXPECT_EQ(frames, (Frames{update(1, flag::syn), data(3, flag::syn, {1, 2})}));
  EXPECT_EQ(*settled(Role::server).open(start), 2U);
}

TEST(Muxer, AcknowledgesAnInboundStreamOnce) {
  auto muxer = settled(Role::server);

  EXPECT_EQ(reply(muxer, {update(1, flag::syn)}), Frames{update(1, flag::ack)});
  ASSERT_EQ(only<Opened>(events(muxer)).size(), 1U);
  muxer.write(1, SharedBytes{Bytes{7}});
  EXPECT_EQ(sent(muxer), Frames{data(1, 0, {7})});
}

TEST(Muxer, LetsTheAckRideOnData) {
  auto muxer = settled(Role::server);
  EXPECT_TRUE(muxer.on_bytes(encode(Frames{data(1, flag::syn, {1})}), start));
  muxer.write(1, SharedBytes{Bytes{2}});

  EXPECT_EQ(sent(muxer), Frames{data(1, flag::ack, {2})});
}

TEST(Muxer, TakesDataWindowUpdateAndFinTogetherWithSyn) {
  auto muxer = settled(Role::server);

  reply(muxer, {data(1, flag::syn | flag::fin, {1, 2, 3}), update(3, flag::syn | flag::fin, 5)});

  const auto all = events(muxer);
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(std::get<Opened>(all[0]).stream, 1U);
  EXPECT_EQ(to_bytes(std::get<Data>(all[1]).bytes), (Bytes{1, 2, 3}));
  EXPECT_EQ(std::get<Ended>(all[2]).stream, 1U);
  EXPECT_EQ(std::get<Opened>(all[3]).stream, 3U);
  EXPECT_EQ(std::get<Ended>(all[4]).stream, 3U);
}

TEST(Muxer, SlicesTheInputInsteadOfCopyingIt) {
  auto muxer = settled(Role::server);
  const auto input = encode(Frames{data(1, flag::syn, Bytes(100, 9))});

  ASSERT_TRUE(muxer.on_bytes(input, start));

  const auto received = only<Data>(events(muxer));
  ASSERT_EQ(received.size(), 1U);
  EXPECT_EQ(received[0].bytes.data(), input.data() + header_size);
}

TEST(Muxer, FollowsAFrameAcrossAnyPieces) {
  const auto input = encode(Frames{data(1, flag::syn, {1, 2, 3, 4, 5}), update(1, flag::fin)});
  for (std::size_t step = 1; step < input.size(); ++step) {
    auto muxer = settled(Role::server);
    for (std::size_t at = 0; at < input.size(); at += step) {
      const auto size = std::min(step, input.size() - at);
      ASSERT_TRUE(muxer.on_bytes(input.slice(at, size), start));
    }
    Bytes received;
    auto all = events(muxer);
    for (const auto& piece : only<Data>(all)) append(received, piece.bytes);
    EXPECT_EQ(received, (Bytes{1, 2, 3, 4, 5}));
    EXPECT_EQ(only<Ended>(all).size(), 1U);
  }
}

TEST(Muxer, EndsAStreamWhenBothSidesHave) {
  auto muxer = settled(Role::client);
  const auto id = *muxer.open(start);
  muxer.write(id, SharedBytes{Bytes{1}});
  muxer.end(id);
  EXPECT_FALSE(muxer.write(id, SharedBytes{Bytes{2}}));

  EXPECT_EQ(sent(muxer), (Frames{data(id, flag::syn, {1}), update(id, flag::fin)}));
  EXPECT_TRUE(muxer.knows(id));
  EXPECT_TRUE(reply(muxer, {data(id, flag::ack | flag::fin, {4})}).empty());

  const auto all = events(muxer);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(to_bytes(std::get<Data>(all[0]).bytes), Bytes{4});
  EXPECT_EQ(std::get<Ended>(all[1]).stream, id);
  EXPECT_EQ(std::get<Closed>(all[2]).reason, Closed::Reason::finished);
  EXPECT_FALSE(muxer.knows(id));
}

TEST(Muxer, SendsItsFinInAFrameOfItsOwnBehindAllData) {
  auto muxer = settled(Role::client);
  const auto id = *muxer.open(start);
  muxer.write(id, SharedBytes{Bytes(initial_credit + 1)});
  muxer.end(id);

  for (const auto& frame : sent(muxer)) EXPECT_FALSE(frame.header.has(flag::fin));
  EXPECT_EQ(reply(muxer, {update(id, flag::ack, 10)}),
            (Frames{data(id, 0, {0}), update(id, flag::fin)}));
}

TEST(Muxer, EndsAfterTheRemoteWithAFinOfItsOwn) {
  auto muxer = settled(Role::server);
  reply(muxer, {data(1, flag::syn | flag::fin, {1})});
  events(muxer);

  muxer.end(1);

  EXPECT_EQ(sent(muxer), Frames{update(1, flag::fin)});
  EXPECT_EQ(only<Closed>(events(muxer)).size(), 1U);
  EXPECT_EQ(muxer.stream_count(), 0U);
}

TEST(Muxer, ToleratesASecondFinAndEmptyDataBehindIt) {
  auto muxer = settled(Role::server);

  EXPECT_EQ(error_of(muxer, {data(1, flag::syn | flag::fin), update(1, flag::fin), data(1, 0)}),
            std::nullopt);

  EXPECT_EQ(only<Ended>(events(muxer)).size(), 1U);
}

TEST(Muxer, ResetsAStreamThatSendsBehindItsFin) {
  auto muxer = settled(Role::server);
  reply(muxer, {data(1, flag::syn | flag::fin, {1}), update(3, flag::syn)});
  events(muxer);

  EXPECT_EQ(reply(muxer, {data(1, 0, {2}), data(3, 0, {3})}), Frames{update(1, flag::rst)});

  const auto all = events(muxer);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(std::get<Closed>(all[0]).reason, Closed::Reason::reset);
  EXPECT_EQ(std::get<Data>(all[1]).stream, 3U);
}

TEST(Muxer, TellsAResetByTheRemoteWhateverElseTheFrameSays) {
  auto muxer = settled(Role::server);
  reply(muxer, {update(1, flag::syn), update(3, flag::syn)});
  muxer.write(3, SharedBytes{Bytes{1}});
  events(muxer);

  EXPECT_TRUE(reply(muxer, {update(1, flag::rst, u32_max),
                            data(3, flag::ack | flag::fin | flag::rst, {1, 2})})
                  .empty());

  const auto all = events(muxer);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(std::get<Closed>(all[0]).stream, 1U);
  EXPECT_EQ(std::get<Closed>(all[1]).stream, 3U);
  EXPECT_EQ(std::get<Closed>(all[1]).reason, Closed::Reason::reset);
}

TEST(Muxer, SaysNothingAboutAStreamItHasReset) {
  auto muxer = settled(Role::server);
  ASSERT_TRUE(muxer.on_bytes(encode(Frames{data(1, flag::syn, {1})}), start));

  muxer.reset(1);

  EXPECT_TRUE(events(muxer).empty());
  EXPECT_EQ(sent(muxer), Frames{update(1, flag::rst)});
  EXPECT_TRUE(reply(muxer, {data(1, 0, {2}), update(1, flag::fin), update(1, flag::rst)}).empty());
  EXPECT_TRUE(events(muxer).empty());
}

TEST(Muxer, NeverMentionsAStreamResetBeforeItsSyn) {
  auto muxer = settled(Role::client);
  muxer.reset(*muxer.open(start));

  EXPECT_TRUE(sent(muxer).empty());
}

TEST(Muxer, OpensAndDropsAStreamThatComesReset) {
  auto muxer = settled(Role::server);

  EXPECT_TRUE(reply(muxer, {data(1, flag::syn | flag::rst, {1, 2}), ping(flag::syn, 3)}) ==
              Frames{ping(flag::ack, 3)});

  EXPECT_TRUE(events(muxer).empty());
  EXPECT_EQ(error_of(muxer, {update(1, flag::syn)}), Error::stream_reused);
}

TEST(Muxer, ToleratesFramesOfStreamsGivenUpBeforeTheirSyn) {
  auto muxer = settled(Role::server);

  EXPECT_EQ(
      error_of(muxer, {data(7, flag::fin), update(9, flag::rst), update(11, 0, 100), data(2, 0)}),
      std::nullopt);
  EXPECT_TRUE(events(muxer).empty());
}

TEST(Muxer, AcceptsSynsOutOfOrder) {
  auto muxer = settled(Role::server);

  EXPECT_EQ(error_of(muxer, {update(5, flag::syn), update(1, flag::syn), update(3, flag::syn)}),
            std::nullopt);
  EXPECT_EQ(only<Opened>(events(muxer)).size(), 3U);
}

}  // namespace
}  // namespace grapevine::yamux
