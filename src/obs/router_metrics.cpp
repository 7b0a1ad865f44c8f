// SPDX-License-Identifier: Apache-2.0
#include "obs/router_metrics.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace grapevine::obs {

namespace {

using gossipsub::TopicTraffic;

double as_value(std::size_t count) { return static_cast<double>(count); }

std::string_view topic_label(const gossipsub::Traffic& traffic, std::string_view topic) {
  const auto& counted = traffic.topics();
  const auto known = std::ranges::any_of(
      counted, [&](const auto& entry) { return !entry.topic.empty() && entry.topic == topic; });
  return known ? topic : "other";
}

void collect_entries(std::string_view direction, std::string_view topic,
                     const TopicTraffic::Entries& entries, Exposition& metrics) {
  const auto add = [&](std::string_view what, std::uint64_t value) {
    auto name = std::string{"libp2p_pubsub_"}.append(direction).append(what).append("_total");
    metrics.add(name, {topic}, as_value(value));
  };
  add("messages", entries.messages);
  add("subscriptions", entries.subscriptions);
  add("unsubscriptions", entries.unsubscriptions);
  add("ihave", entries.ihave);
  add("graft", entries.graft);
  add("prune", entries.prune);
}

}  // namespace

void collect_host(const host::Host& host, Exposition& metrics) {
  const auto peers = host.peers();
  const auto gossiping = std::ranges::count_if(
      peers, [](const host::PeerView& peer) { return !peer.gossip_protocol.empty(); });
  metrics.add("libp2p_peers", as_value(peers.size()));
  metrics.add("libp2p_pubsub_peers", static_cast<double>(gossiping));
  metrics.add("libp2p_network_bytes_total", {"in"}, as_value(host.carried().in));
  metrics.add("libp2p_network_bytes_total", {"out"}, as_value(host.carried().out));
  const auto open = host.open_count();
  metrics.add("libp2p_open_streams", {"YamuxStream", "In"}, as_value(open.streams_inbound));
  metrics.add("libp2p_open_streams", {"YamuxStream", "Out"}, as_value(open.streams_outbound));
  metrics.add("libp2p_open_streams", {"SecureConn", "In"}, as_value(open.links_inbound));
  metrics.add("libp2p_open_streams", {"SecureConn", "Out"}, as_value(open.links_outbound));
}

void collect_topics(const gossipsub::Router& router, const gossipsub::Config& config,
                    Exposition& metrics) {
  const auto joined = router.topics();
  std::size_t none = 0;
  std::size_t low = 0;
  for (const auto& topic : joined) {
    const auto mesh = router.mesh(topic).size();
    none += mesh == 0;
    low += mesh > 0 && mesh < config.d_low;
  }
  metrics.add("libp2p_pubsub_topics", as_value(joined.size()));
  metrics.add("libp2p_gossipsub_no_peers_topics", as_value(none));
  metrics.add("libp2p_gossipsub_low_peers_topics", as_value(low));
  metrics.add("libp2p_gossipsub_healthy_peers_topics", as_value(joined.size() - none - low));
  auto ours = joined;  // and those that were published to
  for (const auto& [topic, traffic] : router.traffic().topics()) {
    if (!topic.empty() && !std::ranges::binary_search(joined, topic)) ours.push_back(topic);
  }
  for (const auto& topic : ours) {
    const auto label = topic_label(router.traffic(), topic);
    metrics.add("libp2p_gossipsub_peers_per_topic_mesh", {label},
                as_value(router.mesh(topic).size()));
    metrics.add("libp2p_gossipsub_peers_per_topic_gossipsub", {label},
                as_value(router.subscribers(topic).size()));
    metrics.add("libp2p_gossipsub_peers_per_topic_fanout", {label},
                as_value(router.fanout(topic).size()));
  }
}

