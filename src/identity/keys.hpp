// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/rng.hpp"
#include "crypto/signatures.hpp"
#include "identity/peer_id.hpp"

namespace grapevine {

/// libp2p peer-ids spec, "Keys"; the numbers of its protobuf.
enum class KeyType : std::uint8_t { rsa = 0, ed25519 = 1, secp256k1 = 2, ecdsa = 3 };

/// A public key of any of the four types, with its protobuf encoding.
class PublicKey {
 public:
  static constexpr std::size_t encoded_size_max = 2048;  ///< RSA of 8192 bits takes 1,100

  PublicKey() = default;  ///< no key: it verifies nothing and its peer id is empty
  /// From the protobuf `PublicKey{Type, Data}` in its one deterministic encoding; refuses unknown
  /// types, other fields, and keys its type's check refuses. A long secp256k1 form is taken and
  /// becomes the compressed one.
  static Result<PublicKey, crypto::KeyError> from_protobuf(ByteView encoded);
  static PublicKey from_ed25519(const crypto::ed25519::PublicKey& key);

  KeyType type() const { return type_; }
  ByteView raw() const { return raw_; }
  const Bytes& protobuf() const { return protobuf_; }  ///< canonical encoding
  /// Identity multihash up to 42 encoded bytes, SHA-256 above.
  PeerId peer_id() const;
  /// The key inlined in an id (Ed25519, secp256k1); error `unsupported` when the id is a hash.
  static Result<PublicKey, crypto::KeyError> from_peer_id(const PeerId& id);

  /// Checks a signature over the pieces in order.
  crypto::Verdict verify(std::span<const ByteView> pieces, ByteView signature) const;

 private:
  friend class KeyPair;
  PublicKey(KeyType type, Bytes raw);

  KeyType type_ = KeyType::ed25519;
  Bytes raw_;
  Bytes protobuf_;
};

/// A key pair of any of the four types. Move-only; wiped when destroyed.
class KeyPair {
 public:
  static constexpr std::size_t encoded_size_max = 8192;  ///< RSA of 8192 bits takes 4,700

  static KeyPair from_ed25519_seed(const crypto::ed25519::Seed& seed);
  static KeyPair generate(Rng& rng);  ///< Ed25519
  /// From the protobuf `PrivateKey{Type, Data}`: what key files hold. Refuses a pair whose halves
  /// do not fit.
  static Result<KeyPair, crypto::KeyError> from_protobuf(ByteView encoded);

  KeyPair(KeyPair&&) noexcept = default;
  KeyPair& operator=(KeyPair&& other) noexcept;
  ~KeyPair();
  /// A second owner of the same key, asked for by name.
  KeyPair clone() const;

  const PublicKey& public_key() const { return public_key_; }
  PeerId peer_id() const { return public_key_.peer_id(); }
  Bytes to_protobuf() const;
  Bytes sign(std::span<const ByteView> pieces) const;

 private:
  KeyPair(Bytes secret, PublicKey public_key);

  Bytes secret_;  ///< seed for Ed25519, scalar for secp256k1, DER for the others
  PublicKey public_key_;
};

}  // namespace grapevine
