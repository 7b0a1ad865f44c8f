// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"

/// Signatures of the four libp2p key types, in the encodings of the libp2p peer-id spec. Stateless
/// functions, safe on every thread.
namespace grapevine::crypto {

/// What checking a signature found.
enum class Verdict {
  valid,
  invalid,
  /// libsodium refuses it (small-order or non-canonical A or R) where go, dalek and OpenSSL may
  /// accept it: never a reason to punish the sender (V12).
  disputed,
};

/// Why a key was refused.
enum class KeyError {
  bad_encoding,  ///< not what the key type's encoding says
  bad_size,      ///< wrong length, or an RSA modulus outside 2048..8192 bits (V07)
  bad_point,     ///< not on the curve, or a secret outside the group
  unsupported,   ///< an operation this key type does not offer here
};
std::string_view name(KeyError error);

namespace ed25519 {
using Seed = std::array<std::uint8_t, 32>;
using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;
/// Holds seed and public key together: signing never takes a public key from outside (V12).
struct KeyPair {
  Seed seed;
  PublicKey public_key;
  static KeyPair from_seed(const Seed& seed);
  Signature sign(std::span<const ByteView> pieces) const;
};
/// RFC 8032 over the pieces in order; several pieces are joined once.
Verdict verify(const PublicKey& key, std::span<const ByteView> pieces, ByteView signature);
}  // namespace ed25519

namespace secp256k1 {
/// Compressed public key (33 bytes), DER signatures of SHA-256 digests, RFC 6979 nonces. Signing
/// gives low S; checking takes either S, as go does. `parse_public_key` also takes the 65-byte
/// forms and compresses them, as go does.
using Secret = std::array<std::uint8_t, 32>;
using PublicKey = std::array<std::uint8_t, 33>;
Result<PublicKey, KeyError> public_key_of(const Secret& secret);
Result<PublicKey, KeyError> parse_public_key(ByteView bytes);
Result<Bytes, KeyError> sign(const Secret& secret, const Digest256& digest);
Verdict verify(const PublicKey& key, const Digest256& digest, ByteView signature);
}  // namespace secp256k1

/// ECDSA P-256 and RSA through OpenSSL. Public keys are PKIX DER; secret keys SEC1 DER (ECDSA) and
/// PKCS #1 DER (RSA), as libp2p stores them. Both sign SHA-256
/// digests, RSA by PKCS #1 v1.5. DER lengths and
/// sizes are checked against the input before any big-number work (V08). A key refused is a
/// KeyError; `check_public_key` tells without a signature.
namespace ecdsa {
Result<Bytes, KeyError> public_key_of(ByteView secret_der);
Result<void, KeyError> check_public_key(ByteView public_der);
Result<Bytes, KeyError> sign(ByteView secret_der, const Digest256& digest);
/// A signature that fits but is not strict DER is `disputed`: go takes it.
Result<Verdict, KeyError> verify(ByteView public_der, const Digest256& digest, ByteView signature);
}  // namespace ecdsa
namespace rsa {
inline constexpr int bits_min = 2048;
inline constexpr int bits_max = 8192;
Result<Bytes, KeyError> public_key_of(ByteView secret_der);
Result<void, KeyError> check_public_key(ByteView public_der);
Result<Bytes, KeyError> sign(ByteView secret_der, const Digest256& digest);
Result<Verdict, KeyError> verify(ByteView public_der, const Digest256& digest, ByteView signature);
}  // namespace rsa

}  // namespace grapevine::crypto
