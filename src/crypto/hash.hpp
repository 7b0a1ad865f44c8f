// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "base/bytes.hpp"

namespace grapevine::crypto {

using Digest256 = std::array<std::uint8_t, 32>;
using Digest512 = std::array<std::uint8_t, 64>;

/// FIPS 180-4, over the pieces in order, as if they stood in one buffer.
Digest256 sha256(ByteView bytes);
Digest256 sha256(std::span<const ByteView> pieces);
Digest512 sha512(std::span<const ByteView> pieces);

/// RFC 2104 with SHA-256.
Digest256 hmac_sha256(ByteView key, std::span<const ByteView> pieces);

/// Noise's HKDF with two outputs (Noise revision 34, §4.3): RFC 5869 with the chaining key as salt,
/// an empty info and 64 bytes of output.
std::array<Digest256, 2> hkdf2(const Digest256& chaining_key, ByteView input);

}  // namespace grapevine::crypto
