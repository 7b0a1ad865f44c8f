// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

/// `message` with the last byte of its payload changed: same author, number and id.
pubsub::Message forged(const pubsub::Message& message) {
  auto bytes = to_bytes(message.field.view());
  const auto payload = message.view.payload();
  bytes[static_cast<std::size_t>(payload.data() - message.field.data()) + payload.size() - 1] ^= 1;
  const SharedBytes field{std::move(bytes)};
  const auto body =
      field.slice(static_cast<std::size_t>(message.view.body.data() - message.field.data()),
                  message.view.body.size());
  return {field, *pubsub::parse_message(body), message.id};
}

TEST(Delivery, HappensOnceAndGoesOnToTheMeshButNotBack) {
  Alone node;
  node.join("t");
  const auto sender = node.add_meshed("t");
  const auto other = node.add_meshed("t");
  const auto third = node.add_meshed("t");

  node.send(sender, "t", "x");
  node.send(other, "t", "x");

  EXPECT_EQ(node.delivered("x"), 1u);
  EXPECT_EQ(node.heard(sender).count("x"), 0u);
  EXPECT_EQ(node.heard(third).count("x"), 1u);
  EXPECT_EQ(node.router().counters().duplicates, 1u);
  EXPECT_EQ(node.traced(Traced::Kind::duplicate), 1u);
}

TEST(Delivery, WithinTheTtlIsNeverRepeated_V43) {
  Alone node;
  node.join("t");
  const auto sender = node.add_meshed("t");

  for (int second = 0; second < 120; ++second) {
    node.send(sender, "t", "x");
    node.advance(1s);
  }

  EXPECT_EQ(node.delivered("x"), 1u);
}

TEST(Duplicates, OfATurnAreOneEventAndExactInTheCounters) {
  Alone node;
  node.join("t");
  const auto sender = node.add({.topic = "t"});
  const auto message = node.message("t", "x");

  node.say(sender, [&](auto& rpc) {
    for (int i = 0; i < 1000; ++i) rpc.add_publish(message.field);
  });

  EXPECT_EQ(node.router().counters().duplicates, 999u);
  EXPECT_EQ(node.traced(Traced::Kind::duplicate), 999u);
  EXPECT_EQ(std::ranges::count(node.events, Traced::Kind::duplicate, &Traced::kind), 1);
}

TEST(Delivery, OfATopicNotJoinedIsCountedOnly) {
  Alone node;
  const auto sender = node.add({.topic = "t"});

  node.send(sender, "t", "x");

  EXPECT_TRUE(node.deliveries.empty());
  EXPECT_EQ(node.traced(Traced::Kind::undeliverable), 1u);
}

TEST(Delivery, DoesNotSendAMessageToItsAuthor) {
  auto config = Config{};
  Alone node{config};
  node.join("t");
  const auto author = node.add_meshed("t", {.identity = 7});
  const auto relay = node.add_meshed("t");

  node.send(relay, node.signed_message(7, 1, "t", "x"));
  node.verify(node.to_verify.at(0));

  EXPECT_EQ(node.delivered("x"), 1u);
  EXPECT_EQ(node.heard(author).count("x"), 0u);
}

TEST(Delivery, OfOurOwnIdentityFromOthersIsRefusedUnlessItIsAnEcho) {
  Alone node{Config{}};
  node.join("t");
  const auto peer = node.add_meshed("t");
  const auto ours = node.signed_message(0, 1, "t", "ours");
  ASSERT_TRUE(node.router().publish(ours, node.now()));

  node.send(peer, ours);
  EXPECT_EQ(node.router().counters().duplicates, 1u);
  node.send(peer, node.signed_message(0, 2, "t", "never published"));

  EXPECT_EQ(node.router().counters().rejected, 1u);
  EXPECT_EQ(node.delivered("never published"), 0u);
}

TEST(Signatures, AreCheckedBeforeAnythingIsDelivered) {
  Alone node{Config{}};
  node.join("t");
  const auto peer = node.add_meshed("t");

  node.send(peer, node.signed_message(5, 1, "t", "x"));
  EXPECT_TRUE(node.deliveries.empty());
  ASSERT_EQ(node.to_verify.size(), 1u);
  node.verify(node.to_verify[0]);
  EXPECT_EQ(node.delivered("x"), 1u);

  node.send(peer, "t", "unsigned");
  EXPECT_EQ(node.router().counters().rejected, 1u);
}

