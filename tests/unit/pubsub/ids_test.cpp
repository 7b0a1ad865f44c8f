// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/pubsub/message.hpp"
#include "core/pubsub/snappy.hpp"
#include "crypto/hash.hpp"
#include "go_vectors.hpp"
#include "wire.hpp"

namespace grapevine::pubsub {
namespace {

/// The message of an RPC made by go, with the bytes that hold it.
struct Sample {
  explicit Sample(std::string_view rpc_hex) : frame{wire::hex(rpc_hex)} {
    message = *parse_message(read_rpc(frame, {})->publish_bodies.at(0));
  }
  Bytes frame;
  MessageView message;
};

std::string hex_of(const Result<MessageId, RejectReason>& id) {
  return id ? base::to_hex(id->bytes()) : std::string{name(id.error())};
}
std::string text_of(const Result<MessageId, RejectReason>& id) {
  return id ? to_text(id->bytes()) : std::string{name(id.error())};
}
std::string sha256_hex(std::string_view text) {
  return base::to_hex(crypto::sha256(as_bytes(text)));
}

TEST(Ids, FromSeqnoIsGosDefault) {
  // As DefaultMsgIdFn of go printed them.
  EXPECT_EQ(hex_of(ids::from_seqno(Sample{go_vectors::ed25519::rpc}.message)),
            "002408011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c"
            "0102030405060708");
  EXPECT_EQ(hex_of(ids::from_seqno(Sample{go_vectors::rsa::rpc}.message)),
            "12208817b7f654b8523ebe1843bd0f2810c2844faf390f4264738b028996f6a67882"
            "0102030405060708");
}

TEST(Ids, FromSeqnoOfAnAnonymousMessageIsTheHashOfItsData) {
  const Sample sample{go_vectors::unsigned_rpc};

  EXPECT_EQ(hex_of(ids::from_seqno(sample.message)), sha256_hex("hello vine"));
}

TEST(Ids, RustDefaultIsTextOfBoth) {
  EXPECT_EQ(text_of(ids::rust_default(Sample{go_vectors::ed25519::rpc}.message)),
            std::string{go_vectors::ed25519::peer} + "72623859790382856");
  EXPECT_EQ(text_of(ids::rust_default(Sample{go_vectors::rsa::rpc}.message)),
            std::string{go_vectors::rsa::peer} + "72623859790382856");
}

TEST(Ids, RustDefaultOfAnAnonymousMessageIsRustsStandIn) {
  // base58 of the bytes 0, 1, 0, then sequence number zero.
  EXPECT_EQ(text_of(ids::rust_default(Sample{go_vectors::unsigned_rpc}.message)), "15R0");
}

TEST(Ids, JsDefaultIsTheKeysProtobufAndTheSequenceNumber) {
  EXPECT_EQ(hex_of(ids::js_default(Sample{go_vectors::ed25519::rpc}.message)),
            "08011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c"
            "0102030405060708");
  const Sample ecdsa{go_vectors::ecdsa::rpc};
  EXPECT_EQ(hex_of(ids::js_default(ecdsa.message)),
            base::to_hex(*ecdsa.message.key) + "0102030405060708");
  EXPECT_EQ(hex_of(ids::js_default(Sample{go_vectors::unsigned_rpc}.message)),
            sha256_hex("hello vine"));
  EXPECT_EQ(hex_of(ids::js_default(Sample{go_vectors::rsa::rpc}.message)), "id_too_long");
}

TEST(Ids, NimDefaultIsHexOfTheSequenceNumberAndTextOfTheAuthor) {
  EXPECT_EQ(text_of(ids::nim_default(Sample{go_vectors::ed25519::rpc}.message)),
            "0102030405060708" + std::string{go_vectors::ed25519::peer});
  EXPECT_EQ(text_of(ids::nim_default(Sample{go_vectors::unsigned_rpc}.message)), "missing_author");
}

TEST(Ids, OfTheDataAreHashAndPrefixes) {
  const Sample sample{go_vectors::ed25519::rpc};
  MessageView longer = sample.message;
  longer.data = as_bytes(std::string_view{"0123456789abcdefghij"});
  MessageView empty = sample.message;
  empty.data.reset();

  EXPECT_EQ(hex_of(ids::sha256_data(sample.message)), sha256_hex("hello vine"));
  EXPECT_EQ(text_of(ids::prefix8(longer)), "01234567");
  EXPECT_EQ(text_of(ids::prefix16(longer)), "0123456789abcdef");
  EXPECT_EQ(text_of(ids::prefix16(sample.message)), "hello vine");
  EXPECT_EQ(hex_of(ids::prefix8(empty)), sha256_hex(""));
}

TEST(Ids, AreRefusedWhenTheyDoNotFit) {
  const Bytes large(65536, 1);
  MessageView message;
  message.topic = "topic";
  message.from = large;
  message.seqno = large;
  const Sample sample{go_vectors::ed25519::rpc};
  MessageView nim = sample.message;
  const auto peer = PeerId::parse(go_vectors::ed25519::peer);
  nim.from = peer->bytes();
  nim.seqno = large;

  EXPECT_EQ(ids::from_seqno(message).error(), RejectReason::id_too_long);
  EXPECT_EQ(ids::rust_default(message).error(), RejectReason::bad_seqno);
  EXPECT_EQ(ids::js_default(message).error(), RejectReason::bad_author);
  EXPECT_EQ(ids::nim_default(message).error(), RejectReason::bad_author);
  EXPECT_EQ(ids::nim_default(nim).error(), RejectReason::id_too_long);
}

/// Expected values made with Python's hashlib after the text of the specification.
TEST(Ids, OfTheConsensusLayerTellValidSnappyFromOther) {
  const auto id = [](const Bytes& data) {
    const auto message =
        encode({"/eth2/00000000/beacon_block/ssz_snappy", data, nullptr, std::nullopt, nullptr});
    return hex_of(ids::eth2(message.view));
  };

  EXPECT_EQ(id(snappy::encode(as_bytes("beacon"))), "8103369d62a626893cca0cd80c00cfdd2b3fa606");
  EXPECT_EQ(id({0xFF, 0xFF}), "e1e7610b673b30bdffd461fb5533529982f28b25");
}

TEST(Ids, AreFoundByName) {
  const Sample sample{go_vectors::ed25519::rpc};
  const std::pair<std::string_view, Result<MessageId, RejectReason>> expected[] = {
      {"from_seqno", ids::from_seqno(sample.message)}, {"rust", ids::rust_default(sample.message)},
      {"js", ids::js_default(sample.message)},         {"nim", ids::nim_default(sample.message)},
      {"sha256", ids::sha256_data(sample.message)},    {"prefix8", ids::prefix8(sample.message)},
      {"prefix16", ids::prefix16(sample.message)},     {"eth2", ids::eth2(sample.message)},
  };
  for (const auto& [name, id] : expected) {
    const auto function = ids::by_name(name);
    ASSERT_TRUE(function) << name;
    EXPECT_EQ(*function(sample.message), *id) << name;
  }
  EXPECT_FALSE(ids::by_name("go"));
}

}  // namespace
}  // namespace grapevine::pubsub
