// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/pubsub/message.hpp"
#include "core/pubsub/rpc.hpp"
#include "go_vectors.hpp"
#include "wire.hpp"

namespace grapevine::pubsub {
namespace {

using wire::field;
using wire::join;
using wire::repeat;

Bytes control(const Bytes& entries) { return field(3, entries); }

std::vector<std::string> texts(const std::vector<ByteView>& views) {
  std::vector<std::string> out;
  for (const auto view : views) out.push_back(to_text(view));
  return out;
}

using Texts = std::vector<std::string>;

void expect_every_kind(const RpcView& rpc) {
  ASSERT_EQ(rpc.subscriptions.size(), 2U);
  EXPECT_TRUE(rpc.subscriptions[0].subscribe);
  EXPECT_EQ(rpc.subscriptions[0].topic, "grapes");
  EXPECT_FALSE(rpc.subscriptions[1].subscribe);
  EXPECT_EQ(rpc.subscriptions[1].topic, "wine");
  ASSERT_EQ(rpc.publish.size(), 1U);
  EXPECT_EQ(base::to_hex(rpc.publish[0]), go_vectors::unsigned_rpc);
  EXPECT_EQ(to_bytes(rpc.publish[0].subspan(2)), to_bytes(rpc.publish_bodies[0]));
  ASSERT_EQ(rpc.ihave.size(), 2U);
  EXPECT_EQ(rpc.ihave[0].topic, "grapes");
  EXPECT_EQ(texts(rpc.ihave[0].ids), (Texts{"id-1", std::string{"\xff\xfe\x00\x01", 4}}));
  EXPECT_EQ(rpc.ihave[1].topic, "wine");
  EXPECT_EQ(texts(rpc.ihave[1].ids), Texts{"id-3"});
  EXPECT_EQ(texts(rpc.iwant), (Texts{"id-4", "id-5", "id-6"}));
  EXPECT_EQ(rpc.graft, std::vector<std::string_view>{"grapes"});
  ASSERT_EQ(rpc.prune.size(), 2U);
  EXPECT_EQ(rpc.prune[0].topic, "wine");
  EXPECT_EQ(rpc.prune[0].backoff_seconds, 60U);
  ASSERT_EQ(rpc.prune[0].peers.size(), 2U);
  EXPECT_EQ(PeerId::from_bytes(rpc.prune[0].peers[0].peer_id)->to_string(),
            go_vectors::ed25519::peer);
  EXPECT_EQ(as_text(rpc.prune[0].peers[0].signed_record), "record");
  EXPECT_TRUE(rpc.prune[0].peers[1].signed_record.empty());
  EXPECT_EQ(rpc.prune[1].topic, "must");
  EXPECT_FALSE(rpc.prune[1].backoff_seconds.has_value());
  EXPECT_EQ(texts(rpc.idontwant), (Texts{"id-7", "id-8"}));
  EXPECT_TRUE(rpc.has_control);
  EXPECT_EQ(rpc.skipped, 0U);
}

TEST(ReadRpc, UnderstandsEveryKindOfControlThatGoSends) {
  const auto frame = wire::hex(go_vectors::every_kind_rpc);

  const auto rpc = read_rpc(frame, {});

  ASSERT_TRUE(rpc.has_value());
  expect_every_kind(*rpc);
}

TEST(ReadRpc, UnderstandsExtensionsAndPartialMessagesBesideTheRest) {
  const auto frame = wire::hex(go_vectors::extended_rpc);

  const auto rpc = read_rpc(frame, {});

  ASSERT_TRUE(rpc.has_value());
  expect_every_kind(*rpc);
}

TEST(ReadRpc, TakesAnEmptyFrame) {
  const auto rpc = read_rpc({}, {});

  ASSERT_TRUE(rpc.has_value());
  EXPECT_FALSE(rpc->has_control);
}

TEST(ReadRpc, TakesAnEmptyControlForControl) {
  EXPECT_TRUE(read_rpc(control({}), {})->has_control);
}

TEST(ReadRpc, MergesControlThatComesInParts) {
  const auto frame = join({control(field(3, field(1, "a"))), field(1, field(2, "s")),
                           control(field(3, field(1, "b")))});

  const auto rpc = read_rpc(frame, {});

  EXPECT_EQ(rpc->graft, (std::vector<std::string_view>{"a", "b"}));
}

TEST(ReadRpc, ViewsStandInTheFrame) {
  const auto frame = wire::hex(go_vectors::every_kind_rpc);

  const auto rpc = read_rpc(frame, {});

  const auto inside = [&](ByteView view) {
    return view.data() >= frame.data() && view.data() + view.size() <= frame.data() + frame.size();
  };
  EXPECT_TRUE(inside(rpc->publish[0]));
  EXPECT_TRUE(inside(rpc->ihave[0].ids[0]));
  EXPECT_TRUE(inside(as_bytes(rpc->graft[0])));
}

TEST(ReadRpc, TreatsAMissingSubscribeFlagAsUnsubscribe) {
  EXPECT_FALSE(read_rpc(field(1, field(2, "t")), {})->subscriptions.at(0).subscribe);
}

TEST(ReadRpc, KeepsPublishFieldsAsTheyCameHoweverTheyAreEncoded) {
  const auto long_length = join({wire::hex("128300"), field(4, "t")});

  const auto rpc = read_rpc(long_length, {});

  ASSERT_EQ(rpc->publish.size(), 1U);
  EXPECT_EQ(to_bytes(rpc->publish[0]), long_length);
  EXPECT_EQ(parse_message(rpc->publish_bodies[0])->topic, "t");
}

TEST(ReadRpc, LeavesBrokenMessagesToTheirParser) {
  const auto frame = join({field(2, wire::hex("ff")), field(2, field(4, "t"))});

  const auto rpc = read_rpc(frame, {});

  ASSERT_EQ(rpc->publish_bodies.size(), 2U);
  EXPECT_EQ(parse_message(rpc->publish_bodies[0]).error(), MessageError::malformed);
  EXPECT_TRUE(parse_message(rpc->publish_bodies[1]).has_value());
}

TEST(ReadRpc, V41SkipsAndCountsIdsOfNoAndOfTooManyBytes) {
  const std::string longest(128, 'i');
  const std::string huge(65536, 'i');
  const auto ids = join({field(1, ""), field(1, "id"), field(1, longest + "i"), field(1, longest)});
  const auto ihave = field(1, join({field(1, "t"), field(2, ""), field(2, huge), field(2, "id")}));
  const auto frame = control(join({ihave, field(2, ids), field(5, ids)}));

  const auto rpc = read_rpc(frame, {});

  ASSERT_TRUE(rpc.has_value());
  EXPECT_EQ(texts(rpc->iwant), (Texts{"id", longest}));
  EXPECT_EQ(texts(rpc->idontwant), (Texts{"id", longest}));
  EXPECT_EQ(texts(rpc->ihave.at(0).ids), Texts{"id"});
  EXPECT_EQ(rpc->skipped, 6U);
}

TEST(ReadRpc, V41CountsIdsOfAKindOverAllItsEntries) {
  RpcLimits limits;
  limits.message_ids_max = 10;
  const auto five = repeat(field(1, "i"), 5);
  const auto ihave_five = join({field(1, "t"), repeat(field(2, "i"), 5)});

  EXPECT_TRUE(read_rpc(control(repeat(field(2, five), 2)), limits).has_value());
  EXPECT_TRUE(read_rpc(control(join({repeat(field(2, five), 2), repeat(field(5, five), 2),
                                     repeat(field(1, ihave_five), 2)})),
                       limits)
                  .has_value());
  EXPECT_EQ(read_rpc(control(repeat(field(2, five), 3)), limits).error(), RpcError::too_many);
  EXPECT_EQ(read_rpc(control(repeat(field(5, five), 3)), limits).error(), RpcError::too_many);
  EXPECT_EQ(read_rpc(control(repeat(field(1, ihave_five), 3)), limits).error(), RpcError::too_many);
}

TEST(ReadRpc, SkipsEntriesWithEmptyAndOversizeTopics) {
  const std::string oversize(topic_size_max + 1, 't');
  for (const auto& topic : {std::string{}, oversize}) {
    const auto subscription = field(1, join({wire::number(1, 1), field(2, topic)}));
    const auto entries = join({field(1, join({field(1, topic), field(2, "i")})),
                               field(3, field(1, topic)), field(4, field(1, topic))});

    const auto rpc =
        read_rpc(join({subscription, control(entries), field(1, field(2, "kept"))}), {});

    ASSERT_TRUE(rpc.has_value());
    EXPECT_EQ(rpc->subscriptions.size(), 1U);
    EXPECT_TRUE(rpc->ihave.empty() && rpc->graft.empty() && rpc->prune.empty());
    EXPECT_EQ(rpc->skipped, 4U);
  }
}

TEST(ReadRpc, CutsTheListOfExchangedPeers) {
  const auto peers = repeat(field(2, field(1, "peer")), 20);
  const auto nobody = field(2, field(2, "record"));
  const auto broken = field(2, wire::hex("ff"));

  const auto rpc = read_rpc(control(field(4, join({field(1, "t"), nobody, peers, broken}))), {});

  ASSERT_TRUE(rpc.has_value()) << "what is cut is not looked at";
  EXPECT_EQ(rpc->prune.at(0).peers.size(), 15U) << "sixteen, one of them without an id";
  EXPECT_EQ(rpc->skipped, 1U);
  EXPECT_EQ(read_rpc(control(field(4, join({field(1, "t"), broken}))), {}).error(),
            RpcError::malformed);
}

TEST(ReadRpc, KeepsTheBackoffAsTheRemoteSaysIt) {
  const auto frame = control(field(4, join({field(1, "t"), wire::number(3, ~std::uint64_t{0})})));

  EXPECT_EQ(read_rpc(frame, {})->prune.at(0).backoff_seconds, ~std::uint64_t{0});
}

TEST(ReadRpc, V37V39HoldsEveryCountAtItsLimit) {
  RpcLimits limits;
  limits.publish_max = limits.subscriptions_max = limits.control_elements_max = 3;
  const Bytes elements[] = {field(1, field(2, "t")), field(2, "")};
  for (const auto& element : elements) {
    EXPECT_TRUE(read_rpc(repeat(element, 3), limits).has_value());
    EXPECT_EQ(read_rpc(repeat(element, 4), limits).error(), RpcError::too_many);
  }
  for (std::uint32_t kind = 1; kind <= 5; ++kind) {
    EXPECT_TRUE(read_rpc(control(repeat(field(kind, ""), 3)), limits).has_value()) << kind;
    EXPECT_EQ(read_rpc(control(repeat(field(kind, ""), 4)), limits).error(), RpcError::too_many)
        << kind;
  }
}

TEST(ReadRpc, V40CountsSubscriptionsAndControlTogether) {
  RpcLimits limits;
  limits.control_bytes_max = 100;
  const auto forty = field(1, field(2, std::string(36, 't')));
  const auto sixty = control(field(3, field(1, std::string(54, 't'))));
  ASSERT_EQ(forty.size(), 40U);
  ASSERT_EQ(sixty.size(), 60U);

  EXPECT_TRUE(read_rpc(join({forty, sixty}), limits).has_value());
  EXPECT_EQ(read_rpc(join({forty, sixty, field(1, "")}), limits).error(),
            RpcError::too_much_control);
  EXPECT_TRUE(read_rpc(join({forty, sixty, field(2, Bytes(1000, 1))}), limits).has_value())
      << "messages are not control";
}

TEST(ReadRpc, V04RefusesBrokenVarints) {
  const Bytes broken[] = {
      wire::hex("80"),                        // an unfinished tag
      wire::hex("0a80"),                      // an unfinished length
      wire::hex("0affffffffffffffffffff01"),  // eleven bytes of length
      control(wire::hex("1a80")),
      control(field(4, wire::hex("18ffffffffffffffffffff01"))),
      field(1, wire::hex("0880")),
  };
  for (const auto& frame : broken) {
    EXPECT_EQ(read_rpc(frame, {}).error(), RpcError::malformed) << base::to_hex(frame);
  }
}

TEST(ReadRpc, V04RefusesBrokenFrameLengths) {
  const std::string_view broken[] = {"8000", "ffffffffffffffffffff01", "80808080808080808002"};
  for (const auto text : broken) {
    const auto bytes = wire::hex(text);
    base::ByteReader in{bytes};
    EXPECT_EQ(base::take_frame(in, RpcLimits{}.size_max).error(), base::FrameError::bad_length);
  }
  const auto unfinished = wire::hex("80");
  base::ByteReader in{unfinished};
  EXPECT_EQ(base::take_frame(in, RpcLimits{}.size_max), std::nullopt);
}

TEST(ReadRpc, V15RefusesNestedGroups) {
  const auto groups = repeat(wire::hex("7b"), 100'000);  // field 15, start group, never closed
  const auto in_control = join({wire::hex("1a"), wire::hex("a08d06"), groups});

  EXPECT_EQ(read_rpc(groups, {}).error(), RpcError::malformed);
  EXPECT_EQ(read_rpc(in_control, {}).error(), RpcError::malformed);
}

TEST(ReadRpc, RefusesKnownFieldsOfAnotherType) {
  EXPECT_EQ(read_rpc(wire::number(1, 1), {}).error(), RpcError::malformed);
  EXPECT_EQ(read_rpc(wire::number(2, 1), {}).error(), RpcError::malformed);
  EXPECT_EQ(read_rpc(wire::number(3, 1), {}).error(), RpcError::malformed);
  for (std::uint32_t kind = 1; kind <= 5; ++kind) {
    EXPECT_EQ(read_rpc(control(wire::number(kind, 1)), {}).error(), RpcError::malformed) << kind;
    EXPECT_EQ(read_rpc(control(field(kind, wire::number(1, 1))), {}).error(), RpcError::malformed)
        << kind;
  }
  EXPECT_EQ(read_rpc(field(1, field(1, "true")), {}).error(), RpcError::malformed);
  EXPECT_EQ(read_rpc(control(field(4, field(3, "soon"))), {}).error(), RpcError::malformed);
  EXPECT_TRUE(read_rpc(wire::number(11, 1), {}).has_value()) << "an unknown field may be anything";
}

TEST(RpcError, EveryOneHasAName) {
  EXPECT_EQ(name(RpcError::malformed), "malformed");
  EXPECT_EQ(name(RpcError::too_much_control), "too_much_control");
  EXPECT_EQ(name(RpcError::too_many), "too_many");
}

}  // namespace
}  // namespace grapevine::pubsub
