// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/rng.hpp"
#include "base/shared_bytes.hpp"
#include "base/time.hpp"
#include "core/gossipsub/blacklist.hpp"
#include "core/gossipsub/config.hpp"
#include "core/gossipsub/partial_message.hpp"
#include "core/gossipsub/score_explanation.hpp"
#include "core/gossipsub/score_params.hpp"
#include "core/gossipsub/topic_policy.hpp"
#include "core/gossipsub/traffic.hpp"
#include "core/gossipsub/validation.hpp"
#include "core/pubsub/author_marks.hpp"
#include "core/pubsub/message.hpp"
#include "core/pubsub/rpc.hpp"
#include "identity/peer_id.hpp"

namespace grapevine::gossipsub {

/// A peer's number, given by the host for as long as the peer is connected.
enum class PeerHandle : std::uint32_t {};
/// One message under verification or validation.
enum class Ticket : std::uint64_t {};

/// What the host knows of a peer when it appears.
struct PeerInfo {
  PeerId id;
  bool outbound = false;            ///< we dialled it: counts towards d_out
  std::vector<IpAddress> ips = {};  ///< where it is connected from; `set_ips` when that changes
};

/// Why a publish did not happen.
enum class PublishError {
  too_large,  ///< above the topic's `message_size_max`
  duplicate,  ///< the id was seen already
  bad_topic,  ///< empty or longer than pubsub::topic_size_max
};
std::string_view name(PublishError error);

/// `pack(peer)` has something to give. Sent once when that becomes so; again after `pack()` ran
/// dry.
struct WantsWrite {
  PeerHandle peer;
};
/// A message for the application, exactly once. Own messages come as well, with `local` set.
struct Deliver {
  pubsub::Message message;
  PeerId via;  ///< the neighbour it came from; ourselves when local
  bool local;
  bool history = false;     ///< out of a neighbour's history
  bool kept_to_us = false;  ///< by `publish_local`: nobody else is ever given it
};
/// Signatures to check off this thread, in one batch; each answered once through `on_verified`.
struct Verify {
  struct Job {
    Ticket ticket;
    pubsub::Message message;
  };
  std::vector<Job> jobs;
};
/// A message of a topic with validators; answered once through `on_validated`: within the turn
/// where it is being screened, otherwise before its time-out, after which no answer is looked at.
struct Validate {
  Ticket ticket;
  pubsub::Message message;
  PeerId via;
  bool screening = false;
};
/// Sequence numbers that authors have reached since the last time, once a heartbeat, to be kept for
/// the next run.
struct MarksRaised {
  std::vector<pubsub::AuthorMark> marks;
};
/// A message out of a neighbour's history, to be checked as if it had come by gossip.
struct Replay {
  std::uint64_t request;  ///< told again with the outcome
  SharedBytes field;      ///< the `publish` field of an RPC
  PeerId via;             ///< whose history
  /// So young that gossip is still spreading it: we forward it too, or those behind us miss it. An
  /// older one is not forwarded: many have forgotten that they saw it, and would deliver it again.
  bool fresh;
};
/// What became of a `Replay`.
enum class ReplayVerdict {
  delivered,
  duplicate,  ///< seen already
  rejected,   ///< refused by the checks or the validator
  ignored,    ///< not joined, no room to check it, or the validator's word
};
struct Replayed {
  std::uint64_t request;
  ReplayVerdict verdict;
};
/// An id that was seen in an earlier run, so long ago.
struct SeenBefore {
  ByteView id;
  Duration age;
};
/// A direct peer is not connected; or a peer was offered in a PRUNE, which the driver may dial if
/// the record is genuine and names it. gossipsub v1.1, "Peer Exchange".
struct Connect {
  PeerId peer;
  PeerId offered_by = {};   ///< empty: it is a direct peer
  SharedBytes record = {};  ///< the signed peer record offered, unchecked; may be empty
};
/// One message of ours that the application follows, by a number that the caller gives.
enum class ReceiptId : std::uint64_t {};
/// How far a followed message has come: in how many outboxes, packed for how many peers, and known
/// to have reached how many. Merged over the turn.
struct Progress {
  ReceiptId receipt;
  std::size_t queued = 0;
  std::size_t written = 0;
  std::size_t acknowledged = 0;
  bool over = false;  ///< the last word
};
/// To be made known wherever peers look: we are in `topic`, for the next `ttl`.
struct Advertise {
  std::string topic;
  Duration ttl;
};
/// `topic` has too few peers: up to `limit` more are to be looked for and connected.
struct Discover {
  std::string topic;
  std::size_t limit;
};
/// Something worth counting or showing. Never needed for correctness. What a remote can cause by
/// the million (duplicates, refusals, budgets, IDONTWANT) is merged: one event a peer, topic and
/// reason, with its count, at the end of the turn, which is when `poll()` has nothing else.
struct Traced {
  enum class Kind {
    graft,
    prune,
    join,
    leave,
    duplicate,
    rejected,
    ignored,
    undeliverable,
    outbox_dropped,
    ihave_sent,
    iwant_sent,
    idontwant_sent,
    idontwant_received,
    idontwant_cancelled,
    ihave_ignored,
    iwant_refused,
    seen_evicted,
    mcache_evicted,
    subscribed,
    unsubscribed,
    limit_hit,
    iwant_served,
    misbehaved,
    extensions_received,
    test_received,
    partial_sent,
    partial_received,
    graylisted,
    shed,
    px_sent,
    px_received,
    px_refused,
    peer_added,     ///< we can write to it; the reason is the protocol
    peer_removed,   ///< we cannot any more
    validated,      ///< the application's word; the reason is which
    score_changed,  ///< at a heartbeat; the reason is the threshold crossed, `value` the new score
    outbox_expired,
    too_large_for_peer,  ///< not sent: its RPCs are known to end the stream
    size_capped,
    throttled,
    timed_out,
    filtered,
    blocked,
    pong_received,
  };
  Kind kind;
  PeerId peer;
  std::string topic;
  std::string_view reason;  ///< a literal
  std::uint64_t count = 1;
  double value = 0;
};
std::string_view name(Traced::Kind kind);

/// What became of one message or RPC, or of a stream, topic or mesh link: the events of go's
/// tracer. Only with `TraceDetail::everything`, in the order of what happened.
struct Recorded {
  enum class Kind {
    publish,
    reject,  ///< or ignored
    duplicate,
    deliver,
    peer_added,
    peer_removed,
    rpc_received,
    rpc_sent,
    rpc_dropped,
    join,
    leave,
    graft,
    prune,
  };
  Kind kind;
  PeerId peer;  ///< the other one; ourselves for what is our own
  std::string topic = {};
  pubsub::MessageId id = {};     ///< empty where a message has none
  std::string_view reason = {};  ///< of a reject, a literal; the protocol of an added peer
  SharedBytes frame = {};        ///< the RPC; of a dropped one what is known of it
};
using Output = std::variant<WantsWrite, Deliver, Verify, Validate, Connect, Traced, PartialReceived,
                            Progress, Advertise, Discover, Recorded, Replayed, MarksRaised>;

/// Sums since creation.
struct Counters {
  std::uint64_t delivered = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
  std::uint64_t ignored = 0;
  std::uint64_t published = 0;
  std::uint64_t rpc_dropped = 0;  ///< messages an outbox had no room for
  std::uint64_t expired = 0;      ///< messages that waited too long in an outbox
  std::uint64_t oversize = 0;     ///< messages not sent to a peer that does not take their size
  std::uint64_t throttled = 0;    ///< found no place in the queue before the validators
  std::uint64_t timed_out = 0;    ///< of those ignored: the validators took too long
};

/// How long a message is followed, and under which number.
struct Tracking {
  ReceiptId receipt;
  Duration time;  ///< at most `receipt_time_max`
};

/// How much more waits in an outbox before it drops.
struct OutboxRoom {
  PeerHandle peer;
  std::size_t messages;
  std::size_t bytes;
};

/// The gossipsub router of one node. No I/O, clock, threads or logging of its own. Protocols
/// floodsub and gossipsub 1.0 to 1.3 (mesh, fanout, gossip, backoff, IDONTWANT, extensions).
///   on_*   what happened: a peer, an RPC, a deadline.   verbs  what the application wants.
///   poll   what the caller must do next; drain it at the end of every turn.
/// `now` never decreases from call to call. Invariants (`check_invariants`): a mesh peer is
/// connected, subscribed, speaks gossipsub and is not direct; no mesh peer is within its backoff;
/// per-peer state ends with the peer, but for backoffs, which are kept by id until they end, and
/// for hashes of ids in receipts, likewise.
class Router {
 public:
  static Result<Router, ConfigError> create(PeerId self, std::shared_ptr<const Config> config,
                                            Rng rng, TimePoint now);
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;
  ~Router();

