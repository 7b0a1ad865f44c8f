// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

using Reason = session::StreamClosed::Reason;

SharedBytes bytes_of(std::string_view text) { return SharedBytes::copy_of(as_bytes(text)); }

std::string received(const Lab& lab, Lab::Node at, StreamKey stream) {
  std::string text;
  for (const auto& data : lab.all<StreamData>(at)) {
    if (data.stream == stream) text += as_text(data.bytes);
  }
  return text;
}

/// Two connected hosts; the second one handles `/app/1`.
class AppStreams : public testing::Test {
 protected:
  void SetUp() override {
    lab.host(b).handle("/app/1", lab.now());
    lab.connect(a, b);
    lab.run(1s);
  }
  StreamKey open() {
    const auto stream = lab.host(a).open_stream(lab.id(b), {"/app/1"}, lab.now());
    EXPECT_TRUE(stream);
    lab.settle();
    return *stream;
  }
  StreamKey accepted() {
    for (const auto& opened : lab.all<StreamOpened>(b)) {
      if (opened.inbound) return opened.stream;
    }
    ADD_FAILURE();
    return {};
  }

  Lab lab;
  Lab::Node a = lab.add();
  Lab::Node b = lab.add();
};

TEST_F(AppStreams, CarryBytesBothWaysAndEndOnBothSides) {
  const auto there = open();
  const auto here = accepted();
  lab.host(a).write(there, bytes_of("ask"));
  lab.host(a).end_stream(there);
  lab.settle();
  lab.host(b).write(here, bytes_of("answer"));
  lab.host(b).end_stream(here);
  lab.settle();

  EXPECT_EQ(received(lab, b, here), "ask");
  EXPECT_EQ(received(lab, a, there), "answer");
  EXPECT_EQ(lab.all<StreamEnded>(b).size(), 1u);
  EXPECT_EQ(lab.last<StreamClosed>(a)->reason, Reason::finished);
  EXPECT_EQ(lab.last<StreamClosed>(b)->reason, Reason::finished);
  EXPECT_FALSE(lab.host(a).write(there, bytes_of("late")));
}

TEST_F(AppStreams, ThatAreGoneTakeCommandsWithoutATrace) {
  const auto stream = open();
  lab.host(a).reset_stream(stream);
  lab.settle();

  EXPECT_FALSE(lab.host(a).write(stream, bytes_of("late")));
  lab.host(a).end_stream(stream);
  lab.host(a).reset_stream(stream);
  lab.host(a).consumed(stream, 1);

  lab.host(a).check_invariants(lab.now());  // nothing is left to be worked off
}

TEST_F(AppStreams, TellWhoAndWhat) {
  open();

  const auto opened = lab.last<StreamOpened>(b);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->peer, lab.id(a));
  EXPECT_EQ(opened->protocol, "/app/1");
  EXPECT_FALSE(lab.last<StreamOpened>(a)->inbound);
}

TEST_F(AppStreams, TakeTheFirstProtocolThatTheOtherSideHas) {
  const auto stream = lab.host(a).open_stream(lab.id(b), {"/app/2", "/app/1"}, lab.now());
  ASSERT_TRUE(stream);
  lab.host(a).write(*stream, bytes_of("early"));
  lab.settle();

  EXPECT_EQ(lab.last<StreamOpened>(a)->protocol, "/app/1");
  EXPECT_EQ(received(lab, b, accepted()), "early");
}

TEST_F(AppStreams, OfARefusedProtocolAreClosed) {
  ASSERT_TRUE(lab.host(a).open_stream(lab.id(b), {"/app/2"}, lab.now()));
  lab.settle();

  EXPECT_EQ(lab.last<StreamClosed>(a)->reason, Reason::protocol_refused);
}

TEST_F(AppStreams, NeedAConnectedPeer) {
  const auto stranger = lab.host(a).open_stream(key_of(77).peer_id(), {"/app/1"}, lab.now());

  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error(), StreamError::not_connected);
}

TEST_F(AppStreams, ResetOnOneSideAreResetOnTheOther) {
  const auto there = open();
  lab.host(a).reset_stream(there);
  lab.settle();

  EXPECT_EQ(lab.last<StreamClosed>(b)->reason, Reason::reset);
  EXPECT_TRUE(lab.all<StreamClosed>(a).empty());  // who did it knows
  EXPECT_FALSE(lab.host(b).write(accepted(), bytes_of("x")));
}

