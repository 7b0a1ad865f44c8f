// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/bytes.hpp"

/// As much DER as key files and signatures need: definite, minimal lengths of low-numbered tags,
/// checked against what is there. Callers walk a fixed shape, so nothing recurses and the work is
/// linear in the input (V08).
namespace grapevine::crypto::der {

inline constexpr std::uint8_t integer = 0x02;
inline constexpr std::uint8_t bit_string = 0x03;
inline constexpr std::uint8_t octet_string = 0x04;
inline constexpr std::uint8_t sequence = 0x30;
inline constexpr std::uint8_t context_0 = 0xa0;

/// The body of the next element, which must have this tag; nullopt when it has not or its length is
/// wrong.
std::optional<ByteView> take(base::ByteReader& in, std::uint8_t tag);

/// The magnitude of the next element, a minimally encoded INTEGER >= 0, without leading zeros
/// (empty for 0).
std::optional<ByteView> take_unsigned(base::ByteReader& in);

/// Bits of a magnitude without leading zeros.
std::size_t bit_length(ByteView magnitude);

/// A public key as RFC 5280 wraps it, "SubjectPublicKeyInfo": which algorithm, and the key's own
/// bytes.
struct PublicKeyInfo {
  ByteView algorithm;  ///< the body of the AlgorithmIdentifier: OID and parameters
  ByteView key;        ///< whole bytes: no bit of the BIT STRING is unused
};
/// nullopt when it is anything else, or something follows it.
std::optional<PublicKeyInfo> parse_public_key_info(ByteView encoded);
Bytes encode(const PublicKeyInfo& info);

/// The body of the one element, with this tag, that `encoded` is; nullopt when it is anything else.
std::optional<ByteView> parse_whole(ByteView encoded, std::uint8_t tag);

void append(Bytes& out, std::uint8_t tag, ByteView body);
/// `magnitude` as an INTEGER.
void append_unsigned(Bytes& out, ByteView magnitude);

}  // namespace grapevine::crypto::der