TEST(Forgery, ThatCameFirstDoesNotCensorTheGenuineMessage_V42) {
  Alone node{Config{}};
  node.join("t");
  const auto forger = node.add_meshed("t");
  const auto honest = node.add_meshed("t");
  const auto genuine = node.signed_message(5, 1, "t", "genuine");

  node.send(forger, forged(genuine));
  node.send(honest, genuine);
  ASSERT_EQ(node.to_verify.size(), 1u);
  node.verify(node.to_verify[0]);
  ASSERT_EQ(node.to_verify.size(), 2u);
  node.verify(node.to_verify[1]);

  EXPECT_EQ(node.delivered("genuine"), 1u);
  EXPECT_EQ(node.router().counters().rejected, 1u);
}

TEST(Forgery, RefusedAloneLeavesTheIdUnseen_V42) {
  Alone node{Config{}};
  node.join("t");
  const auto forger = node.add_meshed("t");
  const auto honest = node.add_meshed("t");
  const auto genuine = node.signed_message(5, 1, "t", "genuine");

  node.send(forger, forged(genuine));
  node.verify(node.to_verify.at(0));
  node.send(honest, genuine);
  node.verify(node.to_verify.at(1));

  EXPECT_EQ(node.delivered("genuine"), 1u);
}

TEST(Forgery, InManyCopiesTakesOnePlaceAForger_V42) {
  Alone node{Config{}};
  node.join("t");
  const auto forger = node.add_meshed("t");
  const auto honest = node.add_meshed("t");
  const auto genuine = node.signed_message(5, 1, "t", "genuine message");
  auto copy = forged(genuine);
  for (int i = 0; i < 10; ++i) {
    node.send(forger, copy);
    auto bytes = to_bytes(copy.field.view());
    bytes[static_cast<std::size_t>(copy.view.payload().data() - copy.field.data())] ^=
        static_cast<std::uint8_t>(i + 1);
    const SharedBytes field{std::move(bytes)};
    const auto at = static_cast<std::size_t>(copy.view.body.data() - copy.field.data());
    const auto body = field.slice(at, copy.view.body.size());
    copy = {field, *pubsub::parse_message(body), copy.id};
  }

  node.send(honest, genuine);
  for (std::size_t i = 0; i < node.to_verify.size(); ++i) {
    const auto job = node.to_verify[i];
    node.verify(job);
  }

  EXPECT_EQ(node.delivered("genuine message"), 1u);
}

TEST(Copies, UnderCheckAreNotCheckedAgainNorSentBack) {
  Alone node{Config{}};
  node.join("t");
  const auto first = node.add_meshed("t");
  const auto second = node.add_meshed("t");
  const auto third = node.add_meshed("t");
  const auto message = node.signed_message(5, 1, "t", "x");

  node.send(first, message);
  node.send(second, message);
  ASSERT_EQ(node.to_verify.size(), 1u);
  node.verify(node.to_verify[0]);

  EXPECT_EQ(node.heard(first).count("x"), 0u);
  EXPECT_EQ(node.heard(second).count("x"), 0u);
  EXPECT_EQ(node.heard(third).count("x"), 1u);
}

TEST(Validators, DecideWhatIsDeliveredAndForwarded) {
  for (const auto verdict : {Validation::accept, Validation::reject, Validation::ignore}) {
    Alone node;
    node.router().set_validated("t", true);
    node.join("t");
    const auto sender = node.add_meshed("t");
    const auto other = node.add_meshed("t");
    node.send(sender, "t", "x");
    ASSERT_EQ(node.to_validate.size(), 1u);
    EXPECT_TRUE(node.deliveries.empty());

    node.answer(node.to_validate[0].ticket, verdict);
    node.answer(node.to_validate[0].ticket, Validation::accept);  // a second answer says nothing
    node.send(other, "t", "x");

    const bool accepted = verdict == Validation::accept;
    EXPECT_EQ(node.delivered("x"), accepted ? 1u : 0u);
    EXPECT_EQ(node.heard(other).count("x"), accepted ? 1u : 0u);
    EXPECT_EQ(node.to_validate.size(), 1u);
    EXPECT_EQ(node.router().counters().rejected, verdict == Validation::reject ? 1u : 0u);
    EXPECT_EQ(node.router().counters().ignored, verdict == Validation::ignore ? 1u : 0u);
  }
}

