// SPDX-License-Identifier: Apache-2.0
#include "identity/records.hpp"

#include <gtest/gtest.h>

#include "base/protobuf.hpp"
#include "unit/crypto/spec_keys.hpp"

namespace grapevine {
namespace {

using spec_keys::unhex;

constexpr std::string_view domain = "test-domain";
constexpr std::string_view record_domain = "libp2p-peer-record";
constexpr std::string_view record_type = "\x03\x01";

KeyPair alice() { return KeyPair::from_ed25519_seed({1}); }
KeyPair mallory() { return KeyPair::from_ed25519_seed({2}); }
Multiaddr address(std::string_view text) { return Multiaddr::parse(text).value(); }

Bytes record_payload(const PeerId& peer, std::uint64_t seq, std::span<const Bytes> addresses) {
  Bytes payload;
  base::FieldWriter writer{payload};
  writer.bytes(1, peer.bytes());
  writer.varint(2, seq);
  for (const auto& bytes : addresses) {
    Bytes info;
    base::FieldWriter{info}.bytes(1, bytes);
    writer.bytes(3, info);
  }
  return payload;
}

Bytes seal_record(const KeyPair& key, ByteView payload) {
  return seal_envelope(key, record_domain, as_bytes(record_type), payload);
}

TEST(Envelope, OpensToWhatWasSealed) {
  const auto sealed = seal_envelope(alice(), domain, as_bytes("type"), as_bytes("payload"));

  const auto opened = open_envelope(sealed, domain, as_bytes("type"));

  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->key.peer_id(), alice().peer_id());
  EXPECT_EQ(as_text(opened->payload), "payload");
}

// A signature for one purpose must not serve another.
TEST(Envelope, V11RefusesOtherDomainsAndTypes) {
  const auto sealed = seal_envelope(alice(), domain, as_bytes("type"), as_bytes("payload"));

  EXPECT_EQ(open_envelope(sealed, "test-domaim", as_bytes("type")).error(),
            EnvelopeError::bad_signature);
  EXPECT_EQ(open_envelope(sealed, "", as_bytes("type")).error(), EnvelopeError::bad_signature);
  EXPECT_EQ(open_envelope(sealed, domain, as_bytes("typo")).error(), EnvelopeError::wrong_type);
}

// Without the lengths in the signed bytes the border between type and payload could be moved.
TEST(Envelope, RefusesAMovedBorder) {
  const auto sealed = seal_envelope(alice(), domain, as_bytes("ab"), as_bytes("cd"));
  auto moved = to_bytes(sealed);
  const auto border = as_text(sealed).find(
      "\x12\x02"
      "ab\x1a\x02"
      "cd");
  ASSERT_NE(border, std::string_view::npos);
  std::ranges::copy(as_bytes("\x12\x03"
                             "abc\x1a\x01"
                             "d"),
                    moved.begin() + static_cast<std::ptrdiff_t>(border));

  EXPECT_EQ(open_envelope(moved, domain, as_bytes("abc")).error(), EnvelopeError::bad_signature);
}

TEST(Envelope, RefusesTheKeyOfAnother) {
  const auto sealed = seal_envelope(alice(), domain, as_bytes("type"), as_bytes("payload"));
  auto swapped = sealed;
  const auto other = mallory().public_key().protobuf();
  std::ranges::copy(other, swapped.begin() + 2);

  EXPECT_EQ(open_envelope(swapped, domain, as_bytes("type")).error(), EnvelopeError::bad_signature);
}

TEST(Envelope, RefusesEveryTruncationAndBrokenBit) {
  const auto sealed = seal_envelope(alice(), domain, as_bytes("type"), as_bytes("payload"));
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    ASSERT_FALSE(open_envelope(ByteView{sealed}.first(size), domain, as_bytes("type"))) << size;
  }
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    auto broken = sealed;
    broken[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    ASSERT_FALSE(open_envelope(broken, domain, as_bytes("type"))) << bit;
  }
}

TEST(Envelope, IgnoresUnknownFields) {
  auto sealed = seal_envelope(alice(), domain, as_bytes("type"), as_bytes("payload"));
  base::FieldWriter{sealed}.bytes(9, as_bytes("from the future"));

  EXPECT_TRUE(open_envelope(sealed, domain, as_bytes("type")));
}

TEST(PeerRecord, OpensToWhatWasSealed) {
  const PeerRecord record{
      alice().peer_id(), 7, {address("/ip4/192.0.2.1/tcp/4001"), address("/dns4/example/tcp/1")}};

  const auto opened = PeerRecord::open(record.seal(alice()));

  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->peer, record.peer);
  EXPECT_EQ(opened->seq, 7U);
  EXPECT_EQ(opened->addresses, record.addresses);
}

