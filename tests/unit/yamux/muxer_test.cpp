// SPDX-License-Identifier: Apache-2.0
#include "core/yamux/muxer.hpp"

#include <gtest/gtest.h>

#include "wire.hpp"

namespace grapevine::yamux {
namespace {

using namespace std::chrono_literals;
using namespace test;
using Frames = std::vector<Frame>;

constexpr std::uint32_t kib = 1024;
constexpr std::uint32_t u32_max = 0xFFFFFFFF;

/// A muxer that has nothing owing: its first ping is sent and answered.
Muxer settled(Role role, Config config = {}) {
  Muxer muxer{role, config, start};
  const auto first = sent(muxer);
  EXPECT_EQ(first, Frames{ping(flag::syn, 1)});
  EXPECT_TRUE(muxer.on_bytes(encode(Frames{ping(flag::ack, 1)}), start + 10ms));
  return muxer;
}

template <class T>
std::vector<T> only(std::vector<Event> all) {
  std::vector<T> found;
  for (auto& event : all) {
    if (auto* const match = std::get_if<T>(&event)) found.push_back(std::move(*match));
  }
  return found;
}

/// What the muxer says to `frames`, having taken none of it amiss.
Frames reply(Muxer& muxer, const Frames& frames) {
  EXPECT_TRUE(muxer.on_bytes(encode(frames), start));
  muxer.check_invariants();
  return sent(muxer);
}

std::optional<Error> error_of(Muxer& muxer, const Frames& frames) {
  const auto taken = muxer.on_bytes(encode(frames), start);
  muxer.check_invariants();
  return taken ? std::nullopt : std::optional{taken.error()};
}

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
