// SPDX-License-Identifier: Apache-2.0
#include "core/yamux/frame.hpp"

#include <utility>

namespace grapevine::yamux {

std::string_view name(FrameError error) {
  switch (error) {
    case FrameError::bad_version:
      return "bad_version";
    case FrameError::bad_type:
      return "bad_type";
  }
  return "unknown";
}

Result<Header, FrameError> decode_header(std::span<const std::uint8_t, header_size> bytes) {
  base::ByteReader in{bytes};
  if (in.u8() != 0) return unexpected(FrameError::bad_version);
  const auto type = in.u8();
  if (type > std::to_underlying(FrameType::go_away)) return unexpected(FrameError::bad_type);
  Header header{.type = FrameType{type}};
  header.flags = in.u16();
  header.stream = in.u32();
  header.length = in.u32();
  return header;
}

std::array<std::uint8_t, header_size> encode_header(const Header& header) {
  const auto byte = [](std::uint32_t value, int shift) {
    return static_cast<std::uint8_t>(value >> shift);
  };
  return {0,
          std::to_underlying(header.type),
          byte(header.flags, 8),
          byte(header.flags, 0),
          byte(header.stream, 24),
          byte(header.stream, 16),
          byte(header.stream, 8),
          byte(header.stream, 0),
          byte(header.length, 24),
          byte(header.length, 16),
          byte(header.length, 8),
          byte(header.length, 0)};
}

}  // namespace grapevine::yamux
