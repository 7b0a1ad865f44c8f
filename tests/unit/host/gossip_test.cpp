// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/protobuf.hpp"
#include "base/varint.hpp"
#include "core/pubsub/rpc.hpp"
#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

constexpr std::string_view v1_2 = "/meshsub/1.2.0";
constexpr std::string_view v1_1 = "/meshsub/1.1.0";

identify::Info info_with(std::vector<std::string> protocols) {
  identify::Info info;
  info.agent_version = to_bytes(as_bytes("guest/1"));
  info.protocols = std::move(protocols);
  return info;
}

/// An RPC frame with its length: `subscriptions`, then one message of `size` bytes without a
/// signature.
Bytes rpc_subscribing(const std::vector<std::string>& topics) {
  Bytes rpc;
  for (const auto& topic : topics) {
    Bytes entry;
    base::FieldWriter writer{entry};
    writer.varint(1, 1);
    writer.bytes(2, as_bytes(topic));
    base::FieldWriter{rpc}.bytes(1, entry);
  }
  Bytes frame;
  base::append_varint(frame, rpc.size());
  append(frame, rpc);
  return frame;
}
Bytes oversize_rpc() {
  Bytes frame;
  base::append_varint(frame, 64 * 1024 * 1024);
  frame.resize(1000);
  return frame;
}

/// Everything subscribed to in the frames of a gossip stream.
std::vector<std::string> subscriptions_in(const Bytes& stream) {
  std::vector<std::string> topics;
  base::ByteReader in{stream};
  while (!in.empty()) {
    const auto frame = base::take_frame(in, 1 << 24);
    if (!frame || !*frame) break;
    const auto shared = SharedBytes::copy_of(**frame);
    const auto rpc = pubsub::read_rpc(shared, pubsub::RpcLimits{});
    EXPECT_TRUE(rpc);
    if (!rpc) break;
    for (const auto& entry : rpc->subscriptions) {
      if (entry.subscribe) topics.emplace_back(entry.topic);
    }
  }
  return topics;
}

/// One host with a topic joined, and one guest that speaks gossip.
class GossipingGuest : public testing::Test {
 protected:
  void come(std::vector<std::string> told, std::vector<std::string> spoken) {
    told.emplace_back(identify::protocol);
    spoken.emplace_back(identify::protocol);
    lab.host(node).join("t", lab.now());
    wire = *lab.knock(node);
    lab.guest(wire).info = info_with(std::move(told));
    lab.guest(wire).become(session::Role::dialer, 100, std::move(spoken), lab.now());
    lab.run(100ms);
  }
  session::Session& session() { return *lab.guest(wire).session; }
  session::StreamId open(std::string_view protocol) {
    const auto id = lab.guest(wire).open(protocol, lab.now());
    lab.settle();
    return id;
  }
  void say(session::StreamId stream, Bytes bytes) {
    session().write(stream, SharedBytes{std::move(bytes)});
    lab.settle();
  }

  Lab lab;
  Lab::Node node = lab.add();
  Lab::WireId wire = 0;
};

TEST_F(GossipingGuest, IsToldTheTopicsOnTheNewestProtocolItNamed) {
  come({std::string{v1_1}, "/floodsub/1.0.0"}, {std::string{v1_1}, "/floodsub/1.0.0"});

  const auto streams = lab.guest(wire).inbound(v1_1);
  ASSERT_EQ(streams.size(), 1u);
  EXPECT_EQ(subscriptions_in(lab.guest(wire).streams[streams[0]].bytes),
            std::vector<std::string>{"t"});
  EXPECT_EQ(lab.host(node).peers()[0].gossip_protocol, v1_1);
}

TEST_F(GossipingGuest, WithoutAGossipProtocolHasNoStream) {
  come({"/other/1"}, {"/other/1"});

  EXPECT_EQ(lab.host(node).peers()[0].gossip_protocol, "");
  EXPECT_EQ(lab.host(node).state_size().router, 0u);
}

TEST_F(GossipingGuest, ThatRefusesWhatItNamedIsOfferedTheRest_F27) {
  come({std::string{v1_2}}, {std::string{v1_1}});
  lab.run(2s);

  EXPECT_EQ(lab.guest(wire).inbound(v1_1).size(), 1u);
  EXPECT_EQ(lab.host(node).peers()[0].gossip_protocol, v1_1);
}

