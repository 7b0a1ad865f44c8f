// SPDX-License-Identifier: Apache-2.0
#include "crypto/x25519.hpp"

#include <gtest/gtest.h>

#include "unit/crypto/spec_keys.hpp"

namespace grapevine::crypto {
namespace {

X25519::Key key_of(std::string_view hex) {
  X25519::Key key;
  std::ranges::copy(spec_keys::unhex(hex), key.begin());
  return key;
}

std::string agree(std::string_view secret, std::string_view remote) {
  return base::to_hex(X25519::from_secret(key_of(secret)).agree(key_of(remote)).value());
}

// RFC 7748, §5.2.
TEST(X25519, MultipliesAsRfc7748) {
  EXPECT_EQ(agree("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                  "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
  EXPECT_EQ(agree("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                  "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"),
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

// RFC 7748, §5.2: the function fed with its own results.
TEST(X25519, IteratesAsRfc7748) {
  auto scalar = key_of("0900000000000000000000000000000000000000000000000000000000000000");
  auto point = scalar;
  for (int i = 0; i < 1000; ++i) {
    const auto next = X25519::from_secret(scalar).agree(point).value();
    point = scalar;
    scalar = next;
    if (i == 0) {
      EXPECT_EQ(base::to_hex(scalar),
                "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    }
  }
  EXPECT_EQ(base::to_hex(scalar),
            "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

// RFC 7748, §6.1.
TEST(X25519, AgreesOnBothSides) {
  const auto alice =
      X25519::from_secret(key_of("77076d0a7318a57d3c16c17251b26645"
                                 "df4c2f87ebc0992ab177fba51db92c2a"));
  const auto bob =
      X25519::from_secret(key_of("5dab087e624a8a4b79e17f8b83800ee6"
                                 "6f3bb1292618b6fd1c2f8b27ff88e0eb"));

  EXPECT_EQ(base::to_hex(alice.public_key),
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  EXPECT_EQ(base::to_hex(bob.public_key),
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  EXPECT_EQ(base::to_hex(alice.agree(bob.public_key).value()),
            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  EXPECT_EQ(alice.agree(bob.public_key), bob.agree(alice.public_key));
}

TEST(X25519, GeneratesFreshPairsFromTheRng) {
  Rng rng{Rng::Seed{1}};
  Rng same{Rng::Seed{1}};

  const auto first = X25519::generate(rng);
  const auto second = X25519::generate(rng);

  EXPECT_NE(first.public_key, second.public_key);
  EXPECT_EQ(first.public_key, X25519::generate(same).public_key);
}

TEST(X25519, RefusesPointsOfLowOrder) {
  const auto pair = X25519::from_secret(
      key_of("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));

  for (const auto* point : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    EXPECT_FALSE(pair.agree(key_of(point))) << point;
  }
}

}  // namespace
}  // namespace grapevine::crypto
