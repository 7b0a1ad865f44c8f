// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// The messages of a benchmark: send time and sequence, 8 bytes little-endian each, then the first
/// bytes of a fixed stream seeded with the size.
namespace grapevine::agent {

inline constexpr std::size_t header_size = 16;

struct Header {
  std::int64_t sent_ns = 0;
  std::uint64_t sequence = 0;
};

/// The first `size` bytes of splitmix64's outputs, each little-endian.
std::vector<std::uint8_t> splitmix64_bytes(std::uint64_t seed, std::size_t size);

/// A message of `size` >= `header_size` bytes whose header is still zero.
std::vector<std::uint8_t> blank_payload(std::size_t size);
/// Writes the header; `payload` has room for it.
void stamp(std::span<std::uint8_t> payload, const Header& header);
/// The header of a payload that is long enough for one.
Header read_header(std::span<const std::uint8_t> payload);

}  // namespace grapevine::agent