  /// A peer is connected and spoke of a gossip protocol. `peer` is unused so far.
  void add_peer(PeerHandle peer, const PeerInfo& info, TimePoint now);
  /// A stream to write RPCs on is open; the hello (all subscriptions) is queued first. Again after
  /// `on_stream_lost`.
  void on_stream_open(PeerHandle peer, Version version, TimePoint now);
  /// Our outbound stream is gone, the connection is not: what was queued is dropped, mesh links end
  /// (V45).
  void on_stream_lost(PeerHandle peer, TimePoint now);
  void remove_peer(PeerHandle peer, TimePoint now);
  /// The peer writes on a new stream, on which it may say its extensions once. If it says there
  /// again what it is subscribed to, it has begun anew: mesh links with it end, and what it does
  /// not repeat by the second heartbeat is over. If it does not, nothing changes: some announce
  /// topics once a connection, not once a stream (F26).
  void on_inbound_stream(PeerHandle peer);
  /// A stream the peer wrote on before fell silent with all of its connection: what was not said
  /// again on the new one is over.
  void on_inbound_dead(PeerHandle peer);

  /// One RPC frame without its length prefix. An error means: reset the inbound stream; the peer
  /// stays.
  Result<void, pubsub::RpcError> on_rpc(PeerHandle from, const SharedBytes& frame, TimePoint now);
  void on_verified(Ticket ticket, const Result<void, pubsub::RejectReason>& verdict, TimePoint now);
  void on_validated(Ticket ticket, Validation verdict, TimePoint now);
  void on_deadline(TimePoint now);

