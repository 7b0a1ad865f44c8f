// SPDX-License-Identifier: Apache-2.0
#include "agent/payload.hpp"

#include <bit>
#include <cstring>

namespace grapevine::agent {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie");

std::vector<std::uint8_t> splitmix64_bytes(std::uint64_t seed, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  std::uint64_t state = seed;
  for (std::size_t at = 0; at < size; at += sizeof state) {
    state += 0x9E3779B97F4A7C15;
    std::uint64_t z = state;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    z ^= z >> 31;
    std::memcpy(bytes.data() + at, &z, std::min(sizeof z, size - at));
  }
  return bytes;
}

std::vector<std::uint8_t> blank_payload(std::size_t size) {
  std::vector<std::uint8_t> payload(header_size);
  const auto body = splitmix64_bytes(size, size - header_size);
  payload.insert(payload.end(), body.begin(), body.end());
  return payload;
}

void stamp(std::span<std::uint8_t> payload, const Header& header) {
  std::memcpy(payload.data(), &header.sent_ns, 8);
  std::memcpy(payload.data() + 8, &header.sequence, 8);
}

Header read_header(std::span<const std::uint8_t> payload) {
  Header header;
  std::memcpy(&header.sent_ns, payload.data(), 8);
  std::memcpy(&header.sequence, payload.data() + 8, 8);
  return header;
}

}  // namespace grapevine::agent
