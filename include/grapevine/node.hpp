// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "grapevine/config.hpp"
#include "grapevine/error.hpp"
#include "grapevine/event.hpp"
#include "grapevine/history.hpp"
#include "grapevine/message.hpp"
#include "grapevine/partial.hpp"
#include "grapevine/policy.hpp"
#include "grapevine/publishing.hpp"
#include "grapevine/receipt.hpp"
#include "grapevine/score.hpp"
#include "grapevine/stream.hpp"
#include "grapevine/validation.hpp"

/// All classes here are handles: cheap to move, safe on every thread, valid until closed. The
/// node's threads never wait for the application. Callbacks run on the node's network thread and
/// must not block.
namespace grapevine {

/// Messages of one topic, buffered until taken. Closing drops what is left.
class Subscription {
 public:
  /// Waits for at least one message, at most `wait`; then takes up to `count` of them. Empty: none
  /// came, or closed.
  std::vector<Message> take(std::size_t count, std::chrono::milliseconds wait);
  std::optional<Message> next(std::chrono::milliseconds wait);
  /// Messages dropped because the buffer was full, since the start.
  std::uint64_t lost() const;
  bool closed() const;
  /// Called when the buffer goes from empty to not empty, on the network thread. Replaces the last
  /// one given.
  void on_ready(std::function<void()> ready);
  void close();

  Subscription() = default;  ///< closed
  struct State;
  explicit Subscription(std::shared_ptr<State> state) : state_{std::move(state)} {}

 private:
  std::shared_ptr<State> state_;
};

/// Keeps this node carrying a topic's messages for others, though nothing here may want them: it is
/// announced and in the mesh as long as the relay lives. Several of one topic count together.
class Relay {
 public:
  void close();  ///< again is harmless; the destructor does the same

  Relay() = default;  ///< closed
  struct State;
  explicit Relay(std::shared_ptr<State> state) : state_{std::move(state)} {}

 private:
  std::shared_ptr<State> state_;
};

/// What publishing did.
struct Published {
  Payload id;
};

/// A topic this node can publish to. Joined (announced, in the mesh) while it has a subscription or
/// a relay, or `join` was asked for.
class Topic {
 public:
  const std::string& name() const;
  /// Encodes and signs here, on the caller's thread, and hands over through the publish ring.
  /// Publishing to nobody is no error.
  ///
  /// The ring empties at the speed of the peers: the network thread leaves messages there until
  /// each peer's outbox has room for them (one that takes nothing for two seconds is not waited for
  /// any longer, and misses messages). While the ring is full, this waits at most `wait`, then
  /// fails with `queue_full`; waiting publishers are served in no particular order, and `stop` ends
  /// their wait with `closed`. In a callback on the network thread it never waits.
  Expected<Published> publish(std::span<const std::uint8_t> data,
                              std::chrono::milliseconds wait = {}) const;
  Expected<Published> publish(std::string_view text, std::chrono::milliseconds wait = {}) const;
  Expected<Published> publish(std::span<const std::uint8_t> data,
                              const PublishOptions& options) const;
  Expected<Published> publish(std::string_view text, const PublishOptions& options) const;
  /// Publishes, and follows what becomes of it; `limit` when 1,024 messages are followed already.
  Expected<Receipt> publish_tracked(std::span<const std::uint8_t> data, ReceiptOptions receipt = {},
                                    const PublishOptions& options = {}) const;
  Expected<Receipt> publish_tracked(std::string_view text, ReceiptOptions receipt = {},
                                    const PublishOptions& options = {}) const;
  /// Several at once: one hand-over for up to 128, which go together or not at all where the ring
  /// is full. Stops at the first failure and says how many went before. `wait` is for all together.
  Expected<std::vector<Published>> publish_all(std::span<const std::span<const std::uint8_t>> batch,
                                               std::chrono::milliseconds wait = {},
                                               BatchOrder order = BatchOrder::interleaved) const;
  /// Waits until messages published here go to `count` subscribers at least (`wait_for_peers`), or
  /// the mesh has as many (`wait_for_mesh`; of a joined topic, never under floodsub). `timeout`
  /// when that does not happen in time. Never waits in a callback.
  Expected<void> wait_for_peers(std::size_t count, std::chrono::milliseconds wait) const;
  Expected<void> wait_for_mesh(std::size_t count, std::chrono::milliseconds wait) const;
  /// The same without waiting: `done` is called once, on the network thread, when it is so, or with
  /// `closed` when the node stops.
  void when_peers(std::size_t count, std::function<void(Expected<void>)> done) const;
  void when_mesh(std::size_t count, std::function<void(Expected<void>)> done) const;
  Expected<Subscription> subscribe(SubscriptionOptions options = {}) const;
  /// `bad_config` where the topic is `fanout_only`. `Node::leave` ends it too.
  Expected<Relay> relay() const;
  std::vector<Peer> peers() const;  ///< connected and subscribed
  std::vector<Peer> mesh() const;
  /// Asks a neighbour for what it got since `since`, by its own clock's ages; absent: since shortly
  /// before the earlier run's last message, or for all it has. What we have not seen passes every
  /// check and comes to the subscriptions, marked `history`. Waits for the end; never call it from
  /// a callback. The topic must be joined.
  Expected<CaughtUp> catch_up(
      std::optional<std::chrono::system_clock::time_point> since = std::nullopt,
      CatchUpOptions options = {}) const;

