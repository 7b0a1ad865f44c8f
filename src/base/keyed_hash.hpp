// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "base/rng.hpp"

namespace grapevine::base {

/// SipHash-2-4 with a secret key: the hash for every table whose keys a peer chooses (V21).
class KeyedHash {
 public:
  using Key = std::array<std::uint8_t, 16>;

  explicit KeyedHash(Rng& rng);
  explicit KeyedHash(const Key& key) : key_{key} {}

  std::uint64_t operator()(ByteView bytes) const;
  std::uint64_t operator()(std::string_view text) const { return (*this)(as_bytes(text)); }

 private:
  Key key_{};
};

}  // namespace grapevine::base
