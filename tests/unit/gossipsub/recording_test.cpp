// SPDX-License-Identifier: Apache-2.0
// What a router tells of itself: events, records and the traffic of topics.
#include <gtest/gtest.h>

#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

Config recorded() {
  auto config = Alone::plain();
  config.trace_detail = TraceDetail::everything;
  return config;
}

Config scored() {
  auto config = Alone::plain();
  auto& score = config.score.emplace();
  score.skip_atomic_validation = true;
  score.thresholds = {.gossip = -10, .publish = -20, .graylist = -30, .opportunistic_graft = 5};
  score.app_specific_weight = 1;
  return config;
}

/// Why scores were said to have changed, and what they are.
std::vector<std::pair<std::string, double>> changes(const Alone& node) {
  std::vector<std::pair<std::string, double>> all;
  for (const auto& event : node.events) {
    if (event.kind == Traced::Kind::score_changed) all.emplace_back(event.reason, event.value);
  }
  return all;
}

const Recorded& only(const Alone& node, Recorded::Kind kind) {
  const Recorded* found = nullptr;
  for (const auto& record : node.records) {
    if (record.kind != kind) continue;
    EXPECT_EQ(found, nullptr) << "more than one";
    found = &record;
  }
  EXPECT_NE(found, nullptr);
  static const Recorded none{};
  return found ? *found : none;
}

std::size_t count(const Alone& node, Recorded::Kind kind) {
  return static_cast<std::size_t>(std::ranges::count(node.records, kind, &Recorded::kind));
}

const TopicTraffic& traffic(Alone& node, std::string_view topic) {
  const auto& topics = node.router().traffic().topics();
  const auto found = std::ranges::find(topics, topic, &Traffic::Counted::topic);
  EXPECT_NE(found, topics.end());
  return found->traffic;
}

TEST(ScoreChanges, AreToldOnceAHeartbeatWhenAThresholdIsCrossed) {
  Alone node{scored()};
  const auto peer = node.add();
  const auto set = [&](double value) {
    node.router().set_application_score(node.id(peer), value);
    node.advance(1s);  // one heartbeat, whenever scores decay
  };

  set(-0.5);  // from zero: a small step, but across
  set(-0.6);
  set(-11);
  set(-35);
  set(-35);
  set(7);

  using Change = std::pair<std::string, double>;
  EXPECT_EQ(changes(node), (std::vector<Change>{{"negative", -0.5},
                                                {"below gossip", -11},
                                                {"below graylist", -35},
                                                {"not negative", 7}}));
}

TEST(ScoreChanges, WithinTheSameThresholdsAreToldWhenTheyAreNoticeable) {
  Alone node{scored()};
  const auto peer = node.add();
  const auto set = [&](double value) {
    node.router().set_application_score(node.id(peer), value);
    node.advance(1s);  // one heartbeat, whenever scores decay
  };

  set(0.9);   // below one
  set(20);    // more than one, more than a tenth
  set(21.5);  // less than a tenth of 20
  set(22.1);  // more than a tenth of what was told last

  using Change = std::pair<std::string, double>;
  EXPECT_EQ(changes(node), (std::vector<Change>{{"changed", 20}, {"changed", 22.1}}));
}

TEST(PeerEvents, FollowTheStreamWeWriteOn) {
  Alone node;
  const auto peer = node.add({.open = false});
  EXPECT_EQ(node.traced(Traced::Kind::peer_added), 0u);

  node.open(peer, Version::v1_1);
  ASSERT_EQ(node.traced(Traced::Kind::peer_added), 1u);
  EXPECT_EQ(node.events.front().reason, "/meshsub/1.1.0");
  node.lose(peer);
  EXPECT_EQ(node.traced(Traced::Kind::peer_removed), 1u);
  node.open(peer);
  node.remove(peer);

  EXPECT_EQ(node.traced(Traced::Kind::peer_added), 2u);
  EXPECT_EQ(node.traced(Traced::Kind::peer_removed), 2u);
}