TEST_F(GossipingGuest, ThatRefusesEveryProtocolItNamedIsLetGo_V45) {
  come({std::string{v1_2}}, {});
  lab.run(500ms);
  EXPECT_FALSE(lab.guest(wire).closed);
  lab.run(5s);

  EXPECT_TRUE(lab.guest(wire).closed);
}

TEST_F(GossipingGuest, ThatKeepsSilentAboutItselfGetsAStreamOnceItGossips) {
  wire = *lab.knock(node);
  lab.guest(wire).become(session::Role::dialer, 100, {std::string{v1_1}}, lab.now());
  lab.run(100ms);
  EXPECT_TRUE(lab.guest(wire).inbound(v1_1).empty());

  open(v1_1);
  lab.run(100ms);

  EXPECT_EQ(lab.guest(wire).inbound(v1_1).size(), 1u);
}

TEST_F(GossipingGuest, ThatResetsTheStreamGetsAnotherLaterAndLater_V45) {
  come({std::string{v1_2}}, {std::string{v1_2}});
  std::vector<TimePoint> openings{lab.now()};
  for (std::size_t i = 1; i <= 4; ++i) {
    session().reset_stream(lab.guest(wire).inbound(v1_2).back());
    while (lab.guest(wire).inbound(v1_2).size() == i && lab.now() < TimePoint{100s}) lab.run(10ms);
    openings.push_back(lab.now());
  }
  for (std::size_t i = 2; i < openings.size(); ++i) {
    EXPECT_GT(openings[i] - openings[i - 1], (openings[i - 1] - openings[i - 2]) * 3 / 2);
  }

  session().reset_stream(lab.guest(wire).inbound(v1_2).back());
  lab.run(10ms);

  EXPECT_TRUE(lab.guest(wire).closed);
  EXPECT_TRUE(lab.host(node).peers().empty());
}

TEST_F(GossipingGuest, MayResetTheStreamAHundredTimesInItsLife_F27) {
  come({std::string{v1_2}}, {std::string{v1_2}});
  const auto before = lab.host(node).state_size();

  for (std::size_t i = 1; i <= 100; ++i) {
    lab.run(31s);
    session().reset_stream(lab.guest(wire).inbound(v1_2).back());
    lab.run(1s);
    ASSERT_EQ(lab.guest(wire).inbound(v1_2).size(), i + 1);
    const auto stream = lab.guest(wire).inbound(v1_2).back();
    EXPECT_EQ(subscriptions_in(lab.guest(wire).streams[stream].bytes),
              std::vector<std::string>{"t"});
  }

  const auto after = lab.host(node).state_size();
  EXPECT_EQ(after.streams, before.streams);
  EXPECT_EQ(after.router, before.router);
}

TEST_F(GossipingGuest, WithARpcAboveTheLimitLosesOnlyThatStream_V45) {
  come({std::string{v1_2}}, {std::string{v1_2}});
  const auto first = open(v1_2);

  say(first, oversize_rpc());

  EXPECT_EQ(lab.guest(wire).streams[first].closed, session::StreamClosed::Reason::reset);
  EXPECT_FALSE(lab.guest(wire).closed);
  const auto second = open(v1_2);
  say(second, rpc_subscribing({"t"}));
  EXPECT_EQ(lab.host(node).router().subscribers("t").size(), 1u);
}

TEST_F(GossipingGuest, ThatGoesOnWithBadRpcsIsLetGo_V45) {
  come({std::string{v1_2}}, {std::string{v1_2}});

  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(lab.guest(wire).closed) << i;
    say(open(v1_2), oversize_rpc());
  }

  EXPECT_TRUE(lab.guest(wire).closed);
}

TEST_F(GossipingGuest, WithTopicsWithoutEndIsHeardUpToTheLimit_V37_V46) {
  come({std::string{v1_2}}, {std::string{v1_2}});
  const auto stream = open(v1_2);
  std::size_t sent = 0;

  for (int rpc = 0; rpc < 50; ++rpc) {
    std::vector<std::string> topics;
    for (int i = 0; i < 100; ++i) topics.push_back("topic-" + std::to_string(sent++));
    say(stream, rpc_subscribing(topics));
  }

  EXPECT_FALSE(lab.guest(wire).closed);
  EXPECT_LE(lab.host(node).state_size().router, 1100u);
  EXPECT_LE(lab.all<Traced>(node).size(), 6000u);
}

