// SPDX-License-Identifier: Apache-2.0
// Trace events against libprotobuf's reading of them.
#include "obs/trace_event.hpp"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "base/varint.hpp"
#include "core/pubsub/rpc.hpp"
#include "identity/keys.hpp"
#include "trace.pb.h"

namespace grapevine::obs {
namespace {

using gossipsub::Recorded;
using Kind = Recorded::Kind;

PeerId peer(std::uint8_t number) { return KeyPair::from_ed25519_seed(Rng::Seed{number}).peer_id(); }

const auto& id_function() {
  static const pubsub::IdFunction function = pubsub::ids::sha256_data;
  return function;
}

trace::TraceEvent decode(const Recorded& record) {
  Bytes encoded;
  append_protobuf(encoded, {peer(1), 1234567890123456789, record}, id_function());
  base::ByteReader in{encoded};
  const auto body = base::take_frame(in, encoded.size());
  EXPECT_TRUE(body && *body && in.remaining() == 0);
  trace::TraceEvent event;
  EXPECT_TRUE(event.ParseFromArray((*body)->data(), static_cast<int>((*body)->size())));
  EXPECT_EQ(event.peerid(), to_text(peer(1).bytes()));
  EXPECT_EQ(event.timestamp(), 1234567890123456789);
  EXPECT_EQ(event.type(), static_cast<int>(record.kind));
  EXPECT_TRUE(event.unknown_fields().empty());
  return event;
}

std::string json(const Recorded& record) {
  std::string out;
  append_json(out, {peer(1), 7, record}, id_function());
  return out;
}

const pubsub::MessageId id{as_bytes("an id")};

TEST(TraceEvent, OfMessagesCarriesWhatGoPutsThere) {
  const auto from = to_text(peer(2).bytes());
  const auto published = decode({Kind::publish, peer(1), "t", id, {}, {}});
  EXPECT_EQ(published.publishmessage().messageid(), "an id");
  EXPECT_EQ(published.publishmessage().topic(), "t");

  const auto delivered = decode({Kind::deliver, peer(2), "t", id, {}, {}});
  EXPECT_EQ(delivered.delivermessage().messageid(), "an id");
  EXPECT_EQ(delivered.delivermessage().topic(), "t");
  EXPECT_EQ(delivered.delivermessage().receivedfrom(), from);

  const auto copy = decode({Kind::duplicate, peer(2), "t", id, {}, {}});
  EXPECT_EQ(copy.duplicatemessage().messageid(), "an id");
  EXPECT_EQ(copy.duplicatemessage().receivedfrom(), from);
  EXPECT_EQ(copy.duplicatemessage().topic(), "t");

  const auto rejected = decode({Kind::reject, peer(2), "t", id, "bad_seqno", {}});
  EXPECT_EQ(rejected.rejectmessage().messageid(), "an id");
  EXPECT_EQ(rejected.rejectmessage().receivedfrom(), from);
  EXPECT_EQ(rejected.rejectmessage().reason(), "bad_seqno");
  EXPECT_EQ(rejected.rejectmessage().topic(), "t");
}

TEST(TraceEvent, SaysReasonsInGosWords) {
  const auto reason = [](std::string_view ours) {
    return decode({Kind::reject, peer(2), "t", id, ours, {}}).rejectmessage().reason();
  };
  EXPECT_EQ(reason("validator"), "validation failed");
  EXPECT_EQ(reason("validator ignored"), "validation ignored");
  EXPECT_EQ(reason("too many under check"), "validation throttled");
  EXPECT_EQ(reason("self origin"), "self originated message");
  EXPECT_EQ(reason(pubsub::name(pubsub::RejectReason::invalid_signature)), "invalid signature");
  EXPECT_EQ(reason(pubsub::name(pubsub::RejectReason::missing_signature)), "missing signature");
}

TEST(TraceEvent, OfPeersTopicsAndMeshes) {
  const auto other = to_text(peer(2).bytes());
  const auto added = decode({Kind::peer_added, peer(2), {}, {}, "/meshsub/1.2.0", {}});
  EXPECT_EQ(added.onnewoutboundstream().peerid(), other);
  EXPECT_EQ(added.onnewoutboundstream().proto(), "/meshsub/1.2.0");
  EXPECT_EQ(decode({Kind::peer_removed, peer(2)}).onclosedoutboundstream().peerid(), other);
  EXPECT_EQ(decode({Kind::join, peer(1), "t"}).join().topic(), "t");
  EXPECT_EQ(decode({Kind::leave, peer(1), "t"}).leave().topic(), "t");
  EXPECT_EQ(decode({Kind::graft, peer(2), "t"}).graft().peerid(), other);
  EXPECT_EQ(decode({Kind::graft, peer(2), "t"}).graft().topic(), "t");
  EXPECT_EQ(decode({Kind::prune, peer(2), "t"}).prune().peerid(), other);
  EXPECT_EQ(decode({Kind::prune, peer(2), "t"}).prune().topic(), "t");
}

/// An RPC with something of everything.
SharedBytes full_frame() {
  pubsub::RpcWriter writer{{}};
  const std::vector<ByteView> ids{as_bytes("one"), as_bytes("two")};
  writer.add_subscription(true, "t");
  writer.add_subscription(false, "u");
  writer.add_publish(pubsub::encode({"t", as_bytes("data"), nullptr, {}, nullptr}).field);
  writer.add_ihave("t", ids);
  writer.add_iwant(ids);
  writer.add_idontwant(ids);
  writer.add_graft("t");
  const auto offered = peer(3);
  writer.add_prune({"u", 60, {{offered.bytes(), {}}}});
  Bytes whole;
  for (const auto& piece : writer.take().pieces) append(whole, piece);
  base::ByteReader in{whole};
  return SharedBytes{to_bytes(**base::take_frame(in, whole.size()))};
}

template <class Meta>
void expect_all_parts(const Meta& meta) {
  const auto data = to_bytes(as_bytes("data"));
  pubsub::MessageView view;
  view.data = ByteView{data};
  ASSERT_EQ(meta.messages_size(), 1);
  EXPECT_EQ(meta.messages(0).messageid(), to_text((*pubsub::ids::sha256_data(view)).bytes()));
  EXPECT_EQ(meta.messages(0).topic(), "t");
  ASSERT_EQ(meta.subscription_size(), 2);
  EXPECT_TRUE(meta.subscription(0).subscribe());
  EXPECT_EQ(meta.subscription(0).topic(), "t");
  EXPECT_FALSE(meta.subscription(1).subscribe());
  EXPECT_TRUE(meta.subscription(1).has_subscribe());
  const auto& control = meta.control();
  ASSERT_EQ(control.ihave_size(), 1);
  EXPECT_EQ(control.ihave(0).topic(), "t");
  EXPECT_EQ(control.ihave(0).messageids_size(), 2);
  ASSERT_EQ(control.iwant_size(), 1);
  EXPECT_EQ(control.iwant(0).messageids(1), "two");
  ASSERT_EQ(control.graft_size(), 1);
  EXPECT_EQ(control.graft(0).topic(), "t");
  ASSERT_EQ(control.prune_size(), 1);
  EXPECT_EQ(control.prune(0).topic(), "u");
  EXPECT_EQ(control.prune(0).peers(0), to_text(peer(3).bytes()));
  ASSERT_EQ(control.idontwant_size(), 1);
  EXPECT_EQ(control.idontwant(0).messageids(0), "one");
}

TEST(TraceEvent, OfRpcsCarriesTheirParts) {
  const auto other = to_text(peer(2).bytes());
  const auto received = decode({Kind::rpc_received, peer(2), {}, {}, {}, full_frame()});
  EXPECT_EQ(received.recvrpc().receivedfrom(), other);
  expect_all_parts(received.recvrpc().meta());
  const auto sent = decode({Kind::rpc_sent, peer(2), {}, {}, {}, full_frame()});
  EXPECT_EQ(sent.sendrpc().sendto(), other);
  expect_all_parts(sent.sendrpc().meta());
}

TEST(TraceEvent, OfADroppedMessageNamesItWhereItIsKnown) {
  const auto field = pubsub::encode({"t", as_bytes("data"), nullptr, {}, nullptr}).field;
  const auto known = decode({Kind::rpc_dropped, peer(2), {}, {}, {}, field});
  ASSERT_EQ(known.droprpc().meta().messages_size(), 1);
  EXPECT_EQ(known.droprpc().meta().messages(0).topic(), "t");
  const auto unknown = decode({Kind::rpc_dropped, peer(2), {}, {}, {}, {}});
  EXPECT_EQ(unknown.droprpc().meta().messages_size(), 0);
  EXPECT_EQ(unknown.droprpc().sendto(), to_text(peer(2).bytes()));
}

TEST(TraceEvent, InJsonIsALineAsGoWritesIt) {
  const auto self = base::to_base64(peer(1).bytes());
  const auto other = base::to_base64(peer(2).bytes());
  EXPECT_EQ(json({Kind::reject, peer(2), "t", id, "validator", {}}),
            "{\"type\":1,\"peerID\":\"" + self +
                "\",\"timestamp\":7,\"rejectMessage\":{\"messageID\":\"YW4gaWQ=\","
                "\"receivedFrom\":\"" +
                other + "\",\"reason\":\"validation failed\",\"topic\":\"t\"}}\n");
  EXPECT_EQ(
      json({Kind::join, peer(1), "a\"b"}),
      "{\"type\":9,\"peerID\":\"" + self + "\",\"timestamp\":7,\"join\":{\"topic\":\"a\\\"b\"}}\n");
}

/// libprotobuf's own reader of JSON gets the same event as from the protobuf.
TEST(TraceEvent, InJsonSaysTheSameAsInProtobuf) {
  for (auto i = 0; i <= static_cast<int>(Kind::prune); ++i) {
    const auto kind = Kind{static_cast<Kind>(i)};
    const bool rpc = kind >= Kind::rpc_received && kind <= Kind::rpc_dropped;
    const Recorded record{kind, peer(2), "topic", id, "reason", rpc ? full_frame() : SharedBytes{}};
    auto wanted = decode(record);
    wanted.set_timestamp(7);

    trace::TraceEvent read;
    const auto status = google::protobuf::util::JsonStringToMessage(json(record), &read);

    EXPECT_TRUE(status.ok()) << status << json(record);
    EXPECT_EQ(read.SerializeAsString(), wanted.SerializeAsString()) << json(record);
  }
}

}  // namespace
}  // namespace grapevine::obs