TEST(Validators, AreAskedAfterTheSignatureAndNotInsteadOfIt) {
  Alone node{Config{}};
  node.router().set_validated("t", true);
  node.join("t");
  const auto peer = node.add_meshed("t");
  node.send(peer, node.signed_message(5, 1, "t", "x"));
  ASSERT_EQ(node.to_verify.size(), 1u);

  node.answer(node.to_verify[0].ticket, Validation::accept);
  EXPECT_TRUE(node.deliveries.empty());
  node.verify(node.to_verify[0]);
  ASSERT_EQ(node.to_validate.size(), 1u);
  node.answer(node.to_validate[0].ticket, Validation::accept);

  EXPECT_EQ(node.delivered("x"), 1u);
}

TEST(Pending, IsBoundedPerPeerInAllAndInBytes) {
  auto config = Alone::plain();
  config.pending_per_peer_max = 5;
  config.pending_messages_max = 8;
  Alone node{config};
  node.router().set_validated("t", true);
  node.join("t");
  const auto first = node.add_meshed("t");
  const auto second = node.add_meshed("t");

  for (int i = 0; i < 10; ++i) node.send(first, "t", "a" + std::to_string(i));
  EXPECT_EQ(node.to_validate.size(), 5u);
  for (int i = 0; i < 10; ++i) node.send(second, "t", "b" + std::to_string(i));
  EXPECT_EQ(node.to_validate.size(), 8u);
  EXPECT_EQ(node.router().counters().ignored, 12u);

  for (std::size_t i = 0; i < 8; ++i) node.answer(node.to_validate[i].ticket, Validation::accept);
  node.send(first, "t", "a9");  // not judged yet, so it is no copy
  EXPECT_EQ(node.to_validate.size(), 9u);

  config.message_size_max = config.pending_bytes_max = 10'000;
  Alone small{config};
  small.router().set_validated("t", true);
  small.join("t");
  const auto peer = small.add_meshed("t");
  for (char c = 'a'; c < 'e'; ++c) small.send(peer, "t", std::string(4000, c));
  EXPECT_EQ(small.to_validate.size(), 2u);
}

TEST(Pending, OutlivesThePeerItCameFrom) {
  Alone node{Config{}};
  node.join("t");
  const auto peer = node.add_meshed("t");
  node.send(peer, node.signed_message(5, 1, "t", "x"));
  node.send(peer, node.signed_message(5, 2, "t", "y"));

  node.remove(peer);
  node.verify(node.to_verify.at(0));
  node.leave("t");
  node.verify(node.to_verify.at(1));

  EXPECT_EQ(node.deliveries, std::vector<std::string>{"x"});
}

TEST(Publish, GoesToTheMeshAndToOurselvesOnce) {
  Alone node;
  node.join("t");
  const auto mesh = node.add_meshed("t");

  EXPECT_EQ(node.publish("t", "x").value(), 1u);
  EXPECT_EQ(node.publish("t", "x").error(), PublishError::duplicate);
  auto nowhere = node.message("t", "y");
  nowhere.view.topic = {};
  EXPECT_EQ(node.router().publish(nowhere, node.now()).error(), PublishError::bad_topic);
  EXPECT_EQ(node.publish("t", std::string(1 << 20, 'x')).error(), PublishError::too_large);

  EXPECT_EQ(node.delivered("x"), 1u);
  EXPECT_EQ(node.heard(mesh).count("x"), 1u);
}

TEST(Publish, WithoutJoiningGoesToAFanoutThatLivesItsTime) {
  Alone node;
  for (int i = 0; i < 10; ++i) node.add({.topic = "t"});

  EXPECT_EQ(node.publish("t", "x").value(), Config{}.d);
  const auto fanout = node.router().fanout("t");
  node.advance(30s);
  EXPECT_EQ(node.publish("t", "y").value(), Config{}.d);
  EXPECT_EQ(node.router().fanout("t"), fanout);
  node.advance(59s);
  EXPECT_EQ(node.router().fanout("t"), fanout);

  node.advance(3s);
  EXPECT_TRUE(node.router().fanout("t").empty());
}

TEST(Fanout, IsFilledUpWhenItsPeersLeaveAndOthersCome) {
  Alone node;
  std::vector<PeerHandle> first;
  for (int i = 0; i < 6; ++i) first.push_back(node.add({.topic = "t"}));
  ASSERT_TRUE(node.publish("t", "x"));
  for (const auto peer : first) node.subscribe(peer, "t", false);
  EXPECT_TRUE(node.router().fanout("t").empty());

  for (int i = 0; i < 3; ++i) node.add({.topic = "t"});
  node.heartbeat();

  EXPECT_EQ(node.router().fanout("t").size(), 3u);
  EXPECT_EQ(node.publish("t", "y").value(), 3u);
}

