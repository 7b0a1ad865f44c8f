// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grapevine/discovery.hpp"
#include "grapevine/event.hpp"
#include "grapevine/history.hpp"
#include "grapevine/score.hpp"
#include "grapevine/validation.hpp"

namespace grapevine {

/// GossipSub's degrees and times in the specs' words (v1.0, v1.1 "Parameters"); defaults as
/// go-libp2p-pubsub.
struct GossipParameters {
  std::size_t d = 6, d_low = 5, d_high = 12, d_score = 4, d_out = 2, d_lazy = 6;
  double gossip_factor = 0.25;
  std::chrono::milliseconds heartbeat{1000};
  std::size_t history_length = 5;
  std::size_t history_gossip = 3;
  std::chrono::milliseconds fanout_ttl{60'000};
  std::chrono::seconds prune_backoff{60};
  std::chrono::seconds unsubscribe_backoff{10};
  std::chrono::milliseconds seen_ttl{120'000};
  bool flood_publish = false;
  std::chrono::seconds graft_flood_threshold{10};  ///< a GRAFT so soon after a PRUNE is two faults
  std::size_t opportunistic_graft_ticks = 60;      ///< heartbeats between attempts
  std::size_t opportunistic_graft_peers = 2;
  std::size_t idontwant_threshold = 1024;  ///< bytes
  std::size_t outbox_bytes = 8u << 20;     ///< queued per peer
  std::size_t outbox_items = 1024;         ///< messages queued per peer
  /// Queued for all peers together; a message counts for each it waits for. Above it replies to
  /// IWANT are dropped, then forwarded messages, then own ones.
  std::size_t outboxes_bytes = 1u << 30;
};

enum class Signing {
  strict,  ///< StrictSign: every message is signed and checked
  none,    ///< StrictNoSign: no author, sequence number or signature
};

/// How messages go on: through meshes, to every subscriber, or to some of them chosen anew for
/// each.
enum class Router { gossipsub, floodsub, randomsub };

/// A protocol id of one's own, and the one of ours as which it is spoken.
struct CustomProtocol {
  std::string id;    ///< 1 to 128 bytes
  std::string like;  ///< as "/meshsub/1.2.0"
};

/// Kinds of trace file, both as go-libp2p-pubsub's tracers write them.
enum class TraceFormat {
  json,      ///< one object a line
  protobuf,  ///< `TraceEvent`s of proto/trace.proto, each behind its length as a varint
};

/// A file of what became of every message and RPC. What finds no room is left out and counted.
struct TraceOptions {
  std::string path;  ///< made, or emptied
  TraceFormat format = TraceFormat::json;
  std::size_t buffer_bytes_max = 64u << 20;   ///< waiting to be written
  std::uint64_t file_bytes_max = 1ull << 30;  ///< then no more is written
};

/// What a node is started with. Checked by `Node::start`; nothing is changed later.
struct NodeConfig {
  std::vector<std::string> listen = {
      "/ip4/127.0.0.1/tcp/0"};  ///< multiaddrs; empty: listens nowhere
  /// The identity: a 32-byte Ed25519 seed, or the libp2p protobuf of a private key; neither: a
  /// fresh random one.
  std::optional<std::array<std::uint8_t, 32>> key_seed;
  std::optional<std::vector<std::uint8_t>> key_protobuf;
  Signing signing = Signing::strict;
  Router router = Router::gossipsub;
  std::vector<std::string> gossip_protocols;  ///< newest first; empty: all we have
  /// Newest first, at most 16, in the place of `gossip_protocols`.
  std::vector<CustomProtocol> custom_protocols;
  /// Whether a peer's id that is not one of ours is spoken as `ours`; asked on the network thread.
  /// Must be pure. Absent: only equal ids are.
  std::function<bool(std::string_view ours, std::string_view theirs)> match_protocol;
  /// Under randomsub a message goes to its square root of subscribers, but at least to 6.
  std::size_t randomsub_network_size = 0;
  std::string message_id;  ///< from_seqno, rust, js, nim, sha256, prefix8, prefix16, eth2; empty:
                           ///< from_seqno, sha256 without signing
  GossipParameters gossip;
  std::optional<ScoreParameters> score;  ///< absent: every score is 0
  std::optional<GaterParameters> gater;  ///< absent: nothing is shed
  /// Peers that are pruned for want of room are told of others, and such offers to us are dialled;
  /// from peers whose score reaches `accept_px` only. gossipsub v1.1, "Peer Exchange".
  bool peer_exchange = false;
  /// Which addresses peer exchange may pass on and dial, asked on the network thread: multiaddrs of
  /// IP addresses; names are never dialled. Absent: all.
  std::function<bool(const Peer& peer, const std::string& address)> px_address_filter;
  /// Peers of gossipsub 1.3 are told that we exchange parts of messages: `Topic::set_partial`.
  bool partial_messages = false;
  /// And that we answer pings among their gossip; experimental, of nim-libp2p.
  bool ping_pong = false;
  std::optional<Discovery> discovery;  ///< where peers of joined topics are found
  TopicFilter topic_filter;
  /// Looks at each RPC before anything is done about it; false: it is passed over whole. On the
  /// network thread, and quick.
  std::function<bool(const Peer& from, const RpcSummary& rpc)> rpc_inspector;
  /// Who takes part in a topic, seen from here: with others nothing of it is exchanged. On the
  /// network thread, quick, and always of the same answer. What throws in either is taken for
  /// false.
  std::function<bool(const Peer& peer, std::string_view topic)> peer_filter;
  std::optional<SequenceCheck> sequence_check;  ///< absent: numbers are not compared
  std::size_t validations = 8192;               ///< asynchronous ones at a time, all topics
  std::size_t validation_queue = 1024;          ///< messages before them, each topic
  std::vector<BlockedPeer> blocked;             ///< from the start
  /// Told of all blocked peers when that changes, on a thread of the node that may wait for a disk.
  std::function<void(const std::vector<BlockedPeer>&)> on_blocked;
  std::vector<std::string> direct_peers;    ///< multiaddrs with /p2p
  std::size_t max_message_size = 1u << 20;  ///< bytes of one message
  std::size_t workers = 1;                  ///< threads that check signatures, 1..64
  std::size_t connections_max = 1024;
  bool lift_per_peer_limit = false;  ///< for load generators only
  std::string agent_version;         ///< empty: grapevine/<version>
  /// First sequence number to use. `reserve_seqno` is asked, on a thread of the node, before
  /// numbers run out: it records durably that all numbers below its argument may be used. Absent:
  /// wall-clock nanoseconds, nothing recorded.
  std::uint64_t first_seqno = 0;
  std::function<bool(std::uint64_t below)> reserve_seqno;
  /// Told what an operator should know, at most once a second, on the network thread; and, before
  /// `Node::start` returns and on its thread, of each topic whose score parameters let a peer that
  /// forwards nothing keep a score that is not negative.
  std::function<void(std::string_view)> on_warning;
  TraceDetail trace_detail = TraceDetail::counters;  ///< what `Node::on_event` tells
  std::optional<TraceOptions> trace;  ///< a trace file; `trace_detail` is `everything` then
  /// Messages are kept in a file, and what was delivered is not delivered again by a later run.
  /// Absent: nothing is kept.
  std::optional<HistoryOptions> history;
  std::size_t publish_ring = 8192;  ///< messages between publishers and the network thread
};

/// What happens when a subscription's buffer is full.
enum class Overflow { drop_oldest, drop_newest };

struct SubscriptionOptions {
  std::size_t bytes_max = 64u << 20;  ///< buffered payload bytes, and 256 a message
  Overflow overflow = Overflow::drop_oldest;
  bool own_messages = true;  ///< also what this node publishes
  /// False: the message is not for this subscription, and takes no room in its buffer. On the
  /// network thread, and quick; what throws is counted like a validator's fault.
  std::function<bool(const Message&)> filter = {};
};

}  // namespace grapevine
