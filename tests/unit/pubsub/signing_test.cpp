// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/pubsub/message.hpp"
#include "crypto/hash.hpp"
#include "go_vectors.hpp"
#include "wire.hpp"

namespace grapevine::pubsub {
namespace {

using wire::field;
using wire::join;

constexpr std::uint64_t go_seqno = 0x0102030405060708;

struct GoSigner {
  std::string_view name;
  std::string_view key;
  std::string_view peer;
  std::string_view rpc;
  bool deterministic;
  bool attaches_key;
};
void PrintTo(const GoSigner& signer, std::ostream* out) { *out << signer.name; }

constexpr GoSigner go_signers[] = {
    {"Ed25519", go_vectors::ed25519::key, go_vectors::ed25519::peer, go_vectors::ed25519::rpc, true,
     false},
    {"Secp256k1", go_vectors::secp256k1::key, go_vectors::secp256k1::peer,
     go_vectors::secp256k1::rpc, true, false},
    {"Ecdsa", go_vectors::ecdsa::key, go_vectors::ecdsa::peer, go_vectors::ecdsa::rpc, false, true},
    {"Rsa", go_vectors::rsa::key, go_vectors::rsa::peer, go_vectors::rsa::rpc, true, true},
};

KeyPair key_of(std::string_view hex) {
  auto key = KeyPair::from_protobuf(wire::hex(hex));
  ASSERT(key.has_value());
  return *std::move(key);
}

/// The body of the only message of an RPC.
Bytes body_of(std::string_view rpc_hex) {
  const auto frame = wire::hex(rpc_hex);
  const auto rpc = read_rpc(frame, {});
  ASSERT(rpc && rpc->publish_bodies.size() == 1);
  return to_bytes(rpc->publish_bodies[0]);
}

Result<void, RejectReason> verify_body(ByteView body) {
  const auto message = parse_message(body);
  ASSERT(message.has_value());
  return verify(*message);
}

Message encode_as_go(const KeyPair& key, ByteView data) {
  const auto author = key.peer_id();
  return encode(
      {.topic = "grapes", .data = data, .author = &author, .seqno = go_seqno, .key = &key});
}

KeyPair our_key() {
  crypto::ed25519::Seed seed{};
  seed.fill(42);
  return KeyPair::from_ed25519_seed(seed);
}

/// The parts of a signed message, to be put together in other ways.
struct Parts {
  Bytes from, data, seqno, topic, signature, key;
};
Parts parts_of(const MessageView& view) {
  return {field(1, *view.from),           field(2, *view.data),      field(3, *view.seqno),
          field(4, as_bytes(view.topic)), field(5, *view.signature), field(6, *view.key)};
}

class GoSigned : public testing::TestWithParam<GoSigner> {};
INSTANTIATE_TEST_SUITE_P(KeyTypes, GoSigned, testing::ValuesIn(go_signers),
                         [](const auto& signer) { return std::string{signer.param.name}; });

TEST_P(GoSigned, MessagesOfGoVerify) {
  const auto body = body_of(GetParam().rpc);
  const auto message = parse_message(body);

  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(PeerId::from_bytes(*message->from)->to_string(), GetParam().peer);
  EXPECT_EQ(as_text(message->payload()), "hello vine");
  EXPECT_EQ(message->topic, "grapes");
  EXPECT_EQ(message->key.has_value(), GetParam().attaches_key);
  EXPECT_EQ(check_fields(*message, SignaturePolicy::strict_sign), Check::verify);
  EXPECT_TRUE(verify(*message).has_value());
}

TEST_P(GoSigned, EveryChangedByteIsNoticed) {
  const auto body = body_of(GetParam().rpc);
  const auto data = parse_message(body)->data->data() - body.data();
  const auto signature = parse_message(body)->signature->data() - body.data();
  for (const auto at : {data, data + 9, signature + 12}) {
    auto changed = body;
    changed[static_cast<std::size_t>(at)] ^= 1;

    EXPECT_EQ(verify_body(changed).error(), RejectReason::invalid_signature) << at;
  }
}

TEST_P(GoSigned, OurMessagesAreThoseOfGoWithTheKeyAttached) {
  const auto key = key_of(GetParam().key);

  const auto ours = encode_as_go(key, as_bytes(std::string_view{"hello vine"}));

  EXPECT_TRUE(verify(ours.view).has_value());
  if (!GetParam().deterministic) return;
  auto go = body_of(GetParam().rpc);
  if (!GetParam().attaches_key) append(go, field(6, key.public_key().protobuf()));
  EXPECT_EQ(base::to_hex(ours.view.body), base::to_hex(go));
}

TEST(Verify, DistinguishesEmptyDataFromNone) {
  const auto empty = body_of(go_vectors::ed25519_empty_data_rpc);
  const auto none = body_of(go_vectors::ed25519_nil_data_rpc);

  EXPECT_TRUE(parse_message(empty)->data.has_value());
  EXPECT_FALSE(parse_message(none)->data.has_value());
  EXPECT_TRUE(verify_body(empty).has_value());
  EXPECT_TRUE(verify_body(none).has_value());
  EXPECT_EQ(base::to_hex(encode_as_go(key_of(go_vectors::ed25519::key), {}).view.body),
            base::to_hex(
                join({empty, field(6, key_of(go_vectors::ed25519::key).public_key().protobuf())})));
}

TEST(Verify, TakesFieldsInAnyOrderAndEncoding) {
  const auto message = encode_as_go(our_key(), as_bytes(std::string_view{"x"}));
  const auto p = parts_of(message.view);
  const auto long_length = join({wire::hex("128100"), *message.view.data});

  EXPECT_TRUE(
      verify_body(join({p.key, p.signature, p.topic, p.seqno, p.data, p.from})).has_value());
  EXPECT_TRUE(
      verify_body(join({p.topic, p.from, p.data, p.seqno, p.signature, p.key})).has_value());
  EXPECT_TRUE(
      verify_body(join({p.signature, p.from, p.data, p.seqno, p.topic, p.key})).has_value());
  EXPECT_TRUE(
      verify_body(join({p.from, long_length, p.seqno, p.topic, p.signature, p.key})).has_value());
  EXPECT_TRUE(verify_body(join({field(4, "other"), message.view.body})).has_value());
  EXPECT_EQ(verify_body(join({message.view.body, field(4, "other")})).error(),
            RejectReason::invalid_signature);
}

TEST(Verify, CoversUnknownFieldsBehindTheKnownOnesAsGoDoes) {
  const auto key = our_key();
  const auto message = encode_as_go(key, as_bytes(std::string_view{"x"}));
  const auto p = parts_of(message.view);
  const auto unknown = join({field(9, "later"), wire::number(8, 1)});
  const auto prefix = as_bytes(std::string_view{"libp2p-pubsub:"});
  const std::array<ByteView, 6> signed_pieces{prefix, p.from, p.data, p.seqno, p.topic, unknown};
  const auto signature = field(5, key.sign(signed_pieces));

  EXPECT_TRUE(
      verify_body(join({p.from, p.data, p.seqno, p.topic, signature, p.key, unknown})).has_value());
  EXPECT_TRUE(
      verify_body(join({unknown, p.from, p.data, p.seqno, p.topic, signature, p.key})).has_value());
  EXPECT_EQ(verify_body(join({message.view.body, unknown})).error(),
            RejectReason::invalid_signature);
  EXPECT_EQ(verify_body(join({unknown, message.view.body})).error(),
            RejectReason::invalid_signature);
}

TEST(Verify, WantsAKeyThatIsTheAuthors) {
  const auto message = encode_as_go(our_key(), as_bytes(std::string_view{"x"}));
  const auto p = parts_of(message.view);
  const auto head = join({p.from, p.data, p.seqno, p.topic, p.signature});
  const auto other = key_of(go_vectors::secp256k1::key).public_key().protobuf();

  EXPECT_TRUE(verify_body(head).has_value());
  EXPECT_EQ(verify_body(join({head, field(6, other)})).error(), RejectReason::bad_key);
  EXPECT_EQ(verify_body(join({p.from, p.data, p.seqno, p.topic})).error(),
            RejectReason::missing_signature);
  EXPECT_EQ(verify_body(join({p.data, p.seqno, p.topic, p.signature})).error(),
            RejectReason::missing_author);
  EXPECT_EQ(verify_body(join({field(1, "me"), p.data, p.topic, p.signature})).error(),
            RejectReason::bad_author);
  EXPECT_EQ(verify_body(join({p.from, p.topic, field(5, "")})).error(),
            RejectReason::invalid_signature);
}

TEST(Verify, ForgivesAGarbageKeyBesideAnInlinedOneOnlyUnderAGoodSignature) {
  const auto message = encode_as_go(our_key(), as_bytes(std::string_view{"x"}));
  const auto p = parts_of(message.view);
  const auto wrong = field(5, Bytes(64, 1));

  EXPECT_EQ(
      verify_body(join({p.from, p.data, p.seqno, p.topic, p.signature, field(6, "junk")})).error(),
      RejectReason::disputed_signature);
  EXPECT_EQ(verify_body(join({p.from, p.data, p.seqno, p.topic, wrong, field(6, "junk")})).error(),
            RejectReason::invalid_signature);
}

TEST(Verify, HashedAuthorsNeedTheirKeyAttached) {
  const auto body = body_of(go_vectors::rsa::rpc);
  const auto message = parse_message(body);
  const auto p = parts_of(*message);

  EXPECT_EQ(verify_body(join({p.from, p.data, p.seqno, p.topic, p.signature})).error(),
            RejectReason::bad_key);
  EXPECT_EQ(
      verify_body(join({p.from, p.data, p.seqno, p.topic, p.signature, field(6, "junk")})).error(),
      RejectReason::bad_key);
}

/// A message "signed" by a public key given as protobuf, with any signature.
Bytes claim_by(ByteView public_key, ByteView multihash, ByteView signature) {
  return join({field(1, multihash), field(2, "data"), field(3, Bytes(8, 0)), field(4, "topic"),
               field(5, signature), field(6, public_key)});
}

TEST(Verify, V12CallsSmallOrderKeysDisputedNotInvalid) {
  Bytes identity_point(32, 0);
  identity_point[0] = 1;
  const auto key = join({wire::number(1, 1), field(2, identity_point)});
  const auto multihash = join({Bytes{0, static_cast<std::uint8_t>(key.size())}, key});
  const auto signature = join({identity_point, Bytes(32, 0)});

  const auto body = claim_by(key, multihash, signature);

  EXPECT_EQ(verify_body(body).error(), RejectReason::disputed_signature);
}

TEST(Verify, V12RefusesTheMalleableTwinOfASignature) {
  constexpr std::string_view group_order =
      "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
  const auto order = wire::hex(group_order);
  const auto message = encode_as_go(our_key(), as_bytes(std::string_view{"x"}));
  const auto p = parts_of(message.view);
  auto twin = to_bytes(*message.view.signature);
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += twin[32 + i] + order[i];
    twin[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }

  EXPECT_EQ(verify_body(join({p.from, p.data, p.seqno, p.topic, field(5, twin), p.key})).error(),
            RejectReason::invalid_signature);
}

Bytes der(std::uint8_t tag, ByteView content) {
  Bytes out{tag, 0x82, static_cast<std::uint8_t>(content.size() >> 8),
            static_cast<std::uint8_t>(content.size())};
  if (content.size() < 0x80) out = {tag, static_cast<std::uint8_t>(content.size())};
  else if (content.size() < 0x100) out = {tag, 0x81, static_cast<std::uint8_t>(content.size())};
  append(out, content);
  return out;
}

/// PublicKey protobuf of an RSA key with a modulus of `bits` bits, all ones.
Bytes rsa_key_of(std::size_t bits) {
  Bytes modulus(bits / 8, 0xff);
  modulus.insert(modulus.begin(), static_cast<std::uint8_t>((1U << (bits % 8)) - 1));
  const auto numbers = der(0x30, join({der(0x02, modulus), wire::hex("0203010001")}));
  const auto algorithm = wire::hex("300d06092a864886f70d0101010500");
  const auto info = der(0x30, join({algorithm, der(0x03, join({Bytes{0}, numbers}))}));
  return join({wire::number(1, 0), field(2, info)});
}

TEST(Verify, V07RefusesRsaKeysBySizeBeforeUsingThem) {
  for (const std::size_t bits : {1024, 2040, 8193, 16384}) {
    const auto key = rsa_key_of(bits);
    const auto multihash = join({Bytes{0x12, 32}, crypto::sha256(key)});

    const auto body = claim_by(key, multihash, Bytes(bits / 8, 1));

    EXPECT_EQ(verify_body(body).error(), RejectReason::bad_key) << bits;
  }
}

TEST(Verify, V07TakesRsaKeysWithinTheBounds) {
  for (const std::size_t bits : {2048, 8192}) {
    const auto key = rsa_key_of(bits);
    const auto multihash = join({Bytes{0x12, 32}, crypto::sha256(key)});

    EXPECT_EQ(verify_body(claim_by(key, multihash, Bytes(bits / 8, 1))).error(),
              RejectReason::invalid_signature)
        << bits;
  }
}

TEST(Encode, IsTheWholePublishFieldInOneBlock) {
  const auto message = encode_as_go(our_key(), Bytes(300, 7));
  const auto field = message.field.view();

  EXPECT_EQ(to_bytes(field), wire::field(2, message.view.body));
  EXPECT_EQ(message.field.kept(), field.size());
  EXPECT_GE(message.view.data->data(), field.data());
  EXPECT_LT(message.view.data->data(), field.data() + field.size());
  EXPECT_TRUE(message.id.empty());
}

TEST(Encode, WithoutAuthorIsTheAnonymousMessageOfGo) {
  const auto message =
      encode({.topic = "grapes", .data = as_bytes(std::string_view{"hello vine"}), .seqno = {}});

  EXPECT_EQ(base::to_hex(message.field), go_vectors::unsigned_rpc);
  EXPECT_EQ(check_fields(message.view, SignaturePolicy::strict_no_sign), Check::accept);
}

TEST(Encode, SurvivesEveryPayloadLengthAroundTheVarintSteps) {
  const auto key = our_key();
  for (const std::size_t size : {0, 1, 127, 128, 16383, 16384, 70000}) {
    const Bytes data(size, 0x5a);

    const auto message = encode_as_go(key, data);

    EXPECT_EQ(to_bytes(*message.view.data), data);
    EXPECT_TRUE(verify(message.view).has_value()) << size;
  }
}

TEST(EncodeDeathTest, RefusesATopicNobodyWouldTake) {
  EXPECT_DEATH(encode({.topic = "", .data = {}, .seqno = {}}), "topic");
}

}  // namespace
}  // namespace grapevine::pubsub
