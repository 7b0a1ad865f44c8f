// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.hpp"

namespace grapevine {

/// Bytes that somebody owns.
using Bytes = std::vector<std::uint8_t>;
/// Bytes that somebody else owns; valid as long as the owner says.
using ByteView = std::span<const std::uint8_t>;
/// Bytes of somebody else's that may be written.
using MutableBytes = std::span<std::uint8_t>;

/// The same bytes, seen as text and back. No copy.
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline Bytes to_bytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }
inline std::string to_text(ByteView bytes) { return std::string{as_text(bytes)}; }

inline void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

inline bool equal(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

namespace base {

/// Writes `value` big-endian behind `out`.
template <class Integer>
void append_big_endian(Bytes& out, Integer value) {
  for (int shift = (static_cast<int>(sizeof(Integer)) - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

/// Takes numbers and pieces off the front of a view. The caller checks `remaining()` first: reading
/// past the end is our own fault and stops the program.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_{bytes} {}

  std::uint8_t u8() { return big_endian<std::uint8_t>(); }
  std::uint16_t u16() { return big_endian<std::uint16_t>(); }
  std::uint32_t u32() { return big_endian<std::uint32_t>(); }
  std::uint64_t u64() { return big_endian<std::uint64_t>(); }
  ByteView take(std::size_t size) {
    ASSERT(size <= rest_.size());
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  std::size_t remaining() const { return rest_.size(); }
  ByteView rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

 private:
  template <class Integer>
  Integer big_endian() {
    Integer value = 0;
    for (const auto byte : take(sizeof(Integer)))
      value = static_cast<Integer>((std::uint64_t{value} << 8) | byte);
    return value;
  }

  ByteView rest_;
};

}  // namespace base
}  // namespace grapevine