TEST(FloodPublish, ReachesAllSubscribersWhateverTheMesh) {
  auto config = Alone::plain();
  config.flood_publish = true;
  Alone node{config};
  node.join("t");
  std::vector<PeerHandle> peers;
  for (int i = 0; i < 20; ++i) peers.push_back(node.add({.topic = "t"}));

  EXPECT_EQ(node.publish("t", "ours").value(), 20u);
  node.send(peers[0], "t", "theirs");

  std::size_t forwarded = 0;
  for (const auto peer : peers) {
    EXPECT_EQ(node.heard(peer).count("ours"), 1u);
    forwarded += node.heard(peer).count("theirs");
  }
  EXPECT_LE(forwarded, Config{}.d);
}

TEST(FloodsubPeers, GetEveryMessageOfTheirTopics) {
  Alone node;
  node.join("t");
  const auto flood = node.add({.version = Version::floodsub, .topic = "t"});
  const auto mesh = node.add_meshed("t");

  ASSERT_TRUE(node.publish("t", "ours"));
  node.send(mesh, "t", "theirs");

  EXPECT_EQ(node.heard(flood).count("ours"), 1u);
  EXPECT_EQ(node.heard(flood).count("theirs"), 1u);
  EXPECT_TRUE(node.heard(flood).grafts.empty());
}

TEST(FloodsubMode, SendsToEverybodyAndNeverAWordOfControl) {
  auto config = Alone::plain();
  config.mode = Mode::floodsub;
  Alone node{config};
  node.join("t");
  std::vector<PeerHandle> peers;
  for (int i = 0; i < 20; ++i) peers.push_back(node.add({.topic = "t"}));

  EXPECT_EQ(node.publish("t", "x").value(), 20u);
  node.send(peers[0], "t", "y");
  node.graft(peers[1], "t");
  node.ihave(peers[2], "t", {"id"});
  node.heartbeats(5);

  for (const auto peer : peers) {
    EXPECT_EQ(node.heard(peer).count("x"), 1u);
    EXPECT_EQ(node.heard(peer).count("y"), peer == peers[0] ? 0u : 1u);
    EXPECT_TRUE(node.heard(peer).grafts.empty() && node.heard(peer).prunes.empty() &&
                node.heard(peer).ihave.empty() && node.heard(peer).iwant.empty());
  }
}

TEST(DirectPeers, GetEverythingAndAreNeverInAMeshOrFanout) {
  auto config = Alone::plain();
  config.direct_peers = {Alone::key(9).peer_id()};
  Alone node{config};
  const auto direct = node.add({.outbound = true, .topic = "t", .identity = 9});
  ASSERT_TRUE(node.publish("t", "before joining"));
  EXPECT_TRUE(node.router().fanout("t").empty());
  node.join("t");
  const auto mesh = node.add_meshed("t");

  node.graft(direct, "t");
  node.send(mesh, "t", "x");
  node.heartbeats(3);

  EXPECT_FALSE(node.meshed(direct, "t"));
  EXPECT_EQ(node.heard(direct).prunes.size(), 1u);
  EXPECT_EQ(node.heard(direct).count("before joining"), 1u);
  EXPECT_EQ(node.heard(direct).count("x"), 1u);
  EXPECT_EQ(node.heard(direct).ids_advertised(), 0u);
}

TEST(DirectPeers, AreDialledAgainWhileTheyAreAway) {
  auto config = Alone::plain();
  config.direct_peers = {Alone::key(9).peer_id()};
  config.direct_connect_interval = 10s;
  Alone node{config};
  node.heartbeat();
  EXPECT_EQ(node.to_connect.size(), 1u);
  const auto direct = node.add({.identity = 9});
  node.advance(30s);
  EXPECT_EQ(node.to_connect.size(), 1u);

  node.remove(direct);
  node.advance(11s);

  EXPECT_EQ(node.to_connect.size(), 2u);
}