TEST_F(GossipingGuest, OpeningManyStreamsKeepsTheTwoNewest) {
  come({std::string{v1_2}}, {std::string{v1_2}});
  std::vector<session::StreamId> opened;
  const auto before = lab.host(node).state_size().streams;

  for (int i = 0; i < 50; ++i) opened.push_back(open(v1_2));
  say(opened.back(), rpc_subscribing({"t"}));

  EXPECT_EQ(lab.host(node).state_size().streams, before + 2);
  EXPECT_TRUE(lab.guest(wire).streams[opened.front()].closed);
  EXPECT_EQ(lab.host(node).router().subscribers("t").size(), 1u);
}

TEST_F(GossipingGuest, WritingOnOurStreamBreaksIt) {
  come({std::string{v1_2}}, {std::string{v1_2}});
  const auto ours = lab.guest(wire).inbound(v1_2).front();

  say(ours, Bytes{1, 2, 3});
  lab.run(1s);

  EXPECT_EQ(lab.guest(wire).streams[ours].closed, session::StreamClosed::Reason::reset);
  EXPECT_EQ(lab.guest(wire).inbound(v1_2).size(), 2u);
}

TEST_F(GossipingGuest, EndingItsSideOfOurStreamChangesNothing) {
  come({std::string{v1_2}}, {std::string{v1_2}});
  session().end_stream(lab.guest(wire).inbound(v1_2).front());
  lab.settle();

  lab.host(node).join("later", lab.now());
  lab.run(1s);

  const auto topics =
      subscriptions_in(lab.guest(wire).streams[lab.guest(wire).inbound(v1_2).front()].bytes);
  EXPECT_EQ(topics, (std::vector<std::string>{"t", "later"}));
}

TEST_F(GossipingGuest, ThatTakesNothingHasLittleWrittenAheadForIt_V17) {
  come({std::string{v1_2}}, {std::string{v1_2}});
  const auto ours = lab.guest(wire).inbound(v1_2).front();
  say(open(v1_2), rpc_subscribing({"t"}));
  lab.guest(wire).consumes = false;
  constexpr std::size_t size = 10'000;

  for (int i = 0; i < 100; ++i) lab.publish(node, "t", std::string(size, 'x') + std::to_string(i));

  const auto link = lab.all<PeerConnected>(node).front().link;
  const auto ahead = lab.host(node).queued({link, ours});
  EXPECT_GE(ahead, 64u * 1024);
  EXPECT_LE(ahead, 64u * 1024 + 48u * 1024 + size);  // what one RPC has beyond
}

TEST_F(GossipingGuest, ThatSendsMoreThanIsCheckedAtATimeLosesNothing) {
  node = lab.add(config_with([](Config&, gossipsub::Config& gossip, session::Config&) {
    gossip.pending_per_peer_max = 8;
  }));
  come({std::string{v1_2}}, {std::string{v1_2}});
  const auto key = key_of(100);
  const auto author = key.peer_id();
  Bytes frames;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    const auto data = std::to_string(i);
    const auto message = pubsub::encode({"t", as_bytes(data), &author, i, &key});
    base::append_varint(frames, message.field.size());
    append(frames, message.field);
  }

  say(open(v1_2), frames);

  EXPECT_EQ(lab.all<Deliver>(node).size(), 100u);
}

/// Resets our stream whenever an RPC on it is larger than 64 KiB, as rust does.
class SmallGuest : public GossipingGuest {
 protected:
  static constexpr std::size_t takes = 64 * 1024;

  void SetUp() override {
    come({std::string{v1_2}}, {std::string{v1_2}});
    say(open(v1_2), rpc_subscribing({"t"}));
    lab.run(1s);
  }
  /// Looks at what came since, and resets the stream where it is too much.
  void look() {
    const auto stream = lab.guest(wire).inbound(v1_2).back();
    auto& data = lab.guest(wire).streams[stream];
    if (data.closed) return;
    base::ByteReader in{data.bytes};
    for (;;) {
      const auto frame = base::take_frame(in, takes);
      if (!frame) return session().reset_stream(stream);
      if (!*frame) return;
      messages += pubsub::read_rpc(SharedBytes::copy_of(**frame), {})->publish.size() > 0;
      data.bytes.erase(data.bytes.begin(),
                       data.bytes.end() - static_cast<std::ptrdiff_t>(in.remaining()));
      in = base::ByteReader{data.bytes};
    }
  }
  void publish(std::size_t size, char what) {
    lab.publish(node, "t", std::string(size, what));
    for (int i = 0; i < 20; ++i) {
      lab.run(50ms);
      look();
    }
    lab.settle();
  }
  std::size_t streams() { return lab.guest(wire).inbound(v1_2).size(); }
  std::size_t caps() {
    return static_cast<std::size_t>(std::ranges::count(
        lab.all<Traced>(node), gossipsub::Traced::Kind::size_capped, &Traced::kind));
  }

