// SPDX-License-Identifier: Apache-2.0
#include "identity/keys.hpp"

#include <gtest/gtest.h>

#include "base/protobuf.hpp"
#include "unit/crypto/spec_keys.hpp"

namespace grapevine {
namespace {

using crypto::KeyError;
using crypto::Verdict;
using spec_keys::unhex;

struct Pair {
  KeyType type;
  std::string_view secret;
  std::string_view public_key;
};
constexpr Pair pairs[] = {
    {KeyType::ed25519, spec_keys::ed25519_secret, spec_keys::ed25519_public},
    {KeyType::secp256k1, spec_keys::secp256k1_secret, spec_keys::secp256k1_public},
    {KeyType::ecdsa, spec_keys::ecdsa_secret, spec_keys::ecdsa_public},
    {KeyType::rsa, spec_keys::rsa_secret, spec_keys::rsa_public},
};

Bytes encode(std::uint64_t type, ByteView data) {
  Bytes out;
  base::FieldWriter writer{out};
  writer.varint(1, type);
  writer.bytes(2, data);
  return out;
}

TEST(Keys, OfTheSpecGiveTheirPublicHalves) {
  for (const auto& [type, secret, public_key] : pairs) {
    const auto pair = KeyPair::from_protobuf(unhex(secret));
    ASSERT_TRUE(pair) << secret;

    EXPECT_EQ(pair->public_key().type(), type);
    EXPECT_EQ(base::to_hex(pair->public_key().protobuf()), public_key);
    EXPECT_EQ(base::to_hex(pair->to_protobuf()), secret);
  }
}

TEST(Keys, VerifyWhatTheySign) {
  for (const auto& [type, secret, public_key] : pairs) {
    const auto pair = KeyPair::from_protobuf(unhex(secret)).value();
    const auto key = PublicKey::from_protobuf(unhex(public_key)).value();
    const auto pieces = std::array{as_bytes("mes"), as_bytes("sage")};

    const auto signature = pair.sign(pieces);

    EXPECT_EQ(key.verify(pieces, signature), Verdict::valid);
    EXPECT_EQ(key.verify(std::array{as_bytes("message")}, signature), Verdict::valid);
    EXPECT_EQ(key.verify(std::array{as_bytes("massage")}, signature), Verdict::invalid);
    EXPECT_EQ(key.verify(pieces, ByteView{signature}.first(signature.size() - 1)),
              Verdict::invalid);
    EXPECT_EQ(key.verify(pieces, {}), Verdict::invalid);
  }
}

// Made by go-libp2p 0.48 with the spec's keys; the first two are deterministic, the third is not.
TEST(Keys, AgreeWithGoOnSignatures) {
  constexpr std::string_view ed25519 =
      "7e950d7a15ae4c888166ab5ee9189a9435f898199f7cf25182e5cb92aca9f150"
      "3e8ef147ed402911edb75e30bfa695db8fb1a211ebd8f08a71f58a522226c50c";
  constexpr std::string_view secp256k1 =
      "3045022100f3baeed33b68adee1f8c416ed26e5e7c2b9b484986d91c6a878f8978a5a1bc4f"
      "022067560fa68e4c0d34ee43ff7cb64b77dd5f5c92886633fe7611ca72d3fe9c8991";
  constexpr std::string_view ecdsa =
      "3045022100d10f2d958be1f872eb708b790ef954f1d80fbc98bba10dc356d8eacf9d1ad212"
      "02200c942ad51d351d1c9effdd0de441e5681fab90e664ca1a4a3952589bc27a61fc";
  const auto message = std::array{as_bytes("message")};
  const auto pair_of = [](std::string_view secret) {
    return KeyPair::from_protobuf(unhex(secret)).value();
  };

  EXPECT_EQ(base::to_hex(pair_of(spec_keys::ed25519_secret).sign(message)), ed25519);
  EXPECT_EQ(base::to_hex(pair_of(spec_keys::secp256k1_secret).sign(message)), secp256k1);
  EXPECT_EQ(pair_of(spec_keys::ecdsa_secret).public_key().verify(message, unhex(ecdsa)),
            Verdict::valid);
}

TEST(Keys, AreInlinedInShortIdsOnly) {
  for (const auto& [type, secret, public_key] : pairs) {
    const auto key = PublicKey::from_protobuf(unhex(public_key)).value();
    const auto inlined = PublicKey::from_peer_id(key.peer_id());
    if (type == KeyType::ed25519 || type == KeyType::secp256k1) {
      ASSERT_TRUE(inlined);
      EXPECT_EQ(inlined->protobuf(), key.protobuf());
    } else {
      EXPECT_EQ(inlined.error(), KeyError::unsupported);
    }
  }
  EXPECT_EQ(PublicKey::from_peer_id(PeerId{}).error(), KeyError::unsupported);
  EXPECT_EQ(PublicKey::from_peer_id(PeerId::from_bytes(Bytes{0, 1, 8}).value()).error(),
            KeyError::bad_encoding);
}

TEST(Keys, HaveOneEncodingOnly) {
  const auto raw = Bytes(32, 7);
  const auto good = encode(1, raw);
  ASSERT_TRUE(PublicKey::from_protobuf(good));

  auto with_unknown = good;
  base::FieldWriter{with_unknown}.varint(3, 1);
  auto twice = good;
  append(twice, good);
  Bytes swapped;
  base::FieldWriter swapper{swapped};
  swapper.bytes(2, raw);
  swapper.varint(1, 1);
  auto long_varint = good;
  long_varint.insert(long_varint.begin() + 2, 0x00);
  long_varint[1] = 0x81;
  auto trailing = good;
  trailing.push_back(0);
  for (const auto& bad : {with_unknown, twice, swapped, long_varint, trailing, Bytes{},
                          Bytes{0x08, 0x01}, to_bytes(ByteView{good}.subspan(2))}) {
    EXPECT_EQ(PublicKey::from_protobuf(bad).error(), KeyError::bad_encoding) << base::to_hex(bad);
  }
}

TEST(Keys, OfUnknownTypesOrOtherSizesAreRefused) {
  EXPECT_EQ(PublicKey::from_protobuf(encode(4, Bytes(32))).error(), KeyError::unsupported);
  EXPECT_EQ(PublicKey::from_protobuf(encode(~0ULL, Bytes(32))).error(), KeyError::unsupported);
  EXPECT_EQ(PublicKey::from_protobuf(encode(257, Bytes(32))).error(), KeyError::unsupported);
  for (const std::size_t size : {0U, 31U, 33U, 64U}) {
    EXPECT_EQ(PublicKey::from_protobuf(encode(1, Bytes(size))).error(), KeyError::bad_size);
  }
  EXPECT_EQ(PublicKey::from_protobuf(encode(2, Bytes(32))).error(), KeyError::bad_size);
  EXPECT_EQ(PublicKey::from_protobuf(encode(2, Bytes(33))).error(), KeyError::bad_point);
  EXPECT_EQ(PublicKey::from_protobuf(encode(0, Bytes(100))).error(), KeyError::bad_encoding);
  EXPECT_EQ(PublicKey::from_protobuf(encode(0, Bytes(1 << 20))).error(), KeyError::bad_size);
}

// go takes the long form and names the peer by the short one.
TEST(Keys, LongSecp256k1KeysBecomeCompressed) {
  const auto long_form = unhex(
      "04"
      "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
      "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");

  const auto key = PublicKey::from_protobuf(encode(2, long_form)).value();

  EXPECT_EQ(key.raw().size(), 33U);
  EXPECT_EQ(key.protobuf(), encode(2, key.raw()));
}

TEST(Keys, Ed25519SecretsInTheOldFormAreRead) {
  const auto spec = unhex(spec_keys::ed25519_secret);
  auto data = to_bytes(ByteView{spec}.subspan(4));
  append(data, to_bytes(ByteView{data}.last(32)));

  const auto pair = KeyPair::from_protobuf(encode(1, data));

  ASSERT_TRUE(pair);
  EXPECT_EQ(base::to_hex(pair->to_protobuf()), spec_keys::ed25519_secret);
}

TEST(Keys, SecretsWhosePublicHalfDiffersAreRefused) {
  auto ed25519 = unhex(spec_keys::ed25519_secret);
  ed25519.back() ^= 1;
  EXPECT_EQ(KeyPair::from_protobuf(ed25519).error(), KeyError::bad_encoding);

  auto rsa = unhex(spec_keys::rsa_secret);
  rsa[280] ^= 1;  // in its modulus
  EXPECT_EQ(KeyPair::from_protobuf(rsa).error(), KeyError::bad_encoding);
}

// One broken number does not matter, since OpenSSL checks its short cut and signs by the other way.
TEST(Keys, RsaSecretsWithoutAWorkingWayAreRefused) {
  auto rsa = unhex(spec_keys::rsa_secret);
  rsa[600] ^= 1;   // in its secret exponent
  rsa[1200] ^= 1;  // in a prime
  EXPECT_EQ(KeyPair::from_protobuf(rsa).error(), KeyError::bad_encoding);
}

TEST(Keys, SecretsOfOtherSizesAreRefused) {
  for (const std::size_t size : {0U, 32U, 63U, 65U, 128U}) {
    EXPECT_EQ(KeyPair::from_protobuf(encode(1, Bytes(size))).error(), KeyError::bad_size) << size;
  }
  EXPECT_EQ(KeyPair::from_protobuf(encode(2, Bytes(31))).error(), KeyError::bad_size);
  EXPECT_EQ(KeyPair::from_protobuf(encode(2, Bytes(32))).error(), KeyError::bad_point);
  EXPECT_EQ(KeyPair::from_protobuf(Bytes(1 << 16)).error(), KeyError::bad_size);
}

TEST(Keys, GeneratedFromTheRngSurviveTheirProtobuf) {
  Rng rng{Rng::Seed{3}};
  const auto pair = KeyPair::generate(rng);
  const auto other = KeyPair::generate(rng);

  const auto again = KeyPair::from_protobuf(pair.to_protobuf()).value();

  EXPECT_NE(pair.peer_id(), other.peer_id());
  EXPECT_EQ(pair.peer_id(), again.peer_id());
  EXPECT_EQ(pair.sign(std::array{as_bytes("m")}), again.sign(std::array{as_bytes("m")}));
}

TEST(Keys, CloneAndMoveKeepTheKey) {
  auto pair = KeyPair::from_ed25519_seed({1});
  const auto id = pair.peer_id();
  const auto copy = pair.clone();
  auto other = KeyPair::from_ed25519_seed({2});

  other = std::move(pair);
  const KeyPair moved{std::move(other)};

  EXPECT_EQ(copy.peer_id(), id);
  EXPECT_EQ(moved.peer_id(), id);
  EXPECT_EQ(moved.sign(std::array{as_bytes("m")}), copy.sign(std::array{as_bytes("m")}));
}

// What go accepts and libsodium refuses must not count against whoever passed it on.
TEST(Keys, V12DisputedSignaturesStayDisputed) {
  crypto::ed25519::PublicKey identity{1};
  Bytes signature(64);
  signature[0] = 1;

  EXPECT_EQ(PublicKey::from_ed25519(identity).verify(std::array{as_bytes("anything")}, signature),
            Verdict::disputed);
}

TEST(Keys, NoKeyVerifiesNothing) {
  EXPECT_EQ(PublicKey{}.verify(std::array{as_bytes("m")}, Bytes(64)), Verdict::invalid);
}

}  // namespace
}  // namespace grapevine
