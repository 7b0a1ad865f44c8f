// SPDX-License-Identifier: Apache-2.0
// What a network's routers record agrees with what happened in it. go's tests of its tracers ask
// for some events of each kind; here every number is known.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "obs/sink.hpp"
#include "obs/trace_event.hpp"
#include "scenario/network.hpp"

namespace grapevine::sim {
namespace {

using gossipsub::Recorded;
using Kind = Recorded::Kind;

/// All that the nodes of a world record, by node.
class Traces {
 public:
  explicit Traces(World& world) {
    world.set_observer([this](NodeIndex node, const host::Output& output) {
      if (const auto* record = std::get_if<host::Recorded>(&output)) {
        records_[node].push_back(*record);
      }
    });
  }
  std::size_t count(Kind kind) const {
    std::size_t sum = 0;
    for (const auto& [node, records] : records_) sum += count(node, kind);
    return sum;
  }
  std::size_t count(NodeIndex node, Kind kind) const {
    const auto found = records_.find(node);
    if (found == records_.end()) return 0;
    return static_cast<std::size_t>(std::ranges::count(found->second, kind, &Recorded::kind));
  }
  const std::vector<Recorded>& of(NodeIndex node) const { return records_.at(node); }
  std::size_t nodes() const { return records_.size(); }

