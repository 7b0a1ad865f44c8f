// SPDX-License-Identifier: Apache-2.0
// What an attacker may do to a session, by the numbers of the vulnerabilities it is modelled on.
#include <gtest/gtest.h>

#include "attacker.hpp"

namespace grapevine::session {
namespace {

using namespace std::chrono_literals;
using namespace test;

constexpr std::size_t kib = 1024;

SessionError reason_of(const Bytes& bytes) {
  auto victim = listener();
  victim.receive(bytes, start);
  EXPECT_TRUE(victim.log.closed.has_value());
  EXPECT_FALSE(victim.log.established);
  return victim.log.closed ? victim.log.closed->reason : SessionError::local_closed;
}

TEST(Hostile, V01EndlessVarintEndsTheConnection) {
  EXPECT_EQ(reason_of(Bytes(64 * kib, 0xFF)), SessionError::negotiation_failed);
}

TEST(Hostile, V01EndlessVarintInAStreamEndsTheStreamAlone) {
  auto victim = listener();
  Attacker attacker{victim};
  attacker.heard();

  attacker.send_data(1, yamux::flag::syn, Bytes(20, 0xFF));
  attacker.send_data(3, yamux::flag::syn, greeting("/echo/1"));

  EXPECT_FALSE(victim.log.closed);
  EXPECT_EQ(victim.log.streams.size(), 1U);
  EXPECT_TRUE(victim.log.streams[3].opened);
}

TEST(Hostile, V02EmptyMessagesEndTheConnection) {
  EXPECT_EQ(reason_of(Bytes(1, 0)), SessionError::negotiation_failed);
  EXPECT_EQ(reason_of(Bytes{1, '\n'}), SessionError::negotiation_failed);
}

TEST(Hostile, V03LargeLengthIsRefusedBeforeItsBody) {
  EXPECT_EQ(reason_of(Bytes{0x80, 0x80, 0x80, 0x80, 0x08}), SessionError::negotiation_failed);
  auto bytes = greeting("/noise");
  append(bytes, Bytes{0xFF, 0xFF});
  EXPECT_EQ(reason_of(bytes), SessionError::handshake_failed);
}

TEST(Hostile, V04MalformedVarintsEndTheConnection) {
  EXPECT_EQ(reason_of(Bytes{0x94, 0x80, 0x00}), SessionError::negotiation_failed);
  EXPECT_EQ(reason_of(Bytes(11, 0x80)), SessionError::negotiation_failed);
}

TEST(Hostile, V05OtherFirstLinesAndEndlessProposalsEndTheConnection) {
  Bytes other;
  multistream::append_message(other, "/multistream/2.0.0");
  EXPECT_EQ(reason_of(other), SessionError::negotiation_failed);

  Bytes many;
  multistream::append_message(many, multistream::header);
  for (int i = 0; i < 1000; ++i) multistream::append_message(many, "/unknown");
  EXPECT_EQ(reason_of(many), SessionError::negotiation_failed);
}

TEST(Hostile, NothingBeforeIdentityExceedsItsBytes) {
  auto bytes = greeting("/noise");
  append(bytes, Bytes{0x40, 0x00});  // a message of 16 KiB that never ends
  append(bytes, Bytes(15 * kib, 1));
  auto victim = listener();
  victim.receive(bytes, start);
  EXPECT_FALSE(victim.log.closed);

  auto strict = listener({.handshake_bytes_max = 8 * kib});
  strict.receive(bytes, start);
  EXPECT_EQ(strict.log.closed->reason, SessionError::handshake_failed);
  EXPECT_EQ(strict.log.closed->detail, "too many bytes before identity");
}

TEST(Hostile, BytesBeforeIdentityAreCountedOverAllPieces) {
  auto bytes = greeting("/noise");
  append(bytes, Bytes{0x40, 0x00});
  append(bytes, Bytes(15 * kib, 1));
  auto victim = listener({.handshake_bytes_max = 8 * kib});

  for (std::size_t at = 0; at < bytes.size(); at += 100) {
    victim.receive(ByteView{bytes}.subspan(at, std::min<std::size_t>(100, bytes.size() - at)),
                   start);
  }

  ASSERT_TRUE(victim.log.closed);
  EXPECT_EQ(victim.log.closed->detail, "too many bytes before identity");
}

/// A dialer against which a man in the middle flips one byte at `at` of all the listener sends
/// before the session is ready.
std::optional<Closed> with_flipped_byte(std::size_t at) {
  Pair pair;
  std::size_t seen = 0;
  for (int i = 0; i < 10 && !pair.dialer.log.closed; ++i) {
    pair.dialer.pack(64 * kib, start);
    pair.listener.receive(std::exchange(pair.dialer.wire, {}), start);
    pair.listener.pack(64 * kib, start);
    auto bytes = std::exchange(pair.listener.wire, {});
    if (at >= seen && at - seen < bytes.size()) bytes[at - seen] ^= 1;
    seen += bytes.size();
    if (!bytes.empty()) pair.dialer.receive(bytes, start);
    if (pair.dialer.log.established) return std::nullopt;
  }
  EXPECT_FALSE(pair.dialer.log.established);
  return pair.dialer.log.closed;
}

TEST(Hostile, V09NoByteOfTheHandshakeCanBeChanged) {
  const std::size_t negotiation = greeting("/noise").size();
  for (std::size_t at = 0; at < 250; ++at) {
    SCOPED_TRACE(at);
    const auto closed = with_flipped_byte(at);
    if (closed) {
      const auto expected =
          at < negotiation ? SessionError::negotiation_failed : SessionError::handshake_failed;
      EXPECT_EQ(closed->reason, expected);
    } else {
      // The length of a message, enlarged: the dialer waits for the rest, until its deadline.
      EXPECT_TRUE(at == negotiation || at == negotiation + 1 || at > 200);
    }
  }
}

TEST(Hostile, V10AnotherPeerThanTheDialledOneIsATypedError) {
  Pair pair{{.expected = identity(3).peer_id()}};

  pair.run();

  EXPECT_EQ(pair.dialer.log.closed->reason, SessionError::wrong_peer);
  EXPECT_FALSE(pair.dialer.log.established);
  EXPECT_FALSE(pair.listener.log.established);
}

TEST(Hostile, DiallingOneselfIsATypedError) {
  Pair pair{{.expected = std::nullopt, .dialer_identity = 2}};

  pair.run();

  EXPECT_EQ(pair.dialer.log.closed->reason, SessionError::self_dial);
}

TEST(Hostile, ChangedRecordsEndTheSession) {
  for (std::size_t at = 2; at < 40; ++at) {
    Pair pair;
    pair.established();
    const auto id = *pair.dialer.session.open_stream({"/echo/1"}, start);
    pair.dialer.session.write(id, shared("x"));
    pair.dialer.pack(64 * kib, start);
    pair.dialer.wire[at] ^= 0x10;

    pair.listener.receive(pair.dialer.wire, start);

    EXPECT_EQ(pair.listener.log.closed->reason, SessionError::bad_record);
    EXPECT_TRUE(pair.listener.log.streams.empty());
  }
}

TEST(Hostile, RecordsBelowATagEndTheSession) {
  Pair pair;
  pair.established();

  pair.listener.receive(Bytes{0, 15}, start);

  EXPECT_EQ(pair.listener.log.closed->reason, SessionError::bad_record);
  EXPECT_EQ(pair.listener.log.closed->detail, "too_short");
}

TEST(Hostile, ReplayedRecordsEndTheSession) {
  Pair pair;
  pair.established();
  pair.dialer.session.open_stream({"/echo/1"}, start);
  pair.dialer.pack(64 * kib, start);
  const auto record = pair.dialer.wire;

  pair.listener.receive(record, start);
  EXPECT_FALSE(pair.listener.log.closed);
  pair.listener.receive(record, start);

  EXPECT_EQ(pair.listener.log.closed->reason, SessionError::bad_record);
}

TEST(Hostile, MuxerViolationsAreAnsweredWithAGoAway) {
  auto victim = listener();
  Attacker attacker{victim};
  attacker.heard();

  attacker.send({{yamux::FrameType::window_update, yamux::flag::syn, 2, 0}});

  EXPECT_EQ(victim.log.closed->reason, SessionError::muxer_violation);
  EXPECT_EQ(victim.log.closed->detail, "bad_stream_id");
  const auto heard = attacker.heard();
  EXPECT_EQ(heard, to_bytes(yamux::encode_header({yamux::FrameType::go_away, 0, 0, 1})));
}

TEST(Hostile, V16HalfNegotiatedStreamsAreRefusedAtTheLimit) {
  auto victim = listener();
  Attacker attacker{victim};
  attacker.heard();
  for (StreamId i = 0; i < 200; ++i) {
    attacker.send_data(i * 2 + 1, yamux::flag::syn, ByteView{greeting("/x")}.first(5));
  }

  EXPECT_EQ(victim.session.stream_count(), 64U);
  EXPECT_FALSE(victim.log.closed);

  victim.session.on_deadline(start + 10s);
  victim.drain();
  EXPECT_EQ(victim.session.stream_count(), 0U);
  EXPECT_TRUE(victim.log.streams.empty());
}

TEST(Hostile, V16MillionStreamOpensKeepTheSessionWithinItsLimits) {
  auto victim = listener();
  Attacker attacker{victim};
  for (StreamId round = 0; round < 1000; ++round) {
    Bytes frames;
    for (StreamId i = 0; i < 1000; ++i) {
      append(frames, yamux::encode_header({yamux::FrameType::window_update, yamux::flag::syn,
                                           (round * 1000 + i) * 2 + 1, 0}));
    }
    attacker.send(frames);
    attacker.heard();
  }

  EXPECT_LE(victim.session.stream_count(), 64U);
  EXPECT_FALSE(victim.log.closed);
}

TEST(Hostile, V17PingFloodStopsReadingAndThenEndsTheSession) {
  auto victim = listener();
  Attacker attacker{victim};
  attacker.heard();
  Bytes flood;
  for (int i = 0; i < 5000; ++i) {
    append(flood, yamux::encode_header({yamux::FrameType::ping, yamux::flag::syn, 0, 1}));
  }
  EXPECT_TRUE(victim.session.wants_read());

  attacker.send(flood);

  EXPECT_FALSE(victim.session.wants_read());
  Bytes out;
  victim.session.pack(out, 64 * kib, start);  // and the socket never takes it
  EXPECT_LT(out.size(), 4 * kib);
  EXPECT_TRUE(victim.session.wants_read());
  victim.session.on_deadline(start + 10s);
  victim.drain();
  EXPECT_EQ(victim.log.closed->reason, SessionError::write_stalled);
}

TEST(Hostile, V18CreditOverflowEndsTheSession) {
  auto victim = listener();
  Attacker attacker{victim};
  attacker.send({{yamux::FrameType::window_update, yamux::flag::syn, 1, 0xFFFFFFFF}});

  EXPECT_EQ(victim.log.closed->detail, "credit_overflow");
}

TEST(Hostile, V19OversizeFirstFrameOpensNothing) {
  auto victim = listener();
  Attacker attacker{victim};
  attacker.send({{yamux::FrameType::data, yamux::flag::syn, 1, 256 * 1024 + 1}});

  EXPECT_EQ(victim.log.closed->detail, "credit_exceeded");
  EXPECT_TRUE(victim.log.streams.empty());
}

TEST(Hostile, V22MplexIsRefused) {
  auto victim = listener();
  Attacker attacker{victim, {"/mplex/6.7.0"}};
  attacker.send(greeting("/mplex/6.7.0"));
  Bytes expected;
  multistream::append_message(expected, multistream::header);
  multistream::append_message(expected, multistream::not_available);
  EXPECT_EQ(attacker.heard(), expected);
  EXPECT_FALSE(victim.log.established);

  Bytes yamux;
  multistream::append_message(yamux, "/yamux/1.0.0");
  attacker.send(yamux);
  EXPECT_TRUE(victim.log.established);
}

TEST(Hostile, AMuxerCanBeChosenByMultistreamAndUsedAtOnce) {
  auto victim = listener();
  Attacker attacker{victim, {}};
  auto bytes = greeting("/yamux/1.0.0");
  append(bytes, yamux::encode_header({yamux::FrameType::ping, yamux::flag::syn, 0, 5}));

  attacker.send(bytes);

  ASSERT_TRUE(victim.log.established);
  const auto heard = attacker.heard();
  auto expected = greeting("/yamux/1.0.0");
  append(expected, yamux::encode_header({yamux::FrameType::ping, yamux::flag::syn, 0, 1}));
  append(expected, yamux::encode_header({yamux::FrameType::ping, yamux::flag::ack, 0, 5}));
  EXPECT_EQ(heard, expected);
}

TEST(Hostile, MuxerNegotiationHasTheSameDeadline) {
  auto victim = listener();
  Attacker attacker{victim, {}};
  EXPECT_EQ(victim.session.next_deadline(), start + 10s);

  victim.session.on_deadline(start + 10s);
  victim.drain();

  EXPECT_EQ(victim.log.closed->reason, SessionError::handshake_timeout);
}

TEST(Hostile, RandomBytesEndTheRightScopeWithAReason) {
  for (std::uint8_t seed = 0; seed < 100; ++seed) {
    Rng rng{Rng::Seed{seed}};
    Bytes noise(1 + rng.below(3000));
    rng.fill(noise);

    auto raw = listener();
    raw.receive(noise, start);
    raw.receive(Bytes(2000, 0xFF), start);
    ASSERT_TRUE(raw.log.closed);
    EXPECT_EQ(raw.log.closed->reason, SessionError::negotiation_failed);

    auto framed = listener();
    Attacker attacker{framed};
    attacker.send_data(1, yamux::flag::syn, noise);
    attacker.send_data(3, yamux::flag::syn, greeting("/echo/1"));
    EXPECT_FALSE(framed.log.closed);
    EXPECT_TRUE(framed.log.streams[3].opened);

    noise[0] |= 1;
    attacker.send(noise);
    attacker.send(Bytes(12, 0xFF));
    ASSERT_TRUE(framed.log.closed);
    EXPECT_EQ(framed.log.closed->reason, SessionError::muxer_violation);
  }
}

TEST(Hostile, TruncatedInputWaitsForItsDeadlineAndNothingElse) {
  const auto bytes = greeting("/noise");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    auto victim = listener();
    victim.receive(ByteView{bytes}.first(size), start);
    EXPECT_FALSE(victim.log.closed);
    victim.session.on_deadline(start + 10s);
    victim.drain();
    EXPECT_EQ(victim.log.closed->reason, SessionError::handshake_timeout);
  }
}

}  // namespace
}  // namespace grapevine::session
