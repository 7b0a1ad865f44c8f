// SPDX-License-Identifier: Apache-2.0
#include "node/go_rand.hpp"

#include <algorithm>

namespace grapevine::node {
namespace {

constexpr std::size_t length = 607;
constexpr std::size_t tap = 273;
/// Go seeds by mixing into a table: the generator's own state after this many steps from seed 1.
constexpr std::uint64_t table_steps = 7'800'000'000'000;

using State = std::array<std::uint64_t, length>;

/// Lehmer's generator modulo 2^31 - 1, which fills the first state of the additive one.
class SeedSequence {
 public:
  explicit SeedSequence(std::int64_t seed) {
    constexpr std::int64_t modulus = (std::int64_t{1} << 31) - 1;
    seed %= modulus;
    if (seed < 0) seed += modulus;
    if (seed == 0) seed = 89482311;
    value_ = static_cast<std::uint64_t>(seed);
    for (int skipped = 0; skipped < 20; ++skipped) next();
  }

  /// Three numbers, each `shift` bits above the one behind it.
  std::uint64_t mixed(int shift) {
    const auto high = next() << (2 * shift);
    const auto middle = next() << shift;
    return high ^ middle ^ next();
  }

 private:
  std::uint64_t next() { return value_ = value_ * 48271 % ((std::uint64_t{1} << 31) - 1); }

  std::uint64_t value_;
};

/// Where the `n`th number of the sequence stands in the state, which is filled downwards. The first
/// state holds numbers 0 to 606. Its own inverse.
std::size_t place_of(std::size_t n) { return (length - tap - 1 + length - n % length) % length; }

/// A polynomial below degree 607 with coefficients modulo 2^64.
using Polynomial = std::array<std::uint64_t, length>;

/// The product modulo x^607 - x^334 - 1, by which the recurrence runs.
Polynomial multiply(const Polynomial& a, const Polynomial& b) {
  std::array<std::uint64_t, 2 * length - 1> product{};
  for (std::size_t i = 0; i < length; ++i) {
    if (a[i] == 0) continue;
    for (std::size_t j = 0; j < length; ++j) product[i + j] += a[i] * b[j];
  }
  for (std::size_t i = product.size() - 1; i >= length; --i) {
    product[i - length] += product[i];
    product[i - tap] += product[i];
  }
  Polynomial reduced{};
  std::copy_n(product.begin(), length, reduced.begin());
  return reduced;
}

/// x^exponent.
Polynomial power_of_x(std::uint64_t exponent) {
  Polynomial x{};
  x[1] = 1;
  Polynomial result{};
  result[0] = 1;
  for (int bit = 63; bit >= 0; --bit) {
    result = multiply(result, result);
    if ((exponent >> bit & 1) != 0) result = multiply(x, result);
  }
  return result;
}

/// The table that Go's sources carry as 607 numbers. The recurrence is linear: the state after n
/// steps is read off x^n, so that 7.8e12 steps take milliseconds.
State make_table() {
  std::array<std::uint64_t, 2 * length> sequence{};
  SeedSequence seeds{1};
  for (std::size_t i = 0; i < length; ++i) sequence[place_of(i)] = seeds.mixed(10);
  for (std::size_t n = length; n < sequence.size(); ++n) {
    sequence[n] = sequence[n - length] + sequence[n - tap];
  }
  const auto jump = power_of_x(table_steps);
  State table{};
  for (std::size_t i = 0; i < length; ++i) {
    std::uint64_t number = 0;
    for (std::size_t j = 0; j < length; ++j) number += jump[j] * sequence[i + j];
    table[place_of(static_cast<std::size_t>(table_steps % length) + i)] = number;
  }
  return table;
}

}  // namespace

GoRand::GoRand(std::int64_t seed) : feed_{length - tap} {
  static const State table = make_table();
  SeedSequence seeds{seed};
  for (std::size_t i = 0; i < length; ++i) state_[i] = seeds.mixed(20) ^ table[i];
}

std::uint64_t GoRand::next() {
  tap_ = (tap_ + length - 1) % length;
  feed_ = (feed_ + length - 1) % length;
  return state_[feed_] += state_[tap_];
}

void GoRand::read(MutableBytes out) {
  for (auto& byte : out) {
    if (bytes_left_ == 0) {
      value_ = next();
      bytes_left_ = 7;
    }
    byte = static_cast<std::uint8_t>(value_);
    value_ >>= 8;
    --bytes_left_;
  }
}

std::array<std::uint8_t, 32> demo_key_seed(std::int64_t number) {
  // Go's int wraps around.
  GoRand numbers{static_cast<std::int64_t>(static_cast<std::uint64_t>(number) + 1)};
  std::array<std::uint8_t, 32> seed{};
  numbers.read(seed);
  return seed;
}

}  // namespace grapevine::node
