// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace grapevine::gossipsub {

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
  Duration time_in_mesh{};  ///< at the last decay
  bool mesh_message_deliveries_active = false;
  double first_message_deliveries = 0;
  double mesh_message_deliveries = 0;
  double mesh_failure_penalty = 0;
  double invalid_message_deliveries = 0;
};

/// A peer's score with all that went into it. gossipsub v1.1, "The Score Function". The parts p5 to
/// p7 and `slow_peer` are weighted; the counters behind them are not.
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

}  // namespace grapevine::gossipsub
