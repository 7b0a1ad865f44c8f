// SPDX-License-Identifier: Apache-2.0
#include <openssl/core_names.h>

#include "crypto/der.hpp"
#include "crypto/evp.hpp"
#include "crypto/signatures.hpp"

namespace grapevine::crypto::rsa {

namespace {

// rsaEncryption (1.2.840.113549.1.1.1) and its NULL parameters, as RFC 3279 wants them.
constexpr std::array<std::uint8_t, 13> algorithm_body{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                                      0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
constexpr std::size_t exponent_bits_max = 31;  // go's bound; a larger one only costs time

struct PublicNumbers {
  ByteView modulus;
  ByteView exponent;
};

struct SecretNumbers {
  PublicNumbers shared;
  std::array<ByteView, 6>
      secrets;  // d, p, q, d mod p-1, d mod q-1, 1/q mod p: the order of RFC 8017
};

// Before any big number is made of them (V07).
Result<PublicNumbers, KeyError> take_public(base::ByteReader& in) {
  const auto modulus = der::take_unsigned(in);
  const auto exponent = der::take_unsigned(in);
  if (!modulus || !exponent) return unexpected{KeyError::bad_encoding};
  const auto bits = der::bit_length(*modulus);
  if (bits < std::size_t{bits_min} || bits > std::size_t{bits_max})
    return unexpected{KeyError::bad_size};
  if (der::bit_length(*exponent) < 2 || der::bit_length(*exponent) > exponent_bits_max) {
    return unexpected{KeyError::bad_size};
  }
  if (modulus->back() % 2 == 0 || exponent->back() % 2 == 0)
    return unexpected{KeyError::bad_encoding};
  return PublicNumbers{*modulus, *exponent};
}

// RFC 3279: the key is SEQUENCE { modulus, exponent }.
Result<PublicNumbers, KeyError> parse_public(ByteView public_der) {
  const auto info = der::parse_public_key_info(public_der);
  if (!info || !equal(info->algorithm, algorithm_body)) return unexpected{KeyError::bad_encoding};
  const auto key = der::parse_whole(info->key, der::sequence);
  if (!key) return unexpected{KeyError::bad_encoding};
  base::ByteReader numbers{*key};
  const auto parsed = take_public(numbers);
  if (parsed && !numbers.empty()) return unexpected{KeyError::bad_encoding};
  return parsed;
}

// RFC 8017, A.1.2, with two primes.
Result<SecretNumbers, KeyError> parse_secret(ByteView secret_der) {
  const auto outer = der::parse_whole(secret_der, der::sequence);
  if (!outer) return unexpected{KeyError::bad_encoding};
  base::ByteReader fields{*outer};
  const auto version = der::take_unsigned(fields);
  if (!version || !version->empty()) return unexpected{KeyError::bad_encoding};
  const auto shared = take_public(fields);
  if (!shared) return unexpected{shared.error()};

  SecretNumbers numbers{*shared, {}};
  for (auto& secret : numbers.secrets) {
    const auto number = der::take_unsigned(fields);
    if (!number || number->empty()) return unexpected{KeyError::bad_encoding};
    if (number->size() > shared->modulus.size()) return unexpected{KeyError::bad_size};
    secret = *number;
  }
  if (!fields.empty()) return unexpected{KeyError::bad_encoding};
  return numbers;
}

void add_public(evp::KeyBuilder& builder, const PublicNumbers& numbers) {
  builder.number(OSSL_PKEY_PARAM_RSA_N, numbers.modulus);
  builder.number(OSSL_PKEY_PARAM_RSA_E, numbers.exponent);
}

Result<evp::Key, KeyError> public_key(ByteView public_der) {
  const auto numbers = parse_public(public_der);
  if (!numbers) return unexpected{numbers.error()};
  evp::KeyBuilder builder;
  add_public(builder, *numbers);
  auto key = builder.build("RSA", EVP_PKEY_PUBLIC_KEY);
  if (!key) return unexpected{KeyError::bad_encoding};
  return key;
}

}  // namespace

Result<Bytes, KeyError> public_key_of(ByteView secret_der) {
  const auto numbers = parse_secret(secret_der);
  if (!numbers) return unexpected{numbers.error()};

  Bytes pair;
  der::append_unsigned(pair, numbers->shared.modulus);
  der::append_unsigned(pair, numbers->shared.exponent);
  Bytes key;
  der::append(key, der::sequence, pair);
  return der::encode({algorithm_body, key});
}

Result<void, KeyError> check_public_key(ByteView public_der) {
  const auto numbers = parse_public(public_der);
  if (!numbers) return unexpected{numbers.error()};
  return {};
}

Result<Bytes, KeyError> sign(ByteView secret_der, const Digest256& digest) {
  const auto numbers = parse_secret(secret_der);
  if (!numbers) return unexpected{numbers.error()};
  constexpr std::array<const char*, 6> names{
      OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
      OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
      OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
  evp::KeyBuilder builder;
  add_public(builder, numbers->shared);
  for (std::size_t i = 0; i < names.size(); ++i) builder.number(names[i], numbers->secrets[i]);
  const auto key = builder.build("RSA", EVP_PKEY_KEYPAIR);
  if (!key) return unexpected{KeyError::bad_encoding};
  auto signature = evp::sign(key.get(), digest, evp::Padding::pkcs1);
  if (signature.empty()) return unexpected{KeyError::bad_encoding};
  return signature;
}

Result<Verdict, KeyError> verify(ByteView public_der, const Digest256& digest, ByteView signature) {
  const auto key = public_key(public_der);
  if (!key) return unexpected{key.error()};
  const bool fits = evp::verify(key->get(), digest, signature, evp::Padding::pkcs1);
  return fits ? Verdict::valid : Verdict::invalid;
}

}  // namespace grapevine::crypto::rsa