  void join(std::string_view topic, TimePoint now);
  void leave(std::string_view topic, TimePoint now);
  /// What holds in `topic` from now on, joined or not; an empty one makes an end of it. Messages
  /// that wait in outboxes keep the rules they were queued by.
  Result<void, ConfigError> set_policy(std::string_view topic, const TopicPolicy& policy,
                                       TimePoint now);
  /// How messages of `topic` from others are validated, those of a topic without a word of its own
  /// where it is empty. Holds until changed.
  void set_validation(std::string_view topic, const Validating& how);
  void set_validated(std::string_view topic, bool on) { set_validation(topic, {.asked = on}); }
  /// Part of the validators has answered: the others have `limit` from the question on.
  void extend_validation(Ticket ticket, Duration limit);
  /// Marks of an earlier run, those raised longest ago first. Nothing without `check_seqno`.
  void load_author_marks(std::span<const pubsub::AuthorMark> marks);
  /// Those raised since the last `MarksRaised`, for who stops before the next.
  std::vector<pubsub::AuthorMark> take_raised_marks();
  /// From now on nothing is taken of the peer, nothing is sent to it, and messages it wrote are
  /// dropped, whoever brings them; its connection is the driver's to close. False, and nothing
  /// done, when `blocked_max` are blocked.
  bool block(const BlockedPeer& blocked, TimePoint now);
  /// False when it was not blocked.
  bool unblock(const PeerId& peer);
  /// Sends a message of our own, encoded and signed by the caller, with its id. Answers the number
  /// of peers it is queued for; none is no error.
  Result<std::size_t, PublishError> publish(pubsub::Message message, TimePoint now);
  /// The same for several messages of one topic, so that they spread in parallel: each recipient's
  /// outbox begins with another of them. Answers how many were not refused.
  std::size_t publish_batch(std::vector<pubsub::Message> messages, TimePoint now);
  /// To our own application only: nobody else ever hears of it from us.
  Result<void, PublishError> publish_local(pubsub::Message message, TimePoint now);
  /// Follows the message of that id, which is published after this, in `Progress`. Above
  /// `receipts_max` its first word is the last.
  void track(const pubsub::MessageId& id, const Tracking& tracking, TimePoint now);
  void untrack(ReceiptId receipt);
  /// Messages of `topic` travel in parts too, or no more; may change at any time, and holds until
  /// then, joined or not. False, and nothing done, where `Config::extensions` lacks them or the
  /// topic is none.
  bool set_partial(std::string_view topic, std::optional<PartialTopic> options);
  /// Tells mesh or fanout peers, and those who spoke of the group, what we have, and sends those
  /// who ask for parts what they lack. Again whenever we have more, or learn that a peer has less.
  /// Answers the number of peers something is queued for.
  Result<std::size_t, PartialError> publish_partial(const PartialMessage& message, TimePoint now);
  /// Ids of an earlier run, the oldest first: they are not delivered again. Before anything else.
  void restore_seen(std::span<const SeenBefore> ids, TimePoint now);
  /// Checks a message out of a neighbour's history like one that came by gossip, answered once
  /// through `Replayed`; a good one comes as `Deliver`. Nobody's score depends on it.
  void replay(Replay message, TimePoint now);
  void add_direct(const PeerId& peer, TimePoint now);
  void remove_direct(const PeerId& peer);
  void set_ips(PeerHandle peer, std::span<const IpAddress> ips);
  /// What the peer says it is: what an RPC to it may hold follows from that.
  void set_agent(PeerHandle peer, std::string_view agent);
  /// No message larger than that is sent to it, and no RPC of several; nullopt: any.
  void set_rpc_size_max(PeerHandle peer, std::optional<std::size_t> size_max);
  /// The signed record by which others are told of the peer, checked by the caller; empty: it is
  /// named without one. Kept only with `peer_exchange`, and up to 4 KiB.
  void set_record(PeerHandle peer, SharedBytes record);
  /// P5: the application's word on a connected peer, kept as long as its score. False, and nothing
  /// done, without scoring, of a peer that is not connected, and where `app_specific_score` is
  /// asked.
  bool set_application_score(const PeerId& peer, double value);
  /// Scores `topic` by `params` from now on. Nothing without scoring.
  Result<void, ConfigError> set_topic_score_params(std::string_view topic,
                                                   const TopicScoreParams& params, TimePoint now);

