// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "wire.hpp"

namespace grapevine::yamux::test {

using Frames = std::vector<Frame>;

inline constexpr std::uint32_t kib = 1024;
inline constexpr std::uint32_t u32_max = 0xFFFFFFFF;

inline Muxer settled(Role role, Config config = {}) {
  Muxer muxer{role, config, start};
  const auto first = sent(muxer);
  EXPECT_EQ(first, Frames{ping(flag::syn, 1)});
  EXPECT_TRUE(
      muxer.on_bytes(encode(Frames{ping(flag::ack, 1)}), start + std::chrono::milliseconds{10}));
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
inline Frames reply(Muxer& muxer, const Frames& frames) {
  EXPECT_TRUE(muxer.on_bytes(encode(frames), start));
  muxer.check_invariants();
  return sent(muxer);
}

inline std::optional<Error> error_of(Muxer& muxer, const Frames& frames) {
  const auto taken = muxer.on_bytes(encode(frames), start);
  muxer.check_invariants();
  return taken ? std::nullopt : std::optional{taken.error()};
}

}  // namespace grapevine::yamux::test