TEST_F(AppStreams, CarryNoMoreThanTheWindowUntilItIsConsumed) {
  const auto there = open();
  const auto here = accepted();
  const std::string much(1'000'000, 'z');
  lab.host(a).write(there, bytes_of(much));
  lab.settle();
  const auto window = received(lab, b, here).size();
  EXPECT_GE(window, 256u * 1024 - 1024);
  EXPECT_LE(window, 256u * 1024);
  EXPECT_EQ(lab.host(a).queued(there), much.size() - window);

  for (std::size_t taken = 0; taken < much.size();) {
    const auto size = received(lab, b, here).size() - taken;
    ASSERT_GT(size, 0u);
    lab.host(b).consumed(here, size);
    taken += size;
    lab.settle();
  }

  EXPECT_EQ(received(lab, b, here), much);
  EXPECT_EQ(lab.host(a).queued(there), 0u);
  EXPECT_FALSE(lab.all<StreamWritable>(a).empty());
}

TEST_F(AppStreams, EndWithTheConnection) {
  open();

  lab.host(a).disconnect(lab.id(b), lab.now());
  lab.settle();

  EXPECT_EQ(lab.all<StreamClosed>(a).size(), 1u);
  EXPECT_EQ(lab.all<StreamClosed>(b).size(), 1u);
}

TEST_F(AppStreams, OfOneProtocolAreLimitedPerConnection_V16) {
  for (int i = 0; i < 50; ++i) {
    lab.host(a).open_stream(lab.id(b), {"/app/1"}, lab.now());
    lab.settle();
  }

  EXPECT_EQ(lab.all<StreamOpened>(b).size(), 32u);
  EXPECT_EQ(lab.host(a).peers().size(), 1u);
}

TEST(Streams, OpenedWithoutEndStayBounded_V16) {
  Lab lab;
  const auto node = lab.add();
  const auto wire = *lab.visit(node, 100);
  lab.run(1s);

  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 200; ++i) {
      lab.guest(wire).session->open_stream({"/nobody/has/this"}, lab.now());
    }
    lab.settle();
  }
  lab.run(15s);

  EXPECT_LE(lab.host(node).state_size().streams, 4u);
}

TEST(Streams, HalfNegotiatedOnesEndAtTheirDeadline_V16) {
  Lab lab;
  const auto node = lab.add();
  const auto other = lab.add();
  const auto wire = *lab.visit(node, 100);
  for (int i = 0; i < 100; ++i) {
    lab.guest(wire).session->open_stream({"/a", "/b"}, lab.now());  // waits for our answer
  }

  lab.run(15s);
  lab.connect(other, node);

  EXPECT_FALSE(lab.last<ConnectResult>(other)->error);
  EXPECT_EQ(lab.host(node).peers().size(), lab.guest(wire).closed ? 1u : 2u);
}

TEST(SlowPeer, ThatNeverReadsIsLetGoAndNobodyElseSuffers_V17_F06) {
  Lab lab;
  const auto node = lab.add();
  const auto other = lab.add();
  lab.host(node).handle("/app/1", lab.now());
  for (const auto at : {node, other}) lab.host(at).join("t", lab.now());
  lab.connect(other, node);
  const auto wire = *lab.visit(node, 100, {"/app/1"});
  lab.run(2s);
  const auto stream = lab.host(node).open_stream(key_of(100).peer_id(), {"/app/1"}, lab.now());
  ASSERT_TRUE(stream);
  lab.settle();

  lab.guest(wire).reads = false;
  lab.host(node).write(*stream, SharedBytes{Bytes(1'000'000)});
  for (int i = 0; i < 2000; ++i) {
    lab.guest(wire).session->open_stream({"/ipfs/ping/1.0.0"}, lab.now());
    lab.settle();
  }
  lab.run(9s);
  EXPECT_EQ(lab.host(node).peers().size(), 2u);
  lab.publish(other, "t", "meanwhile");
  EXPECT_EQ(lab.delivered(node, "meanwhile"), 1u);
  lab.run(3s);

  EXPECT_EQ(lab.host(node).peers().size(), 1u);
}

