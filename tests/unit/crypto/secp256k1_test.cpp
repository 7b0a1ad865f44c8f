// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "crypto/der.hpp"
#include "crypto/hash.hpp"
#include "crypto/signatures.hpp"
#include "unit/crypto/spec_keys.hpp"

namespace grapevine::crypto {
namespace {

using spec_keys::unhex;

constexpr std::string_view group_order =
    "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
constexpr secp256k1::Secret one{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

secp256k1::Secret secret_of(std::string_view hex) {
  secp256k1::Secret secret;
  std::ranges::copy(unhex(hex), secret.begin());
  return secret;
}

// group order - s, big-endian.
Bytes negate(ByteView s) {
  Bytes out = unhex(group_order);
  int borrow = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const std::size_t at = 31 - i;
    const int digit = out[at] - (i < s.size() ? s[s.size() - 1 - i] : 0) - borrow;
    borrow = digit < 0 ? 1 : 0;
    out[at] = static_cast<std::uint8_t>(digit);
  }
  return out;
}

TEST(Secp256k1, DerivesThePublicKeyOfTheSpecVector) {
  const auto key = secp256k1::public_key_of(secret_of(spec_keys::secp256k1_secret.substr(8)));

  ASSERT_TRUE(key);
  EXPECT_EQ(base::to_hex(*key), spec_keys::secp256k1_public.substr(8));
}

// A widely used vector of RFC 6979 nonces on this curve: secret 1, message "Satoshi Nakamoto".
TEST(Secp256k1, SignsWithDeterministicNonces) {
  const auto digest = sha256(as_bytes("Satoshi Nakamoto"));

  const auto signature = secp256k1::sign(one, digest);

  ASSERT_TRUE(signature);
  EXPECT_EQ(base::to_hex(*signature),
            "3045022100934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
            "02202442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5");
  EXPECT_EQ(secp256k1::verify(*secp256k1::public_key_of(one), digest, *signature), Verdict::valid);
}

TEST(Secp256k1, AcceptsAHighSAsGoDoes) {
  const auto digest = sha256(as_bytes("message"));
  const auto key = secp256k1::public_key_of(one).value();
  const auto signature = secp256k1::sign(one, digest).value();
  base::ByteReader in{signature};
  base::ByteReader numbers{der::take(in, der::sequence).value()};
  const auto r = der::take_unsigned(numbers).value();
  const auto s = der::take_unsigned(numbers).value();
  Bytes body;
  der::append_unsigned(body, r);
  der::append_unsigned(body, negate(s));
  Bytes high;
  der::append(high, der::sequence, body);

  EXPECT_NE(high, signature);
  EXPECT_EQ(secp256k1::verify(key, digest, high), Verdict::valid);
}

TEST(Secp256k1, RefusesOtherMessagesKeysAndEncodings) {
  const auto digest = sha256(as_bytes("message"));
  const auto key = secp256k1::public_key_of(one).value();
  const auto signature = secp256k1::sign(one, digest).value();
  auto longer = signature;
  longer.push_back(0);

  EXPECT_EQ(secp256k1::verify(key, sha256(as_bytes("massage")), signature), Verdict::invalid);
  const auto other_key =
      secp256k1::public_key_of(secret_of(spec_keys::secp256k1_secret.substr(8))).value();
  EXPECT_EQ(secp256k1::verify(other_key, digest, signature), Verdict::invalid);
  EXPECT_EQ(secp256k1::verify(key, digest, {}), Verdict::invalid);
  EXPECT_EQ(secp256k1::verify(key, digest, longer), Verdict::invalid);
  EXPECT_EQ(secp256k1::verify(key, digest, Bytes(64)), Verdict::invalid);
}

TEST(Secp256k1, RefusesSecretsOutsideTheGroup) {
  EXPECT_EQ(secp256k1::public_key_of({}).error(), KeyError::bad_point);
  EXPECT_EQ(secp256k1::public_key_of(secret_of(group_order)).error(), KeyError::bad_point);
  EXPECT_EQ(secp256k1::sign({}, sha256(as_bytes("message"))).error(), KeyError::bad_point);
}

TEST(Secp256k1, ParsesTheLongFormsAndCompressesThem) {
  const auto key = secp256k1::public_key_of(one).value();
  const auto both = unhex(
      "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
      "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");
  Bytes uncompressed{4};
  append(uncompressed, both);
  Bytes hybrid{6};
  append(hybrid, both);

  EXPECT_EQ(secp256k1::parse_public_key(key).value(), key);
  EXPECT_EQ(secp256k1::parse_public_key(uncompressed).value(), key);
  EXPECT_EQ(secp256k1::parse_public_key(hybrid).value(), key);
}

TEST(Secp256k1, RefusesKeysOffTheCurveAndOfOtherSizes) {
  Bytes off_curve(33, 0xff);
  off_curve[0] = 2;

  EXPECT_EQ(secp256k1::parse_public_key(off_curve).error(), KeyError::bad_point);
  EXPECT_EQ(secp256k1::parse_public_key(Bytes(33)).error(), KeyError::bad_point);
  EXPECT_EQ(secp256k1::parse_public_key(Bytes(32)).error(), KeyError::bad_size);
  EXPECT_EQ(secp256k1::parse_public_key({}).error(), KeyError::bad_size);
}

}  // namespace
}  // namespace grapevine::crypto
