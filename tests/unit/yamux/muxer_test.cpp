// SPDX-License-Identifier: Apache-2.0
#include "core/yamux/muxer.hpp"

#include <gtest/gtest.h>

#include "settled.hpp"

namespace grapevine::yamux {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST(Muxer, RefusesBadNumbers) {
  const auto error = [](const Frames& frames) {
    auto muxer = settled(Role::server);
    const auto found = error_of(muxer, frames);
    EXPECT_EQ(sent(muxer), Frames{go_away(1)});
    EXPECT_TRUE(muxer.on_bytes(encode(Frames{ping(flag::syn, 1)}), start));
    EXPECT_TRUE(sent(muxer).empty());
    return found;
  };

  EXPECT_EQ(error({update(2, flag::syn)}), Error::bad_stream_id);
  EXPECT_EQ(error({update(0, flag::syn)}), Error::bad_stream_id);
  EXPECT_EQ(error({data(0, 0)}), Error::bad_stream_id);
  EXPECT_EQ(error({update(1, flag::syn), update(1, flag::syn)}), Error::stream_reused);
  EXPECT_EQ(error({Frame{{FrameType::ping, flag::syn, 1, 0}, {}}}), Error::bad_stream_id);
  EXPECT_EQ(error({Frame{{FrameType::go_away, 0, 1, 0}, {}}}), Error::bad_stream_id);
}

TEST(Muxer, RefusesBadVersionsAndTypes) {
  const auto error = [](std::size_t at, std::uint8_t value) {
    auto muxer = settled(Role::server);
    auto bytes = encode(ping(flag::syn, 1));
    bytes[at] = value;
    return muxer.on_bytes(SharedBytes{std::move(bytes)}, start).error();
  };

  EXPECT_EQ(error(0, 1), Error::bad_version);
  EXPECT_EQ(error(1, 4), Error::bad_type);
}

TEST(Muxer, AnswersPingsAndIgnoresUnknownPongs) {
  auto muxer = settled(Role::server);

  EXPECT_EQ(reply(muxer, {ping(flag::syn, 7), ping(0, 8), ping(flag::ack, 99)}),
            (Frames{ping(flag::ack, 7), ping(flag::ack, 8)}));
}

TEST(Muxer, MeasuresTheRoundTrip) {
  auto muxer = settled(Role::client);

  EXPECT_EQ(muxer.round_trip(), 10ms);
}

TEST(Muxer, PingsOnScheduleAndGivesUpOnSilence) {
  auto muxer = settled(Role::client);
  ASSERT_EQ(muxer.next_deadline(), start + 30s);

  ASSERT_TRUE(muxer.on_deadline(start + 30s));
  EXPECT_EQ(sent(muxer, start + 30s), Frames{ping(flag::syn, 2)});

  ASSERT_EQ(muxer.next_deadline(), start + 40s);
  ASSERT_TRUE(muxer.on_deadline(start + 40s - 1us));
  EXPECT_EQ(muxer.on_deadline(start + 40s).error(), Error::keep_alive_timeout);
  EXPECT_FALSE(muxer.has_output());
  EXPECT_EQ(muxer.next_deadline(), std::nullopt);
}

TEST(Muxer, TakesAnyBytesForASignOfLife) {
  auto muxer = settled(Role::client);
  ASSERT_TRUE(muxer.on_deadline(start + 30s));
  sent(muxer, start + 30s);

  ASSERT_TRUE(muxer.on_bytes(encode(Frames{ping(flag::syn, 5)}), start + 39s));

  EXPECT_TRUE(muxer.on_deadline(start + 48s));
  EXPECT_EQ(muxer.next_deadline(), start + 49s);
}

TEST(Muxer, ReportsWhyTheRemoteLeft) {
  const auto error = [](std::uint32_t code) {
    auto muxer = settled(Role::client);
    const auto found = error_of(muxer, {go_away(code)});
    EXPECT_FALSE(muxer.has_output());
    return found;
  };

  EXPECT_EQ(error(0), Error::remote_closed);
  EXPECT_EQ(error(1), Error::remote_complained);
  EXPECT_EQ(error(2), Error::remote_failed);
  EXPECT_EQ(error(77), Error::remote_failed);
}

TEST(Muxer, LeavesWithAGoAwayAndNothingElse) {
  auto muxer = settled(Role::client);
  muxer.write(*muxer.open(start), SharedBytes{Bytes{1}});

  muxer.close(GoAway::normal);

  EXPECT_EQ(sent(muxer), Frames{go_away(0)});
  EXPECT_FALSE(muxer.has_output());
  EXPECT_EQ(muxer.open(start).error(), OpenError::ended);
}

}  // namespace
}  // namespace grapevine::yamux
