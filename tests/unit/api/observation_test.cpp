// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cluster.hpp"
#include "core/gossipsub/router.hpp"

namespace grapevine::test {
namespace {

/// Two nodes in one topic, the first of which is looked at.
struct Pair {
  explicit Pair(NodeConfig config)
      : first{*Node::start(quick(std::move(config)))}, second{*Node::start(quick())} {
    first.on_event([this](const Event& event) {
      seen.add(std::string{name(event.kind)});
      if (event.kind == Event::Kind::rpc_received && event.parts.messages == 1) {
        seen.add("a message received");
      }
      if (event.kind == Event::Kind::message_delivered && event.message_id.size() > 0) {
        seen.add("an id delivered");
      }
    });
    second.on_event([this](const Event& event) { others.add(std::string{name(event.kind)}); });
    EXPECT_TRUE(second.connect(first.addresses()));
    topic = *second.join("t");
    own = *first.topic("t")->subscribe();
    EXPECT_TRUE(seen.wait("graft"));
    EXPECT_TRUE(others.wait("graft"));  // else what it publishes may reach nobody
  }
  /// Sends one message from the second to the first.
  void exchange() {
    EXPECT_TRUE(topic->publish("hello"));
    EXPECT_TRUE(own.next(patience));
  }

  Events seen;
  Events others;  ///< what the second node tells
  Node first;
  Node second;
  std::optional<Topic> topic;
  Subscription own;
};

bool shows(const Node& node, const std::string& line) {
  return ("\n" + node.metrics()).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, OfARunningNodeCountWhatItDid) {
  Pair pair{{}};
  pair.exchange();

  EXPECT_TRUE(shows(pair.first, "libp2p_peers 1"));
  EXPECT_TRUE(shows(pair.first, "libp2p_gossipsub_received_total 1"));
  EXPECT_TRUE(shows(pair.first, R"(libp2p_pubsub_received_messages_total{topic="t"} 1)"));
  EXPECT_TRUE(shows(pair.first, R"(libp2p_gossipsub_peers_per_topic_mesh{topic="t"} 1)"));
  EXPECT_TRUE(shows(pair.second, R"(libp2p_pubsub_messages_published_total{topic="t"} 1)"));
  EXPECT_TRUE(shows(pair.second, R"(libp2p_pubsub_broadcast_messages_total{topic="t"} 1)"));
  EXPECT_TRUE(pair.first.metrics(MetricsFormat::openmetrics).ends_with("# EOF\n"));
}

TEST(Metrics, OfAStoppedNodeAreEmpty) {
  auto node = *Node::start(quick());
  EXPECT_NE(node.metrics(), "");

  node.stop();

  EXPECT_EQ(node.metrics(), "");
}

TEST(Observer, IsToldOfEveryMessageAndRpcOnlyWhereThatIsWanted) {
  NodeConfig everything;
  everything.trace_detail = TraceDetail::everything;
  Pair loud{everything};
  Pair quiet{{}};

  loud.exchange();
  quiet.exchange();

  EXPECT_TRUE(loud.seen.wait("message_delivered"));
  EXPECT_TRUE(loud.seen.wait("an id delivered"));
  EXPECT_TRUE(loud.seen.wait("a message received"));
  EXPECT_TRUE(loud.seen.wait("rpc_sent"));
  EXPECT_EQ(quiet.seen.count("message_delivered"), 0u);
  EXPECT_EQ(quiet.seen.count("rpc_received"), 0u);
}

TEST(Observer, HearsOfPeersThatComeAndGo) {
  Pair pair{{}};
  EXPECT_TRUE(pair.seen.wait("peer_added"));
  EXPECT_TRUE(pair.seen.wait("subscribed"));

  pair.second.stop();

  EXPECT_TRUE(pair.seen.wait("peer_removed"));
  EXPECT_TRUE(pair.seen.wait("unsubscribed"));
  EXPECT_TRUE(pair.seen.wait("prune"));
}

/// Every kind of the router's has its like here.
TEST(EventKinds, HaveTheNamesOfTheRouters) {
  std::vector<std::string_view> ours;
  for (auto i = 0; i < static_cast<int>(Event::Kind::other); ++i) {
    ours.push_back(name(Event::Kind{i}));
  }
  for (auto i = 0; i <= static_cast<int>(gossipsub::Traced::Kind::size_capped); ++i) {
    const auto theirs = gossipsub::name(gossipsub::Traced::Kind{i});
    EXPECT_EQ(std::ranges::count(ours, theirs), 1) << theirs;
  }
  EXPECT_EQ(name(Event::Kind::rpc_dropped), "rpc_dropped");
  EXPECT_EQ(name(Event::Kind::other), "other");
}

struct TraceFileOfANode : testing::Test {
  TraceFileOfANode() { EXPECT_NE(::mkdtemp(folder.data()), nullptr); }
  ~TraceFileOfANode() override { std::filesystem::remove_all(folder); }
  std::string path() const { return folder + "/trace.json"; }
  std::string content() const {
    std::ifstream file{path()};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  std::string folder = std::filesystem::temp_directory_path() / "grapevine-trace-XXXXXX";
};

TEST_F(TraceFileOfANode, HoldsWhatHappenedWhenItIsStopped) {
  NodeConfig config;
  config.trace.emplace().path = path();
  {
    Pair pair{config};
    pair.exchange();
    pair.first.stop();
  }

  const auto text = content();
  for (const auto* event : {"onNewOutboundStream", "join", "graft", "recvRPC", "sendRPC",
                            "deliverMessage", "onClosedOutboundStream"}) {
    EXPECT_NE(text.find(std::string{",\""} + event + "\":{"), text.npos) << event;
  }
  EXPECT_TRUE(text.ends_with("}\n"));
}

TEST_F(TraceFileOfANode, ThatCannotBeMadeIsAnErrorOfTheStart) {
  NodeConfig config = quick();
  config.trace.emplace().path = folder + "/none/trace.json";

  const auto node = Node::start(config);

  ASSERT_FALSE(node);
  EXPECT_EQ(node.error().code, ErrorCode::io);
  EXPECT_NE(node.error().detail.find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace grapevine::test