  std::optional<Output> poll();
  /// The next RPC for `peer`, at most about `send_limits.batch_bytes` unless one message is larger;
  /// nullopt when there is nothing (left).
  std::optional<pubsub::PackedRpc> pack(PeerHandle peer, TimePoint now);
  std::optional<TimePoint> next_deadline() const;

  std::vector<std::string> topics() const;                        ///< joined, sorted
  std::vector<PeerId> mesh(std::string_view topic) const;         ///< sorted
  std::vector<PeerId> fanout(std::string_view topic) const;       ///< sorted
  std::vector<PeerId> subscribers(std::string_view topic) const;  ///< sorted
  std::size_t mesh_size(std::string_view topic) const;
  /// Subscribers that we can write to.
  std::size_t reachable(std::string_view topic) const;
  /// A message's id by its topic's rules.
  Result<pubsub::MessageId, pubsub::RejectReason> message_id(
      const pubsub::MessageView& message) const;
  /// What is known of the peers in a group, in ascending order of their handles.
  std::vector<PartialHolder> partial_holders(std::string_view topic, ByteView group) const;
  /// 0 without scoring, and of a peer that is neither connected nor remembered.
  double score(const PeerId& peer) const;
  /// A peer's score with every part and the counters behind it; nullopt where `score` knows
  /// nothing.
  std::optional<ScoreExplanation> explain(const PeerId& peer) const;
  /// False while so much of this peer's, or of all, is under verification or validation that its
  /// next RPCs should wait where they are: the driver stops reading them and asks again after
  /// `on_verified` and `on_validated`.
  bool has_room(PeerHandle peer) const;
  std::vector<BlockedPeer> blocked(TimePoint now) const;  ///< sorted
  bool is_blocked(const PeerId& peer, TimePoint now) const;
  bool has_pending() const;  ///< any outbox is not empty
  /// What those outboxes still take in which messages wait.
  std::vector<OutboxRoom> outbox_rooms() const;
  const Counters& counters() const;
  const Traffic& traffic() const;
  /// Stops the program when an invariant does not hold. For tests, fuzzing and simulation.
  void check_invariants(TimePoint now) const;
  /// Entries in every per-peer structure together: 0 after all peers left (V50).
  std::size_t peer_state_size() const;

 private:
  struct State;
  Router();
  std::unique_ptr<State> state_;
};

}  // namespace grapevine::gossipsub
