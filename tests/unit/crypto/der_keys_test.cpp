// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "crypto/der.hpp"
#include "crypto/signatures.hpp"
#include "unit/crypto/rsa_key.hpp"
#include "unit/crypto/spec_keys.hpp"

namespace grapevine::crypto {
namespace {

using spec_keys::rsa_key;
using spec_keys::sequence;
using spec_keys::unhex;

// What follows the type and the length in the spec's protobufs.
Bytes data_of(std::string_view hex, std::size_t header) {
  const auto bytes = unhex(hex);
  return to_bytes(ByteView{bytes}.subspan(header));
}
Bytes ecdsa_secret() { return data_of(spec_keys::ecdsa_secret, 4); }
Bytes ecdsa_public() { return data_of(spec_keys::ecdsa_public, 4); }
Bytes rsa_secret() { return data_of(spec_keys::rsa_secret, 5); }
Bytes rsa_public() { return data_of(spec_keys::rsa_public, 5); }

Digest256 digest(std::string_view message) { return sha256(as_bytes(message)); }

using Check = Result<void, KeyError> (*)(ByteView);
const Check checks[] = {ecdsa::check_public_key, rsa::check_public_key};

TEST(Ecdsa, DerivesThePublicKeyOfTheSpecVector) {
  EXPECT_EQ(ecdsa::public_key_of(ecdsa_secret()), ecdsa_public());
}

TEST(Ecdsa, SignsWhatItVerifies) {
  const auto signature = ecdsa::sign(ecdsa_secret(), digest("message")).value();

  EXPECT_EQ(ecdsa::verify(ecdsa_public(), digest("message"), signature), Verdict::valid);
  EXPECT_EQ(ecdsa::verify(ecdsa_public(), digest("massage"), signature), Verdict::invalid);
  EXPECT_EQ(ecdsa::verify(ecdsa_public(), digest("message"), ByteView{}), Verdict::invalid);
}

// RFC 6979, A.2.5, P-256 with SHA-256, message "sample".
constexpr std::string_view rfc_public =
    "3059301306072a8648ce3d020106082a8648ce3d030107034200"
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
constexpr std::string_view rfc_r =
    "00efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
constexpr std::string_view rfc_s =
    "00f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

Bytes rfc_numbers() { return unhex("0221" + std::string{rfc_r} + "0221" + std::string{rfc_s}); }

TEST(Ecdsa, VerifiesTheVectorOfRfc6979) {
  EXPECT_EQ(ecdsa::verify(unhex(rfc_public), digest("sample"), sequence(rfc_numbers())),
            Verdict::valid);
}

// V12's neighbour: go reads the two numbers and lets anything follow them.
TEST(Ecdsa, AFittingSignatureWithBytesBehindItIsDisputed) {
  auto behind_sequence = sequence(rfc_numbers());
  behind_sequence.push_back(0);
  auto within_sequence = rfc_numbers();
  within_sequence.push_back(0);

  EXPECT_EQ(ecdsa::verify(unhex(rfc_public), digest("sample"), behind_sequence), Verdict::disputed);
  EXPECT_EQ(ecdsa::verify(unhex(rfc_public), digest("sample"), sequence(within_sequence)),
            Verdict::disputed);
  EXPECT_EQ(ecdsa::verify(unhex(rfc_public), digest("simple"), behind_sequence), Verdict::invalid);
}

TEST(Ecdsa, RefusesPointsOffTheCurveAndOtherCurves) {
  auto off_curve = ecdsa_public();
  off_curve.back() ^= 1;
  auto other_curve = ecdsa_public();
  other_curve[22] = 0x08;
  auto compressed = ecdsa_public();
  compressed[26] = 0x02;

  EXPECT_EQ(ecdsa::check_public_key(off_curve).error(), KeyError::bad_point);
  EXPECT_EQ(ecdsa::check_public_key(other_curve).error(), KeyError::unsupported);
  EXPECT_EQ(ecdsa::check_public_key(compressed).error(), KeyError::bad_encoding);
  EXPECT_EQ(ecdsa::check_public_key(rsa_public()).error(), KeyError::bad_encoding);
  EXPECT_EQ(ecdsa::verify(off_curve, digest("m"), sequence(rfc_numbers())).error(),
            KeyError::bad_point);
}

TEST(Ecdsa, RefusesSecretsOutsideTheGroup) {
  auto zero = ecdsa_secret();
  std::fill_n(zero.begin() + 7, 32, 0);
  auto large = ecdsa_secret();
  std::fill_n(large.begin() + 7, 32, 0xff);

  EXPECT_EQ(ecdsa::public_key_of(zero).error(), KeyError::bad_point);
  EXPECT_EQ(ecdsa::sign(large, digest("message")).error(), KeyError::bad_point);
}

TEST(Rsa, DerivesThePublicKeyOfTheSpecVector) {
  EXPECT_EQ(rsa::public_key_of(rsa_secret()), rsa_public());
}

TEST(Rsa, SignsWhatItVerifies) {
  const auto signature = rsa::sign(rsa_secret(), digest("message")).value();

  EXPECT_EQ(signature.size(), 512U);
  EXPECT_EQ(rsa::verify(rsa_public(), digest("message"), signature), Verdict::valid);
  EXPECT_EQ(rsa::verify(rsa_public(), digest("massage"), signature), Verdict::invalid);
  EXPECT_EQ(rsa::verify(rsa_public(), digest("message"), ByteView{signature}.first(511)),
            Verdict::invalid);
  EXPECT_EQ(rsa::verify(rsa_public(), digest("message"), {}), Verdict::invalid);
}

// PKCS #1 v1.5 with SHA-256 has one signature per key and message, so another maker's must be ours.
TEST(Rsa, SignaturesAreDeterministic) {
  EXPECT_EQ(rsa::sign(rsa_secret(), digest("message")), rsa::sign(rsa_secret(), digest("message")));
}

TEST(Rsa, V07RefusesModuliOutsideTheLimits) {
  for (const std::size_t bits : {8U, 512U, 1024U, 2047U, 8193U, 16384U, 65536U}) {
    EXPECT_EQ(rsa::check_public_key(rsa_key(bits)).error(), KeyError::bad_size) << bits;
    EXPECT_EQ(rsa::verify(rsa_key(bits), digest("message"), Bytes(bits / 8)).error(),
              KeyError::bad_size)
        << bits;
  }
  for (const std::size_t bits : {2048U, 3072U, 8192U})
    EXPECT_TRUE(rsa::check_public_key(rsa_key(bits))) << bits;
}

TEST(Rsa, RefusesExponentsThatCostTimeOrMeanNothing) {
  EXPECT_EQ(rsa::check_public_key(rsa_key(2048, Bytes{1})).error(), KeyError::bad_size);
  EXPECT_EQ(rsa::check_public_key(rsa_key(2048, Bytes(64, 0xff))).error(), KeyError::bad_size);
  EXPECT_EQ(rsa::check_public_key(rsa_key(2048, Bytes{4})).error(), KeyError::bad_encoding);
  EXPECT_TRUE(rsa::check_public_key(rsa_key(2048, Bytes{3})));
}

TEST(Rsa, RefusesAnEvenModulus) {
  auto key = rsa_key(2048);
  key[key.size() - 6] = 0xfe;

  EXPECT_EQ(rsa::check_public_key(key).error(), KeyError::bad_encoding);
}

// A length is compared with what is there before anything is done with it.
TEST(Der, V08RefusesLengthsBeyondTheInput) {
  const char* const keys[] = {
      "",
      "30",
      "3080",                                      // indefinite
      "30800000",                                  // indefinite, ended
      "308480000000",                              // 2^31
      "3085010000000000",                          // more length bytes than we read
      "30ff",                                      //
      "30888000000000000000",                      //
      "301202847fffffff01020304050607080910",      // an INTEGER of 2^31 - 1 bytes in a 20-byte key
      "30820222300d06092a864886f70d0101010500",    // ends early
      "3012300d06092a864886f70d0101010500038001",  // indefinite BIT STRING
  };
  for (const auto* const key : keys) {
    for (const auto check : checks)
      EXPECT_EQ(check(unhex(key)).error(), KeyError::bad_encoding) << key;
    EXPECT_EQ(rsa::public_key_of(unhex(key)).error(), KeyError::bad_encoding) << key;
    EXPECT_EQ(ecdsa::public_key_of(unhex(key)).error(), KeyError::bad_encoding) << key;
  }
}

TEST(Der, V08RefusesDeepNestingWithoutDescending) {
  Bytes nested;
  for (int depth = 0; depth < 1000; ++depth) nested = sequence(nested);

  for (const auto check : checks) EXPECT_EQ(check(nested).error(), KeyError::bad_encoding);
  EXPECT_EQ(rsa::public_key_of(nested).error(), KeyError::bad_encoding);
}

TEST(Der, RefusesEveryTruncationAndBytesBehind) {
  const auto ec = ecdsa_public();
  for (std::size_t size = 0; size < ec.size(); ++size) {
    ASSERT_FALSE(ecdsa::check_public_key(ByteView{ec}.first(size))) << size;
  }
  const auto rsa = rsa_public();
  for (std::size_t size = 0; size < rsa.size(); ++size) {
    ASSERT_FALSE(rsa::check_public_key(ByteView{rsa}.first(size))) << size;
  }
  auto longer = rsa;
  longer.push_back(0);
  EXPECT_EQ(rsa::check_public_key(longer).error(), KeyError::bad_encoding);
}

TEST(Der, RefusesNumbersThatAreNegativeOrNotMinimal) {
  for (const auto* const text : {"0200", "020180", "02020001", "0202007f"}) {
    const auto bytes = unhex(text);
    base::ByteReader in{bytes};
    EXPECT_FALSE(der::take_unsigned(in)) << text;
  }
}

TEST(Der, RefusesAPublicKeyThatIsNoWholeNumberOfBytes) {
  auto ec = ecdsa_public();
  ASSERT_EQ(ec[25], 0);
  ec[25] = 1;  // a bit of the point is unused
  EXPECT_EQ(ecdsa::check_public_key(ec).error(), KeyError::bad_encoding);
}

TEST(Der, ReadsThePublicKeyItWrote) {
  const Bytes algorithm = unhex("06032a0304");
  const Bytes key(200, 0xab);
  auto encoded = der::encode({algorithm, key});

  const auto info = der::parse_public_key_info(encoded);
  ASSERT_TRUE(info);
  EXPECT_TRUE(equal(info->algorithm, algorithm));
  EXPECT_TRUE(equal(info->key, key));
  encoded.push_back(0);
  EXPECT_FALSE(der::parse_public_key_info(encoded));
}

TEST(Der, WritesWhatItReads) {
  for (const std::size_t size : {0U, 1U, 127U, 128U, 255U, 256U, 65535U, 65536U}) {
    const auto encoded = sequence(Bytes(size, 0xab));
    base::ByteReader in{encoded};
    const auto body = der::take(in, der::sequence);
    ASSERT_TRUE(body) << size;
    EXPECT_EQ(body->size(), size);
    EXPECT_TRUE(in.empty());
  }
}

}  // namespace
}  // namespace grapevine::crypto
