// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"

namespace grapevine::node {

/// The numbers of Go's `math/rand.New(rand.NewSource(seed))`: the additive lagged Fibonacci
/// generator x[n] = x[n-607] + x[n-273] of D. P. Mitchell and J. A. Reeds. Known to everyone, so
/// good for demo identities and nothing else.
class GoRand {
 public:
  explicit GoRand(std::int64_t seed);

  /// Go's `Rand.Read`: seven bytes of each 63-bit number, lowest first.
  void read(MutableBytes out);

 private:
  static constexpr std::size_t length = 607;
  std::uint64_t next();

  std::array<std::uint64_t, length> state_;
  std::size_t tap_ = 0;
  std::size_t feed_;
  std::uint64_t value_ = 0;
  int bytes_left_ = 0;
};

/// The Ed25519 seed of the demo's flag `-s number`: the first 32 bytes of Go's generator seeded
/// with number + 1. Anyone can compute it: such a node has no secret.
std::array<std::uint8_t, 32> demo_key_seed(std::int64_t number);

}  // namespace grapevine::node
