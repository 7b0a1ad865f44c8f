// SPDX-License-Identifier: Apache-2.0
#include "agent/payload.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace grapevine::agent {
namespace {

TEST(Splitmix64, MatchesItsPublishedOutputs) {
  const auto bytes = splitmix64_bytes(1234567, 16);

  std::uint64_t outputs[2];
  std::memcpy(outputs, bytes.data(), sizeof outputs);
  EXPECT_EQ(outputs[0], 6457827717110365317u);
  EXPECT_EQ(outputs[1], 3203168211198807973u);
}

TEST(Payload, IsItsHeaderAndTheStreamSeededByItsSize) {
  auto payload = blank_payload(29);
  stamp(payload, {.sent_ns = 0x0102, .sequence = 3});

  ASSERT_EQ(payload.size(), 29u);
  const std::vector<std::uint8_t> header{2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(std::vector(payload.begin(), payload.begin() + 16), header);
  const auto stream = splitmix64_bytes(29, 64);
  EXPECT_EQ(std::vector(payload.begin() + 16, payload.end()),
            std::vector(stream.begin(), stream.begin() + 13));
}

TEST(Payload, IsAHeaderAloneAtItsSmallest) {
  EXPECT_EQ(blank_payload(header_size).size(), header_size);
}

TEST(Payload, TellsItsHeader) {
  auto payload = blank_payload(16);
  stamp(payload, {.sent_ns = -5, .sequence = 1ull << 63});

  EXPECT_EQ(read_header(payload).sent_ns, -5);
  EXPECT_EQ(read_header(payload).sequence, 1ull << 63);
}

}  // namespace
}  // namespace grapevine::agent