TEST(DirectPeers, ComeAndGoAtRunTime) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");

  node.router().add_direct(node.id(peer), node.now());
  EXPECT_FALSE(node.meshed(peer, "t"));
  ASSERT_TRUE(node.publish("t", "x"));
  EXPECT_EQ(node.heard(peer).prunes.size(), 1u);
  EXPECT_EQ(node.heard(peer).count("x"), 1u);

  node.router().remove_direct(node.id(peer));
  node.advance(59s);
  EXPECT_FALSE(node.meshed(peer, "t"));  // the backoff that our PRUNE announced holds for us too
  node.advance(5s);
  EXPECT_TRUE(node.meshed(peer, "t"));
}

TEST(Outbox, OfAPeerThatDoesNotReadIsBoundedAndSaysWhatItDrops) {
  auto config = Alone::plain();
  config.outbox_items_max = 10;
  Alone node{config};
  node.join("t");
  const auto slow = node.add_meshed("t");
  const auto sender = node.add_meshed("t");
  node.hold_writes = true;

  for (int i = 0; i < 15; ++i) node.send(sender, "t", "forward" + std::to_string(i));
  EXPECT_EQ(node.router().counters().rpc_dropped, 5u);
  std::size_t sent = 0;
  for (int i = 0; i < 15; ++i) sent += node.publish("t", "own" + std::to_string(i)).value();
  node.release_writes();

  // Forwarded messages make way for our own, our own for nothing; the sender's box is another.
  EXPECT_EQ(node.heard(slow).published.size(), 10u);
  for (const auto& data : node.heard(slow).published) EXPECT_TRUE(data.starts_with("own"));
  EXPECT_EQ(sent, 20u);
  EXPECT_EQ(node.traced(Traced::Kind::outbox_dropped), node.router().counters().rpc_dropped);
}

/// The bytes of an RPC without its length.
template <class Fill>
Bytes part(Fill fill) {
  pubsub::RpcWriter writer{{}};
  fill(writer);
  Bytes whole;
  for (const auto& piece : writer.take().pieces) append(whole, piece);
  base::ByteReader in{whole};
  return to_bytes(**base::take_frame(in, whole.size()));
}

TEST(Order, OfOneRpcIsSubscriptionsThenMessagesThenControl) {
  Alone node;
  node.join("t");
  for (std::size_t i = 0; i < Config{}.d_low; ++i) node.add_meshed("t");
  const auto peer = node.add();
  node.events.clear();
  const auto id = node.id_of("x");
  auto frame = part([&](auto& rpc) {
    rpc.add_graft("t");
    rpc.add_ihave("t", std::vector<ByteView>{as_bytes(id)});
  });
  append(frame, part([&](auto& rpc) { rpc.add_publish(node.message("t", "x").field); }));
  append(frame, part([](auto& rpc) { rpc.add_subscription(true, "t"); }));

  ASSERT_TRUE(node.feed(peer, SharedBytes{std::move(frame)}));

  std::vector<Traced::Kind> kinds;
  for (const auto& event : node.events) kinds.push_back(event.kind);
  EXPECT_EQ(kinds, (std::vector{Traced::Kind::subscribed, Traced::Kind::graft}));
  EXPECT_EQ(node.delivered("x"), 1u);
  EXPECT_TRUE(node.heard(peer).iwant.empty());  // it was there already
}

TEST(Rpc, ThatIsMalformedIsAnErrorAndLeavesThePeer_V54) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");

  EXPECT_FALSE(node.feed(peer, SharedBytes::copy_of(as_bytes("\x0a\xff\xff"))));
  node.send(peer, "t", "x");

  EXPECT_TRUE(node.meshed(peer, "t"));
  EXPECT_EQ(node.delivered("x"), 1u);
}

TEST(Rpc, OfAPeerWithoutAStreamLeavesNothingQueued_V54) {
  Alone node;
  node.join("t");
  const auto peer = node.add({.open = false});

  node.say(peer, [&](auto& rpc) {
    const std::string id = node.id_of("x");
    const std::vector<ByteView> ids{as_bytes(id)};
    rpc.add_subscription(true, "t");
    rpc.add_publish(node.message("t", "x").field);
    rpc.add_graft("t");
    rpc.add_prune({"t", 1, {}});
    rpc.add_ihave("t", ids);
    rpc.add_iwant(ids);
    rpc.add_idontwant(ids);
  });

  EXPECT_EQ(node.delivered("x"), 1u);
  EXPECT_FALSE(node.router().has_pending());
}

}  // namespace
}  // namespace grapevine::gossipsub
