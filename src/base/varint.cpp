// SPDX-License-Identifier: Apache-2.0
#include "base/varint.hpp"

#include <algorithm>
#include <bit>

namespace grapevine::base {

std::string_view name(VarintError error) {
  switch (error) {
    case VarintError::too_long:
      return "too_long";
    case VarintError::overflow:
      return "overflow";
    case VarintError::non_minimal:
      return "non_minimal";
  }
  return "unknown";
}

std::string_view name(FrameError error) {
  switch (error) {
    case FrameError::bad_length:
      return "bad_length";
    case FrameError::too_large:
      return "too_large";
  }
  return "unknown";
}

Result<std::optional<std::uint64_t>, VarintError> take_varint(ByteReader& in) {
  const auto bytes = in.rest().first(std::min(in.remaining(), varint_size_max));
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = bytes[i];
    if (i + 1 == varint_size_max && byte > 1) {
      return unexpected(byte < 0x80 ? VarintError::overflow : VarintError::too_long);
    }
    value |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if (byte < 0x80) {
      if (byte == 0 && i > 0) return unexpected(VarintError::non_minimal);
      in.take(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

void append_varint(Bytes& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

std::size_t varint_size(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

Result<std::optional<ByteView>, FrameError> take_frame(ByteReader& in, std::size_t size_max) {
  auto ahead = in;
  const auto length = take_varint(ahead);
  if (!length) return unexpected(FrameError::bad_length);
  if (!*length) return std::nullopt;
  if (**length > size_max) return unexpected(FrameError::too_large);
  const auto size = static_cast<std::size_t>(**length);
  if (size > ahead.remaining()) return std::nullopt;
  const auto body = ahead.take(size);
  in = ahead;
  return body;
}

}  // namespace grapevine::base
