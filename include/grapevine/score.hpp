// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "grapevine/peer.hpp"

/// How a node judges its peers. gossipsub v1.1, "Peer Scoring": the specification's names and
/// rules. A node scores nobody unless its configuration says how.
namespace grapevine {

/// How a peer's conduct in one topic counts. Zero switches a component off. A component in use
/// needs a decay between 0 and 1, both excluded, and caps and thresholds above 0.
struct TopicScoreParameters {
  double topic_weight = 1;  ///< of the topic among all; >= 0

  /// P1, time in the mesh: `time / quantum` in whole numbers, up to the cap. Weight >= 0.
  double time_in_mesh_weight = 0;
  std::chrono::milliseconds time_in_mesh_quantum{1000};
  double time_in_mesh_cap = 0;

  /// P2, messages that came from this peer first. Weight >= 0.
  double first_message_deliveries_weight = 0;
  double first_message_deliveries_decay = 0;
  double first_message_deliveries_cap = 0;

  /// P3, the square of what a mesh peer's first and near-first deliveries lack to the threshold,
  /// once it has been in the mesh for longer than `activation`. Near-first: while the message was
  /// being checked or at most `window` later. Weight <= 0, activation at least 1 s.
  double mesh_message_deliveries_weight = 0;
  double mesh_message_deliveries_decay = 0;
  double mesh_message_deliveries_cap = 0;
  double mesh_message_deliveries_threshold = 0;
  std::chrono::milliseconds mesh_message_deliveries_window{0};
  std::chrono::milliseconds mesh_message_deliveries_activation{0};

  /// P3b, the deficits of P3 at each time the peer left the mesh, added up. Weight <= 0.
  double mesh_failure_penalty_weight = 0;
  double mesh_failure_penalty_decay = 0;

  /// P4, the square of the number of invalid messages. Weight <= 0.
  double invalid_message_deliveries_weight = 0;
  double invalid_message_deliveries_decay = 0;
};

/// Below which score a peer loses what; besides, below 0 it is in no mesh.
struct ScoreThresholds {
  double gossip = 0;    ///< no gossip to it, none taken from it; <= 0
  double publish = 0;   ///< it gets no message of our own; <= gossip
  double graylist = 0;  ///< what it sends is dropped unread; <= publish
  /// Peers that it names in a PRUNE are passed over; >= 0.
  double accept_px = 0;
  /// While the median of a mesh is below it, better peers are grafted in addition; >= 0.
  double opportunistic_graft = 0;
};

struct ScoreParameters {
  ScoreThresholds thresholds;
  /// Conduct in topics that are not listed does not count.
  std::map<std::string, TopicScoreParameters, std::less<>> topics;
  double topic_score_cap = 0;  ///< of all topics together, where positive; 0: none

  /// P5: what this function says of a peer, asked on the network thread when the peer connects and
  /// at every decay; or, where it is absent, what `Node::set_application_score` said last. Any
  /// finite weight.
  std::function<double(const Peer&)> application_score;
  double app_specific_weight = 0;

  /// P6, the square of how many more than the threshold connect from one IP address, or one IPv6
  /// /64. Loopback is exempt, and so are the networks listed ("10.0.0.0/8", "2001:db8::/32", or a
  /// single address). Weight <= 0, threshold at least 1.
  double ip_colocation_factor_weight = 0;
  std::size_t ip_colocation_factor_threshold = 0;
  std::vector<std::string> ip_colocation_factor_whitelist;

  /// P7, the square of what a counter of misbehaviour has above the threshold. Weight <= 0.
  double behaviour_penalty_weight = 0;
  double behaviour_penalty_threshold = 0;
  double behaviour_penalty_decay = 0;

  /// What a counter of messages that a peer was too slow to take has above the threshold. Not in
  /// the specification; rust-libp2p has it. Weight <= 0.
  double slow_peer_weight = 0;
  double slow_peer_threshold = 0;
  double slow_peer_decay = 0;

  std::chrono::milliseconds decay_interval{1000};       ///< at least 1 s
  double decay_to_zero = 0.01;                          ///< a counter below it becomes 0
  std::chrono::milliseconds retain_score{3'600'000};    ///< not positive, after the peer left
  std::chrono::milliseconds seen_message_ttl{120'000};  ///< copies of a rejected one count as long
};

/// When messages are shed before they are checked, and whose: while the checks are overloaded, the
/// more of what an address sent was bad, the more of it is dropped. go-libp2p-pubsub's peer gater
/// and its defaults; not in the specification.
struct GaterParameters {
  double threshold = 0.33;        ///< throttled messages in relation to checked ones; > 0
  double global_decay = 0.96235;  ///< per interval; to a hundredth in 2 min
  double source_decay = 0.99872;  ///< likewise of what an address sent; 1 h
  std::chrono::milliseconds decay_interval{1000};  ///< at least 1 s
  double decay_to_zero = 0.01;
  std::chrono::milliseconds retain_stats{21'600'000};  ///< after an address's last peer left
  std::chrono::milliseconds quiet{60'000};  ///< so long without a throttled one: nothing is shed
  double duplicate_weight = 0.125;          ///< > 0
  double ignore_weight = 1;                 ///< >= 1
  double reject_weight = 16;                ///< >= 1
  /// What a delivered message counts where that is not 1.
  std::map<std::string, double, std::less<>> topic_delivery_weights;
};

/// What one topic adds to a peer's score. The parts p1 to p4 are weighted; the counters behind them
/// are not.
struct TopicScore {
  std::string topic;
  double p1 = 0;     ///< time in the mesh
  double p2 = 0;     ///< first message deliveries
  double p3 = 0;     ///< mesh message deliveries, a penalty
  double p3b = 0;    ///< mesh failures, a penalty
  double p4 = 0;     ///< invalid messages, a penalty
  double score = 0;  ///< their sum times the topic's weight

  bool in_mesh = false;
  std::chrono::milliseconds time_in_mesh{0};  ///< at the last decay
  bool mesh_message_deliveries_active = false;
  double first_message_deliveries = 0;
  double mesh_message_deliveries = 0;
  double mesh_failure_penalty = 0;
  double invalid_message_deliveries = 0;
};

/// A peer's score with all that went into it. The parts p5 to p7 and `slow_peer` are weighted; the
/// counters behind them are not.
struct ScoreExplanation {
  double score = 0;
  bool connected = false;  ///< false: what is remembered of a peer that left
  std::vector<TopicScore> topics;
  double topics_score = 0;  ///< their sum, under the cap
  double p5 = 0;            ///< the application's word
  double p6 = 0;            ///< peers at one address, a penalty
  double p7 = 0;            ///< misbehaviour, a penalty
  double slow_peer = 0;     ///< messages not taken in time, a penalty

  double application = 0;
  double ip_colocation = 0;  ///< the squares of the surplus, added up
  double behaviour_penalty = 0;
  double dropped_messages = 0;
};

}  // namespace grapevine