  std::size_t messages = 0;  ///< RPCs with messages that it took
};

TEST_F(SmallGuest, IsSentNoSecondMessageAboveItsLimit) {
  publish(100'000, 'a');
  EXPECT_EQ(streams(), 2u);
  EXPECT_EQ(caps(), 1u);
  lab.run(2s);

  publish(80'000, 'b');
  publish(60'000, 'c');

  EXPECT_EQ(streams(), 2u);
  EXPECT_EQ(messages, 1u);
  EXPECT_EQ(lab.host(node).router().counters().oversize, 1u);
  EXPECT_FALSE(lab.guest(wire).closed);
}

TEST_F(SmallGuest, IsTriedAgainAfterAWhileAndNeverLost_V45) {
  for (std::size_t i = 1; i <= 3; ++i) {
    publish(100'000, static_cast<char>('a' + i));
    lab.run(2s);
    EXPECT_EQ(streams(), i + 1);
    EXPECT_EQ(caps(), i);
    publish(100'000, static_cast<char>('A' + i));
    EXPECT_EQ(streams(), i + 1);
    lab.run(10min * (1 << (i - 1)));
  }

  publish(60'000, 'z');
  EXPECT_EQ(messages, 1u);
  EXPECT_FALSE(lab.guest(wire).closed);
}

TEST_F(SmallGuest, ThatLeavesIsForgotten) {
  publish(100'000, 'a');
  lab.host(node).disconnect(lab.guest(wire).identity->peer_id(), lab.now());
  lab.settle();
  lab.run(11min);

  EXPECT_EQ(lab.host(node).state_size().router, 0u);
  EXPECT_EQ(lab.host(node).state_size().timers, 0u);
}

TEST_F(GossipingGuest, ForWhichThereIsNoStreamLeftGetsOneWhenThereIs_V45) {
  node = lab.add(config_with([](Config&, gossipsub::Config&, session::Config& session) {
    session.outbound_streams_max = 4;
  }));
  come({std::string{v1_2}, "/app/1"}, {std::string{v1_2}, "/app/1"});
  const auto peer = lab.guest(wire).identity->peer_id();
  std::vector<StreamKey> held;
  for (;;) {
    const auto stream = lab.host(node).open_stream(peer, {"/app/1"}, lab.now());
    if (!stream) break;
    held.push_back(*stream);
  }
  ASSERT_FALSE(held.empty());
  session().reset_stream(lab.guest(wire).inbound(v1_2).back());
  lab.settle();
  const auto last = lab.host(node).open_stream(peer, {"/app/1"}, lab.now());  // takes its place
  lab.run(30s);
  ASSERT_EQ(lab.host(node).peers()[0].gossip_protocol, "");

  for (const auto& stream : held) lab.host(node).reset_stream(stream);
  if (last) lab.host(node).reset_stream(*last);
  lab.run(30s);

  EXPECT_EQ(lab.host(node).peers()[0].gossip_protocol, v1_2);
}

TEST(Hello, OfTwoThousandTopicsArrivesWhole_V46) {
  Lab lab;
  const auto config = config_with([](Config&, gossipsub::Config& gossip, session::Config&) {
    gossip.subscription_filter.topics_per_peer_max = 3000;
  });
  const auto a = lab.add(config);
  const auto b = lab.add(config);
  for (int i = 0; i < 2000; ++i) lab.host(a).join("topic/number/" + std::to_string(i), lab.now());

  lab.connect(a, b);
  lab.run(2s);

  for (int i = 0; i < 2000; ++i) {
    EXPECT_EQ(lab.host(b).router().subscribers("topic/number/" + std::to_string(i)).size(), 1u);
  }
}

TEST(Gossip, CarriesMessagesBothWaysOnce) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  for (const auto node : {a, b}) lab.host(node).join("t", lab.now());
  lab.connect(a, b);
  lab.run(2s);

  lab.publish(a, "t", "x");
  lab.publish(b, "t", std::string(500'000, 'y'));
  lab.run(2s);

  EXPECT_EQ(lab.delivered(b, "x"), 1u);
  EXPECT_EQ(lab.delivered(a, std::string(500'000, 'y')), 1u);
}

TEST(Gossip, OfAnApplicationThatSpeaksOnlyFloodsubReachesAGossipsubNode) {
  Lab lab;
  const auto a = lab.add(config_with(
      [](auto&, gossipsub::Config& gossip, auto&) { gossip.mode = gossipsub::Mode::floodsub; }));
  const auto b = lab.add();
  for (const auto node : {a, b}) lab.host(node).join("t", lab.now());
  lab.connect(a, b);
  lab.run(2s);

  lab.publish(a, "t", "x");
  lab.publish(b, "t", "y");

  EXPECT_EQ(lab.host(b).peers()[0].gossip_protocol, "/floodsub/1.0.0");
  EXPECT_EQ(lab.delivered(b, "x"), 1u);
  EXPECT_EQ(lab.delivered(a, "y"), 1u);
}

TEST(Restart, OfAPeerIsServedOnItsNewConnectionAtOnce_F26) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  for (const auto node : {a, b}) lab.host(node).join("t", lab.now());
  lab.connect(b, a);
  lab.run(60s);

  lab.vanish(b);
  lab.start(b);
  lab.host(b).join("t", lab.now());
  lab.connect(b, a);
  lab.run(2s);
  lab.publish(a, "t", "again");

  EXPECT_EQ(lab.delivered(b, "again"), 1u);
  EXPECT_EQ(lab.host(a).peers().size(), 1u);
  EXPECT_TRUE(lab.all<PeerDisconnected>(a).empty());
  lab.run(60s);
  EXPECT_EQ(lab.host(a).link_count(), 1u);
  lab.publish(a, "t", "and again");
  EXPECT_EQ(lab.delivered(b, "and again"), 1u);
}

TEST(Restart, OfAPeerThatWeHadDialledKeepsTheConnectionItDials_F26) {
  for (const bool other_way : {false, true}) {  // whichever id is the smaller
    Lab lab;
    const auto a = lab.add();
    const auto b = lab.add();
    const auto stays = other_way ? b : a;
    const auto goes = other_way ? a : b;
    for (const auto node : {a, b}) lab.host(node).join("t", lab.now());
    lab.connect(stays, goes);
    lab.run(60s);

    lab.vanish(goes);
    lab.start(goes);
    lab.host(goes).join("t", lab.now());
    lab.connect(goes, stays);
    lab.run(60s);
    lab.publish(stays, "t", "again");

    EXPECT_EQ(lab.delivered(goes, "again"), 1u);
    EXPECT_TRUE(lab.all<PeerDisconnected>(goes).empty());
    EXPECT_EQ(lab.host(stays).link_count(), 1u);
  }
}

TEST(Scores, TakeTheApplicationsWordAndNewParametersOfATopic) {
  const auto config = config_with([](Config&, gossipsub::Config& gossip, session::Config&) {
    gossip.score.emplace().skip_atomic_validation = true;
    gossip.score->app_specific_weight = 1;
  });
  Lab lab;
  const auto judge = lab.add(config);
  const auto other = lab.add();
  lab.host(judge).join("t", lab.now());
  lab.host(other).join("t", lab.now());
  lab.connect(judge, other);
  lab.run(2s);
  ASSERT_EQ(lab.host(judge).router().mesh("t"), std::vector{lab.id(other)});

  gossipsub::TopicScoreParams params;
  params.skip_atomic_validation = true;
  params.topic_weight = 1;
  params.time_in_mesh_weight = 1;
  params.time_in_mesh_quantum = 1s;
  params.time_in_mesh_cap = 3;
  EXPECT_TRUE(lab.host(judge).set_topic_score_params("t", params, lab.now()));
  lab.run(10s);
  EXPECT_EQ(lab.host(judge).router().score(lab.id(other)), 3);

  EXPECT_TRUE(lab.host(judge).set_application_score(lab.id(other), -5));
  lab.run(2s);
  EXPECT_EQ(lab.host(judge).router().score(lab.id(other)), -5);  // out of the mesh
  EXPECT_TRUE(lab.host(judge).router().mesh("t").empty());

  EXPECT_FALSE(lab.host(judge).set_application_score(PeerId{}, 1));
  EXPECT_FALSE(lab.host(other).set_application_score(lab.id(judge), 1));
  params.topic_weight = -1;
  EXPECT_FALSE(lab.host(judge).set_topic_score_params("t", params, lab.now()));
}

}  // namespace
}  // namespace grapevine::host
