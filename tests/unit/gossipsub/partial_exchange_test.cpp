// SPDX-License-Identifier: Apache-2.0
// Routers exchange messages in parts. Most cases are those that go's tests name.
#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "unit/gossipsub/puzzle.hpp"

namespace grapevine::gossipsub {
namespace {

constexpr std::uint8_t all = 0xFF;

struct Two : Solvers {
  Two() {
    add();
    add();
    connect(0, 1);
    net.advance(1s);
  }
};

TEST(PartialExchange, WhoHasNothingAsksWhoHasAll) {
  Two two;
  two.of(0) = all;
  two.publish(0);

  two.publish(1);

  EXPECT_EQ(two.of(1), all);
  EXPECT_EQ(two.parts_sent, 8u);
}

TEST(PartialExchange, WhoKnowsOfNothingIsToldAndGetsAll) {
  Two two;
  two.of(0) = all;

  two.publish(0);

  EXPECT_EQ(two.of(1), all);
  EXPECT_EQ(two.parts_sent, 8u);
}

TEST(PartialExchange, EagerPushNeedsNoQuestion) {
  Two two;
  two.eager[0] = two.eager[1] = true;
  two.of(0, "one") = all;
  std::size_t rpcs = 0;
  two.net.tap = [&](std::size_t, std::size_t, const SharedBytes& frame) {
    rpcs += pubsub::read_rpc(frame, {})->partial.has_value();
  };

  two.publish(0, "one");
  EXPECT_EQ(two.of(1, "one"), all);
  EXPECT_EQ(rpcs, 2u) << "the push and the word of thanks";
  two.of(1, "two") = all;
  two.publish(1, "two");

  EXPECT_EQ(two.of(0, "two"), all);
  EXPECT_EQ(two.parts_sent, 16u) << "nothing comes back";
}

TEST(PartialExchange, WhoHasSomeGetsTheRest) {
  Two two;
  two.of(0) = all;
  two.of(1) = 0b10100101;
  two.publish(1);

  two.publish(0);

  EXPECT_EQ(two.of(1), all);
  EXPECT_EQ(two.parts_sent, 4u);
}

TEST(PartialExchange, TwoHalvesBecomeTwoWholes) {
  Two two;
  two.of(0) = 0b00001111;
  two.of(1) = 0b11110000;

  two.publish(0);
  two.publish(1);

  EXPECT_EQ(two.of(0), all);
  EXPECT_EQ(two.of(1), all);
  EXPECT_EQ(two.parts_sent, 8u);
}

TEST(PartialExchange, EqualHalvesSendNoParts) {
  Two two;
  two.of(0) = two.of(1) = 0b01010101;

  two.publish(0);
  two.publish(1);

  EXPECT_EQ(two.parts_sent, 0u);
}

TEST(PartialExchange, ThreeWithAThirdEachAllEndWithAll) {
  Solvers three;
  for (int i = 0; i < 3; ++i) three.add();
  three.connect(0, 1);
  three.connect(1, 2);
  three.connect(0, 2);
  three.net.advance(1s);
  three.of(0) = 0b00000111;
  three.of(1) = 0b00111000;
  three.of(2) = 0b11000000;

  for (std::size_t i = 0; i < 3; ++i) three.publish(i);

  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(three.of(i), all);
}

TEST(PartialExchange, ReceiversPushOnWhatIsNewToThem) {
  Solvers chain;
  for (int i = 0; i < 3; ++i) chain.add();
  chain.connect(0, 1);
  chain.connect(1, 2);
  chain.net.advance(1s);
  chain.eager.assign(3, true);
  chain.of(0) = all;

  chain.publish(0);

  EXPECT_EQ(chain.of(1), all);
  EXPECT_EQ(chain.of(2), all);
  EXPECT_EQ(chain.parts_sent, 16u);
}

TEST(PartialExchange, WhoIsNotSubscribedPublishesToItsFanoutAndAnswersIt) {
  Solvers two;
  two.add(true, false);
  two.add();
  two.connect(0, 1);
  two.net.advance(1s);
  two.of(0) = all;

  EXPECT_EQ(two.publish(0), 1u);

  EXPECT_EQ(two.of(1), all);
  EXPECT_FALSE(two.net.meshed(1, 0, Solvers::topic));
}

TEST(PartialExchange, GossipReachesThoseOutsideTheMesh) {
  Solvers many;
  constexpr std::size_t count = 25;
  for (std::size_t i = 0; i < count; ++i) many.add();
  for (std::size_t i = 1; i < count; ++i) many.connect(0, i);  // a star: some are never meshed
  many.advance(3s);
  ASSERT_LT(many.net.router(0).mesh(Solvers::topic).size(), count - 1);
  many.of(0) = all;
  std::size_t adverts = 0;
  many.net.tap = [&](std::size_t, std::size_t, const SharedBytes& frame) {
    adverts += pubsub::read_rpc(frame, {})->ihave.size();
  };

  many.publish(0);
  const auto reached = [&] {
    std::size_t sum = 0;
    for (std::size_t i = 1; i < count; ++i) sum += many.of(i) == all;
    return sum;
  };
  const auto at_once = reached();
  for (int i = 0; i < 4; ++i) many.advance(1s);

  EXPECT_LT(at_once, count - 1);
  EXPECT_GT(reached(), at_once);
  EXPECT_EQ(adverts, 0u);
}

/// A node's part in the matrix below.
enum class Part { none, extension, supports, requests };

std::size_t add(Solvers& nodes, Part part) {
  auto config = Solvers::config();
  config.extensions.partial_messages = part != Part::none;
  const auto at = nodes.net.add(config);
  nodes.have.emplace_back();
  nodes.eager.push_back(false);
  if (part >= Part::supports) {
    nodes.net.router(at).set_partial(Solvers::topic,
                                     PartialTopic{.requests = part == Part::requests});
  }
  nodes.net.join(at, Solvers::topic);
  return at;
}

TEST(PartialExchange, EveryPairGetsMessagesWholeOrInParts) {
  for (const auto a : {Part::none, Part::extension, Part::supports, Part::requests}) {
    for (const auto b : {Part::none, Part::extension, Part::supports, Part::requests}) {
      Solvers pair;
      add(pair, a);
      add(pair, b);
      pair.connect(0, 1);
      pair.net.advance(1s);
      pair.of(0) = all;

      pair.net.publish(0, Solvers::topic, Puzzle::whole);
      if (a >= Part::supports) pair.publish(0);

      const bool in_parts = a >= Part::supports && b == Part::requests;
      EXPECT_EQ(pair.net.count(1, Puzzle::whole), in_parts ? 0u : 1u)
          << static_cast<int>(a) << static_cast<int>(b);
      EXPECT_EQ(pair.of(1), in_parts ? all : 0) << static_cast<int>(a) << static_cast<int>(b);
    }
  }
}

TEST(PartialExchange, AMessageInPartsSurvivesAnyFragmentationOfTheBytes) {
  Rng rng{Rng::Seed{9}};
  Two two;
  two.of(0) = all;
  const PartialMessage message{
      Solvers::topic, as_bytes("g"), {}, [](const PartialReceiver&) { return Puzzle::parts(all); }};
  two.net.node(0).hold_writes = true;
  ASSERT_TRUE(two.net.router(0).publish_partial(message, two.net.now()));
  Bytes stream;
  while (auto rpc = two.net.router(0).pack(two.net.handle(0, 1), two.net.now())) {
    for (const auto& piece : rpc->pieces) append(stream, piece);
  }
  for (int round = 0; round < 50; ++round) {
    Bytes waiting;
    std::size_t frames = 0;
    for (std::size_t at = 0; at < stream.size();) {
      const auto size = std::min(stream.size() - at, 1 + rng.below(5));
      append(waiting, ByteView{stream}.subspan(at, size));
      at += size;
      base::ByteReader in{waiting};
      while (const auto frame = base::take_frame(in, 1 << 20)) {
        if (!*frame) break;
        ++frames;
        EXPECT_TRUE(two.net.feed_frame(1, 0, SharedBytes::copy_of(**frame)));
      }
      waiting = to_bytes(ByteView{waiting}.last(in.remaining()));
    }
    EXPECT_EQ(frames, 1u);
    ASSERT_EQ(two.net.node(1).partials.size(), 1u);
    EXPECT_EQ(Puzzle::add(0, two.net.node(1).partials[0].message), all);
    two.net.node(1).partials.clear();
  }
}

}  // namespace
}  // namespace grapevine::gossipsub
