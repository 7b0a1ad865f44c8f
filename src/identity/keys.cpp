// SPDX-License-Identifier: Apache-2.0
#include "identity/keys.hpp"

#include <optional>
#include <utility>

#include "base/protobuf.hpp"
#include "crypto/hash.hpp"
#include "crypto/wipe.hpp"

namespace grapevine {

namespace {

using crypto::KeyError;
using crypto::Verdict;

// A key that serialises to more is named by its hash.
constexpr std::size_t inlined_size_max = 42;

// The message both key protobufs share.
struct TypedData {
  KeyType type;
  Bytes data;
};

Bytes encode(KeyType type, ByteView data) {
  Bytes out;
  base::FieldWriter writer{out};
  writer.varint(1, std::to_underlying(type));
  writer.bytes(2, data);
  return out;
}

// One encoding per key, or one key would have many peer ids: what does not re-encode to itself is
// refused.
Result<TypedData, KeyError> decode(ByteView encoded, std::size_t size_max) {
  if (encoded.size() > size_max) return unexpected{KeyError::bad_size};
  base::FieldReader reader{encoded};
  const auto type = reader.next();
  const auto data = reader.next();
  if (!type || !*type || !(*type)->is_varint(1) || !data || !*data || !(*data)->is_bytes(2)) {
    return unexpected{KeyError::bad_encoding};
  }
  if ((*type)->value > std::to_underlying(KeyType::ecdsa)) return unexpected{KeyError::unsupported};
  TypedData out{KeyType{static_cast<std::uint8_t>((*type)->value)}, to_bytes((*data)->bytes)};
  auto again = encode(out.type, out.data);
  const bool deterministic = equal(again, encoded);
  crypto::wipe(again);
  if (!deterministic) return unexpected{KeyError::bad_encoding};
  return out;
}

template <class Array>
Array array_of(ByteView bytes) {
  Array out;
  ASSERT(bytes.size() == out.size());
  std::ranges::copy(bytes, out.begin());
  return out;
}

// The seed out of seed and public key (64 bytes), or out of the older form with the public key
// twice (96).
Result<Bytes, KeyError> ed25519_seed(ByteView data) {
  if (data.size() != 64 && data.size() != 96) return unexpected{KeyError::bad_size};
  const auto seed = data.first(32);
  const auto pair = crypto::ed25519::KeyPair::from_seed(array_of<crypto::ed25519::Seed>(seed));
  for (auto rest = data.subspan(32); !rest.empty(); rest = rest.subspan(32)) {
    if (!equal(rest.first(32), pair.public_key)) return unexpected{KeyError::bad_encoding};
  }
  return to_bytes(seed);
}

Result<Bytes, KeyError> secp256k1_public(ByteView secret) {
  if (secret.size() != 32) return unexpected{KeyError::bad_size};
  const auto key = crypto::secp256k1::public_key_of(array_of<crypto::secp256k1::Secret>(secret));
  if (!key) return unexpected{key.error()};
  return to_bytes(*key);
}

// The raw public key of a secret in the form that KeyPair keeps.
Result<Bytes, KeyError> public_of(KeyType type, ByteView secret) {
  switch (type) {
    case KeyType::ed25519: {
      const auto seed = array_of<crypto::ed25519::Seed>(secret);
      return to_bytes(crypto::ed25519::KeyPair::from_seed(seed).public_key);
    }
    case KeyType::secp256k1:
      return secp256k1_public(secret);
    case KeyType::ecdsa:
      return crypto::ecdsa::public_key_of(secret);
    case KeyType::rsa:
      return crypto::rsa::public_key_of(secret);
  }
  return unexpected{KeyError::unsupported};
}

// The raw key as it is kept, or why it is refused.
Result<Bytes, KeyError> check_public(KeyType type, ByteView data) {
  Result<void, KeyError> checked;
  switch (type) {
    case KeyType::ed25519:
      if (data.size() != 32) return unexpected{KeyError::bad_size};
      break;
    case KeyType::secp256k1: {
      const auto key = crypto::secp256k1::parse_public_key(data);
      if (!key) return unexpected{key.error()};
      return to_bytes(*key);
    }
    case KeyType::ecdsa:
      checked = crypto::ecdsa::check_public_key(data);
      break;
    case KeyType::rsa:
      checked = crypto::rsa::check_public_key(data);
      break;
  }
  if (!checked) return unexpected{checked.error()};
  return to_bytes(data);
}

Result<Bytes, KeyError> try_sign(const PublicKey& key, ByteView secret,
                                 std::span<const ByteView> pieces) {
  switch (key.type()) {
    case KeyType::ed25519: {
      crypto::ed25519::KeyPair pair{array_of<crypto::ed25519::Seed>(secret),
                                    array_of<crypto::ed25519::PublicKey>(key.raw())};
      const auto signature = pair.sign(pieces);
      crypto::wipe(pair.seed);
      return to_bytes(signature);
    }
    case KeyType::secp256k1: {
      auto scalar = array_of<crypto::secp256k1::Secret>(secret);
      auto signature = crypto::secp256k1::sign(scalar, crypto::sha256(pieces));
      crypto::wipe(scalar);
      return signature;
    }
    case KeyType::ecdsa:
      return crypto::ecdsa::sign(secret, crypto::sha256(pieces));
    case KeyType::rsa:
      return crypto::rsa::sign(secret, crypto::sha256(pieces));
  }
  return unexpected{KeyError::unsupported};
}

// RSA parts that pass every check may still not belong together.
bool signs_what_verifies(const PublicKey& key, ByteView secret) {
  const auto message = std::array{as_bytes("does this key fit its lock?")};
  const auto signature = try_sign(key, secret, message);
  return signature && key.verify(message, *signature) == Verdict::valid;
}

}  // namespace

Result<PublicKey, KeyError> PublicKey::from_protobuf(ByteView encoded) {
  const auto parsed = decode(encoded, encoded_size_max);
  if (!parsed) return unexpected{parsed.error()};
  auto raw = check_public(parsed->type, parsed->data);
  if (!raw) return unexpected{raw.error()};
  return PublicKey{parsed->type, std::move(*raw)};
}

PublicKey PublicKey::from_ed25519(const crypto::ed25519::PublicKey& key) {
  return PublicKey{KeyType::ed25519, to_bytes(key)};
}

PublicKey::PublicKey(KeyType type, Bytes raw)
    : type_{type}, raw_{std::move(raw)}, protobuf_{encode(type_, raw_)} {}

PeerId PublicKey::peer_id() const {
  if (raw_.empty()) return PeerId{};
  Bytes multihash;
  if (protobuf_.size() <= inlined_size_max) {
    multihash = {0x00, static_cast<std::uint8_t>(protobuf_.size())};
    append(multihash, protobuf_);
  } else {
    multihash = {0x12, 0x20};
    append(multihash, crypto::sha256(protobuf_));
  }
  const auto id = PeerId::from_bytes(multihash);
  ASSERT(id);
  return *id;
}

Result<PublicKey, KeyError> PublicKey::from_peer_id(const PeerId& id) {
  if (id.empty() || id.bytes().front() != 0x00) return unexpected{KeyError::unsupported};
  return from_protobuf(id.bytes().subspan(2));
}

Verdict PublicKey::verify(std::span<const ByteView> pieces, ByteView signature) const {
  if (raw_.empty()) return Verdict::invalid;
  switch (type_) {
    case KeyType::ed25519:
      return crypto::ed25519::verify(array_of<crypto::ed25519::PublicKey>(raw_), pieces, signature);
    case KeyType::secp256k1:
      return crypto::secp256k1::verify(array_of<crypto::secp256k1::PublicKey>(raw_),
                                       crypto::sha256(pieces), signature);
    case KeyType::ecdsa:
      return crypto::ecdsa::verify(raw_, crypto::sha256(pieces), signature)
          .value_or(Verdict::invalid);
    case KeyType::rsa:
      return crypto::rsa::verify(raw_, crypto::sha256(pieces), signature)
          .value_or(Verdict::invalid);
  }
  return Verdict::invalid;
}

KeyPair KeyPair::from_ed25519_seed(const crypto::ed25519::Seed& seed) {
  const auto pair = crypto::ed25519::KeyPair::from_seed(seed);
  return KeyPair{to_bytes(seed), PublicKey::from_ed25519(pair.public_key)};
}

KeyPair KeyPair::generate(Rng& rng) {
  auto seed = rng.seed();
  auto pair = from_ed25519_seed(seed);
  crypto::wipe(seed);
  return pair;
}

Result<KeyPair, KeyError> KeyPair::from_protobuf(ByteView encoded) {
  auto parsed = decode(encoded, encoded_size_max);
  if (!parsed) return unexpected{parsed.error()};
  if (parsed->type == KeyType::ed25519) {
    auto seed = ed25519_seed(parsed->data);
    crypto::wipe(parsed->data);
    if (!seed) return unexpected{seed.error()};
    parsed->data = std::move(*seed);
  }
  auto raw = public_of(parsed->type, parsed->data);
  if (!raw) {
    crypto::wipe(parsed->data);
    return unexpected{raw.error()};
  }
  KeyPair pair{std::move(parsed->data), PublicKey{parsed->type, std::move(*raw)}};
  if (!signs_what_verifies(pair.public_key_, pair.secret_)) {
    return unexpected{KeyError::bad_encoding};
  }
  return pair;
}

KeyPair::KeyPair(Bytes secret, PublicKey public_key)
    : secret_{std::move(secret)}, public_key_{std::move(public_key)} {}

// A swap, so that the key given up is wiped by its last owner and not merely freed.
KeyPair& KeyPair::operator=(KeyPair&& other) noexcept {
  std::swap(secret_, other.secret_);
  std::swap(public_key_, other.public_key_);
  return *this;
}

KeyPair::~KeyPair() { crypto::wipe(secret_); }

KeyPair KeyPair::clone() const { return KeyPair{secret_, public_key_}; }

Bytes KeyPair::to_protobuf() const {
  if (public_key_.type() != KeyType::ed25519) return encode(public_key_.type(), secret_);
  Bytes both;
  both.reserve(64);
  append(both, secret_);
  append(both, public_key_.raw());
  auto encoded = encode(KeyType::ed25519, both);
  crypto::wipe(both);
  return encoded;
}

Bytes KeyPair::sign(std::span<const ByteView> pieces) const {
  auto signature = try_sign(public_key_, secret_, pieces);
  ASSERT(signature);  // from_protobuf has tried
  return std::move(*signature);
}

}  // namespace grapevine
