// SPDX-License-Identifier: Apache-2.0
#include <secp256k1.h>

#include "crypto/signatures.hpp"

namespace grapevine::crypto::secp256k1 {

namespace {

// Never written after its construction, so shared by all threads.
const secp256k1_context* context() {
  static const secp256k1_context* const made = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
  return made;
}

PublicKey compress(const secp256k1_pubkey& point) {
  PublicKey key;
  std::size_t size = key.size();
  ASSERT(secp256k1_ec_pubkey_serialize(context(), key.data(), &size, &point,
                                       SECP256K1_EC_COMPRESSED) == 1);
  ASSERT(size == key.size());
  return key;
}

}  // namespace

Result<PublicKey, KeyError> public_key_of(const Secret& secret) {
  secp256k1_pubkey point;
  if (secp256k1_ec_pubkey_create(context(), &point, secret.data()) != 1)
    return unexpected{KeyError::bad_point};
  return compress(point);
}

Result<PublicKey, KeyError> parse_public_key(ByteView bytes) {
  if (bytes.size() != 33 && bytes.size() != 65) return unexpected{KeyError::bad_size};
  secp256k1_pubkey point;
  if (secp256k1_ec_pubkey_parse(context(), &point, bytes.data(), bytes.size()) != 1) {
    return unexpected{KeyError::bad_point};
  }
  return compress(point);
}

Result<Bytes, KeyError> sign(const Secret& secret, const Digest256& digest) {
  secp256k1_ecdsa_signature signature;
  if (secp256k1_ecdsa_sign(context(), &signature, digest.data(), secret.data(), nullptr, nullptr) !=
      1) {
    return unexpected{KeyError::bad_point};
  }
  Bytes der(72);
  std::size_t size = der.size();
  ASSERT(secp256k1_ecdsa_signature_serialize_der(context(), der.data(), &size, &signature) == 1);
  der.resize(size);
  return der;
}

Verdict verify(const PublicKey& key, const Digest256& digest, ByteView signature) {
  secp256k1_pubkey point;
  secp256k1_ecdsa_signature parsed;
  if (secp256k1_ec_pubkey_parse(context(), &point, key.data(), key.size()) != 1)
    return Verdict::invalid;
  if (signature.empty() || secp256k1_ecdsa_signature_parse_der(context(), &parsed, signature.data(),
                                                               signature.size()) != 1) {
    return Verdict::invalid;
  }
  // libsecp256k1 refuses the high S that go accepts.
  secp256k1_ecdsa_signature_normalize(context(), &parsed, &parsed);
  return secp256k1_ecdsa_verify(context(), &parsed, digest.data(), &point) == 1 ? Verdict::valid
                                                                                : Verdict::invalid;
}

}  // namespace grapevine::crypto::secp256k1
