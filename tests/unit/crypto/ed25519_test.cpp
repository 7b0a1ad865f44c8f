// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sodium/crypto_core_ed25519.h>
#include <sodium/crypto_scalarmult_ed25519.h>

#include "crypto/hash.hpp"
#include "crypto/signatures.hpp"
#include "unit/crypto/spec_keys.hpp"

namespace grapevine::crypto {
namespace {

using spec_keys::unhex;

constexpr std::string_view order =
    "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
constexpr std::string_view identity_point =
    "0100000000000000000000000000000000000000000000000000000000000000";
constexpr std::string_view order_8_point =
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";

template <class Array>
Array array_of(ByteView bytes) {
  Array out;
  ASSERT(bytes.size() == out.size());
  std::ranges::copy(bytes, out.begin());
  return out;
}

ed25519::PublicKey key_of(std::string_view hex) { return array_of<ed25519::PublicKey>(unhex(hex)); }

Verdict verify(const ed25519::PublicKey& key, ByteView message, ByteView signature) {
  return ed25519::verify(key, std::array{message}, signature);
}

Bytes join(ByteView a, ByteView b) {
  auto out = to_bytes(a);
  append(out, b);
  return out;
}

struct Vector {
  std::string_view seed;
  std::string_view public_key;
  std::string_view message;
  std::string_view signature;
};

// RFC 8032, §7.1: tests 1, 2, 3 and SHA(abc).
constexpr Vector rfc_8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "46bd25bf5f0595bbe24"
     "655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d8c387b2eaeb4302aee"
     "b00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6594a7c15e9716ed28d"
     "c027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "bbd454d4423643ce80e"
     "2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e"
     "0303dca179c138ac17a"
     "d9bef1177331a704"},
};

TEST(Ed25519, SignsAndVerifiesTheVectorsOfRfc8032) {
  for (const auto& vector : rfc_8032) {
    const auto message = unhex(vector.message);
    const auto pair = ed25519::KeyPair::from_seed(array_of<ed25519::Seed>(unhex(vector.seed)));

    EXPECT_EQ(base::to_hex(pair.public_key), vector.public_key);
    EXPECT_EQ(base::to_hex(pair.sign(std::array{ByteView{message}})), vector.signature);
    EXPECT_EQ(verify(pair.public_key, message, unhex(vector.signature)), Verdict::valid);
  }
}

TEST(Ed25519, TakesPiecesAsIfTheyStoodInOneBuffer) {
  const auto pair = ed25519::KeyPair::from_seed({7});
  const auto pieces = std::array{as_bytes("gossip"), ByteView{}, as_bytes("sub")};

  const auto signature = pair.sign(pieces);

  EXPECT_EQ(signature, pair.sign(std::array{as_bytes("gossipsub")}));
  EXPECT_EQ(ed25519::verify(pair.public_key, pieces, signature), Verdict::valid);
  EXPECT_EQ(verify(pair.public_key, as_bytes("gossipsub"), signature), Verdict::valid);
  EXPECT_EQ(ed25519::verify(pair.public_key, {}, pair.sign({})), Verdict::valid);
}

TEST(Ed25519, EveryBrokenBitIsInvalid) {
  const auto pair = ed25519::KeyPair::from_seed({7});
  const auto signature = pair.sign(std::array{as_bytes("message")});
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    auto broken = signature;
    broken[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    ASSERT_EQ(verify(pair.public_key, as_bytes("message"), broken), Verdict::invalid) << bit;
  }
  EXPECT_EQ(verify(pair.public_key, as_bytes("massage"), signature), Verdict::invalid);
  EXPECT_EQ(verify(ed25519::KeyPair::from_seed({8}).public_key, as_bytes("message"), signature),
            Verdict::invalid);
}

TEST(Ed25519, WrongSizesAreInvalid) {
  const auto pair = ed25519::KeyPair::from_seed({7});
  const auto signature = pair.sign(std::array{as_bytes("message")});

  EXPECT_EQ(verify(pair.public_key, as_bytes("message"), ByteView{}), Verdict::invalid);
  EXPECT_EQ(verify(pair.public_key, as_bytes("message"), ByteView{signature}.first(63)),
            Verdict::invalid);
  EXPECT_EQ(verify(pair.public_key, as_bytes("message"), join(signature, Bytes{0})),
            Verdict::invalid);
}

