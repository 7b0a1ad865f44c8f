// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace grapevine::base {

/// Why a varint was refused.
enum class VarintError {
  too_long,     ///< no end within ten bytes
  overflow,     ///< more than 64 bits
  non_minimal,  ///< a last byte of zero behind others
};
std::string_view name(VarintError error);

/// Ten bytes carry 64 bits; multiformats stops at nine, peers do not.
inline constexpr std::size_t varint_size_max = 10;

/// Takes one unsigned varint off the front of `in`; nullopt, and nothing taken, while it is
/// incomplete. multiformats unsigned-varint, minimal encodings only.
Result<std::optional<std::uint64_t>, VarintError> take_varint(ByteReader& in);

void append_varint(Bytes& out, std::uint64_t value);
std::size_t varint_size(std::uint64_t value);

/// One length-prefixed frame taken off the front of a stream's bytes.
enum class FrameError {
  bad_length,  ///< the varint is malformed
  too_large,   ///< the length exceeds the limit; nothing was allocated for it
};
std::string_view name(FrameError error);

/// The body of the first varint-length-prefixed frame of `in`; nullopt, and nothing taken, while it
/// is incomplete.
Result<std::optional<ByteView>, FrameError> take_frame(ByteReader& in, std::size_t size_max);

}  // namespace grapevine::base