// Sealed by go-libp2p 0.48 with the spec's Ed25519, secp256k1 and ECDSA keys.
TEST(PeerRecord, OfGoOpensAndIsSealedToTheSameBytes) {
  struct Case {
    std::string_view secret;
    std::string_view envelope;
    bool deterministic;
  };
  constexpr Case cases[] = {
      {spec_keys::ed25519_secret,
       "0a24080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e1202"
       "03011a550a260024080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d4"
       "74fce27e10bdaadeec051a0a0a0804c0000201060fa11a190a172920010db8000000000000000000"
       "00000191020fa1cd032a408a64b273240b62281a77cd6805c89a0ec3bab923e87911d5c9bfa7b254"
       "ae560d9a5bd36d21958cd2c74146b60e62d9b0a9c80edb00ca792f66c8b219ff12cc03",
       true},
      {spec_keys::secp256k1_secret,
       "0a2508021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca9912"
       "0203011a560a27002508021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fe"
       "a0e630bfca9910bdaadeec051a0a0a0804c0000201060fa11a190a172920010db800000000000000"
       "000000000191020fa1cd032a463044022070020b366b236fee48477ec3214db5a1b0196953903d8d"
       "98328073f539fbac9f02207b19303ca13f6c5d30c42ec622791aa92c0a3c585f38d77436dc8526fc"
       "fd1933",
       true},
      {spec_keys::ecdsa_secret,
       "0a5f0803125b3059301306072a8648ce3d020106082a8648ce3d03010703420004de3d300fa36ae0"
       "e8f5d530899d83abab44abf3161f162a4bc901d8e6ecda020e8b6d5f8da30525e71d6851510c098e"
       "5c47c646a597fb4dcec034e9f77c409e62120203011a510a22122068362c312e155f4f7290b67f5c"
       "d094a22a0a4fbf20efd8c287934419350d36f710bdaadeec051a0a0a0804c0000201060fa11a190a"
       "172920010db800000000000000000000000191020fa1cd032a4630440220015ed13712507d03f27f"
       "422bcf8cefd588a8054a1eeb7aa1b4969ac5704cee1102206e133ccbb55b569c6a3de6748f31c11e"
       "6b3b072b519ccf97a7cc10bc70029b1d",
       false},
  };
  for (const auto& [secret, envelope, deterministic] : cases) {
    const auto key = KeyPair::from_protobuf(unhex(secret)).value();
    const auto record = PeerRecord::open(unhex(envelope));
    ASSERT_TRUE(record) << secret;

    EXPECT_EQ(record->peer, key.peer_id());
    EXPECT_EQ(record->seq, 1570215229U);
    ASSERT_EQ(record->addresses.size(), 2U);
    EXPECT_EQ(record->addresses[0].to_string(), "/ip4/192.0.2.1/tcp/4001");
    EXPECT_EQ(record->addresses[1].to_string(), "/ip6/2001:db8::1/udp/4001/quic-v1");
    if (deterministic) {
      EXPECT_EQ(base::to_hex(record->seal(key)), envelope);
    }
  }
}

// As rust-libp2p had it: mallory signs honestly, but names alice.
TEST(PeerRecord, V11RefusesARecordThatNamesAnother) {
  const auto payload = record_payload(alice().peer_id(), 1, {});

  EXPECT_EQ(PeerRecord::open(seal_record(mallory(), payload)).error(), EnvelopeError::wrong_peer);
}

TEST(PeerRecord, V11RefusesOtherDomainsAndTypes) {
  const auto payload = record_payload(alice().peer_id(), 1, {});

  EXPECT_EQ(
      PeerRecord::open(seal_envelope(alice(), "elsewhere", as_bytes(record_type), payload)).error(),
      EnvelopeError::bad_signature);
  EXPECT_EQ(
      PeerRecord::open(seal_envelope(alice(), record_domain, as_bytes("type"), payload)).error(),
      EnvelopeError::wrong_type);
}

TEST(PeerRecord, TakesTheProvisionalDomainOnlyWithItsType) {
  constexpr std::string_view provisional_domain = "libp2p-routing-state";
  const auto provisional_type = as_bytes("/libp2p/routing-state-record");
  const auto payload = record_payload(alice().peer_id(), 1, {});

  EXPECT_TRUE(
      PeerRecord::open(seal_envelope(alice(), provisional_domain, provisional_type, payload)));
  EXPECT_FALSE(PeerRecord::open(seal_envelope(alice(), record_domain, provisional_type, payload)));
}

TEST(PeerRecord, LeavesOutAddressesItCannotRead) {
  const std::array addresses{Bytes{0xff, 0xff, 0xff, 0x01}, Bytes{},
                             address("/ip4/192.0.2.1/tcp/1").bytes()};

  const auto record =
      PeerRecord::open(seal_record(alice(), record_payload(alice().peer_id(), 1, addresses)));

  ASSERT_TRUE(record);
  ASSERT_EQ(record->addresses.size(), 1U);
  EXPECT_EQ(record->addresses[0].to_string(), "/ip4/192.0.2.1/tcp/1");
}

TEST(PeerRecord, RefusesMoreThanItsLimits) {
  const auto one = address("/ip4/192.0.2.1/tcp/1").bytes();
  const std::vector<Bytes> most(PeerRecord::addresses_max, one);
  const std::vector<Bytes> more(PeerRecord::addresses_max + 1, one);
  const auto open_with = [](std::span<const Bytes> addresses) {
    return PeerRecord::open(seal_record(alice(), record_payload(alice().peer_id(), 1, addresses)));
  };

  EXPECT_EQ(open_with(most)->addresses.size(), PeerRecord::addresses_max);
  EXPECT_EQ(open_with(more).error(), EnvelopeError::too_large);
  EXPECT_EQ(PeerRecord::open(Bytes(PeerRecord::encoded_size_max + 1)).error(),
            EnvelopeError::too_large);
}

TEST(PeerRecord, RefusesPayloadsThatAreNoRecord) {
  Bytes group{0x0b};
  Bytes nobody;
  base::FieldWriter{nobody}.varint(2, 1);
  Bytes bad_peer;
  base::FieldWriter{bad_peer}.bytes(1, as_bytes("nobody"));
  for (const auto& payload : {group, nobody, bad_peer, Bytes{}}) {
    EXPECT_EQ(PeerRecord::open(seal_record(alice(), payload)).error(), EnvelopeError::malformed);
  }
}

TEST(PeerRecord, KeepsTheLargestSequenceNumber) {
  const PeerRecord record{alice().peer_id(), ~0ULL, {}};

  EXPECT_EQ(PeerRecord::open(record.seal(alice()))->seq, ~0ULL);
}

}  // namespace
}  // namespace grapevine
