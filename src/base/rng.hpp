// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <utility>

#include "base/bytes.hpp"

namespace grapevine {

/// The one source of chance: ChaCha20 over a 32-byte seed, fit for keys and nonces. Move-only, so
/// that no two objects ever draw the same stream; an owner hands out `fork()`.
class Rng {
 public:
  using Seed = std::array<std::uint8_t, 32>;

  explicit Rng(const Seed& seed);
  Rng(Rng&& other) noexcept;
  Rng& operator=(Rng&& other) noexcept;
  Rng(const Rng&) = delete;
  Rng& operator=(const Rng&) = delete;
  ~Rng();  ///< wipes the key

  /// A child with a fresh key drawn from this stream.
  Rng fork();

  void fill(MutableBytes out);
  Seed seed();  ///< 32 fresh bytes, for a key
  std::uint64_t u64();
  /// Uniform in [0, bound); `bound` > 0. Without modulo bias.
  std::uint64_t below(std::uint64_t bound);
  /// True with probability numerator/denominator.
  bool chance(std::uint64_t numerator, std::uint64_t denominator) {
    return below(denominator) < numerator;
  }

  /// Fisher-Yates; the same on every standard library, which std::shuffle is not.
  template <std::ranges::random_access_range Range>
  void shuffle(Range&& range) {
    const auto first = std::ranges::begin(range);
    for (auto left = static_cast<std::uint64_t>(std::ranges::size(range)); left > 1; --left) {
      std::swap(first[static_cast<std::ptrdiff_t>(left - 1)],
                first[static_cast<std::ptrdiff_t>(below(left))]);
    }
  }

 private:
  void refill();

  std::array<std::uint8_t, 32> key_{};
  std::array<std::uint8_t, 512> block_{};
  std::size_t used_ = 512;
};

}  // namespace grapevine