  /// The topic's messages travel in parts too, until `clear_partial`; may change at any time. Best
  /// said before the topic is joined, which tells peers. `not_enabled` without
  /// `NodeConfig::partial_messages`.
  Expected<void> set_partial(PartialOptions options) const;
  void clear_partial() const;
  /// Tells peers what we have of a message, and sends those who ask for parts what they lack. Again
  /// whenever we have more, or hear of a peer that has less. Waits for the network thread: hold no
  /// lock that a callback takes. Answers the number of peers something is queued for.
  Expected<std::size_t> publish_partial(const PartialMessage& message) const;
  /// What is known of the peers in a group; it is forgotten some heartbeats after the last publish.
  std::vector<PartialHolder> partial_holders(std::span<const std::uint8_t> group) const;

  struct State;
  explicit Topic(std::shared_ptr<State> state) : state_{std::move(state)} {}

 private:
  std::shared_ptr<State> state_;
};

struct PeerStatus {
  Peer peer;
  std::string address;
  bool outbound = false;
  std::string agent;  ///< the remote's words, at most 256 bytes: escape before printing
  std::vector<std::string> protocols;
  std::string gossip_protocol;  ///< negotiated, empty while it is not
};

struct NodeStatistics {
  std::uint64_t delivered = 0, duplicates = 0, rejected = 0, ignored = 0, published = 0,
                rpc_dropped = 0;
  std::uint64_t throttled = 0;         ///< messages without a place before the validators
  std::uint64_t timed_out = 0;         ///< of those ignored: a validator took too long
  std::uint64_t validator_faults = 0;  ///< exceptions of validators and message filters
  std::size_t peers = 0, links = 0;
};

/// What became of `Node::connect`.
struct Connected {
  Peer peer;
  bool already = false;
};

struct PeerEvent {
  enum class Kind { connected, disconnected, identified } kind;
  Peer peer;
};
/// The texts that `Node::metrics` writes.
enum class MetricsFormat {
  prometheus,   ///< text/plain; version=0.0.4
  openmetrics,  ///< application/openmetrics-text; version=1.0.0
};

/// A change in who is in whose mesh or subscribed; enough to wait for a mesh without polling.
struct TopicEvent {
  enum class Kind {
    joined,
    left,
    grafted,
    pruned
  } kind;  ///< joined, left: the peer's subscription
  Peer peer;
  std::string topic;
};

/// A running GossipSub node. Destroying the last handle stops it, with the grace that `stop` has by
/// default. When the last of its handles (topics, subscriptions and streams included) goes while
/// the system looks up a name that was to be dialled, that look-up is waited for, as it cannot be
/// called off: with name servers that do not answer, for the system's own limit (resolv.conf; 10 s
/// a server by default). Addresses of numbers are not looked up.
class Node {
 public:
  static Expected<Node> start(NodeConfig config);
  /// Sends all that was published and written before, for at most half of `grace`; says goodbye to
  /// every peer; when they are gone, or `grace` is over, stops. Idempotent.
  void stop(std::chrono::milliseconds grace = std::chrono::seconds{5});

  const Peer& id() const;
  std::vector<std::string> addresses() const;  ///< each with /p2p/<id>

  /// Connects to one peer by its addresses; blocks at most `wait`. Never call it from a callback.
  Expected<Connected> connect(std::vector<std::string> addresses,
                              std::chrono::milliseconds wait = std::chrono::seconds{15});
  void connect(std::vector<std::string> addresses, std::chrono::milliseconds wait,
               std::function<void(Expected<Connected>)> done);
  void disconnect(const Peer& peer);
  Expected<std::chrono::microseconds> ping(const Peer& peer,
                                           std::chrono::milliseconds wait = std::chrono::seconds{
                                               10});

  /// A further connection to `address` even when one is there: transport, security and muxer.
  /// Closed by its destructor.
  class Link;
  Expected<Link> dial(std::string address, std::chrono::milliseconds wait);

