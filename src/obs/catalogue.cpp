// SPDX-License-Identifier: Apache-2.0
#include "obs/catalogue.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace grapevine::obs {

namespace {

using enum MetricType;

constexpr std::string_view link_labels = "transport,security,muxer,early_muxer,ip_version";
constexpr std::string_view directed_link_labels =
    "dir,transport,security,muxer,early_muxer,ip_version";

/// The names beginning with libp2p_pubsub_ and libp2p_gossipsub_ are those that test nodes of nim,
/// go and rust share, those with libp2p_swarm_ and libp2p_identify_ go-libp2p's: to the letter, so
/// that dashboards made for them show us.
constexpr Metric metrics[] = {
    {"libp2p_peers", gauge, "", "connected peers"},
    {"libp2p_network_bytes_total", counter, "direction", "bytes of all connections, encrypted"},
    {"libp2p_open_streams", gauge, "type,dir", "open streams, and connections as SecureConn"},
    {"libp2p_pubsub_peers", gauge, "", "peers with a gossip stream of ours"},
    {"libp2p_pubsub_topics", gauge, "", "joined topics"},
    {"libp2p_pubsub_messages_published_total", counter, "topic", "messages published here"},
    {"libp2p_pubsub_broadcast_messages_total", counter, "topic",
     "messages queued for peers, one each"},
    {"libp2p_pubsub_received_messages_total", counter, "topic", "messages received, copies too"},
    {"libp2p_pubsub_broadcast_subscriptions_total", counter, "topic", "subscriptions announced"},
    {"libp2p_pubsub_received_subscriptions_total", counter, "topic", "subscriptions received"},
    {"libp2p_pubsub_broadcast_unsubscriptions_total", counter, "topic",
     "unsubscriptions announced"},
    {"libp2p_pubsub_received_unsubscriptions_total", counter, "topic", "unsubscriptions received"},
    {"libp2p_pubsub_broadcast_ihave_total", counter, "topic", "IHAVE entries queued"},
    {"libp2p_pubsub_received_ihave_total", counter, "topic",
     "IHAVE entries received within the budget"},
    {"libp2p_pubsub_broadcast_graft_total", counter, "topic", "GRAFTs queued"},
    {"libp2p_pubsub_received_graft_total", counter, "topic", "GRAFTs received"},
    {"libp2p_pubsub_broadcast_prune_total", counter, "topic", "PRUNEs queued"},
    {"libp2p_pubsub_received_prune_total", counter, "topic", "PRUNEs received"},
    {"libp2p_pubsub_broadcast_iwant_total", counter, "", "IWANTs queued, each of many ids"},
    {"libp2p_pubsub_received_iwant_total", counter, "", "RPCs with IWANT received"},
    {"libp2p_pubsub_broadcast_idontwant_total", counter, "", "IDONTWANTs queued, one an id"},
    {"libp2p_pubsub_received_idontwant_total", counter, "", "RPCs with IDONTWANT received"},
    {"libp2p_pubsub_validation_success_total", counter, "", "messages that passed every check"},
    {"libp2p_pubsub_validation_failure_total", counter, "", "messages rejected or ignored"},
    {"libp2p_pubsub_reject_reason_total", counter, "reason",
     "messages rejected or ignored, by reason"},
    {"libp2p_pubsub_rpc_drop_total", counter, "", "messages an outbox had no room for"},
    {"libp2p_gossipsub_received_total", counter, "", "messages received and delivered, once each"},
    {"libp2p_gossipsub_duplicate_total", counter, "", "copies of messages received"},
    {"libp2p_gossipsub_peers_per_topic_mesh", gauge, "topic", "peers in the mesh"},
    {"libp2p_gossipsub_peers_per_topic_gossipsub", gauge, "topic", "subscribed peers"},
    {"libp2p_gossipsub_peers_per_topic_fanout", gauge, "topic", "peers in the fanout"},
    {"libp2p_gossipsub_healthy_peers_topics", gauge, "", "joined topics with d_low mesh peers"},
    {"libp2p_gossipsub_low_peers_topics", gauge, "",
     "joined topics with mesh peers, but below d_low"},
    {"libp2p_gossipsub_no_peers_topics", gauge, "", "joined topics without a mesh peer"},
    {"libp2p_gossipsub_peers_scores", gauge, "agent", "scores of connected peers, added up"},
    {"libp2p_gossipsub_peers_score_firstMessageDeliveries", gauge, "agent", "P2, added up"},
    {"libp2p_gossipsub_peers_score_meshMessageDeliveries", gauge, "agent", "P3, added up"},
    {"libp2p_gossipsub_peers_score_meshFailurePenalty", gauge, "agent", "P3b, added up"},
    {"libp2p_gossipsub_peers_score_invalidMessageDeliveries", gauge, "agent", "P4, added up"},
    {"libp2p_gossipsub_peers_score_appScore", gauge, "agent", "P5, added up"},
    {"libp2p_gossipsub_peers_score_colocationFactor", gauge, "agent", "P6, added up"},
    {"libp2p_gossipsub_peers_score_behaviourPenalty", gauge, "agent", "P7, added up"},
    {"libp2p_swarm_connections_opened_total", counter, directed_link_labels,
     "connections whose handshake succeeded"},
    {"libp2p_swarm_connections_closed_total", counter, directed_link_labels,
     "such connections that ended"},
    {"libp2p_swarm_dial_errors_total", counter, "transport,error,ip_version",
     "addresses dialled in vain"},
    {"libp2p_swarm_handshake_latency_seconds", histogram, link_labels,
     "from the transport's connection to the muxer"},
    {"libp2p_swarm_connection_duration_seconds", histogram, directed_link_labels,
     "how long connections lasted"},
    {"libp2p_identify_identify_total", counter, "dir", "connected peers that said who they are"},
    {"grapevine_build_info", gauge, "version", "always 1"},
    {"grapevine_rpcs_total", counter, "direction", "RPCs of gossip streams"},
    {"grapevine_queued_messages", gauge, "", "messages in all outboxes"},
    {"grapevine_queued_bytes", gauge, "", "their bytes"},
    {"grapevine_peers_below_threshold", gauge, "threshold",
     "connected peers whose score is below each threshold"},
    {"grapevine_events_total", counter, "kind,reason",
     "what the router told: limits hit, misbehaviour, grafts, prunes and the rest"},
    {"grapevine_trace_records_written_total", counter, "", "records in the trace file"},
    {"grapevine_trace_records_lost_total", counter, "",
     "records that found no room, in memory or on disk"},
};

}  // namespace

std::string_view name(MetricType type) {
  switch (type) {
    case counter:
      return "counter";
    case gauge:
      return "gauge";
    case histogram:
      return "histogram";
  }
  return "unknown";
}

std::span<const Metric> catalogue() { return metrics; }

const Metric& metric(std::string_view name) {
  const auto* found = std::ranges::find(metrics, name, &Metric::name);
  ASSERT(found != std::end(metrics));
  return *found;
}

}  // namespace grapevine::obs