 private:
  std::map<NodeIndex, std::vector<Recorded>> records_;
};

std::shared_ptr<const host::Config> recording_config() {
  return config_with([](gossipsub::Config& gossip) {
    gossip.trace_detail = gossipsub::TraceDetail::everything;
    gossip.peer_exchange = true;
    gossip.score.emplace();
  });
}

std::optional<gossipsub::Validation> refuse_invalid(NodeIndex, const host::Validate& asked) {
  const auto data = asked.message.view.payload();
  const std::string_view text{reinterpret_cast<const char*>(data.data()), data.size()};
  return text == "invalid!" ? gossipsub::Validation::reject : gossipsub::Validation::accept;
}

/// go's test: a star of 20 with peer exchange, 20 messages of which three are invalid, then all
/// leave.
void run_star(World& world) {
  world.set_judge(refuse_invalid);
  add_nodes(world, 20, recording_config());
  join_all(world, "test");
  for (NodeIndex i = 0; i < 20; ++i) {
    const auto address = "/ip4/10.0.0." + std::to_string(i + 1) + "/tcp/4001";
    world.host(i).set_validation("test", {.asked = true});
    world.host(i).set_listen_addresses({*Multiaddr::parse(address)}, world.now());
    if (i > 0) world.connect(i, 0);
  }
  world.run(30s);
  for (NodeIndex i = 0; i < 20; ++i) {
    world.publish(i, "test", i % 7 == 0 ? "invalid!" : "message " + std::to_string(i));
  }
  world.run(5s);
  for (NodeIndex i = 0; i < 20; ++i) world.leave(i, "test");
  world.run(1s);
}

using Tracing = Both;

TEST_P(Tracing, CountsWhatHappenedInAStarThatPublishesAndLeaves) {
  World world{11, {}, GetParam()};
  Traces traces{world};

  run_star(world);

  EXPECT_EQ(traces.count(Kind::publish), 20u);
  EXPECT_EQ(traces.count(Kind::join), 20u);
  EXPECT_EQ(traces.count(Kind::leave), 20u);
  // Each good message at each node once, and the three bad ones at their publishers.
  EXPECT_EQ(traces.count(Kind::deliver), 17u * 20 + 3);
  EXPECT_GE(traces.count(Kind::reject), 3u);
  EXPECT_GT(traces.count(Kind::duplicate), 0u);
  EXPECT_GE(traces.count(Kind::peer_added), 2u * 19);
  EXPECT_GT(traces.count(Kind::graft), 0u);
  std::uint64_t duplicates = 0, rejected = 0, sent = 0, received = 0;
  for (NodeIndex i = 0; i < 20; ++i) {
    const auto& router = world.host(i).router();
    duplicates += router.counters().duplicates;
    rejected += router.counters().rejected;
    sent += router.traffic().rpcs_sent;
    received += router.traffic().rpcs_received;
  }
  EXPECT_EQ(traces.count(Kind::duplicate), duplicates);
  EXPECT_EQ(traces.count(Kind::reject), rejected);
  EXPECT_EQ(traces.count(Kind::rpc_sent), sent);
  EXPECT_EQ(traces.count(Kind::rpc_received), received);
}

TEST_P(Tracing, FollowsEveryMeshToItsLastMember) {
  World world{12, {}, GetParam()};
  Traces traces{world};
  add_nodes(world, 12, recording_config());
  connect_all(world);
  join_all(world, "test");
  world.run(10s);

  for (NodeIndex i = 0; i < world.size(); ++i) {
    std::set<PeerId> mesh;
    for (const auto& record : traces.of(i)) {
      if (record.kind == Kind::graft) {
        EXPECT_TRUE(mesh.insert(record.peer).second);
      } else if (record.kind == Kind::prune) {
        EXPECT_EQ(mesh.erase(record.peer), 1u);
      }
    }
    const auto now = world.host(i).router().mesh("test");
    EXPECT_EQ(std::vector<PeerId>(mesh.begin(), mesh.end()), now) << i;
  }
}

TEST_P(Tracing, OfPeersThatComeAndGoIsBalanced) {
  World world{13, {}, GetParam()};
  Traces traces{world};
  add_nodes(world, 6, recording_config());
  connect_all(world);
  join_all(world, "test");
  world.run(3s);
  for (NodeIndex i = 1; i < world.size(); ++i) world.disconnect(0, i);
  world.run(3s);

  EXPECT_EQ(traces.count(0, Kind::peer_added), 5u);
  EXPECT_EQ(traces.count(0, Kind::peer_removed), 5u);
}

TEST(TraceDetail, BelowEverythingRecordsNothing) {
  World world{14, {}, Fidelity::direct};
  Traces traces{world};
  grow(world, 10, 3, "test");
  world.run(3s);
  world.publish(0, "test", "hello");
  world.run(1s);

  EXPECT_EQ(reach(world, "hello").nodes, 10u);
  EXPECT_EQ(traces.nodes(), 0u);
}

TEST(TraceDetail, OfNoneStillTellsWhoComesAndGoes) {
  using Told = gossipsub::Traced::Kind;
  World world{15, {}, Fidelity::direct};
  grow(world, 10, 9, "test", config_with([](gossipsub::Config& gossip) {
         gossip.trace_detail = gossipsub::TraceDetail::none;
       }));
  world.run(3s);
  world.publish(0, "test", "hello");
  world.run(1s);

  EXPECT_GT(world.traced(0, Told::graft), 0u);
  EXPECT_GT(world.traced(0, Told::peer_added), 0u);
  EXPECT_GT(world.host(0).router().counters().published, 0u);
  for (NodeIndex i = 0; i < 10; ++i) EXPECT_EQ(world.traced(i, Told::duplicate), 0u);
}

TEST(TraceDetail, DoesNotChangeWhatHappens) {
  const auto hash = [](gossipsub::TraceDetail detail) {
    World world{16, {}, Fidelity::direct};
    grow(world, 20, 4, "test",
         config_with([detail](gossipsub::Config& gossip) { gossip.trace_detail = detail; }));
    for (NodeIndex i = 0; i < 20; ++i) {
      world.run(500ms);
      world.publish(i, "test", "message " + std::to_string(i));
    }
    world.run(2s);
    return world.trace_hash();
  };

  EXPECT_EQ(hash(gossipsub::TraceDetail::none), hash(gossipsub::TraceDetail::counters));
  EXPECT_EQ(hash(gossipsub::TraceDetail::none), hash(gossipsub::TraceDetail::everything));
}

/// The metrics of every node, from what its host told and holds, agree with the network.
TEST_P(Tracing, MetricsAgreeWithTheNetwork) {
  World world{17, {}, GetParam()};
  const auto config = recording_config();
  std::vector<obs::Sink> sinks(5, obs::Sink{config->gossip});
  world.set_observer([&](NodeIndex node, const host::Output& output) {
    const auto take = [&](const auto& told) {
      if constexpr (requires { sinks[node].on(told); }) sinks[node].on(told);
    };
    std::visit(take, output);
  });
  add_nodes(world, 5, config);
  connect_all(world);
  join_all(world, "test");
  world.run(5s);
  world.publish(1, "test", "hello");
  world.run(1s);

  obs::Exposition metrics;
  sinks[0].collect(world.host(0), metrics);
  const auto text = metrics.text(obs::TextFormat::prometheus);
  const auto has = [&](std::string_view line) {
    return ("\n" + text).find("\n" + std::string{line} + "\n") != std::string::npos;
  };
  EXPECT_TRUE(has("libp2p_peers 4")) << text;
  EXPECT_TRUE(has("libp2p_pubsub_peers 4"));
  EXPECT_TRUE(has("libp2p_pubsub_topics 1"));
  EXPECT_TRUE(has("libp2p_gossipsub_received_total 1"));
  EXPECT_TRUE(has("libp2p_pubsub_validation_success_total 1"));
  EXPECT_TRUE(has(R"(libp2p_gossipsub_peers_per_topic_mesh{topic="test"} 4)"));
  EXPECT_TRUE(has(R"(libp2p_pubsub_received_subscriptions_total{topic="test"} 4)"));
  EXPECT_TRUE(has(R"(libp2p_pubsub_broadcast_subscriptions_total{topic="test"} 4)"));
  EXPECT_TRUE(has("libp2p_gossipsub_low_peers_topics 1"));
  EXPECT_TRUE(has(R"(libp2p_identify_identify_total{dir="received"} 4)"));
  EXPECT_TRUE(has(R"(grapevine_events_total{kind="peer_added",reason="/meshsub/1.3.0"} 4)"));
}

INSTANTIATE_TEST_SUITE_P(Fidelities, Tracing, both, fidelity_name);

}  // namespace
}  // namespace grapevine::sim
