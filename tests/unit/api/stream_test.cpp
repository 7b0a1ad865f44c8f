// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "cluster.hpp"

namespace grapevine::test {
namespace {

constexpr auto protocol = "/test/1.0.0";

std::vector<std::uint8_t> bytes(std::size_t size, std::uint8_t seed = 1) {
  std::vector<std::uint8_t> out(size);
  std::uint32_t state = seed;
  for (auto& byte : out) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::uint8_t>(state >> 24);
  }
  return out;
}

constexpr std::size_t total = 64u << 20;

struct Streams : testing::Test {
  void SetUp() override {
    ASSERT_TRUE(b.node.handle(protocol, [this](Stream stream) { inbound.set_value(stream); }));
    ASSERT_TRUE(a.node.connect({b.address()}, patience));
  }
  Stream open() {
    auto opened = a.node.open_stream(b.node.id(), protocol, patience);
    EXPECT_TRUE(opened) << opened.error().detail;
    return *opened;
  }

  TestNode a, b;
  std::promise<Stream> inbound;
};

TEST_F(Streams, CarryBytesBothWaysAndEnd) {
  auto ours = open();
  auto theirs = inbound.get_future().get();
  EXPECT_EQ(ours.peer(), b.node.id());
  EXPECT_EQ(theirs.peer(), a.node.id());
  EXPECT_EQ(theirs.protocol(), protocol);

  ASSERT_TRUE(ours.write(bytes(10), patience));
  EXPECT_EQ(*theirs.read_exactly(10, patience), bytes(10));
  ASSERT_TRUE(theirs.write(bytes(20), patience));
  EXPECT_EQ(*ours.read_exactly(20, patience), bytes(20));

  ours.close_write();
  EXPECT_EQ(theirs.read(patience)->size(), 0u);
  ASSERT_TRUE(theirs.write(bytes(5), patience));
  theirs.close_write();
  EXPECT_EQ(*ours.read_exactly(5, patience), bytes(5));
  EXPECT_EQ(ours.read(patience)->size(), 0u);
  EXPECT_EQ(ours.write(bytes(1), patience).error().code, ErrorCode::closed);
}

TEST_F(Streams, KeepWhatAnUnfinishedReadHadTaken) {
  auto ours = open();
  auto theirs = inbound.get_future().get();
  ASSERT_TRUE(ours.write(bytes(10), patience));

  const auto early = theirs.read_exactly(15, 50ms);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, ErrorCode::timeout);

  ASSERT_TRUE(ours.write(bytes(5), patience));
  auto expected = bytes(10);
  for (const auto byte : bytes(5)) expected.push_back(byte);
  EXPECT_EQ(*theirs.read_exactly(15, patience), expected);
  ours.close_write();
  EXPECT_EQ(theirs.read_exactly(1, patience).error().code, ErrorCode::closed);
}

TEST_F(Streams, TellThatTheyWereReset) {
  auto ours = open();
  auto theirs = inbound.get_future().get();

  theirs.reset();

  EXPECT_EQ(ours.read(patience).error().code, ErrorCode::reset);
  EXPECT_EQ(theirs.read(patience).error().code, ErrorCode::closed);
}

TEST_F(Streams, AreResetWhenTheirHandleIsDropped) {
  auto ours = open();
  {
    const auto theirs = inbound.get_future().get();
  }
  inbound = {};

  EXPECT_EQ(ours.read(patience).error().code, ErrorCode::reset);
}

TEST_F(Streams, SendAllBeforeADroppedHandleThatWasClosed) {
  auto ours = open();
  {
    auto theirs = inbound.get_future().get();
    inbound = {};
    ASSERT_TRUE(theirs.write(bytes(1'200'000), patience));
    theirs.close_write();
  }

  EXPECT_EQ(*ours.read_exactly(1'200'000, patience), bytes(1'200'000));
  EXPECT_EQ(ours.read(patience)->size(), 0u);
}

TEST_F(Streams, AreRefusedForAProtocolThatIsNotSpoken) {
  const auto opened = a.node.open_stream(b.node.id(), "/other/1.0.0", patience);

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::refused) << opened.error().detail;
}

TEST_F(Streams, NeedAConnection) {
  TestNode stranger;

  const auto opened = a.node.open_stream(stranger.node.id(), protocol, patience);

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::not_connected);
}

TEST_F(Streams, HoldAWriterWhoseReaderDoesNotRead) {
  auto ours = open();
  auto theirs = inbound.get_future().get();
  const auto piece = bytes(1u << 20);

  std::size_t written = 0;
  Expected<void> result;
  while (result && written < (64u << 20)) {
    result = ours.write(piece, 300ms);
    if (result) written += piece.size();
  }

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::timeout);
  EXPECT_LT(written, 32u << 20);
}

TEST_F(Streams, CarryALotBothWaysAtOnce) {
  auto ours = open();
  auto theirs = inbound.get_future().get();
  const auto piece = bytes(1u << 20);
  const auto send = [&piece](Stream stream) {
    for (std::size_t sent = 0; sent < total; sent += piece.size()) {
      const auto written = stream.write(piece, patience);
      ASSERT_TRUE(written) << written.error().detail;
    }
    stream.close_write();
  };
  const auto receive = [&piece](Stream stream) {
    std::size_t got = 0;
    while (got < total) {
      const auto read = stream.read(patience);
      ASSERT_TRUE(read) << read.error().detail;
      ASSERT_GT(read->size(), 0u);
      for (std::size_t i = 0; i < read->size(); i += 997) {
        ASSERT_EQ(read->bytes()[i], piece[(got + i) % piece.size()]);
      }
      got += read->size();
    }
    EXPECT_EQ(got, total);
    EXPECT_EQ(stream.read(patience)->size(), 0u);
  };
  const auto start = std::chrono::steady_clock::now();

  std::thread threads[] = {std::thread{send, ours}, std::thread{send, theirs},
                           std::thread{receive, ours}, std::thread{receive, theirs}};
  for (auto& thread : threads) thread.join();

  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  RecordProperty("mebibytes_per_second", static_cast<int>(2 * (total >> 20) / took.count()));
}

TEST(Links, AreFurtherConnectionsToTheSamePeer) {
  auto config = quick();
  config.lift_per_peer_limit = true;
  TestNode a{config}, b{config};
  ASSERT_TRUE(b.node.handle(protocol, [](Stream stream) { stream.close_write(); }));

  std::vector<Node::Link> links;
  for (int i = 0; i < 8; ++i) {
    auto link = a.node.dial(b.address(), patience);
    ASSERT_TRUE(link) << link.error().detail;
    EXPECT_EQ(link->peer(), b.node.id());
    links.push_back(*std::move(link));
  }
  auto stream = links[3].open_stream(protocol, patience);
  ASSERT_TRUE(stream) << stream.error().detail;
  EXPECT_EQ(stream->read(patience)->size(), 0u);
  EXPECT_EQ(a.node.statistics().links, 8u);

  links.clear();

  EXPECT_TRUE(b.saw("disconnected " + a.id()));
  EXPECT_EQ(a.node.statistics().links, 0u);
}

}  // namespace
}  // namespace grapevine::test