TEST(SlowPeer, ThatReadsAgainInTimeGetsEverything) {
  Lab lab;
  const auto node = lab.add();
  const auto wire = *lab.visit(node, 100, {"/app/1"});
  lab.run(2s);
  const auto stream = *lab.host(node).open_stream(key_of(100).peer_id(), {"/app/1"}, lab.now());
  lab.settle();

  lab.guest(wire).reads = false;
  lab.host(node).write(stream, SharedBytes{Bytes(1'000'000, 7)});
  lab.run(5s);
  lab.read_again(wire);
  lab.run(1s);

  const auto at = lab.guest(wire).inbound("/app/1").front();
  EXPECT_EQ(lab.guest(wire).streams[at].bytes, Bytes(1'000'000, 7));
  EXPECT_FALSE(lab.guest(wire).closed);
}

TEST(Ping, MeasuresTheRoundTrip) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  lab.connect(a, b);
  lab.run(1s);
  const auto before = lab.host(a).state_size().streams;

  for (int i = 0; i < 20; ++i) {
    lab.host(a).ping(lab.id(b), lab.now());
    lab.settle();
  }

  const auto results = lab.all<PingResult>(a);
  ASSERT_EQ(results.size(), 20u);
  for (const auto& result : results) EXPECT_TRUE(result.round_trip);
  EXPECT_TRUE(lab.host(a).peer(lab.id(b))->round_trip);
  EXPECT_EQ(lab.host(a).state_size().streams, before);
  EXPECT_EQ(lab.host(b).state_size().streams, before);
}

TEST(Ping, OfAMutePeerFailsAfterItsTime) {
  Lab lab;
  const auto node = lab.add();
  const auto wire = *lab.visit(node, 100, {"/ipfs/ping/1.0.0"});
  lab.run(1s);

  lab.host(node).ping(key_of(100).peer_id(), lab.now());
  lab.run(19s);
  EXPECT_TRUE(lab.all<PingResult>(node).empty());
  lab.run(2s);

  ASSERT_EQ(lab.all<PingResult>(node).size(), 1u);
  EXPECT_FALSE(lab.last<PingResult>(node)->round_trip);
  EXPECT_FALSE(lab.guest(wire).closed);
}

TEST(Ping, WithAWrongEchoOrWithoutTheProtocolOrThePeerFails) {
  Lab lab;
  const auto node = lab.add();
  const auto wire = *lab.visit(node, 100, {"/ipfs/ping/1.0.0"});
  lab.visit(node, 101);
  lab.run(1s);

  lab.host(node).ping(key_of(100).peer_id(), lab.now());
  lab.host(node).ping(key_of(101).peer_id(), lab.now());
  lab.host(node).ping(key_of(102).peer_id(), lab.now());
  lab.settle();
  const auto stream = lab.guest(wire).inbound("/ipfs/ping/1.0.0").front();
  lab.guest(wire).session->write(stream, SharedBytes{Bytes(32, 1)});
  lab.settle();

  EXPECT_EQ(lab.all<PingResult>(node).size(), 3u);
  for (const auto& result : lab.all<PingResult>(node)) EXPECT_FALSE(result.round_trip);
}

TEST(Ping, AsksAreEchoedFourStreamsAtATime) {
  Lab lab;
  const auto node = lab.add();
  const auto wire = *lab.visit(node, 100);
  lab.run(1s);
  std::vector<session::StreamId> streams;
  for (int i = 0; i < 5; ++i) {
    streams.push_back(lab.guest(wire).open("/ipfs/ping/1.0.0", lab.now()));
    lab.guest(wire).session->write(streams.back(), SharedBytes{Bytes(64, 5)});
    lab.settle();
  }

  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(lab.guest(wire).streams[streams[i]].bytes, Bytes(64, 5));
  }
  EXPECT_EQ(lab.guest(wire).streams[streams[4]].closed, Reason::reset);
}

/// rust-libp2p has a ping stream of its own and takes one for each ping it is asked for; the end of
/// one comes along with the next.
TEST(Ping, AsksOnOneStreamAfterTheOtherAreEchoed) {
  Lab lab;
  const auto node = lab.add();
  const auto wire = *lab.visit(node, 100);
  lab.run(1s);
  auto& guest = lab.guest(wire);
  auto last = guest.open("/ipfs/ping/1.0.0", lab.now());
  guest.open("/ipfs/ping/1.0.0", lab.now());

  for (int i = 0; i < 20; ++i) {
    const auto next = guest.open("/ipfs/ping/1.0.0", lab.now());
    guest.session->write(next, SharedBytes{Bytes(32, 5)});
    guest.session->end_stream(std::exchange(last, next));
    lab.settle();
    EXPECT_EQ(guest.streams[next].bytes, Bytes(32, 5));
  }
}

}  // namespace
}  // namespace grapevine::host
