// SPDX-License-Identifier: Apache-2.0
#include "base/rng.hpp"

#include <sodium/crypto_stream_chacha20.h>
#include <sodium/utils.h>

namespace grapevine {
namespace {

/// What `used_` says in an object that was moved from. Drawing from one would repeat a stream.
constexpr std::size_t moved_away = ~std::size_t{0};

}  // namespace

Rng::Rng(const Seed& seed) : key_{seed} {}

Rng::Rng(Rng&& other) noexcept : key_{other.key_}, block_{other.block_}, used_{other.used_} {
  sodium_memzero(other.key_.data(), other.key_.size());
  sodium_memzero(other.block_.data(), other.block_.size());
  other.used_ = moved_away;
}

Rng& Rng::operator=(Rng&& other) noexcept {
  if (this == &other) return *this;
  key_ = other.key_;
  block_ = other.block_;
  used_ = other.used_;
  sodium_memzero(other.key_.data(), other.key_.size());
  sodium_memzero(other.block_.data(), other.block_.size());
  other.used_ = moved_away;
  return *this;
}

Rng::~Rng() {
  sodium_memzero(key_.data(), key_.size());
  sodium_memzero(block_.data(), block_.size());
}

Rng Rng::fork() { return Rng{seed()}; }

void Rng::fill(MutableBytes out) {
  ASSERT(used_ != moved_away);
  while (!out.empty()) {
    if (used_ == block_.size()) refill();
    const auto size = std::min(out.size(), block_.size() - used_);
    const auto drawn = MutableBytes{block_}.subspan(used_, size);
    std::ranges::copy(drawn, out.begin());
    std::ranges::fill(drawn, std::uint8_t{0});
    used_ += size;
    out = out.subspan(size);
  }
}

Rng::Seed Rng::seed() {
  Seed seed;
  fill(seed);
  return seed;
}

std::uint64_t Rng::u64() {
  std::array<std::uint8_t, 8> bytes;
  fill(bytes);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
  return value;
}

std::uint64_t Rng::below(std::uint64_t bound) {
  ASSERT(bound > 0);
  for (;;) {
    const auto drawn = u64();
    // Refusing the 2^64 mod bound lowest values leaves a whole number of rounds of `bound`.
    if (drawn >= bound || drawn >= (0 - bound) % bound) return drawn % bound;
  }
}

/// The key is replaced with every block, so that who reads this object later learns nothing about
/// earlier output.
void Rng::refill() {
  constexpr std::array<std::uint8_t, crypto_stream_chacha20_ietf_NONCEBYTES> nonce{};
  std::array<std::uint8_t, 512 + 32> stream;
  crypto_stream_chacha20_ietf(stream.data(), stream.size(), nonce.data(), key_.data());
  std::copy_n(stream.begin(), block_.size(), block_.begin());
  std::copy_n(stream.begin() + static_cast<std::ptrdiff_t>(block_.size()), key_.size(),
              key_.begin());
  sodium_memzero(stream.data(), stream.size());
  used_ = 0;
}

}  // namespace grapevine
