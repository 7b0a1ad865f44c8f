// SPDX-License-Identifier: Apache-2.0
#include "core/session/session.hpp"

#include <gtest/gtest.h>

#include "attacker.hpp"

namespace grapevine::session {
namespace {

using namespace std::chrono_literals;
using namespace test;

constexpr std::size_t kib = 1024;

TEST(Session, ProvesBothIdentitiesAndIsReady) {
  Pair pair;
  EXPECT_EQ(pair.dialer.session.open_stream({"/echo/1"}, start).error(), OpenError::not_ready);

  pair.run();

  ASSERT_TRUE(pair.dialer.log.established && pair.listener.log.established);
  EXPECT_EQ(pair.dialer.log.established->remote, identity(2).peer_id());
  EXPECT_EQ(pair.listener.log.established->remote, identity(1).peer_id());
  EXPECT_EQ(pair.listener.log.established->remote_key.peer_id(), identity(1).peer_id());
  EXPECT_TRUE(pair.dialer.session.established() && pair.listener.session.established());
  EXPECT_EQ(pair.dialer.session.round_trip(), 0us);
}

TEST(Session, IsReadyInTwoRoundTrips) {
  Pair pair;
  const auto send = [&](Side& from, Side& to) {
    from.pack(64 * kib, start);
    to.receive(std::exchange(from.wire, {}), start);
  };

  send(pair.dialer, pair.listener);  // header and /noise
  send(pair.listener, pair.dialer);
  send(pair.dialer, pair.listener);  // first handshake message
  send(pair.listener, pair.dialer);

  EXPECT_TRUE(pair.dialer.session.established());
  ASSERT_TRUE(pair.dialer.session.open_stream({"/echo/1"}, start));
  send(pair.dialer, pair.listener);  // third message and the stream together
  EXPECT_EQ(pair.listener.log.streams[1].protocol, "/echo/1");
}

TEST(Session, CarriesAStreamBothWaysAndEndsIt) {
  Pair pair;
  pair.established();
  const auto id = *pair.dialer.session.open_stream({"/echo/1"}, start);
  EXPECT_TRUE(pair.dialer.session.write(id, shared("hello")));
  pair.run();

  auto& there = pair.listener.log.streams[id];
  EXPECT_TRUE(there.inbound);
  EXPECT_EQ(there.protocol, "/echo/1");
  EXPECT_EQ(there.data, text("hello"));
  pair.listener.session.write(id, shared("world"));
  pair.listener.session.end_stream(id);
  pair.run();

  auto& here = pair.dialer.log.streams[id];
  EXPECT_FALSE(here.inbound);
  EXPECT_EQ(here.data, text("world"));
  EXPECT_TRUE(here.ended);
  EXPECT_FALSE(here.closed);
  pair.dialer.session.end_stream(id);
  pair.run();
  EXPECT_EQ(here.closed, StreamClosed::Reason::finished);
  EXPECT_EQ(there.closed, StreamClosed::Reason::finished);
  EXPECT_EQ(pair.dialer.session.stream_count(), 0U);
}

TEST(Session, SendsOneProposalAndItsDataTogether) {
  Pair pair;
  pair.established();
  const auto id = *pair.dialer.session.open_stream({"/echo/1"}, start);
  pair.dialer.session.write(id, shared("all in one"));
  pair.dialer.session.end_stream(id);

  pair.dialer.pack(64 * kib, start);
  pair.listener.receive(std::exchange(pair.dialer.wire, {}), start);

  EXPECT_EQ(pair.listener.log.streams[id].data, text("all in one"));
  EXPECT_TRUE(pair.listener.log.streams[id].ended);
}

TEST(Session, TriesProposalsInTurnAndHoldsDataBackUntilOneIsTaken) {
  Pair pair;
  pair.established();
  const auto id = *pair.dialer.session.open_stream({"/none/1", "/none/2", "/chat/2"}, start);
  EXPECT_TRUE(pair.dialer.session.write(id, shared("hi")));
  EXPECT_GE(pair.dialer.session.queued(id), 2U);
  pair.dialer.session.end_stream(id);
  EXPECT_FALSE(pair.dialer.session.write(id, shared("late")));

  pair.run();

  EXPECT_EQ(pair.dialer.log.streams[id].protocol, "/chat/2");
  EXPECT_EQ(pair.listener.log.streams[id].protocol, "/chat/2");
  EXPECT_EQ(pair.listener.log.streams[id].data, text("hi"));
  EXPECT_TRUE(pair.listener.log.streams[id].ended);
}

TEST(Session, ClosesAStreamWhoseProtocolIsRefusedAndNothingElse) {
  Pair pair;
  pair.established();
  const auto good = *pair.dialer.session.open_stream({"/echo/1"}, start);
  const auto lazy = *pair.dialer.session.open_stream({"/none/1"}, start);
  const auto several = *pair.dialer.session.open_stream({"/none/1", "/none/2"}, start);
  pair.dialer.session.write(lazy, shared("lost"));
  pair.run();

  EXPECT_EQ(pair.dialer.log.streams[lazy].closed, StreamClosed::Reason::protocol_refused);
  EXPECT_EQ(pair.dialer.log.streams[several].closed, StreamClosed::Reason::protocol_refused);
  EXPECT_TRUE(pair.dialer.log.streams[good].opened);
  EXPECT_EQ(pair.listener.log.streams.size(), 1U);
  EXPECT_EQ(pair.listener.session.stream_count(), 1U);
  EXPECT_FALSE(pair.dialer.log.closed || pair.listener.log.closed);
}

TEST(Session, AcceptsTheProtocolsSetLast) {
  Pair pair;
  pair.established();
  pair.listener.session.set_protocols(std::make_shared<const Protocols>(Protocols{{"/new/1"}}));

  const auto old = *pair.dialer.session.open_stream({"/echo/1"}, start);
  const auto fresh = *pair.dialer.session.open_stream({"/new/1"}, start);
  pair.run();

  EXPECT_EQ(pair.dialer.log.streams[old].closed, StreamClosed::Reason::protocol_refused);
  EXPECT_EQ(pair.dialer.log.streams[fresh].protocol, "/new/1");
}

TEST(Session, OpensStreamsFromBothSides) {
  Pair pair;
  pair.established();
  const auto here = *pair.dialer.session.open_stream({"/chat/2"}, start);
  const auto there = *pair.listener.session.open_stream({"/echo/1"}, start);

  pair.run();

  EXPECT_NE(here % 2, there % 2);
  EXPECT_TRUE(pair.listener.log.streams[here].inbound);
  EXPECT_TRUE(pair.dialer.log.streams[there].inbound);
}

TEST(Session, TellsTheOtherSideAboutAResetAndItsOwnNothing) {
  Pair pair;
  pair.established();
  const auto id = *pair.dialer.session.open_stream({"/echo/1"}, start);
  pair.run();
  pair.listener.session.write(id, shared("unread"));

  pair.dialer.session.reset_stream(id);
  pair.run();

  EXPECT_EQ(pair.listener.log.streams[id].closed, StreamClosed::Reason::reset);
  EXPECT_FALSE(pair.dialer.log.streams[id].closed);
  EXPECT_TRUE(pair.dialer.log.streams[id].data.empty());
}

TEST(Session, SaysNothingMoreOfAStreamThatIsReset) {
  Pair pair;
  pair.established();
  const auto id = *pair.dialer.session.open_stream({"/echo/1"}, start);
  pair.run();
  pair.dialer.session.write(id, shared("on its way"));
  pair.dialer.pack(64 * kib, start);
  Slab slab{pair.dialer.wire.size()};
  std::ranges::copy(pair.dialer.wire, slab.space().begin());
  pair.listener.session.on_bytes({slab, slab.space()}, start);

  pair.listener.session.reset_stream(id);
  pair.listener.drain();

  EXPECT_TRUE(pair.listener.log.streams[id].data.empty());
}

TEST(Session, ResetDuringNegotiationIsToldOnce) {
  Pair pair;
  pair.established();
  const auto id = *pair.dialer.session.open_stream({"/a", "/b"}, start);
  pair.dialer.pack(64 * kib, start);
  pair.listener.receive(std::exchange(pair.dialer.wire, {}), start);
  pair.dialer.session.reset_stream(id);

  pair.run();

  EXPECT_FALSE(pair.dialer.log.streams.contains(id));
  EXPECT_FALSE(pair.listener.log.streams.contains(id));
  EXPECT_EQ(pair.listener.session.stream_count(), 0U);
}

TEST(Session, ClosesWithAGoAwayThatTheOtherSideUnderstands) {
  Pair pair;
  pair.established();

  pair.dialer.session.close();
  pair.dialer.drain();
  pair.run();

  EXPECT_EQ(pair.dialer.log.closed->reason, SessionError::local_closed);
  EXPECT_EQ(pair.listener.log.closed->reason, SessionError::remote_closed);
  EXPECT_EQ(pair.dialer.session.open_stream({"/echo/1"}, start).error(), OpenError::not_ready);
  EXPECT_EQ(pair.dialer.session.next_deadline(), std::nullopt);
  EXPECT_FALSE(pair.dialer.session.wants_read());
  EXPECT_FALSE(pair.listener.session.write(1, shared("x")));
}

TEST(Session, ClosesBeforeItIsReadyWithoutAWord) {
  Pair pair;
  pair.dialer.session.close();
  pair.dialer.drain();

  EXPECT_EQ(pair.dialer.log.closed->reason, SessionError::local_closed);
  EXPECT_FALSE(pair.dialer.session.established());
}

TEST(Session, WantsToWriteOnceUntilPackingRanDry) {
  Pair pair;
  pair.established();
  const auto before = pair.dialer.log.wants_write_count;
  const auto id = *pair.dialer.session.open_stream({"/echo/1"}, start);
  for (int i = 0; i < 100; ++i) pair.dialer.session.write(id, shared("again"));
  pair.dialer.drain();
  EXPECT_EQ(pair.dialer.log.wants_write_count, before + 1);

  pair.run();
  const auto after = pair.dialer.log.wants_write_count;
  pair.dialer.session.write(id, shared("more"));
  pair.dialer.drain();
  EXPECT_EQ(pair.dialer.log.wants_write_count, after + 1);
}

TEST(Session, PacksAboutTheBudgetInRecordsOfSixteenKibibytes) {
  Pair pair;
  pair.established();
  const auto id = *pair.dialer.session.open_stream({"/echo/1"}, start);
  pair.dialer.session.write(id, SharedBytes{Bytes(200 * kib)});

  Bytes out;
  EXPECT_TRUE(pair.dialer.session.pack(out, 50'000, start));

  EXPECT_GE(out.size(), 50'000U);
  EXPECT_LE(out.size(), 52'000U);
  for (base::ByteReader in{out}; !in.empty();) {
    const auto size = in.u16();
    EXPECT_LE(size, 16 * kib + 16);
    in.take(size);
  }
}

TEST(Session, CoalescesTheSmallFramesOfManyStreams) {
  Pair pair;
  pair.established();
  for (int i = 0; i < 100; ++i)
    pair.dialer.session.write(*pair.dialer.session.open_stream({"/echo/1"}, start), shared("x"));

  Bytes out;
  EXPECT_FALSE(pair.dialer.session.pack(out, 64 * kib, start));

  base::ByteReader in{out};
  const auto size = in.u16();
  EXPECT_EQ(size, in.remaining());  // one record
}

TEST(Session, TellsWhenAStreamCanTakeMore) {
  Pair pair;
  pair.established();
  const auto id = *pair.dialer.session.open_stream({"/echo/1"}, start);
  pair.dialer.session.write(id, SharedBytes{Bytes(300 * kib)});
  EXPECT_GE(pair.dialer.session.queued(id), 300 * kib);
  pair.listener.consumes = false;
  pair.run();
  EXPECT_EQ(pair.dialer.log.streams[id].writable, 0);

  pair.listener.session.consumed(id, 200 * kib);
  pair.run();

  EXPECT_GE(pair.dialer.log.streams[id].writable, 1);
  EXPECT_EQ(pair.dialer.session.queued(id), 0U);
}

TEST(Session, EndsWhenNotReadyInTime) {
  Pair pair;
  EXPECT_EQ(pair.listener.session.next_deadline(), start + 10s);

  pair.advance(10s);

  EXPECT_EQ(pair.listener.log.closed->reason, SessionError::handshake_timeout);
  EXPECT_EQ(pair.dialer.log.closed->reason, SessionError::handshake_timeout);
}

TEST(Session, GivesUpAStreamThatIsNotAgreedInTime) {
  Pair pair;
  pair.established();
  const auto id = *pair.dialer.session.open_stream({"/a", "/echo/1"}, start);
  pair.dialer.pack(64 * kib, start);
  pair.dialer.wire.clear();

  pair.advance(10s);

  EXPECT_EQ(pair.dialer.log.streams[id].closed, StreamClosed::Reason::timeout);
  EXPECT_EQ(pair.dialer.session.stream_count(), 0U);
  EXPECT_FALSE(pair.dialer.log.closed);
}

TEST(Session, EndsWhenPingsGoUnanswered) {
  Pair pair;
  pair.established();
  pair.advance(30s);
  pair.dialer.pack(64 * kib, pair.now);

  pair.advance(10s);

  EXPECT_EQ(pair.dialer.log.closed->reason, SessionError::keep_alive_timeout);
}

TEST(Session, StaysAliveOverHoursOfSilence) {
  Pair pair;
  pair.established();
  for (int i = 0; i < 500; ++i) {
    pair.advance(15s);
    pair.run();
  }

  EXPECT_TRUE(pair.dialer.session.established() && pair.listener.session.established());
}

TEST(Session, V20EndsWhenTheSocketTakesNothingForTenSeconds) {
  Pair pair;
  pair.established();
  const auto id = *pair.dialer.session.open_stream({"/echo/1"}, start);
  pair.dialer.session.write(id, SharedBytes{Bytes(100 * kib)});
  Bytes out;
  pair.dialer.session.pack(out, 64 * kib, start);
  pair.dialer.session.on_written(1000, start + 5s);
  EXPECT_EQ(pair.dialer.session.next_deadline(), start + 10s);  // of the negotiation

  pair.advance(10s);
  EXPECT_FALSE(pair.dialer.log.closed);
  pair.advance(5s);

  EXPECT_EQ(pair.dialer.log.closed->reason, SessionError::write_stalled);
}

TEST(Session, ReturnsTheCreditOfNegotiationBytesToo) {
  auto side = listener();
  Attacker remote{side};
  remote.heard();
  auto bytes = greeting("/echo/1");
  bytes.resize(128 * kib, 7);  // half the window, the greeting included

  remote.send_data(1, yamux::flag::syn, bytes);

  const auto heard = remote.heard();
  const auto update =
      yamux::encode_header({yamux::FrameType::window_update, yamux::flag::ack, 1, 128 * kib});
  EXPECT_NE(std::ranges::search(heard, update).begin(), heard.end());
}

TEST(Session, LimitsStreams) {
  Pair pair{{.config = {.outbound_streams_max = 3}}};
  pair.established();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(pair.dialer.session.open_stream({"/echo/1"}, start));

  EXPECT_EQ(pair.dialer.session.open_stream({"/echo/1"}, start).error(), OpenError::too_many);
}

TEST(Session, NamesItsErrors) {
  EXPECT_EQ(name(SessionError::write_stalled), "write_stalled");
  EXPECT_EQ(name(OpenError::too_many), "too_many");
}

}  // namespace
}  // namespace grapevine::session
