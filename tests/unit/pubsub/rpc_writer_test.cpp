// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "core/pubsub/message.hpp"
#include "core/pubsub/rpc.hpp"
#include "go_vectors.hpp"
#include "wire.hpp"

namespace grapevine::pubsub {
namespace {

SharedBytes publish(std::size_t data_size) {
  return encode({.topic = "topic", .data = Bytes(data_size, 1), .seqno = {}}).field;
}

ByteView view(std::string_view text) { return as_bytes(text); }

TEST(RpcWriter, WritesWhatGoWrites) {
  const auto author = PeerId::parse(go_vectors::ed25519::peer);
  const ByteView grapes[] = {view("id-1"), view(std::string_view{"\xff\xfe\x00\x01", 4})};
  const ByteView wine[] = {view("id-3")};
  const ByteView wanted[] = {view("id-4"), view("id-5")};
  const ByteView more[] = {view("id-6")};
  const ByteView unwanted[] = {view("id-7"), view("id-8")};
  RpcWriter writer{{}};

  EXPECT_TRUE(writer.add_idontwant(unwanted));
  EXPECT_TRUE(
      writer.add_prune({.topic = "wine",
                        .backoff_seconds = 60,
                        .peers = {{author->bytes(), view("record")}, {author->bytes(), {}}}}));
  EXPECT_TRUE(writer.add_prune({.topic = "must", .backoff_seconds = {}, .peers = {}}));
  EXPECT_TRUE(writer.add_graft("grapes"));
  EXPECT_TRUE(writer.add_iwant(wanted));
  EXPECT_TRUE(writer.add_iwant(more));
  EXPECT_TRUE(writer.add_ihave("grapes", grapes));
  EXPECT_TRUE(writer.add_ihave("wine", wine));
  EXPECT_TRUE(writer.add_publish(SharedBytes::copy_of(wire::hex(go_vectors::unsigned_rpc))));
  EXPECT_TRUE(writer.add_subscription(true, "grapes"));
  EXPECT_TRUE(writer.add_subscription(false, "wine"));
  const auto size = writer.size();
  const auto packed = writer.take();

  EXPECT_EQ(base::to_hex(wire::frame_of(packed)), go_vectors::every_kind_rpc);
  EXPECT_EQ(size, go_vectors::every_kind_rpc.size() / 2);
  EXPECT_EQ(packed.size, wire::join(packed).size());
  EXPECT_EQ(packed.messages, 1U);
  EXPECT_EQ(packed.pieces.size(), 3U);
}

TEST(RpcWriter, SharesPublishFieldsInsteadOfCopyingThem) {
  const auto field = publish(1000);
  RpcWriter writer{{}};

  writer.add_publish(field);
  const auto packed = writer.take();

  ASSERT_EQ(packed.pieces.size(), 2U);
  EXPECT_EQ(packed.pieces[1].data(), field.data());
}

TEST(RpcWriter, IsEmptyAgainAfterTake) {
  RpcWriter writer{{}};
  EXPECT_TRUE(writer.empty());
  EXPECT_TRUE(writer.take().pieces.empty());

  writer.add_subscription(true, "t");
  writer.add_graft("t");
  writer.add_publish(publish(10));
  EXPECT_FALSE(writer.empty());
  writer.take();

  EXPECT_TRUE(writer.empty());
  EXPECT_EQ(writer.size(), 0U);
  EXPECT_EQ(writer.take().size, 0U);
}

TEST(RpcWriter, LetsOneLargerMessageTravelAlone) {
  RpcWriter writer{{}};
  const auto large = publish(500'000);

  EXPECT_TRUE(writer.add_publish(large));
  EXPECT_FALSE(writer.add_publish(publish(1)));
  EXPECT_FALSE(writer.add_graft("t"));
  EXPECT_FALSE(writer.add_subscription(true, "t"));
  EXPECT_EQ(writer.take().messages, 1U);

  EXPECT_TRUE(writer.add_graft("t"));
  EXPECT_FALSE(writer.add_publish(large));
}

TEST(RpcWriter, FillsABatchToTheByte) {
  const auto field = publish(100);
  SendLimits limits;
  limits.batch_bytes = 3 * field.size();
  RpcWriter writer{limits};

  EXPECT_TRUE(writer.add_publish(field));
  EXPECT_TRUE(writer.add_publish(field));
  EXPECT_TRUE(writer.add_publish(field));
  EXPECT_FALSE(writer.add_publish(field));
  EXPECT_EQ(writer.size(), limits.batch_bytes);
}

TEST(RpcWriter, CountsTheControlMessagesOwnTagAndLength) {
  SendLimits limits;
  limits.control_bytes = 2 + 7 + 7;  // control header, two grafts of a three-letter topic
  RpcWriter writer{limits};

  EXPECT_TRUE(writer.add_graft("abc"));
  EXPECT_EQ(writer.size(), 2U + 7U);
  EXPECT_TRUE(writer.add_graft("abc"));
  EXPECT_FALSE(writer.add_graft("a"));

  limits.control_bytes -= 1;
  RpcWriter tighter{limits};
  EXPECT_TRUE(tighter.add_graft("abc"));
  EXPECT_FALSE(tighter.add_graft("abc"));
}

TEST(RpcWriter, CountsSubscriptionsAndControlTogether) {
  SendLimits limits;
  limits.control_bytes = 40;
  RpcWriter writer{limits};

  EXPECT_TRUE(writer.add_subscription(true, std::string(20, 't')));  // 26 bytes
  EXPECT_FALSE(writer.add_graft(std::string(20, 't')));
  EXPECT_TRUE(writer.add_graft("t"));
}

TEST(RpcWriter, BoundsSubscriptionsByCount) {
  RpcWriter writer{{}};
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(writer.add_subscription(true, "topic"));

  EXPECT_FALSE(writer.add_subscription(true, "topic"));
  const auto frame = wire::frame_of(writer.take());
  EXPECT_EQ(read_rpc(frame, {})->subscriptions.size(), 100U);
}

TEST(RpcWriter, BoundsIdontwantIdsPerRpc) {
  const std::vector<ByteView> six(6, view("id"));
  const std::vector<ByteView> four(4, view("id"));
  RpcWriter writer{{}};

  EXPECT_TRUE(writer.add_idontwant(six));
  EXPECT_FALSE(writer.add_idontwant(six));
  EXPECT_TRUE(writer.add_idontwant(four));
  EXPECT_FALSE(writer.add_idontwant(four));
  writer.take();
  EXPECT_TRUE(writer.add_idontwant(six)) << "counted anew in the next RPC";
}

TEST(RpcWriter, WritesAnEntryWholeOrNotAtAll) {
  SendLimits limits;
  limits.control_bytes = 100;
  const std::vector<ByteView> many(50, view("id"));
  RpcWriter writer{limits};
  writer.add_graft("t");
  const auto before = writer.size();

  EXPECT_FALSE(writer.add_ihave("t", many));
  EXPECT_FALSE(writer.add_iwant(many));

  EXPECT_EQ(writer.size(), before);
}

TEST(RpcWriter, TakesAnySingleElementWhenEmpty) {
  SendLimits limits;
  limits.control_bytes = 10;
  limits.batch_bytes = 10;
  const std::vector<ByteView> many(50, view("id"));
  const std::string topic(100, 't');
  RpcWriter writer{limits};

  EXPECT_TRUE(writer.add_ihave("t", many));
  writer.take();
  EXPECT_TRUE(writer.add_iwant(many));
  writer.take();
  EXPECT_TRUE(writer.add_idontwant(many));
  writer.take();
  EXPECT_TRUE(writer.add_graft(topic));
  writer.take();
  EXPECT_TRUE(writer.add_prune({.topic = topic, .backoff_seconds = {}, .peers = {}}));
  writer.take();
  EXPECT_TRUE(writer.add_subscription(true, topic));
}

TEST(RpcWriter, WritesNoEntryWithoutIds) {
  RpcWriter writer{{}};

  EXPECT_TRUE(writer.add_ihave("t", {}));
  EXPECT_TRUE(writer.add_iwant({}));
  EXPECT_TRUE(writer.add_idontwant({}));

  EXPECT_TRUE(writer.empty());
}

TEST(RpcWriter, CutsExchangedPeersAtTheLimit) {
  Prune prune{.topic = "t", .backoff_seconds = 1, .peers = {}};
  for (int i = 0; i < 40; ++i) prune.peers.push_back({view("peer"), view("record")});
  RpcWriter writer{{}};

  EXPECT_TRUE(writer.add_prune(prune));

  const auto frame = wire::frame_of(writer.take());
  RpcLimits all;
  all.px_peers_max = 100;
  EXPECT_EQ(read_rpc(frame, all)->prune.at(0).peers.size(), 16U);
}

/// Adds one random element; answers what the writer said.
bool add_random(RpcWriter& writer, Rng& rng) {
  const std::string topic(1 + rng.below(200), 't');
  const Bytes id(1 + rng.below(128), 1);
  const std::vector<ByteView> ids(1 + rng.below(8), id);
  switch (rng.below(7)) {
    case 0:
      return writer.add_subscription(rng.chance(1, 2), topic);
    case 1:
      return writer.add_publish(publish(rng.below(3000)));
    case 2:
      return writer.add_ihave(topic, ids);
    case 3:
      return writer.add_iwant(ids);
    case 4:
      return writer.add_idontwant(ids);
    case 5:
      return writer.add_graft(topic);
    default:
      return writer.add_prune(
          {.topic = topic,
           .backoff_seconds = rng.u64() >> rng.below(64),
           .peers = std::vector<PeerInfo>(rng.below(3), {id, as_bytes(topic)})});
  }
}

TEST(RpcWriter, AccountsExactlyAndKeepsItsLimitsWhateverIsAdded) {
  Rng rng{Rng::Seed{7}};
  for (int round = 0; round < 300; ++round) {
    SendLimits limits;
    limits.batch_bytes = 2000 + rng.below(10'000);
    limits.control_bytes = 1000 + rng.below(3000);
    RpcWriter writer{limits};
    std::size_t elements = 0;
    for (int refused = 0; refused < 5;) {
      if (add_random(writer, rng)) ++elements;
      else ++refused;
    }

    const auto size = writer.size();
    const auto packed = writer.take();

    const auto frame = wire::frame_of(packed);
    ASSERT_EQ(frame.size(), size);
    ASSERT_EQ(wire::join(packed).size(), packed.size);
    if (elements > 1) {
      ASSERT_LE(size, limits.batch_bytes);
      std::size_t messages = 0;
      const auto rpc = read_rpc(frame, {});
      for (const auto field : rpc->publish) messages += field.size();
      ASSERT_LE(size - messages, limits.control_bytes);
    }
    ASSERT_TRUE(read_rpc(frame, {}).has_value());
  }
}

TEST(RpcWriterDeathTest, WantsWholePublishFields) {
  RpcWriter writer{{}};
  EXPECT_DEATH(writer.add_publish(SharedBytes::copy_of(view("\x0a\x01x"))), "publish");
}

}  // namespace
}  // namespace grapevine::pubsub