TEST(Verdicts, OfTheApplicationAreTold) {
  Alone node;
  node.join("t");
  node.router().set_validated("t", true);
  const auto peer = node.add_meshed("t");
  for (const auto* data : {"a", "b", "c", "d"}) node.send(peer, "t", data);
  ASSERT_EQ(node.to_validate.size(), 4u);
  node.answer(node.to_validate[0].ticket, Validation::accept);
  node.answer(node.to_validate[1].ticket, Validation::reject);
  node.answer(node.to_validate[2].ticket, Validation::ignore);
  node.answer(node.to_validate[3].ticket, Validation::accept);

  std::map<std::string_view, std::uint64_t> told;
  for (const auto& event : node.events) {
    if (event.kind == Traced::Kind::validated) told[event.reason] += event.count;
  }
  EXPECT_EQ(told, (std::map<std::string_view, std::uint64_t>{
                      {"accept", 2}, {"reject", 1}, {"ignore", 1}}));
}

TEST(Records, OfAMessageNameItAndWhoSentIt) {
  Alone node{recorded()};
  node.join("t");
  const auto first = node.add_meshed("t");
  const auto second = node.add_meshed("t");
  node.send(first, "t", "data");
  node.send(second, "t", "data");
  node.publish("t", "own");

  const auto& copy = only(node, Recorded::Kind::duplicate);
  EXPECT_EQ(copy.peer, node.id(second));
  EXPECT_EQ(copy.topic, "t");
  EXPECT_EQ(to_text(copy.id.bytes()), node.id_of("data"));
  EXPECT_EQ(to_text(only(node, Recorded::Kind::publish).id.bytes()), node.id_of("own"));
  EXPECT_EQ(count(node, Recorded::Kind::deliver), 2u) << "our own as well, as in go";
}

TEST(Records, OfWhatIsRefusedSayWhy) {
  auto config = recorded();
  config.pending_per_peer_max = 1;
  Alone node{config};
  node.join("t");
  const auto peer = node.add_meshed("t");
  node.send(peer, node.signed_message(5, 1, "t", "signed where nothing may be"));
  node.router().set_validated("t", true);
  node.send(peer, "t", "a");
  node.send(peer, "t", "b");
  node.answer(node.to_validate.at(0).ticket, Validation::ignore);

  std::vector<std::string_view> reasons;
  for (const auto& record : node.records) {
    if (record.kind == Recorded::Kind::reject) reasons.push_back(record.reason);
  }
  ASSERT_EQ(reasons.size(), 3u);
  EXPECT_EQ(reasons[1], "too many under check");
  EXPECT_EQ(reasons[2], "validator ignored");
}

TEST(Records, OfRpcsHoldThem) {
  Alone node{recorded()};
  node.join("t");
  const auto peer = node.add();
  node.subscribe(peer, "t");

  const auto& in = only(node, Recorded::Kind::rpc_received);
  const auto received = pubsub::read_rpc(in.frame, {});
  ASSERT_TRUE(received);
  ASSERT_EQ(received->subscriptions.size(), 1u);
  std::size_t announced = 0, grafts = 0;
  for (const auto& record : node.records) {
    if (record.kind != Recorded::Kind::rpc_sent) continue;
    const auto sent = pubsub::read_rpc(record.frame, {});
    ASSERT_TRUE(sent);
    announced += sent->subscriptions.size();
    grafts += sent->graft.size();
  }
  EXPECT_EQ(announced, 1u);
  EXPECT_EQ(grafts, 1u);
  EXPECT_EQ(node.router().traffic().rpcs_sent, count(node, Recorded::Kind::rpc_sent));
}

TEST(Records, OfDropsAreAsManyAsWereDropped) {
  auto config = recorded();
  config.outbox_items_max = 10;
  Alone node{config};
  node.join("t");
  node.add_meshed("t");
  const auto sender = node.add_meshed("t");
  node.hold_writes = true;
  for (int i = 0; i < 15; ++i) node.send(sender, "t", "forward" + std::to_string(i));
  for (int i = 0; i < 15; ++i) node.publish("t", "own" + std::to_string(i));

  EXPECT_EQ(count(node, Recorded::Kind::rpc_dropped), node.router().counters().rpc_dropped);
  const auto known = std::ranges::count_if(node.records, [](const Recorded& record) {
    return record.kind == Recorded::Kind::rpc_dropped && !record.frame.empty();
  });
  EXPECT_GT(known, 0);
}

