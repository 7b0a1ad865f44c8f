// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "core/gossipsub/config_error.hpp"
#include "core/gossipsub/gater_params.hpp"
#include "core/gossipsub/partial_message.hpp"
#include "core/gossipsub/score_params.hpp"
#include "core/pubsub/message.hpp"
#include "core/pubsub/rpc.hpp"
#include "core/pubsub/seen_cache.hpp"
#include "core/pubsub/subscription_filter.hpp"
#include "identity/peer_id.hpp"

namespace grapevine::gossipsub {

/// Protocol versions, oldest first; what a peer understands follows from the id negotiated with it.
enum class Version { floodsub, randomsub, v1_0, v1_1, v1_2, v1_3 };
std::string_view protocol_id(Version version);
std::optional<Version> version_of(std::string_view protocol_id);

/// How a node publishes and relays: through meshes, to everybody, or to some chosen anew for each
/// message (go's randomsub).
enum class Mode { gossipsub, floodsub, randomsub };

/// A protocol by the id it is negotiated with.
struct Protocol {
  std::string id;
  Version version;
};
/// Whether a peer's id, `theirs`, is spoken as `ours`. Must be pure.
using MatchProtocol = std::function<bool(std::string_view ours, std::string_view theirs)>;

/// How much a router tells of what it does, beside what its driver must do.
enum class TraceDetail {
  none,        ///< who comes and goes, in topics and meshes: `Traced` of those kinds only
  counters,    ///< every kind of `Traced`
  everything,  ///< and a `Recorded` of every message and RPC, which costs time for each
};
/// Looks at an RPC of `from`, of `size` bytes, before anything is done about it. False: it is
/// passed over whole. Pure, and quick: it is called in place.
using RpcInspector =
    std::function<bool(const PeerId& from, const pubsub::RpcView& rpc, std::size_t size)>;
/// Who takes part in a topic, seen from here: with anybody else nothing of it is exchanged, in
/// either direction. Pure, and always of the same answer.
using PeerFilter = std::function<bool(const PeerId& peer, std::string_view topic)>;

/// All parameters of a router, in the specs' words. gossipsub v1.0 and v1.1, "Parameters"; defaults
/// are go's except where docs/limits.md says why. Checked once by `Router::create`.
struct Config {
  Mode mode = Mode::gossipsub;
  std::vector<Version> versions = {Version::v1_3, Version::v1_2, Version::v1_1, Version::v1_0,
                                   Version::floodsub};  ///< newest first
  std::vector<Protocol> protocols;  ///< newest first, in the place of `versions`; empty: their ids
  MatchProtocol match_protocol;     ///< besides equal ids; none: no others
  /// Peers of randomsub that get a message: so many, or the square root of the network's size, as
  /// far as there are any.
  std::size_t randomsub_d = 6;
  std::size_t randomsub_network_size = 0;
  pubsub::Extensions extensions;  ///< what v1.3 peers are told we support; nothing by itself

  std::size_t d = 6;
  std::size_t d_low = 5;
  std::size_t d_high = 12;
  std::size_t d_score = 4;
  std::size_t d_out = 2;
  std::size_t d_lazy = 6;
  double gossip_factor = 0.25;
  Duration heartbeat_interval = std::chrono::seconds{1};
  Duration heartbeat_initial_delay = std::chrono::milliseconds{100};
  std::size_t mcache_len = 5;     ///< history length, heartbeats
  std::size_t mcache_gossip = 3;  ///< windows advertised
  std::size_t mcache_bytes_max = 128 * 1024 * 1024;
  Duration fanout_ttl = std::chrono::seconds{60};
  Duration prune_backoff = std::chrono::seconds{60};
  Duration unsubscribe_backoff = std::chrono::seconds{10};
  Duration backoff_max =
      std::chrono::hours{1};  ///< a remote's backoff is clamped to [1 s, this] (V35)
  std::size_t backoff_slack_heartbeats = 2;
  bool flood_publish = false;
  /// Who is pruned for want of room is told of other peers, and such offers to us are taken.
  bool peer_exchange = false;
  std::size_t px_bytes_max = 8 * 1024;  ///< of signed records in one PRUNE we send
  /// Joined topics are advertised, and peers looked for while fewer than d_low can be written to.
  bool discovery = false;
  Duration advertise_ttl = std::chrono::hours{3};           ///< advertised again after half of it
  Duration discover_backoff_min = std::chrono::seconds{1};  ///< between two searches, doubling
  Duration discover_backoff_max = std::chrono::minutes{1};
  std::size_t discover_peers_max = 32;  ///< peers asked for in one search
  std::vector<PeerId> direct_peers;
  Duration direct_connect_interval = std::chrono::seconds{300};

