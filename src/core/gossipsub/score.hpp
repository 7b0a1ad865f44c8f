// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/keyed_hash.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "core/gossipsub/deliveries.hpp"
#include "core/gossipsub/id_key.hpp"
#include "core/gossipsub/router.hpp"
#include "core/gossipsub/score_explanation.hpp"
#include "core/gossipsub/score_params.hpp"
#include "core/gossipsub/topics.hpp"

namespace grapevine::gossipsub {

/// The scores of a router's peers. gossipsub v1.1, "Peer Scoring". A pure state machine: what peers
/// did goes in, scores come out. Inputs about a peer or topic that is not known are passed over, so
/// that no remote order of events matters. Decays once per interval, also after a sleep, which is
/// nobody's fault (F09).
///
/// Decisions where implementations differ: P3 counts while a peer is in the mesh only (as in the
/// specification and rust); a score above zero is not kept after the peer left (as in go); an
/// address counts the peers that are connected from it.
///
/// Invariants: every counter is finite and not negative; good conduct never lowers a score, bad
/// conduct never raises one; nothing is held about a peer that left but a score that is not
/// positive and the counters behind it, for `retain_score`.
class PeerScores {
 public:
  /// Peers that left and are remembered. Above it the least bad is forgotten first, so that a crowd
  /// of new identities does not wash out the record of an old one.
  static constexpr std::size_t retained_max = 10'000;
  static constexpr std::size_t ips_per_peer_max = 8;

  /// `params` passed their check.
  PeerScores(ScoreParams params, Rng& rng, TimePoint now);

  /// Begins with what is remembered of `id`.
  void add_peer(PeerHandle peer, const PeerId& id);
  void remove_peer(PeerHandle peer, TimePoint now);
  /// All addresses the peer is connected from now.
  void set_ips(PeerHandle peer, std::span<const IpAddress> ips);
  /// P5. What is not finite counts as 0. Replaced by `app_specific_score` where there is one.
  void set_application_score(PeerHandle peer, double value);
  void graft(PeerHandle peer, ScoredTopic topic, TimePoint now);
  void prune(PeerHandle peer, ScoredTopic topic);

  /// A message and who sent it before its check was over, the first first. No sender: it is ours.
  struct Arrival {
    IdKey id;
    ScoredTopic topic;
    std::span<const PeerHandle> senders;
  };
  void deliver(const Arrival& arrival, TimePoint now);
  /// Its content was rejected: whoever sends it is to blame, later as well.
  void reject(const Arrival& arrival, TimePoint now);
  /// Another copy of a message whose check is over.
  void duplicate(PeerHandle peer, IdKey id, ScoredTopic topic, TimePoint now);
  /// A message so bad that its id says nothing, like one with a wrong signature.
  void reject_unidentified(PeerHandle peer, ScoredTopic topic);
  /// P7: misbehaviour, `count` times.
  void penalise(PeerHandle peer, double count);
  /// `messages` were dropped because the peer did not take them.
  void drop(PeerHandle peer, double messages);

  /// One decay, and the end of what was remembered long enough. Due at `next_refresh`.
  void refresh(TimePoint now);
  TimePoint next_refresh() const { return next_refresh_; }
  /// New parameters, checked, for a topic; counters above lowered caps are cut.
  ScoredTopic set_topic_params(std::string_view topic, const TopicScoreParams& params);

  /// `none` when the topic is not scored.
  ScoredTopic topic(std::string_view name) const;
  /// 0 of a peer that is not connected.
  double score(PeerHandle peer) const;
  std::optional<ScoreExplanation> explain(PeerHandle peer) const;
  /// Of a peer that left and is remembered.
  std::optional<ScoreExplanation> explain_retained(const PeerId& peer) const;
  const ScoreParams& params() const { return params_; }
  std::size_t peers() const { return peers_.size(); }
  std::size_t retained() const { return retained_.size(); }
  /// Entries about connected peers and their addresses: 0 after all have left (V50).
  std::size_t peer_state_size() const { return peers_.size() + peers_by_ip_.size(); }
  void check_invariants() const;

 private:
  struct ScoredTopicEntry {
    std::string name;
    TopicScoreParams params;
  };
  struct TopicStats {
    ScoredTopic topic;
    bool in_mesh = false;
    bool active = false;  ///< long enough in the mesh for P3
    TimePoint grafted{};
    Duration mesh_time{};
    double first_message_deliveries = 0;
    double mesh_message_deliveries = 0;
    double mesh_failure_penalty = 0;
    double invalid_message_deliveries = 0;
  };
  /// An address, or an IPv6 network.
  struct Origin {
    IpAddress address;
    unsigned bits;
    friend auto operator<=>(const Origin&, const Origin&) = default;
  };
  struct PeerStats {
    PeerId id;
    std::vector<TopicStats> topics;  ///< ordered by topic
    std::vector<Origin> origins;     ///< those that count, ordered
    double application = 0;
    double behaviour_penalty = 0;
    double dropped_messages = 0;
    bool stale = true;  ///< `score` must be summed again
    double score = 0;
  };
  struct Retained {
    PeerStats stats;
    TimePoint expires;
  };
  struct Hash {
    base::KeyedHash hash;
    std::size_t operator()(const PeerId& id) const { return hash(id.bytes()); }
    std::size_t operator()(const Origin& origin) const {
      return hash(ByteView{origin.address.bytes}) ^ origin.bits;
    }
  };

  PeerStats* find(PeerHandle peer) const;
  TopicStats* find(PeerHandle peer, ScoredTopic topic);
  const TopicScoreParams& params_of(ScoredTopic topic) const;
  Duration longest_window() const;
  void ask_application(PeerStats& stats) const;
  void add_mesh_delivery(TopicStats& stats) const;
  void leave_mesh(TopicStats& stats) const;
  void leave_origins(PeerHandle peer, PeerStats& stats);
  void mark_stale(const std::vector<PeerHandle>& peers);
  void retain(PeerStats stats, double score, TimePoint now);
  void drop_least_bad();
  void decay(PeerStats& stats, TimePoint now) const;
  void forget_expired(TimePoint now);

  // score_sum.cpp
  TopicScore parts(const TopicStats& stats) const;
  ScoreExplanation global_parts(const PeerStats& stats) const;
  double colocation(const PeerStats& stats) const;
  double topics_capped(double sum) const;
  double sum(const PeerStats& stats) const;
  ScoreExplanation explanation(const PeerStats& stats) const;

  ScoreParams params_;
  std::vector<ScoredTopicEntry> topics_;  ///< by ScoredTopic
  boost::unordered_flat_map<PeerHandle, std::unique_ptr<PeerStats>> peers_;
  boost::unordered_flat_map<PeerId, std::unique_ptr<Retained>, Hash> retained_;
  boost::unordered_flat_map<Origin, std::vector<PeerHandle>, Hash> peers_by_ip_;
  Deliveries deliveries_;
  TimePoint last_refresh_;
  TimePoint next_refresh_;
  TimePoint first_expiry_ = TimePoint::max();  ///< not after the first of `retained_`
};

}  // namespace grapevine::gossipsub
