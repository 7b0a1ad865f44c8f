// SPDX-License-Identifier: Apache-2.0
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include "crypto/der.hpp"
#include "crypto/evp.hpp"
#include "crypto/signatures.hpp"
#include "crypto/wipe.hpp"

namespace grapevine::crypto::ecdsa {

namespace {

constexpr std::size_t scalar_size = 32;
constexpr std::size_t point_size = 65;  // 04, x, y
using Point = std::array<std::uint8_t, point_size>;

// The OIDs 1.2.840.10045.2.1 (an EC key) and 1.2.840.10045.3.1.7 (P-256), tags and lengths
// included.
constexpr std::array<std::uint8_t, 9> ec_key_oid{0x06, 0x07, 0x2a, 0x86, 0x48,
                                                 0xce, 0x3d, 0x02, 0x01};
constexpr std::array<std::uint8_t, 10> p256_oid{0x06, 0x08, 0x2a, 0x86, 0x48,
                                                0xce, 0x3d, 0x03, 0x01, 0x07};

struct FreePoint {
  void operator()(EC_GROUP* group) const { EC_GROUP_free(group); }
  void operator()(EC_POINT* point) const { EC_POINT_free(point); }
};

const EC_GROUP* p256() {
  static const EC_GROUP* const group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  return group;
}

// RFC 5480: the algorithm is id-ecPublicKey with P-256, the key a point.
Result<ByteView, KeyError> point_of(ByteView public_der) {
  const auto info = der::parse_public_key_info(public_der);
  if (!info) return unexpected{KeyError::bad_encoding};
  const auto oid = info->algorithm.first(std::min(info->algorithm.size(), ec_key_oid.size()));
  if (!equal(oid, ec_key_oid)) return unexpected{KeyError::bad_encoding};
  if (!equal(info->algorithm.subspan(oid.size()), p256_oid)) {
    return unexpected{KeyError::unsupported};
  }
  // The first byte says that both coordinates follow; go takes no other form.
  if (info->key.size() != point_size) return unexpected{KeyError::bad_size};
  if (info->key.front() != 0x04) return unexpected{KeyError::bad_encoding};
  return info->key;
}

Result<evp::Key, KeyError> public_key(ByteView public_der) {
  const auto point = point_of(public_der);
  if (!point) return unexpected{point.error()};
  evp::KeyBuilder builder;
  builder.text(OSSL_PKEY_PARAM_GROUP_NAME, "P-256");
  builder.bytes(OSSL_PKEY_PARAM_PUB_KEY, *point);
  auto key = builder.build("EC", EVP_PKEY_PUBLIC_KEY);
  if (!key) return unexpected{KeyError::bad_point};
  return key;
}

// RFC 5915: SEQUENCE { 1, OCTET STRING scalar, [0] curve, [1] public key }. The public key there is
// not believed: it is computed.
Result<ByteView, KeyError> scalar_of(ByteView secret_der) {
  const auto outer = der::parse_whole(secret_der, der::sequence);
  if (!outer) return unexpected{KeyError::bad_encoding};
  base::ByteReader fields{*outer};
  const auto version = der::take_unsigned(fields);
  if (!version || version->size() != 1 || version->front() != 1)
    return unexpected{KeyError::bad_encoding};
  const auto scalar = der::take(fields, der::octet_string);
  const auto curve = der::take(fields, der::context_0);
  if (!scalar || !curve) return unexpected{KeyError::bad_encoding};
  if (!equal(*curve, p256_oid)) return unexpected{KeyError::unsupported};
  if (scalar->empty() || scalar->size() > scalar_size) return unexpected{KeyError::bad_size};
  return *scalar;
}

Result<Point, KeyError> point_from(ByteView scalar) {
  const evp::Number number{BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), nullptr)};
  ASSERT(number);
  if (BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(p256())) >= 0) {
    return unexpected{KeyError::bad_point};
  }
  const std::unique_ptr<EC_POINT, FreePoint> point{EC_POINT_new(p256())};
  Point encoded;
  ASSERT(point && EC_POINT_mul(p256(), point.get(), number.get(), nullptr, nullptr, nullptr) == 1);
  ASSERT(EC_POINT_point2oct(p256(), point.get(), POINT_CONVERSION_UNCOMPRESSED, encoded.data(),
                            encoded.size(), nullptr) == encoded.size());
  return encoded;
}

// The signature once more in strict DER; empty when it is not two numbers even to a lenient reader,
// as go's is: it lets bytes follow the numbers and the sequence.
Bytes strict(ByteView signature) {
  base::ByteReader in{signature};
  const auto outer = der::take(in, der::sequence);
  if (!outer) return {};
  base::ByteReader fields{*outer};
  const auto r = der::take_unsigned(fields);
  const auto s = der::take_unsigned(fields);
  if (!r || !s || r->size() > scalar_size || s->size() > scalar_size) return {};
  Bytes numbers;
  der::append_unsigned(numbers, *r);
  der::append_unsigned(numbers, *s);
  Bytes out;
  der::append(out, der::sequence, numbers);
  return out;
}

}  // namespace

Result<Bytes, KeyError> public_key_of(ByteView secret_der) {
  const auto scalar = scalar_of(secret_der);
  if (!scalar) return unexpected{scalar.error()};
  const auto point = point_from(*scalar);
  if (!point) return unexpected{point.error()};

  Bytes algorithm = to_bytes(ec_key_oid);
  append(algorithm, p256_oid);
  return der::encode({algorithm, *point});
}

Result<void, KeyError> check_public_key(ByteView public_der) {
  const auto key = public_key(public_der);
  if (!key) return unexpected{key.error()};
  return {};
}

Result<Bytes, KeyError> sign(ByteView secret_der, const Digest256& digest) {
  const auto scalar = scalar_of(secret_der);
  if (!scalar) return unexpected{scalar.error()};
  const auto point = point_from(*scalar);
  if (!point) return unexpected{point.error()};
  evp::KeyBuilder builder;
  builder.text(OSSL_PKEY_PARAM_GROUP_NAME, "P-256");
  builder.bytes(OSSL_PKEY_PARAM_PUB_KEY, *point);
  builder.number(OSSL_PKEY_PARAM_PRIV_KEY, *scalar);
  const auto key = builder.build("EC", EVP_PKEY_KEYPAIR);
  if (!key) return unexpected{KeyError::bad_point};
  auto signature = evp::sign(key.get(), digest, evp::Padding::none);
  if (signature.empty()) return unexpected{KeyError::bad_point};
  return signature;
}

Result<Verdict, KeyError> verify(ByteView public_der, const Digest256& digest, ByteView signature) {
  const auto key = public_key(public_der);
  if (!key) return unexpected{key.error()};
  const auto checked = strict(signature);
  if (checked.empty() || !evp::verify(key->get(), digest, checked, evp::Padding::none)) {
    return Verdict::invalid;
  }
  return equal(checked, signature) ? Verdict::valid : Verdict::disputed;
}

}  // namespace grapevine::crypto::ecdsa
