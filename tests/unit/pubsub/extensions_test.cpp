// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/extensions.hpp"

#include <gtest/gtest.h>

#include "core/pubsub/message.hpp"
#include "core/pubsub/rpc.hpp"
#include "go_vectors.hpp"
#include "wire.hpp"

namespace grapevine::pubsub {
namespace {

using wire::field;
using wire::join;
using wire::number;

constexpr RpcLimits limits{};

Bytes said(ByteView body) { return field(3, field(6, body)); }

Bytes partial(std::string_view topic, std::string_view group, std::string_view metadata = {}) {
  return field(10, join({field(1, topic), field(2, group), field(4, metadata)}));
}

TEST(ReadRpc, ReadsTheExtensionsOfTheControlMessage) {
  const auto rpc = read_rpc(said(join({number(10, 1), number(6492434, 1)})), limits);

  ASSERT_TRUE(rpc && rpc->extensions);
  EXPECT_TRUE(rpc->extensions->partial_messages);
  EXPECT_TRUE(rpc->extensions->test);
  EXPECT_TRUE(rpc->has_control);
}

TEST(ReadRpc, TellsNoExtensionsFromAnEmptyExtensionsMessage) {
  EXPECT_FALSE(read_rpc(field(3, Bytes{}), limits)->extensions);
  EXPECT_EQ(read_rpc(said({}), limits)->extensions, Extensions{});
}

TEST(ReadRpc, PassesOverUnknownExtensions) {
  const auto body =
      join({number(11, 1), field(12, "what"), number(6492435, 1), number(4194304, 1)});

  const auto rpc = read_rpc(said(body), limits);

  ASSERT_TRUE(rpc);
  EXPECT_EQ(rpc->extensions, Extensions{});
}

TEST(ReadRpc, MergesAnExtensionsMessageThatComesTwiceInOneControl) {
  const auto rpc =
      read_rpc(field(3, join({field(6, number(10, 1)), field(6, number(6492434, 1))})), limits);

  EXPECT_EQ(rpc->extensions, (Extensions{true, true}));
}

TEST(ReadRpc, ReadsAPartialMessage) {
  const auto frame =
      field(10, join({field(1, "t"), field(2, "g"), field(3, "part"), field(4, "bits")}));

  const auto rpc = read_rpc(frame, limits);

  ASSERT_TRUE(rpc && rpc->partial);
  EXPECT_EQ(rpc->partial->topic, "t");
  EXPECT_EQ(as_text(rpc->partial->group), "g");
  EXPECT_EQ(as_text(*rpc->partial->message), "part");
  EXPECT_EQ(as_text(*rpc->partial->metadata), "bits");
}

TEST(ReadRpc, LeavesOutAPartialMessageWithoutOrWithAnOversizeTopicGroupOrMetadata) {
  const std::string long_topic(topic_size_max + 1, 't');
  const std::string long_group(limits.partial_group_size_max + 1, 'g');
  const std::string long_metadata(limits.partial_metadata_size_max + 1, 'm');
  for (const auto& frame :
       {partial("", "g"), partial("t", ""), partial(long_topic, "g"), partial("t", long_group),
        partial("t", "g", long_metadata), field(10, Bytes{})}) {
    const auto rpc = read_rpc(frame, limits);

    ASSERT_TRUE(rpc);
    EXPECT_FALSE(rpc->partial);
    EXPECT_EQ(rpc->skipped, 1U);
  }
  EXPECT_TRUE(read_rpc(partial("t", long_group.substr(1), long_metadata.substr(1)), {})->partial);
}

TEST(ReadRpc, RefusesMalformedExtensionsAndPartialMessages) {
  for (const auto& frame :
       {said(field(10, "bytes")), field(3, number(6, 1)), number(10, 1), field(10, number(1, 1)),
        field(10, wire::hex("0a05")), said(Bytes{0xff})}) {
    const auto rpc = read_rpc(frame, limits);

    ASSERT_FALSE(rpc) << base::to_hex(frame);
    EXPECT_EQ(rpc.error(), RpcError::malformed);
  }
}

TEST(ReadRpc, V39CountsTheFieldsOfExtensionsAndPartialMessages) {
  const auto many = wire::repeat(number(77, 1), limits.fields_max);
  for (const auto& frame : {said(many), field(10, many)}) {
    const auto rpc = read_rpc(frame, limits);

    ASSERT_FALSE(rpc);
    EXPECT_EQ(rpc.error(), RpcError::too_many);
  }
}

TEST(ReadRpc, TakesMissingFalseAndUnsubscribedFlagsOfPartialMessagesAlike) {
  const auto flags = [](ByteView more) {
    return read_rpc(field(1, join({field(2, "t"), more})), limits)->subscriptions.at(0).partial;
  };

  EXPECT_EQ(flags(number(1, 1)), PartialFlags{});
  EXPECT_EQ(flags(join({number(1, 1), number(3, 0), number(4, 0)})), PartialFlags{});
  EXPECT_EQ(flags(join({number(1, 0), number(3, 1), number(4, 1)})), PartialFlags{});
  EXPECT_EQ(flags(join({number(3, 1)})), PartialFlags{}) << "a missing subscribe unsubscribes";
  EXPECT_EQ(flags(join({number(1, 1), number(4, 1)})), (PartialFlags{false, true}));
}

TEST(ReadRpc, WhoRequestsPartialMessagesSupportsSendingThem) {
  const auto rpc = read_rpc(field(1, join({number(1, 1), field(2, "t"), number(3, 1)})), limits);

  EXPECT_EQ(rpc->subscriptions.at(0).partial, (PartialFlags{true, true}));
}

TEST(ReadRpc, ReadsWhatGoSaysOfExtensions) {
  const auto frame = wire::hex(go_vectors::extended_rpc);

  const auto rpc = read_rpc(frame, limits);

  ASSERT_TRUE(rpc);
  EXPECT_EQ(rpc->extensions, (Extensions{true, true}));
  EXPECT_TRUE(rpc->test_extension);
  ASSERT_TRUE(rpc->partial);
  EXPECT_EQ(rpc->partial->topic, "grapes");
  EXPECT_EQ(as_text(rpc->partial->group), "g");
  EXPECT_EQ(as_text(*rpc->partial->message), "p");
  EXPECT_FALSE(rpc->partial->metadata);
  EXPECT_EQ(rpc->subscriptions.at(0).partial, (PartialFlags{true, true}));
}

TEST(RpcWriter, SaysExtensionsBesideSubscriptionsAndControl) {
  RpcWriter writer{{}};
  writer.add_extensions({.partial_messages = true, .test = true});
  EXPECT_TRUE(writer.add_subscription(true, "t", {.requests = true, .supports_sending = true}));
  EXPECT_TRUE(writer.add_graft("t"));

  const auto frame = wire::frame_of(writer.take());
  const auto rpc = read_rpc(frame, {});

  EXPECT_EQ(rpc->extensions, (Extensions{true, true}));
  EXPECT_EQ(rpc->subscriptions.at(0).partial, (PartialFlags{true, true}));
  EXPECT_EQ(rpc->graft.size(), 1U);
  EXPECT_TRUE(writer.empty());
}

TEST(RpcWriter, SaysNothingWhereNothingIsSupported) {
  RpcWriter writer{{}};

  writer.add_extensions({});

  EXPECT_TRUE(writer.empty());
}

TEST(RpcWriter, TakesOneExtensionBodyInEachRpc) {
  RpcWriter writer{{}};
  EXPECT_TRUE(writer.add_extension_body(test_field()));
  EXPECT_FALSE(writer.add_extension_body(test_field()));
  EXPECT_FALSE(writer.add_extension_body(partial_field({"t", as_bytes("g"), {}, {}})));

  EXPECT_EQ(base::to_hex(wire::join(writer.take())), "059291e21800");
  EXPECT_TRUE(writer.add_extension_body(partial_field({"t", as_bytes("g"), {}, {}})));
}

TEST(RpcWriter, BoundsAnRpcWithItsExtensionBody) {
  SendLimits small;
  small.batch_bytes = 100;
  const Bytes part(90, 1);
  const auto body = partial_field({"t", as_bytes("g"), ByteView{part}, {}});
  RpcWriter writer{small};

  EXPECT_TRUE(writer.add_graft("topic"));
  EXPECT_FALSE(writer.add_extension_body(body)) << "not lost: the next RPC takes it";
  writer.take();
  EXPECT_TRUE(writer.add_extension_body(body));
  EXPECT_FALSE(writer.add_graft("another topic"));
}

TEST(ReadRpc, HasAPingAndAPongUnlessTheirBytesAreBroken) {
  const auto both = SharedBytes{ping_pong_field({as_bytes("ping"), as_bytes("pong")})};
  const auto rpc = read_rpc(both, {});
  ASSERT_TRUE(rpc && rpc->ping_pong);
  EXPECT_EQ(as_text(*rpc->ping_pong->ping), "ping");
  EXPECT_EQ(as_text(*rpc->ping_pong->pong), "pong");

  const Bytes broken{0x82, 0x80, 0x80, 0x0C, 0x02, 0x0A, 0x7F};  // field 3145728, a length too long
  const auto without = read_rpc(SharedBytes::copy_of(broken), {});
  ASSERT_TRUE(without);
  EXPECT_FALSE(without->ping_pong);

  const auto with_fields = [](std::size_t count) {
    Bytes body;
    for (std::size_t i = 0; i < count; ++i) append(body, number(3, i));
    return read_rpc(SharedBytes::copy_of(field(ping_pong_number, body)), {})->ping_pong.has_value();
  };
  EXPECT_TRUE(with_fields(8));
  EXPECT_FALSE(with_fields(9));
}

}  // namespace
}  // namespace grapevine::pubsub
