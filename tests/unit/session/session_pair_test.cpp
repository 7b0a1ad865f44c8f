// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "crypto/hash.hpp"
#include "pair.hpp"

namespace grapevine::session {
namespace {

using namespace std::chrono_literals;
using namespace test;

constexpr std::size_t mib = 1024 * 1024;

TEST(SessionPair, ComesAboutUnderAnyFragmentation) {
  for (std::uint8_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(static_cast<int>(seed));
    Pair pair{{.seed = seed}};
    pair.run(1 + seed % 20);
    ASSERT_TRUE(pair.dialer.log.established && pair.listener.log.established);

    const auto id = *pair.dialer.session.open_stream({"/none", "/chat/2"}, start);
    pair.dialer.session.write(id, shared("one byte at a time"));
    pair.dialer.session.end_stream(id);
    pair.run(1 + seed % 3);

    EXPECT_EQ(pair.listener.log.streams[id].data, text("one byte at a time"));
    EXPECT_TRUE(pair.listener.log.streams[id].ended);
  }
}

/// What one side of a random run has written, by stream.
using Written = std::map<StreamId, Bytes>;

void random_action(Pair& pair, std::array<Written, 2>& written, Rng& rng) {
  const auto index = rng.below(2);
  auto& side = index == 0 ? pair.dialer : pair.listener;
  if (rng.chance(1, 6)) {
    const bool several = rng.chance(1, 2);
    const auto id = several ? side.session.open_stream({"/none", "/echo/1"}, pair.now)
                            : side.session.open_stream({"/echo/1"}, pair.now);
    if (id) written[index][*id] = {};
    return;
  }
  if (written[index].empty()) return;
  auto at = written[index].begin();
  std::advance(at, static_cast<std::ptrdiff_t>(rng.below(written[index].size())));
  Bytes bytes(1 + rng.below(rng.chance(1, 5) ? 40'000 : 1500));
  rng.fill(bytes);
  if (side.session.write(at->first, SharedBytes::copy_of(bytes))) append(at->second, bytes);
}

TEST(SessionPair, DeliversEveryByteInOrderUnderRandomInterleaving) {
  for (std::uint8_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(static_cast<int>(seed));
    Rng rng{Rng::Seed{seed, 1}};
    Pair pair{{.seed = seed}};
    pair.established();
    std::array<Written, 2> written;
    for (int i = 0; i < 400; ++i) {
      random_action(pair, written, rng);
      if (rng.chance(1, 2)) pair.step(1 + rng.below(rng.chance(1, 2) ? 100 : 70'000));
      if (rng.chance(1, 20)) pair.advance(Duration{rng.below(100'000)});
    }

    pair.run();

    for (const auto& [id, bytes] : written[0]) EXPECT_EQ(pair.listener.log.streams[id].data, bytes);
    for (const auto& [id, bytes] : written[1]) EXPECT_EQ(pair.dialer.log.streams[id].data, bytes);
    EXPECT_EQ(pair.dialer.session.stream_count(), pair.listener.session.stream_count());
  }
}

TEST(SessionPair, MovesSixtyFourMebibytesUnharmed) {
  Pair pair;
  pair.established();
  const auto id = *pair.dialer.session.open_stream({"/echo/1"}, start);
  Bytes all(64 * mib);
  Rng{Rng::Seed{5}}.fill(all);
  for (ByteView rest{all}; !rest.empty();) {
    const auto block = rest.first(std::min<std::size_t>(rest.size(), 1'000'000));
    rest = rest.subspan(block.size());
    pair.dialer.session.write(id, SharedBytes::copy_of(block));
    pair.run();
  }

  EXPECT_EQ(crypto::sha256(pair.listener.log.streams[id].data), crypto::sha256(all));
}

TEST(SessionPair, ASlowReaderHoldsUpItsOwnStreamOnly) {
  Pair pair;
  pair.established();
  const auto slow = *pair.dialer.session.open_stream({"/echo/1"}, start);
  pair.dialer.session.write(slow, SharedBytes{Bytes(4 * mib)});
  pair.listener.consumes = false;
  pair.run();
  EXPECT_LE(pair.listener.log.streams[slow].received, 256U * 1024);
  pair.listener.consumes = true;

  const auto quick = *pair.dialer.session.open_stream({"/echo/1"}, start);
  for (int i = 0; i < 20; ++i) {
    pair.dialer.session.write(quick, SharedBytes{Bytes(100'000)});
    pair.run();
  }

  EXPECT_EQ(pair.listener.log.streams[quick].received, 2'000'000U);
  EXPECT_LE(pair.listener.log.streams[slow].received, 256U * 1024);
}

TEST(SessionPair, BytesDamagedAnywhereEndBothSidesOrNone) {
  for (std::uint8_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(static_cast<int>(seed));
    Rng rng{Rng::Seed{seed, 2}};
    Pair pair{{.seed = seed}};
    const auto damage_at = rng.below(40);
    for (std::uint64_t i = 0; i < 200; ++i) {
      if (pair.dialer.session.established() && rng.chance(1, 4)) {
        if (const auto id = pair.dialer.session.open_stream({"/echo/1"}, pair.now)) {
          pair.dialer.session.write(*id, shared("some words"));
        }
      }
      auto& wire = rng.chance(1, 2) ? pair.dialer.wire : pair.listener.wire;
      if (i >= damage_at && i < damage_at + 5 && !wire.empty()) {
        wire[rng.below(wire.size())] ^= static_cast<std::uint8_t>(1 + rng.below(255));
      }
      pair.step(60);
    }
    pair.run();
    for (int i = 0; i < 5; ++i) {
      pair.advance(30s);
      pair.run();
    }

    // What was damaged is noticed by whoever received it; the other learns it by silence at last.
    EXPECT_EQ(pair.dialer.log.closed.has_value(), pair.listener.log.closed.has_value());
    for (const auto& [id, stream] : pair.listener.log.streams) {
      EXPECT_TRUE(as_text(text("some words")).starts_with(as_text(stream.data)));
    }
  }
}

}  // namespace
}  // namespace grapevine::session
