// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/der.hpp"
#include "unit/crypto/spec_keys.hpp"

namespace grapevine::spec_keys {

inline Bytes sequence(ByteView body) {
  Bytes out;
  crypto::der::append(out, crypto::der::sequence, body);
  return out;
}

/// A public key with an odd modulus of so many bits, which nobody knows the factors of.
inline Bytes rsa_key(std::size_t bits, ByteView exponent = Bytes{1, 0, 1}) {
  Bytes modulus((bits + 7) / 8, 0xff);
  modulus.front() = static_cast<std::uint8_t>(0xff >> ((8 - bits % 8) % 8));
  Bytes numbers;
  crypto::der::append_unsigned(numbers, modulus);
  crypto::der::append_unsigned(numbers, exponent);
  Bytes bit_string{0};
  append(bit_string, sequence(numbers));
  Bytes fields = sequence(unhex("06092a864886f70d0101010500"));
  crypto::der::append(fields, crypto::der::bit_string, bit_string);
  return sequence(fields);
}

}  // namespace grapevine::spec_keys
