// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "core/gossipsub/config_error.hpp"
#include "identity/peer_id.hpp"

namespace grapevine::gossipsub {

/// Where a peer connects from. IPv4 addresses are held as IPv4-mapped IPv6.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  /// From 4 or 16 bytes; nullopt for any other number.
  static std::optional<IpAddress> from_bytes(ByteView address);
  bool is_v4() const;
  bool is_loopback() const;
  /// The first `bits` bits, the rest zero.
  IpAddress masked(unsigned bits) const;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

/// A range of addresses: those that agree with `address` in the first `bits` bits. `bits` counts
/// from 0 to 32 where the address is an IPv4 one, else to 128.
struct IpNetwork {
  IpAddress address;
  unsigned bits = 0;
  bool contains(const IpAddress& other) const;
};

/// How a peer's conduct in one topic counts. gossipsub v1.1, "Overview of New Parameters": the
/// specification's names and rules. Zero switches a component off.
struct TopicScoreParams {
  /// A component whose parameters are all zero needs no valid ones.
  bool skip_atomic_validation = false;

  double topic_weight = 0;

  /// P1, time in the mesh: `time / quantum` in whole numbers, up to the cap. Weight >= 0.
  double time_in_mesh_weight = 0;
  Duration time_in_mesh_quantum{};
  double time_in_mesh_cap = 0;

  /// P2, messages that came from this peer first. Weight >= 0.
  double first_message_deliveries_weight = 0;
  double first_message_deliveries_decay = 0;
  double first_message_deliveries_cap = 0;

  /// P3, the square of what a mesh peer's first and near-first deliveries lack to the threshold,
  /// once it has been in the mesh for longer than `activation`. Near-first: while the message was
  /// being checked or at most `window` later. Weight <= 0.
  double mesh_message_deliveries_weight = 0;
  double mesh_message_deliveries_decay = 0;
  double mesh_message_deliveries_cap = 0;
  double mesh_message_deliveries_threshold = 0;
  Duration mesh_message_deliveries_window{};
  Duration mesh_message_deliveries_activation{};

  /// P3b, the deficits of P3 at each time the peer left the mesh, added up. Weight <= 0.
  double mesh_failure_penalty_weight = 0;
  double mesh_failure_penalty_decay = 0;

  /// P4, the square of the number of invalid messages. Weight <= 0.
  double invalid_message_deliveries_weight = 0;
  double invalid_message_deliveries_decay = 0;
};

/// Below which score a peer loses what. gossipsub v1.1, "Score Thresholds". Besides them 0: below
/// it a peer is in no mesh.
struct ScoreThresholds {
  bool skip_atomic_validation = false;  ///< thresholds that are zero together need no valid ones

  double gossip = 0;    ///< no gossip to it, none taken from it; <= 0
  double publish = 0;   ///< it gets no message of our own, nor ours in a fanout; <= gossip
  double graylist = 0;  ///< its RPCs are dropped unread; <= publish
  /// Peers that it names in a PRUNE are passed over; >= 0.
  double accept_px = 0;
  /// While the median of a mesh is below it, better peers are grafted in addition; >= 0.
  double opportunistic_graft = 0;
};

/// How peers are scored. gossipsub v1.1, "The Score Function".
struct ScoreParams {
  bool skip_atomic_validation = false;  ///< as in TopicScoreParams
  ScoreThresholds thresholds;
  /// Conduct in topics that are not listed does not count.
  std::map<std::string, TopicScoreParams, std::less<>> topics;
  double topic_score_cap = 0;  ///< of all topics together, where positive; 0: none

  /// P5: what this function says of a peer, asked when it connects and at every decay interval; or,
  /// where there is none, what the application set.
  std::function<double(const PeerId&)> app_specific_score;
  double app_specific_weight = 0;

  /// P6, the square of how many more than the threshold connect from one IP address, or one IPv6
  /// /64. Loopback and the whitelist are exempt. Weight <= 0, threshold at least 1.
  double ip_colocation_factor_weight = 0;
  std::size_t ip_colocation_factor_threshold = 0;
  std::vector<IpNetwork> ip_colocation_factor_whitelist;

  /// P7, the square of what a counter of misbehaviour has above the threshold. Weight <= 0.
  double behaviour_penalty_weight = 0;
  double behaviour_penalty_threshold = 0;
  double behaviour_penalty_decay = 0;

  /// What a counter of messages that a peer was too slow to take has above the threshold. Not in
  /// the specification; rust-libp2p has it. Weight <= 0.
  double slow_peer_weight = 0;
  double slow_peer_threshold = 0;
  double slow_peer_decay = 0;

  Duration decay_interval = std::chrono::seconds{1};
  double decay_to_zero = 0.01;                    ///< a counter below it becomes 0
  Duration retain_score = std::chrono::hours{1};  ///< a score not positive, after the peer left
  Duration seen_msg_ttl =
      std::chrono::seconds{120};  ///< copies of a rejected message count as long
};

/// The spec's and go's rules. The error names the field ("topics[news].time_in_mesh_cap"), the rule
/// and the value.
Result<void, ConfigError> check(const ScoreParams& params);
/// Likewise for one topic; `where` goes before the fields' names.
Result<void, ConfigError> check(const TopicScoreParams& params, std::string_view where);

/// The factor with which a counter of 1 falls below `to_zero` within `span`, at one decay an
/// `interval`.
double decay_factor(Duration span, Duration interval = std::chrono::seconds{1},
                    double to_zero = 0.01);

/// A set of parameters under which a peer that forwards nothing in `topic` may keep a score that is
/// not negative (V51).
struct ScoreWarning {
  enum class Kind {
    no_penalty,    ///< P3 is off in the topic: silence costs nothing
    time_in_mesh,  ///< P1 alone makes up for the worst P3
    other_topics,  ///< what P1 and P2 of other topics can bring makes up for it
  };
  Kind kind;
  std::string topic;
  double worst = 0;      ///< what silence costs in the topic at most, P1 included
  double elsewhere = 0;  ///< what the other topics can bring
};
/// In words.
std::string describe(const ScoreWarning& warning);
/// One for each topic with a weight where that is so, by name. P5 is not looked at.
std::vector<ScoreWarning> warnings(const ScoreParams& params);

}  // namespace grapevine::gossipsub