  Expected<Topic> topic(std::string name);      ///< to publish; nothing is announced
  Expected<Topic> join(std::string name);       ///< announced from now on
  Expected<void> leave(std::string_view name);  ///< closes its subscriptions

  /// Messages of `topic` that the node has kept, behind `since`. Everything that a subscription got
  /// with a cursor is there, until the window passes over it. `io` without a history.
  Expected<HistoryPage> history(std::string_view topic, std::optional<Cursor> since = std::nullopt,
                                std::size_t limit = 100) const;
  Expected<HistoryPage> history(std::string_view topic, const HistoryQuery& query) const;
  HistoryStatus history_status() const;
  /// What holds in `topic` from now on; before or after it is joined. Replaces the last one given;
  /// an empty one makes an end of it. `bad_config` when it breaks a rule, and where the topic is
  /// relayed and shall be `fanout_only`.
  Expected<void> set_policy(std::string topic, const TopicPolicy& policy);

  /// Messages of `topic` from others are delivered and passed on when all its validators accept,
  /// and those of every topic, which are added with an empty `topic`. `exists` when the topic has
  /// one of that name. Those that decide at once come first, and are asked about what we publish,
  /// too: `Topic::publish` answers `rejected` or `ignored`. The others are not asked about our own
  /// messages; they are asked together, behind a queue for each topic. What finds no place there is
  /// dropped, and may come again. A validator that throws has ignored the message.
  Expected<void> add_validator(std::string topic, std::string name, Validator validator,
                               ValidatorOptions options = {});
  Expected<void> add_inline_validator(std::string topic, std::string name,
                                      InlineValidator validator);
  /// `not_found` when there is none of that name. What it was asked may still be answered.
  Expected<void> remove_validator(std::string topic, std::string_view name);
  /// The one without a name, added or replaced. An empty function removes it.
  Expected<void> set_validator(std::string topic, Validator validator);

  /// From now on nothing is exchanged with the peer, for `span` or until it is unblocked: its
  /// connections end, dialling it fails with `blocked`, messages it wrote are dropped whoever
  /// brings them. `limit` at 100,000 peers.
  Expected<void> block(const Peer& peer, std::optional<std::chrono::milliseconds> span = {});
  Expected<void> unblock(const Peer& peer);  ///< `not_found` when it was not blocked
  std::vector<BlockedPeer> blocked() const;  ///< sorted by peer

  /// What a peer's conduct is worth here; 0 without scoring, and of a peer that is unknown.
  double score(const Peer& peer) const;
  /// The score with every part and the counters behind it, also of a peer that left and is
  /// remembered; nullopt where `score` knows nothing.
  std::optional<ScoreExplanation> explain(const Peer& peer) const;
  /// P5: the application's word on a peer that gossips with us, kept as long as its score.
  /// `not_connected` of any other; `bad_config` without scoring, where the configuration has a
  /// function for it, and when `value` is not finite.
  Expected<void> set_application_score(const Peer& peer, double value);
  /// Scores `topic` by `parameters` from now on. `bad_config` when they break a rule, and without
  /// scoring.
  Expected<void> set_topic_score(std::string topic, const TopicScoreParameters& parameters);

  /// Streams of a protocol of one's own. The handler gets each inbound stream on the network
  /// thread; keep it and work elsewhere.
  Expected<void> handle(std::string protocol, std::function<void(Stream)> handler);
  Expected<Stream> open_stream(const Peer& peer, std::string protocol,
                               std::chrono::milliseconds wait = std::chrono::seconds{10});

  std::vector<PeerStatus> peers() const;
  std::vector<Peer> peers(std::string_view topic) const;  ///< subscribed to `topic`
  std::vector<Peer> mesh(std::string_view topic) const;
  std::vector<std::string> topics() const;  ///< joined
  NodeStatistics statistics() const;

  void on_peer(std::function<void(const PeerEvent&)> observer);  ///< replaces the last one given
  void on_topic(std::function<void(const TopicEvent&)> observer);
  /// Everything the router tells, as far as `trace_detail` goes. Replaces the last one given.
  void on_event(std::function<void(const Event&)> observer);
  /// All metrics of docs/metrics.md at this moment, as Prometheus reads them; empty when stopped.
  std::string metrics(MetricsFormat format = MetricsFormat::prometheus) const;

  struct State;
  explicit Node(std::shared_ptr<State> state) : state_{std::move(state)} {}

 private:
  std::shared_ptr<State> state_;
};

class Node::Link {
 public:
  const Peer& peer() const;
  Expected<Stream> open_stream(std::string protocol, std::chrono::milliseconds wait);
  void close();

  struct State;
  explicit Link(std::shared_ptr<State> state) : state_{std::move(state)} {}

 private:
  std::shared_ptr<State> state_;
};

}  // namespace grapevine