TEST(Records, OfRefusedGraftsAreNone) {
  auto config = recorded();
  config.d_high = config.d = config.d_low = 1;
  config.d_score = config.d_out = 0;
  Alone node{config};
  node.join("t");
  node.add_meshed("t");
  const auto refused = node.add({.topic = "t"});
  node.graft(refused, "t");

  EXPECT_EQ(node.traced(Traced::Kind::prune), 1u);
  EXPECT_EQ(count(node, Recorded::Kind::prune), 0u);
  EXPECT_EQ(count(node, Recorded::Kind::graft), 1u);
}

TEST(TopicsTraffic, IsCountedEntryByEntry) {
  Alone node;
  node.join("t");
  const auto peer = node.add_meshed("t");
  const auto other = node.add_meshed("t");
  node.send(peer, "t", "data");
  node.send(other, "t", "data");
  node.send(peer, "foreign", "data");
  node.publish("t", "own");
  node.ihave(peer, "t", {"unknown to us"});
  node.iwant(peer, {node.id_of("own")});
  node.idontwant(peer, {"some id"});
  node.prune(peer, "t");
  node.leave("t");

  const auto& t = traffic(node, "t");
  EXPECT_EQ(t.published, 1u);
  EXPECT_EQ(t.received.messages, 2u);
  EXPECT_EQ(t.broadcast.messages, 1u + 2u + 1u) << "forwarded, our own, and asked for";
  EXPECT_EQ(t.received.subscriptions, 2u);
  EXPECT_EQ(t.broadcast.subscriptions, 2u);
  EXPECT_EQ(t.broadcast.unsubscriptions, 2u);
  EXPECT_EQ(t.received.ihave, 1u);
  EXPECT_EQ(t.received.prune, 1u);
  EXPECT_EQ(t.broadcast.prune, 1u);
  EXPECT_EQ(t.received.graft + t.broadcast.graft, 2u);
  const auto& all = node.router().traffic();
  EXPECT_EQ(all.received.iwant, 1u);
  EXPECT_EQ(all.received.idontwant, 1u);
  EXPECT_EQ(all.broadcast.iwant, 1u);
  EXPECT_EQ(all.topics()[0].traffic.received.messages, 1u) << "of a topic that is not ours";
}

TEST(TopicsTraffic, OfMoreTopicsThanTheBoundIsCountedTogether) {
  auto config = Alone::plain();
  config.traffic_topics_max = 3;
  Alone node{config};
  const auto peer = node.add();
  for (int i = 0; i < 3; ++i) node.join("t" + std::to_string(i));
  EXPECT_EQ(node.router().traffic().topics().size(), 2u + 3u);
  node.join("t3");
  node.publish("t4", "data");
  for (int i = 0; i < 100; ++i) node.subscribe(peer, "theirs" + std::to_string(i));

  const auto& topics = node.router().traffic().topics();
  ASSERT_EQ(topics.size(), 2u + 3u);
  EXPECT_EQ(topics[0].traffic.received.subscriptions, 100u);
  EXPECT_EQ(topics[1].traffic.published, 1u);
  EXPECT_EQ(topics[1].traffic.broadcast.subscriptions, 1u);
}

TEST(Traffic, OfATopicLeftAndJoinedAgainGoesOn) {
  Alone node;
  node.add();
  for (int i = 0; i < 5; ++i) {
    node.join("t");
    node.leave("t");
  }

  EXPECT_EQ(traffic(node, "t").broadcast.subscriptions, 5u);
  EXPECT_EQ(node.router().traffic().topics().size(), 3u);
}

TEST(TraceDetails, OfNoneLeaveOutAllButWhoComesAndGoes) {
  auto config = Alone::plain();
  config.trace_detail = TraceDetail::none;
  Alone node{config};
  node.join("t");
  const auto first = node.add_meshed("t");
  const auto second = node.add_meshed("t");
  node.send(first, "t", "data");
  node.send(second, "t", "data");
  node.send(first, "not joined", "data");

  EXPECT_EQ(node.router().counters().duplicates, 1u);
  EXPECT_EQ(node.traced(Traced::Kind::duplicate), 0u);
  EXPECT_EQ(node.traced(Traced::Kind::undeliverable), 0u);
  EXPECT_EQ(node.traced(Traced::Kind::graft), 2u);
  EXPECT_EQ(node.traced(Traced::Kind::subscribed), 2u);
  EXPECT_EQ(node.traced(Traced::Kind::join), 1u);
  EXPECT_EQ(node.traced(Traced::Kind::peer_added), 2u);
}

}  // namespace
}  // namespace grapevine::gossipsub
