// SPDX-License-Identifier: Apache-2.0
#include "base/keyed_hash.hpp"

#include <sodium/crypto_shorthash_siphash24.h>

namespace grapevine::base {

KeyedHash::KeyedHash(Rng& rng) { rng.fill(key_); }

std::uint64_t KeyedHash::operator()(ByteView bytes) const {
  static_assert(sizeof key_ == crypto_shorthash_siphash24_KEYBYTES);
  std::array<std::uint8_t, crypto_shorthash_siphash24_BYTES> out;
  crypto_shorthash_siphash24(out.data(), bytes.data(), bytes.size(), key_.data());
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < out.size(); ++i) value |= std::uint64_t{out[i]} << (8 * i);
  return value;
}

}  // namespace grapevine::base
