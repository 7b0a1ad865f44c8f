// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

/// Self-describing hashes (multiformats multihash) and the two text forms of those that name peers.
namespace grapevine::multi {

/// Why bytes or text were refused as a multihash.
enum class MultihashError {
  malformed,     ///< not code, length and exactly that many bytes
  unknown_code,  ///< for a peer: neither identity nor SHA-256
  bad_length,    ///< more digest bytes than allowed, none, or not 32 for SHA-256
  bad_text,      ///< neither base58btc nor a known multibase
  bad_cid,       ///< a CID that is not version 1 with the libp2p-key codec
};
std::string_view name(MultihashError error);

inline constexpr std::uint64_t identity_code = 0x00;
inline constexpr std::uint64_t sha2_256_code = 0x12;

/// Most digest bytes any multihash may have here.
inline constexpr std::size_t digest_size_max = 128;
/// Most bytes of key that a peer id may carry unhashed. libp2p peer-ids spec, "Peer IDs".
inline constexpr std::size_t peer_identity_size_max = 42;
/// Most characters any peer id has, in any text form, with room to spare.
inline constexpr std::size_t peer_text_max = 128;

/// A multihash taken apart; `digest` views what was parsed.
struct Multihash {
  std::uint64_t code = identity_code;
  ByteView digest;
};

/// Any hash function, 1 to `digest_size_max` bytes of digest.
Result<Multihash, MultihashError> parse_multihash(ByteView bytes);
/// Only what a peer id may be: identity of at most `peer_identity_size_max` bytes, or SHA-256.
Result<Multihash, MultihashError> parse_peer_multihash(ByteView bytes);
Bytes encode_multihash(const Multihash& multihash);

/// The multihash of a peer from base58btc (`12D3…`, `Qm…`) or a CIDv1 with codec libp2p-key in
/// base32, base36 or base58btc (`b…`, `k…`, `z…`). libp2p peer-ids spec, "String representation".
Result<Bytes, MultihashError> peer_multihash_from_text(std::string_view text);
/// The base32 CIDv1 of a peer's multihash.
std::string peer_cid_text(ByteView multihash);

}  // namespace grapevine::multi
