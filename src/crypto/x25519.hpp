// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "base/bytes.hpp"
#include "base/rng.hpp"

namespace grapevine::crypto {

/// X25519 (RFC 7748).
struct X25519 {
  using Key = std::array<std::uint8_t, 32>;
  Key secret;
  Key public_key;

  static X25519 generate(Rng& rng);
  static X25519 from_secret(const Key& secret);
  /// The shared secret; nullopt when it is all zero (a low-order point).
  std::optional<Key> agree(const Key& remote) const;
};

}  // namespace grapevine::crypto
