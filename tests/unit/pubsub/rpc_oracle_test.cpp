// SPDX-License-Identifier: Apache-2.0
// Our codec against libprotobuf's, both ways, on random RPCs.
#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "core/pubsub/message.hpp"
#include "core/pubsub/rpc.hpp"
#include "rpc.pb.h"
#include "wire.hpp"

namespace grapevine::pubsub {
namespace {

std::string random_text(Rng& rng, std::size_t size_max) {
  std::string out(1 + rng.below(size_max), '\0');
  for (auto& c : out) c = static_cast<char>(rng.below(256));
  return out;
}

std::string random_topic(Rng& rng) {
  std::string out(1 + rng.below(40), 'a');
  for (auto& c : out) c = static_cast<char>('a' + rng.below(26));
  return out;
}

void fill_message(grapevine::wire::Message& message, Rng& rng) {
  if (rng.chance(1, 2)) message.set_from(random_text(rng, 44));
  if (rng.chance(3, 4)) message.set_data(random_text(rng, 300));
  if (rng.chance(1, 2)) message.set_seqno(random_text(rng, 8));
  message.set_topic(random_topic(rng));
  if (rng.chance(1, 2)) message.set_signature(random_text(rng, 64));
  if (rng.chance(1, 2)) message.set_key(random_text(rng, 36));
}

void fill_control(grapevine::wire::ControlMessage& control, Rng& rng) {
  const auto several = [&](auto make) {
    for (auto left = rng.below(4); left > 0; --left) make();
  };
  several([&] {
    auto& ihave = *control.add_ihave();
    ihave.set_topic(random_topic(rng));
    several([&] { ihave.add_message_ids(random_text(rng, 60)); });
  });
  several([&] { control.add_iwant()->add_message_ids(random_text(rng, 60)); });
  several([&] { control.add_graft()->set_topic(random_topic(rng)); });
  several([&] {
    auto& prune = *control.add_prune();
    prune.set_topic(random_topic(rng));
    if (rng.chance(1, 2)) prune.set_backoff(rng.u64() >> rng.below(64));
    several([&] {
      auto& peer = *prune.add_peers();
      peer.set_peer_id(random_text(rng, 44));
      if (rng.chance(1, 2)) peer.set_signed_peer_record(random_text(rng, 200));
    });
  });
  several([&] { control.add_idontwant()->add_message_ids(random_text(rng, 60)); });
  if (rng.chance(1, 3)) {
    auto& extensions = *control.mutable_extensions();
    if (rng.chance(1, 2)) extensions.set_partial_messages(rng.chance(1, 2));
    if (rng.chance(1, 2)) extensions.set_test_extension(rng.chance(1, 2));
  }
}

void fill_partial(grapevine::wire::PartialMessages& partial, Rng& rng) {
  partial.set_topic(random_topic(rng));
  partial.set_group_id(random_text(rng, 128));
  if (rng.chance(1, 2)) partial.set_partial_message(random_text(rng, 500));
  if (rng.chance(1, 2)) partial.set_parts_metadata(random_text(rng, 40));
}

grapevine::wire::RPC random_rpc(Rng& rng) {
  grapevine::wire::RPC rpc;
  for (auto left = rng.below(4); left > 0; --left) {
    auto& subscription = *rpc.add_subscriptions();
    if (rng.chance(3, 4)) subscription.set_subscribe(rng.chance(1, 2));
    if (rng.chance(1, 4)) subscription.set_requests_partial(rng.chance(1, 2));
    if (rng.chance(1, 4)) subscription.set_supports_sending_partial(rng.chance(1, 2));
    subscription.set_topic(random_topic(rng));
  }
  for (auto left = rng.below(4); left > 0; --left) fill_message(*rpc.add_publish(), rng);
  if (rng.chance(3, 4)) fill_control(*rpc.mutable_control(), rng);
  if (rng.chance(1, 3)) {
    fill_partial(*rpc.mutable_partial(), rng);
  } else if (rng.chance(1, 4)) {
    rpc.mutable_test_extension();
  }
  return rpc;
}

template <class Range>
std::vector<std::string> ids_of(const Range& entries) {
  std::vector<std::string> out;
  for (const auto& entry : entries) {
    out.insert(out.end(), entry.message_ids().begin(), entry.message_ids().end());
  }
  return out;
}

std::vector<std::string> texts(const std::vector<ByteView>& views) {
  std::vector<std::string> out;
  for (const auto view : views) out.push_back(to_text(view));
  return out;
}

void expect_same_message(const MessageView& ours, const grapevine::wire::Message& theirs) {
  const auto same = [](const std::optional<ByteView>& value, bool has, const std::string& text) {
    return value.has_value() == has && (!has || as_text(*value) == text);
  };
  EXPECT_TRUE(same(ours.from, theirs.has_from(), theirs.from()));
  EXPECT_TRUE(same(ours.data, theirs.has_data(), theirs.data()));
  EXPECT_TRUE(same(ours.seqno, theirs.has_seqno(), theirs.seqno()));
  EXPECT_EQ(ours.topic, theirs.topic());
  EXPECT_TRUE(same(ours.signature, theirs.has_signature(), theirs.signature()));
  EXPECT_TRUE(same(ours.key, theirs.has_key(), theirs.key()));
}

void expect_same_prune(const Prune& ours, const grapevine::wire::ControlPrune& theirs) {
  EXPECT_EQ(ours.topic, theirs.topic());
  EXPECT_EQ(ours.backoff_seconds.has_value(), theirs.has_backoff());
  EXPECT_EQ(ours.backoff_seconds.value_or(0), theirs.backoff());
  ASSERT_EQ(ours.peers.size(), static_cast<std::size_t>(theirs.peers_size()));
  for (int i = 0; i < theirs.peers_size(); ++i) {
    const auto& peer = ours.peers[static_cast<std::size_t>(i)];
    EXPECT_EQ(as_text(peer.peer_id), theirs.peers(i).peer_id());
    EXPECT_EQ(as_text(peer.signed_record), theirs.peers(i).signed_peer_record());
  }
}

void expect_same_partial(const PartialView& ours, const grapevine::wire::PartialMessages& theirs) {
  const auto same = [](const std::optional<ByteView>& value, bool has, const std::string& text) {
    return value.has_value() == has && (!has || as_text(*value) == text);
  };
  EXPECT_EQ(ours.topic, theirs.topic());
  EXPECT_EQ(as_text(ours.group), theirs.group_id());
  EXPECT_TRUE(same(ours.message, theirs.has_partial_message(), theirs.partial_message()));
  EXPECT_TRUE(same(ours.metadata, theirs.has_parts_metadata(), theirs.parts_metadata()));
}

void expect_same_extensions(const RpcView& ours, const grapevine::wire::RPC& theirs) {
  const auto& control = theirs.control();
  ASSERT_EQ(ours.extensions.has_value(), control.has_extensions());
  if (ours.extensions) {
    EXPECT_EQ(ours.extensions->partial_messages, control.extensions().partial_messages());
    EXPECT_EQ(ours.extensions->test, control.extensions().test_extension());
  }
  EXPECT_EQ(ours.test_extension, theirs.has_test_extension());
  ASSERT_EQ(ours.partial.has_value(), theirs.has_partial());
  if (ours.partial) expect_same_partial(*ours.partial, theirs.partial());
}

void expect_same_rpc(const RpcView& ours, const grapevine::wire::RPC& theirs) {
  expect_same_extensions(ours, theirs);
  ASSERT_EQ(ours.subscriptions.size(), static_cast<std::size_t>(theirs.subscriptions_size()));
  for (std::size_t i = 0; i < ours.subscriptions.size(); ++i) {
    const auto& [subscribe, partial, topic] = ours.subscriptions[i];
    const auto& sent = theirs.subscriptions(static_cast<int>(i));
    EXPECT_EQ(subscribe, sent.subscribe());
    EXPECT_EQ(topic, sent.topic());
    const bool requests = sent.subscribe() && sent.requests_partial();
    EXPECT_EQ(partial.requests, requests);
    EXPECT_EQ(partial.supports_sending,
              requests || (sent.subscribe() && sent.supports_sending_partial()));
  }
  ASSERT_EQ(ours.publish_bodies.size(), static_cast<std::size_t>(theirs.publish_size()));
  for (std::size_t i = 0; i < ours.publish_bodies.size(); ++i) {
    const auto message = parse_message(ours.publish_bodies[i]);
    ASSERT_TRUE(message.has_value());
    expect_same_message(*message, theirs.publish(static_cast<int>(i)));
  }
  const auto& control = theirs.control();
  EXPECT_EQ(ours.has_control, theirs.has_control());
  ASSERT_EQ(ours.ihave.size(), static_cast<std::size_t>(control.ihave_size()));
  for (std::size_t i = 0; i < ours.ihave.size(); ++i) {
    const auto& ihave = control.ihave(static_cast<int>(i));
    EXPECT_EQ(ours.ihave[i].topic, ihave.topic());
    EXPECT_EQ(texts(ours.ihave[i].ids), ids_of(std::array{ihave}));
  }
  EXPECT_EQ(texts(ours.iwant), ids_of(control.iwant()));
  EXPECT_EQ(texts(ours.idontwant), ids_of(control.idontwant()));
  ASSERT_EQ(ours.graft.size(), static_cast<std::size_t>(control.graft_size()));
  for (std::size_t i = 0; i < ours.graft.size(); ++i) {
    EXPECT_EQ(ours.graft[i], control.graft(static_cast<int>(i)).topic());
  }
  ASSERT_EQ(ours.prune.size(), static_cast<std::size_t>(control.prune_size()));
  for (std::size_t i = 0; i < ours.prune.size(); ++i) {
    expect_same_prune(ours.prune[i], control.prune(static_cast<int>(i)));
  }
}

/// Everything of a view into a writer without limits.
Bytes rewrite(const RpcView& rpc, std::size_t& size) {
  constexpr std::size_t no_limit = 100'000'000;
  RpcWriter writer{{no_limit, no_limit, no_limit, no_limit, no_limit}};
  if (rpc.extensions) writer.add_extensions(*rpc.extensions);
  for (const auto& [subscribe, partial, topic] : rpc.subscriptions)
    writer.add_subscription(subscribe, topic, partial);
  for (const auto field : rpc.publish) writer.add_publish(SharedBytes::copy_of(field));
  for (const auto& ihave : rpc.ihave) writer.add_ihave(ihave.topic, ihave.ids);
  writer.add_iwant(rpc.iwant);
  for (const auto topic : rpc.graft) writer.add_graft(topic);
  for (const auto& prune : rpc.prune) writer.add_prune(prune);
  writer.add_idontwant(rpc.idontwant);
  if (rpc.partial) writer.add_extension_body(partial_field(*rpc.partial));
  if (rpc.test_extension) writer.add_extension_body(test_field());
  size = writer.size();
  const auto packed = writer.take();
  return packed.pieces.empty() ? Bytes{} : grapevine::wire::frame_of(packed);
}

TEST(RpcOracle, WeReadWhatLibprotobufWrites) {
  Rng rng{Rng::Seed{1}};
  for (int round = 0; round < 1000; ++round) {
    const auto theirs = random_rpc(rng);
    const auto frame = theirs.SerializeAsString();

    const auto ours = read_rpc(as_bytes(frame), {});

    ASSERT_TRUE(ours.has_value()) << round;
    expect_same_rpc(*ours, theirs);
    ASSERT_FALSE(HasFailure()) << round;
  }
}

TEST(RpcOracle, LibprotobufReadsWhatWeWriteAndWritesTheSame) {
  Rng rng{Rng::Seed{2}};
  for (int round = 0; round < 1000; ++round) {
    const auto frame = random_rpc(rng).SerializeAsString();
    const auto first = read_rpc(as_bytes(frame), {});
    std::size_t size = 0;

    const auto ours = rewrite(*first, size);

    grapevine::wire::RPC theirs;
    ASSERT_TRUE(theirs.ParseFromArray(ours.data(), static_cast<int>(ours.size()))) << round;
    ASSERT_EQ(size, ours.size());
    EXPECT_EQ(base::to_hex(ours), base::to_hex(as_bytes(theirs.SerializeAsString()))) << round;
    const auto second = read_rpc(ours, {});
    ASSERT_TRUE(second.has_value());
    expect_same_rpc(*second, theirs);
    ASSERT_FALSE(HasFailure()) << round;
  }
}

TEST(RpcOracle, LibprotobufUnderstandsWhateverDamagedMessageWeAccept) {
  Rng rng{Rng::Seed{3}};
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    grapevine::wire::Message message;
    fill_message(message, rng);
    auto body = to_bytes(as_bytes(message.SerializeAsString()));
    for (auto left = 1 + rng.below(3); left > 0; --left) {
      body[rng.below(body.size())] = static_cast<std::uint8_t>(rng.below(256));
    }

    const auto ours = parse_message(body);
    if (!ours) continue;

    ++accepted;
    grapevine::wire::Message theirs;
    ASSERT_TRUE(theirs.ParseFromArray(body.data(), static_cast<int>(body.size())))
        << base::to_hex(body);
    expect_same_message(*ours, theirs);
    ASSERT_FALSE(HasFailure()) << base::to_hex(body);
  }
  EXPECT_GT(accepted, 5000) << "most damage hits contents";
}

}  // namespace
}  // namespace grapevine::pubsub
