// SPDX-License-Identifier: Apache-2.0
#include "crypto/x25519.hpp"

#include <sodium/crypto_scalarmult_curve25519.h>

namespace grapevine::crypto {

X25519 X25519::generate(Rng& rng) { return from_secret(rng.seed()); }

X25519 X25519::from_secret(const Key& secret) {
  X25519 pair{.secret = secret, .public_key = {}};
  ASSERT(crypto_scalarmult_curve25519_base(pair.public_key.data(), pair.secret.data()) == 0);
  return pair;
}

std::optional<X25519::Key> X25519::agree(const Key& remote) const {
  Key shared;
  if (crypto_scalarmult_curve25519(shared.data(), secret.data(), remote.data()) != 0)
    return std::nullopt;
  return shared;
}

}  // namespace grapevine::crypto