void collect_traffic(const gossipsub::Router& router, Exposition& metrics) {
  const auto& traffic = router.traffic();
  for (const auto& [topic, counts] : traffic.topics()) {
    const std::string_view label = topic.empty() ? std::string_view{"other"} : topic;
    metrics.add("libp2p_pubsub_messages_published_total", {label}, as_value(counts.published));
    collect_entries("received_", label, counts.received, metrics);
    collect_entries("broadcast_", label, counts.broadcast, metrics);
  }
  metrics.add("libp2p_pubsub_received_iwant_total", as_value(traffic.received.iwant));
  metrics.add("libp2p_pubsub_received_idontwant_total", as_value(traffic.received.idontwant));
  metrics.add("libp2p_pubsub_broadcast_iwant_total", as_value(traffic.broadcast.iwant));
  metrics.add("libp2p_pubsub_broadcast_idontwant_total", as_value(traffic.broadcast.idontwant));
  metrics.add("grapevine_rpcs_total", {"in"}, as_value(traffic.rpcs_received));
  metrics.add("grapevine_rpcs_total", {"out"}, as_value(traffic.rpcs_sent));
  const auto& counters = router.counters();
  metrics.add("libp2p_pubsub_validation_success_total", as_value(counters.delivered));
  metrics.add("libp2p_pubsub_validation_failure_total",
              as_value(counters.rejected + counters.ignored));
  metrics.add("libp2p_pubsub_rpc_drop_total", as_value(counters.rpc_dropped));
  metrics.add("libp2p_gossipsub_received_total", as_value(counters.delivered));
  metrics.add("libp2p_gossipsub_duplicate_total", as_value(counters.duplicates));
}

void collect_outboxes(const gossipsub::Router& router, const gossipsub::Config& config,
                      Exposition& metrics) {
  std::size_t messages = 0;
  std::size_t bytes = 0;
  for (const auto& room : router.outbox_rooms()) {
    messages += config.outbox_items_max - room.messages;
    bytes += config.outbox_bytes_max - room.bytes;
  }
  metrics.add("grapevine_queued_messages", as_value(messages));
  metrics.add("grapevine_queued_bytes", as_value(bytes));
}

void collect_scores(const host::Host& host, const gossipsub::ScoreThresholds& thresholds,
                    Exposition& metrics) {
  const std::array<std::pair<std::string_view, double>, 4> below{
      {{"zero", 0},
       {"gossip", thresholds.gossip},
       {"publish", thresholds.publish},
       {"graylist", thresholds.graylist}}};
  for (const auto& [name, threshold] : below) {
    metrics.add("grapevine_peers_below_threshold", {name}, 0);
  }
  for (const auto& peer : host.peers()) {
    const auto known = host.router().explain(peer.peer);
    if (!known) continue;
    const auto agent = agent_label(peer.agent);
    const auto add = [&](std::string_view part, double value) {
      metrics.add(std::string{"libp2p_gossipsub_peers_score"}.append(part), {agent}, value);
    };
    double p2 = 0, p3 = 0, p3b = 0, p4 = 0;
    for (const auto& topic : known->topics) {
      p2 += topic.p2;
      p3 += topic.p3;
      p3b += topic.p3b;
      p4 += topic.p4;
    }
    add("s", known->score);
    add("_firstMessageDeliveries", p2);
    add("_meshMessageDeliveries", p3);
    add("_meshFailurePenalty", p3b);
    add("_invalidMessageDeliveries", p4);
    add("_appScore", known->p5);
    add("_colocationFactor", known->p6);
    add("_behaviourPenalty", known->p7);
    for (const auto& [name, threshold] : below) {
      if (known->score < threshold) metrics.add("grapevine_peers_below_threshold", {name}, 1);
    }
  }
}

std::string_view agent_label(std::string_view agent) {
  static constexpr std::string_view known[] = {
      "grapevine", "go-libp2p",  "rust-libp2p", "js-libp2p", "nim-libp2p", "jvm-libp2p", "kubo",
      "nwaku",     "lighthouse", "lodestar",    "nimbus",    "prysm",      "teku",       "lotus"};
  const auto name = agent.substr(0, agent.find('/'));
  const auto* found = std::ranges::find(known, name);
  return found != std::end(known) ? *found : std::string_view{"unknown"};
}

}  // namespace grapevine::obs
