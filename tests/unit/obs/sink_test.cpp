// SPDX-License-Identifier: Apache-2.0
#include "obs/sink.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "obs/router_metrics.hpp"
#include "sim/world.hpp"
#include "unit/obs/syntax.hpp"

namespace grapevine::obs {
namespace {

using namespace std::chrono_literals;
using Kind = gossipsub::Traced::Kind;

/// A host of a world of its own, and a sink to tell things to.
struct Scene {
  explicit Scene(gossipsub::Config gossip = {}) {
    auto config = std::make_shared<host::Config>();
    config->gossip = std::make_shared<const gossipsub::Config>(std::move(gossip));
    config->session = std::make_shared<const session::Config>();
    sink.emplace(config->gossip);
    node = world.add(config);
    other = world.add(config);
  }
  std::string text() const {
    Exposition metrics;
    sink->collect(world.host(node), metrics);
    return metrics.text(TextFormat::prometheus);
  }
  bool shows(std::string_view line) const {
    return ("\n" + text()).find("\n" + std::string{line} + "\n") != std::string::npos;
  }
  void trace(Kind kind, std::string_view reason, std::uint64_t count = 1) {
    sink->on(host::Traced{kind, world.id(other), "topic", reason, count});
  }

  sim::World world{1, {}, sim::Fidelity::direct};
  sim::NodeIndex node = 0;
  sim::NodeIndex other = 0;
  std::optional<Sink> sink;
};

TEST(Sink, CountsEveryKindOfEventByItsReason) {
  Scene scene;
  for (auto i = 0; i <= static_cast<int>(Kind::score_changed); ++i) {
    scene.trace(Kind{i}, "some reason", 2);
    scene.trace(Kind{i}, "another");
  }

  for (auto i = 0; i <= static_cast<int>(Kind::score_changed); ++i) {
    const std::string kind{gossipsub::name(Kind{i})};
    EXPECT_TRUE(
        scene.shows("grapevine_events_total{kind=\"" + kind + "\",reason=\"some reason\"} 2"))
        << kind;
    EXPECT_TRUE(scene.shows("grapevine_events_total{kind=\"" + kind + "\",reason=\"another\"} 1"));
  }
  EXPECT_EQ(fault_of(scene.text()), "");
}

TEST(Sink, CountsRejectsAndIgnoresByReason) {
  Scene scene;
  scene.trace(Kind::rejected, "invalid_signature", 3);
  scene.trace(Kind::ignored, "validator");
  scene.trace(Kind::duplicate, "no reject");

  EXPECT_TRUE(scene.shows("libp2p_pubsub_reject_reason_total{reason=\"invalid_signature\"} 3"));
  EXPECT_TRUE(scene.shows("libp2p_pubsub_reject_reason_total{reason=\"validator\"} 1"));
  EXPECT_EQ(scene.text().find("reason_total{reason=\"no reject\""), std::string::npos);
}

TEST(Sink, HoldsNoMoreThanItsSeries) {
  Scene scene;
  std::vector<std::string> reasons;
  for (std::size_t i = 0; i <= Sink::series_max; ++i) reasons.push_back("r" + std::to_string(i));

  for (const auto& reason : reasons) scene.trace(Kind::limit_hit, reason);

  const auto& last = reasons[Sink::series_max - 1];
  EXPECT_TRUE(scene.shows("grapevine_events_total{kind=\"limit_hit\",reason=\"" + last + "\"} 1"));
  EXPECT_TRUE(scene.shows("grapevine_events_total{kind=\"limit_hit\",reason=\"other\"} 1"));
}

TEST(Sink, CountsConnectionsByDirectionAndVersionOfIp) {
  Scene scene;
  const auto ip4 = *Multiaddr::parse("/ip4/127.0.0.1/tcp/1");
  const auto ip6 = *Multiaddr::parse("/ip6/::1/tcp/1");
  scene.sink->on(host::LinkEstablished{host::LinkId{1}, ip4, true, true, 20ms});
  scene.sink->on(host::LinkEstablished{host::LinkId{2}, ip6, false, false, 30ms});
  scene.sink->on(host::LinkEnded{host::LinkId{1}, ip4, true, true, 3s});
  scene.sink->on(host::DialFailed{ip6, host::DialError::timeout});

  const std::string common = R"(transport="tcp",security="/noise",muxer="/yamux/1.0.0",)";
  EXPECT_TRUE(scene.shows("libp2p_swarm_connections_opened_total{dir=\"outbound\"," + common +
                          R"(early_muxer="true",ip_version="ip4"} 1)"));
  EXPECT_TRUE(scene.shows("libp2p_swarm_connections_opened_total{dir=\"inbound\"," + common +
                          R"(early_muxer="false",ip_version="ip6"} 1)"));
  EXPECT_TRUE(scene.shows("libp2p_swarm_connections_closed_total{dir=\"outbound\"," + common +
                          R"(early_muxer="true",ip_version="ip4"} 1)"));
  EXPECT_TRUE(scene.shows("libp2p_swarm_handshake_latency_seconds_sum{" + common +
                          R"(early_muxer="true",ip_version="ip4"} 0.02)"));
  EXPECT_TRUE(scene.shows("libp2p_swarm_connection_duration_seconds_sum{dir=\"outbound\"," +
                          common + R"(early_muxer="true",ip_version="ip4"} 3)"));
  EXPECT_TRUE(scene.shows(
      R"(libp2p_swarm_dial_errors_total{transport="tcp",error="timed out",ip_version="ip6"} 1)"));
  EXPECT_EQ(fault_of(scene.text()), "");
}

TEST(Sink, LabelsOnlyTopicsOfOurOwn) {
  gossipsub::Config gossip;
  gossip.traffic_topics_max = 2;
  Scene scene{gossip};
  for (const auto* topic : {"a", "b", "c"}) scene.world.join(scene.node, topic);
  for (int i = 0; i < 50; ++i) {
    scene.world.join(scene.other, "theirs-" + std::to_string(i));
  }
  scene.world.connect(scene.node, scene.other);
  scene.world.run(3s);

  EXPECT_TRUE(scene.shows(R"(libp2p_pubsub_broadcast_subscriptions_total{topic="a"} 1)"));
  EXPECT_TRUE(scene.shows(R"(libp2p_pubsub_broadcast_subscriptions_total{topic="b"} 1)"));
  EXPECT_TRUE(scene.shows(R"(libp2p_pubsub_broadcast_subscriptions_total{topic="other"} 1)"));
  EXPECT_TRUE(scene.shows(R"(libp2p_pubsub_received_subscriptions_total{topic="other"} 50)"));
  EXPECT_EQ(scene.text().find("theirs"), std::string::npos);
  EXPECT_EQ(scene.text().find(R"(topic="c")"), std::string::npos);
}

TEST(Sink, OfATopicOfAnyBytesStaysWellFormed) {
  Scene scene;
  for (const auto* topic : {"other", "a\"\n\\", "\xff\xfe", "gr\u00fcn"}) {
    scene.world.join(scene.node, topic);
  }

  EXPECT_EQ(fault_of(scene.text()), "");
  EXPECT_TRUE(scene.shows(R"(libp2p_gossipsub_peers_per_topic_mesh{topic="other"} 0)"));
}

TEST(Sink, ShowsScoresByTheNameOfTheImplementationOnly) {
  gossipsub::Config gossip;
  gossip.score.emplace();
  Scene scene{gossip};
  scene.world.join(scene.node, "t");
  scene.world.join(scene.other, "t");
  scene.world.connect(scene.node, scene.other);
  scene.world.run(3s);

  EXPECT_TRUE(scene.shows(R"(libp2p_gossipsub_peers_scores{agent="grapevine"} 0)"));
  EXPECT_TRUE(scene.shows(R"(grapevine_peers_below_threshold{threshold="graylist"} 0)"));
  EXPECT_EQ(agent_label("kubo/0.40.1/abc"), "kubo");
  EXPECT_EQ(agent_label("go-libp2p"), "go-libp2p");
  EXPECT_EQ(agent_label("anything a remote may say"), "unknown");
  EXPECT_EQ(agent_label(""), "unknown");
}

/// The page has a row for each metric, in the same words, and none for anything else.
TEST(MetricsPage, HasTheCataloguesRows) {
  std::ifstream page{"../docs/metrics.md"};
  if (!page) page.open("docs/metrics.md");
  ASSERT_TRUE(page);
  std::string rows, line, wanted;
  while (std::getline(page, line)) {
    if (line.starts_with("| `")) rows += line + "\n";
  }
  for (const auto& [name, type, labels, help] : catalogue()) {
    wanted.append("| `").append(name).append("` | ").append(obs::name(type)).append(" | ");
    wanted.append(std::regex_replace(std::string{labels}, std::regex{","}, ", "));
    wanted.append(" | ").append(help).append(" |\n");
  }
  EXPECT_EQ(rows, wanted);
}

}  // namespace
}  // namespace grapevine::obs