  /// Scoring of peers, and what it takes from whom; none: every score is 0. gossipsub v1.1, "Peer
  /// Scoring".
  std::optional<ScoreParams> score;
  /// Shedding of messages by origin while checking them is overloaded; none: never.
  std::optional<GaterParams> gater;
  Duration graft_flood_threshold =
      std::chrono::seconds{10};  ///< a GRAFT so soon after a PRUNE is misbehaviour twice
  std::uint64_t opportunistic_graft_ticks = 60;  ///< heartbeats between attempts
  std::size_t opportunistic_graft_peers = 2;

  std::size_t gossip_retransmission = 3;  ///< times one id is served to one peer
  /// Ids asked for, and ids sent, per peer and heartbeat. Sent are also no more than fit into eight
  /// RPCs: go and rust stop reading after ten.
  std::size_t ihave_ids_max = 5000;
  std::size_t ihave_messages_max = 10;            ///< RPCs with IHAVE read per peer and heartbeat
  std::size_t iwant_ids_max = 5000;               ///< ids answered per peer and heartbeat
  std::size_t iwant_bytes_max = 8 * 1024 * 1024;  ///< bytes answered per peer and heartbeat
  /// A promise not kept after this is broken. Meanwhile nobody else is asked for the id, though
  /// at most until the next heartbeat (see Promises).
  Duration iwant_followup_time = std::chrono::seconds{3};
  std::size_t idontwant_message_size_threshold = 1024;  ///< bytes
  std::size_t idontwant_ids_max = 1000;                 ///< ids taken per peer and heartbeat
  std::size_t idontwant_ttl_heartbeats = 3;
  bool idontwant_on_publish = false;  ///< mesh peers get our messages from us anyway

  std::size_t message_size_max = 1024 * 1024;  ///< bytes of one RPC's publish field we send or take
  pubsub::RpcLimits rpc_limits;
  pubsub::SendLimits send_limits;  ///< what every implementation takes
  bool agent_caps = true;          ///< peers whose agent is known are sent what it takes
  pubsub::SeenCache::Config seen;
  pubsub::SubscriptionFilter subscription_filter;
  pubsub::SignaturePolicy signature_policy = pubsub::SignaturePolicy::strict_sign;
  pubsub::IdFunction message_id = pubsub::ids::from_seqno;

  PartialLimits partial;
  std::size_t ping_bytes_max = 6400;  ///< of pings answered, per peer and heartbeat; nim's

  std::size_t outbox_bytes_max = 8 * 1024 * 1024;  ///< per peer
  std::size_t outbox_items_max = 1024;             ///< messages per peer
  /// Of all outboxes together; a message counts in each that holds it.
  std::size_t outboxes_bytes_max = 1024 * 1024 * 1024;
  std::size_t receipts_max = 1024;                       ///< messages that are followed at a time
  Duration receipt_time_max = std::chrono::seconds{60};  ///< for which one is
  RpcInspector rpc_inspector;                            ///< none: every RPC is taken
  PeerFilter peer_filter;    ///< none: everybody takes part in everything
  bool check_seqno = false;  ///< what does not rise above its author's last number is ignored
  std::size_t author_marks_max = 100'000;     ///< authors whose last number is known
  std::size_t validations_max = 8192;         ///< questions to asynchronous validators, all topics
  std::size_t validation_queue_max = 1024;    ///< messages that wait for them, each topic
  std::size_t blocked_max = 100'000;          ///< peers blocked at a time
  std::size_t pending_messages_max = 16'384;  ///< under verification or validation, all peers
  std::size_t pending_per_peer_max = 2048;    ///< at half of it the peer's stream is not read on
  std::size_t pending_bytes_max = 64 * 1024 * 1024;  ///< of those, parked copies included
  std::size_t topics_max = 100'000;                  ///< names we keep because remotes named them

  TraceDetail trace_detail = TraceDetail::counters;
  std::size_t traffic_topics_max = 64;  ///< topics of ours whose traffic is counted by itself
};

Result<void, ConfigError> check(const Config& config);
/// What is offered to peers and taken from them, newest first.
std::vector<Protocol> protocols_of(const Config& config);

}  // namespace grapevine::gossipsub
