// SPDX-License-Identifier: Apache-2.0
#include "identity/peer_id.hpp"

#include <gtest/gtest.h>

#include "identity/keys.hpp"
#include "unit/crypto/spec_keys.hpp"

namespace grapevine {
namespace {

using spec_keys::unhex;

// The ids and CIDs that go-libp2p 0.48 gives the spec's keys.
struct Named {
  std::string_view public_key;
  std::string_view id;
  std::string_view cid;
};
constexpr Named named[] = {
    {spec_keys::ed25519_public, "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq",
     "bafzaajaiaejcahwr5d5ofrfbis4l5d6uwr57hu5tjodrypfm6yaq6dsc2r2pzyt6"},
    {spec_keys::secp256k1_public, "16Uiu2HAmLhLvBoYaoZfaMUKuibM6ac163GwKY74c5kiSLg5KvLpY",
     "bafzaajiiaijcca3xo7uzjzcsyilaj6i54cj44qk7kqzpoao5rti2pjx6udtdbp6kte"},
    {spec_keys::ecdsa_public, "QmVMT29id3TUASyfZZ6k9hmNyc2nYabCo4uMSpDw4zrgDk",
     "bafzbeidigywdclqvl5hxfefwp5onbffcfife7pza57mmfb4tiqmtkdjw64"},
    {spec_keys::rsa_public, "QmaeANgBs1DTSxWSrPPtobgQuxW8XTfsS4ydbK4rCHzqxG",
     "bafzbeifwzcumbiyql7bhv7fe7mixg6i7aohegq75k234m63bnw6dbicmzu"},
};

TEST(PeerId, OfEachKeyTypeIsWhatGoSays) {
  for (const auto& [public_key, id, cid] : named) {
    const auto key = PublicKey::from_protobuf(unhex(public_key));
    ASSERT_TRUE(key);

    EXPECT_EQ(key->peer_id().to_string(), id);
    EXPECT_EQ(key->peer_id().to_cid(), cid);
  }
}

TEST(PeerId, ParsesWhatItPrints) {
  for (const auto& [public_key, id, cid] : named) {
    const auto from_base58 = PeerId::parse(id);
    const auto from_cid = PeerId::parse(cid);
    ASSERT_TRUE(from_base58 && from_cid);

    EXPECT_EQ(*from_base58, *from_cid);
    EXPECT_EQ(from_base58->to_string(), id);
    EXPECT_EQ(PeerId::from_bytes(from_base58->bytes()).value(), *from_base58);
  }
}

// The examples of the peer-ids spec.
TEST(PeerId, ParsesTheExamplesOfTheSpec) {
  EXPECT_EQ(PeerId::parse("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe"),
            PeerId::parse("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"));
  EXPECT_TRUE(PeerId::parse("12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"));
}

TEST(PeerId, RefusesTextThatNamesNobody) {
  EXPECT_EQ(PeerId::parse("").error(), PeerIdError::bad_text);
  EXPECT_EQ(PeerId::parse("Qm0OIl").error(), PeerIdError::bad_text);
  EXPECT_EQ(PeerId::parse("hello").error(), PeerIdError::bad_text);
  EXPECT_EQ(PeerId::parse("12D3").error(), PeerIdError::bad_multihash);
  EXPECT_EQ(PeerId::parse("bafybeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe").error(),
            PeerIdError::bad_cid);
  EXPECT_EQ(PeerId::parse(std::string(1 << 20, '1')).error(), PeerIdError::too_long);
  EXPECT_EQ(PeerId::parse(std::string_view{"\0\0", 2}).error(), PeerIdError::bad_text);
}

TEST(PeerId, TakesOnlyIdentityUpTo42BytesAndSha256Of32) {
  auto identity = [](std::size_t size) {
    Bytes bytes{0x00, static_cast<std::uint8_t>(size)};
    bytes.resize(2 + size, 0xab);
    return bytes;
  };
  auto sha256 = [](std::size_t size) {
    Bytes bytes{0x12, static_cast<std::uint8_t>(size)};
    bytes.resize(2 + size, 0xab);
    return bytes;
  };

  EXPECT_TRUE(PeerId::from_bytes(identity(1)));
  EXPECT_TRUE(PeerId::from_bytes(identity(42)));
  EXPECT_EQ(PeerId::from_bytes(identity(43)).error(), PeerIdError::too_long);
  EXPECT_TRUE(PeerId::from_bytes(sha256(32)));
  for (const std::size_t size : {0U, 1U, 20U, 31U, 33U, 42U}) {
    EXPECT_EQ(PeerId::from_bytes(sha256(size)).error(), PeerIdError::bad_multihash) << size;
  }
}

TEST(PeerId, RefusesBrokenMultihashes) {
  EXPECT_EQ(PeerId::from_bytes({}).error(), PeerIdError::bad_multihash);
  EXPECT_EQ(PeerId::from_bytes(Bytes{0x12}).error(), PeerIdError::bad_multihash);
  EXPECT_EQ(PeerId::from_bytes(Bytes{0x00, 0x05, 1, 2, 3}).error(), PeerIdError::bad_multihash);
  EXPECT_EQ(PeerId::from_bytes(Bytes{0x00, 0x02, 1, 2, 3}).error(), PeerIdError::bad_multihash);
  EXPECT_EQ(PeerId::from_bytes(Bytes{0x13, 0x02, 1, 2}).error(), PeerIdError::bad_multihash);
  EXPECT_EQ(PeerId::from_bytes(Bytes{0x00, 0x81, 0x00, 1}).error(), PeerIdError::bad_multihash);
  EXPECT_EQ(PeerId::from_bytes(Bytes(1 << 16)).error(), PeerIdError::too_long);
}

TEST(PeerId, TheEmptyIdIsNobody) {
  const PeerId nobody;

  EXPECT_TRUE(nobody.empty());
  EXPECT_NE(nobody, PeerId::parse(named[0].id).value());
  EXPECT_EQ(PublicKey{}.peer_id(), nobody);
}

TEST(PeerId, OrdersByBytes) {
  const auto a = PeerId::from_bytes(Bytes{0x00, 0x01, 0x01}).value();
  const auto b = PeerId::from_bytes(Bytes{0x00, 0x01, 0xff}).value();

  EXPECT_LT(a, b);
  EXPECT_EQ(std::hash<PeerId>{}(a), std::hash<PeerId>{}(PeerId{a}));
}

}  // namespace
}  // namespace grapevine
