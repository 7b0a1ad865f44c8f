// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

/// Text forms of bytes. Decoders answer nullopt for any character outside the alphabet and never
/// throw.
namespace grapevine::base {

/// Bitcoin's base58 alphabet. Quadratic in the input: decode refuses more than `base58_text_max`
/// characters.
inline constexpr std::size_t base58_text_max = 512;
std::string to_base58(ByteView bytes);
std::optional<Bytes> from_base58(std::string_view text);

/// RFC 4648 base32, lower case without padding (multibase `b`); decoding takes upper case too.
std::string to_base32(ByteView bytes);
std::optional<Bytes> from_base32(std::string_view text);

/// Base36, lower case (multibase `k`); as quadratic and as bounded as base58.
std::string to_base36(ByteView bytes);
std::optional<Bytes> from_base36(std::string_view text);

/// RFC 4648 base64 with padding, and base64url without. As for base32, bits set behind the last
/// byte are refused.
std::string to_base64(ByteView bytes);
std::optional<Bytes> from_base64(std::string_view text);
std::string to_base64url(ByteView bytes);
std::optional<Bytes> from_base64url(std::string_view text);

/// Lower-case hexadecimal; decoding takes upper case too.
std::string to_hex(ByteView bytes);
std::optional<Bytes> from_hex(std::string_view text);

}  // namespace grapevine::base