// S + L is a second signature of the same message for a careless reader. Everybody refuses it.
TEST(Ed25519, V12AMalleableSignatureIsInvalid) {
  const auto pair = ed25519::KeyPair::from_seed({7});
  auto signature = pair.sign(std::array{as_bytes("message")});
  const auto added = unhex(order);
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += signature[32 + i] + added[i];
    signature[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  ASSERT_EQ(carry, 0U);

  EXPECT_EQ(verify(pair.public_key, as_bytes("message"), signature), Verdict::invalid);
}

// A = R = identity and S = 0 fits every message for go, dalek and OpenSSL, but not for
// libsodium.
TEST(Ed25519, V12TheSignatureOfTheIdentityIsDisputed) {
  const auto signature = join(unhex(identity_point), Bytes(32));

  EXPECT_EQ(verify(key_of(identity_point), as_bytes("anything"), signature), Verdict::disputed);
}

TEST(Ed25519, ANonCanonicalKeyIsDisputedWhereOthersAccept) {
  const auto p_plus_one =
      key_of("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
  const auto accepted = join(unhex(identity_point), Bytes(32));
  const auto refused = join(unhex(identity_point), unhex(identity_point));

  EXPECT_EQ(verify(p_plus_one, as_bytes("anything"), accepted), Verdict::disputed);
  EXPECT_EQ(verify(p_plus_one, as_bytes("anything"), refused), Verdict::invalid);
}

// Others compute R from S and the message and compare bytes, so an R they would not write is
// refused by all.
TEST(Ed25519, ANonCanonicalRIsInvalid) {
  const auto signature =
      join(unhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), Bytes(32));

  EXPECT_EQ(verify(key_of(identity_point), as_bytes("anything"), signature), Verdict::invalid);
}

// With a key of order 8 and S = 0 the equation holds for the messages whose hash is a multiple of
// 8: about one in eight.
TEST(Ed25519, AKeyOfOrderEightIsDisputedOnlyForTheMessagesOthersAccept) {
  const auto signature = join(unhex(identity_point), Bytes(32));
  int disputed = 0;
  for (int i = 0; i < 256; ++i) {
    const auto verdict =
        verify(key_of(order_8_point), as_bytes("message " + std::to_string(i)), signature);
    ASSERT_NE(verdict, Verdict::valid);
    if (verdict == Verdict::disputed) ++disputed;
  }
  EXPECT_GT(disputed, 16);
  EXPECT_LT(disputed, 64);
}

// The owner of an honest key can choose the nonce 0: R is the identity and S = h * a.
TEST(Ed25519, AnIdentityRUnderAnHonestKeyIsDisputed) {
  Bytes secret(32);
  secret[0] = 9;
  ed25519::PublicKey key;
  ASSERT_EQ(crypto_scalarmult_ed25519_base_noclamp(key.data(), secret.data()), 0);
  const auto digest =
      sha512(std::array{ByteView{unhex(identity_point)}, ByteView{key}, as_bytes("message")});
  Bytes h(32);
  Bytes s(32);
  crypto_core_ed25519_scalar_reduce(h.data(), digest.data());
  crypto_core_ed25519_scalar_mul(s.data(), h.data(), secret.data());
  const auto signature = join(unhex(identity_point), s);

  EXPECT_EQ(verify(key, as_bytes("message"), signature), Verdict::disputed);
  EXPECT_EQ(verify(key, as_bytes("another"), signature), Verdict::invalid);
}

TEST(Ed25519, AMalleableSignatureOfASmallKeyIsInvalid) {
  const auto signature = join(unhex(identity_point), unhex(order));

  EXPECT_EQ(verify(key_of(identity_point), as_bytes("anything"), signature), Verdict::invalid);
}

TEST(Ed25519, AKeyOffTheCurveIsInvalid) {
  const auto pair = ed25519::KeyPair::from_seed({7});
  const auto signature = pair.sign(std::array{as_bytes("message")});

  EXPECT_EQ(verify(key_of("0200000000000000000000000000000000000000000000000000000000000000"),
                   as_bytes("message"), signature),
            Verdict::invalid);
}

}  // namespace
}  // namespace grapevine::crypto
