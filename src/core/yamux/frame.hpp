// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace grapevine::yamux {

/// Number of a stream: odd from the client, even from the server, zero for the session itself.
using StreamId = std::uint32_t;

enum class FrameType : std::uint8_t { data = 0, window_update = 1, ping = 2, go_away = 3 };

/// Bits of the flag field. Bits that have no meaning yet are ignored.
namespace flag {
inline constexpr std::uint16_t syn = 1;
inline constexpr std::uint16_t ack = 2;
inline constexpr std::uint16_t fin = 4;
inline constexpr std::uint16_t rst = 8;
}  // namespace flag

inline constexpr std::size_t header_size = 12;
/// What each side may send on a fresh stream, in bytes. yamux spec, "Flow Control".
inline constexpr std::uint32_t initial_credit = 256 * 1024;

/// One frame's header. yamux spec, "Framing".
struct Header {
  FrameType type = FrameType::data;
  std::uint16_t flags = 0;
  StreamId stream = 0;
  /// Body bytes of data, credit of a window update, value of a ping, code of a GoAway.
  std::uint32_t length = 0;

  bool has(std::uint16_t bit) const { return (flags & bit) != 0; }
  friend bool operator==(const Header&, const Header&) = default;
};

/// Why twelve bytes are no header.
enum class FrameError {
  bad_version,  ///< other than 0
  bad_type,     ///< other than the four
};
std::string_view name(FrameError error);

Result<Header, FrameError> decode_header(std::span<const std::uint8_t, header_size> bytes);
std::array<std::uint8_t, header_size> encode_header(const Header& header);

}  // namespace grapevine::yamux
