// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/host/config.hpp"
#include "core/host/direct_link.hpp"
#include "core/host/events.hpp"
#include "identity/keys.hpp"

namespace grapevine::host {

/// What is known of a connected peer.
struct PeerView {
  PeerId peer;
  Multiaddr address;
  bool outbound = false;
  std::string agent;                   ///< empty before identify; at most 256 bytes, not escaped
  std::vector<std::string> protocols;  ///< from identify
  std::optional<Multiaddr> observed;   ///< where it sees us, from identify
  std::string gossip_protocol;         ///< negotiated on our outbound gossip stream; empty without
  std::optional<Duration> round_trip;
  TimePoint connected_at;
};

struct ConnectRequest {
  std::vector<Multiaddr> addresses;  ///< of one peer; each may end in /p2p, and be a /dnsaddr
  std::optional<PeerId> peer;        ///< whom; taken from the addresses when absent there
  Duration timeout = std::chrono::seconds{15};
  bool another = false;  ///< a further connection even where one is there: for raw dials
  bool protected_from_limits = false;  ///< lifts the per-peer limit for this connection
};

/// What a host holds, in entries: all but `direct` and `addresses` is 0 after everybody left and
/// the timers ran out.
struct StateSize {
  std::size_t links = 0;
  std::size_t ended = 0;  ///< links whose last bytes were not pulled
  std::size_t streams = 0;
  std::size_t peers = 0;
  std::size_t router = 0;      ///< per-peer state of the router
  std::size_t connecting = 0;  ///< commands
  std::size_t dials = 0;
  std::size_t lookups = 0;  ///< names asked for
  std::size_t backlog = 0;  ///< commands that wait for a dial
  std::size_t timers = 0;
  std::size_t outputs = 0;
  std::size_t half_open = 0;
  std::size_t networks = 0;   ///< remembered for the accept rate; bounded, not cleared
  std::size_t addresses = 0;  ///< peers in the address book; likewise
  std::size_t direct = 0;
  std::size_t exchanged = 0;  ///< peers from PRUNEs that wait or are dialled
};

/// Bytes of all connections since the start.
struct Carried {
  std::uint64_t in = 0;
  std::uint64_t out = 0;
};

/// What is open at the moment: connections whose handshake is over, and their streams.
struct OpenCount {
  std::size_t links_inbound = 0;
  std::size_t links_outbound = 0;
  std::size_t streams_inbound = 0;
  std::size_t streams_outbound = 0;
};

/// Why a stream could not be opened.
enum class StreamError {
  not_connected,
  too_many,  ///< the limit of streams
  closing,
};
std::string_view name(StreamError error);

/// The node without its sockets: connections, dialling, limits, address book, identify, ping,
/// gossip, and streams for the application's protocols. Drivers: the Asio shell, the simulator, the
/// fuzzers. No I/O, clock, threads or logging. A turn: all ready inputs, then `poll()` until empty,
/// then `pack` for each `WantsWrite`, then re-arm `next_deadline()`.
class Host {
 public:
  static Result<Host, gossipsub::ConfigError> create(KeyPair identity,
                                                     std::shared_ptr<const Config> config, Rng rng,
                                                     TimePoint now);
  Host(Host&&) noexcept;
  Host& operator=(Host&&) noexcept;
  ~Host();

  // --- from the driver ---
  void set_listen_addresses(std::vector<Multiaddr> addresses, TimePoint now);
  /// A transport connection came in. An error: close it at once.
  Result<LinkId, DialError> on_accepted(const Multiaddr& remote, TimePoint now,
                                        LinkKind kind = LinkKind::session);
  /// The transport of `dial` is connected; nullopt when it is no longer wanted: close it.
  std::optional<LinkId> on_dialed(DialId dial, TimePoint now, LinkKind kind = LinkKind::session);
  void on_dial_failed(DialId dial, DialError error, std::string_view detail, TimePoint now);
  /// The texts of a name's TXT records; those that are no addresses of the peer are passed over.
  void on_resolved(ResolveId resolve, const std::vector<std::string>& records, TimePoint now);
  void on_resolve_failed(ResolveId resolve, std::string_view detail, TimePoint now);
  void on_bytes(LinkId link, Received bytes, TimePoint now);
  void on_frames(LinkId link, direct::Frames frames, TimePoint now);
  void on_link_closed(LinkId link, std::string_view reason, TimePoint now);
  void on_written(LinkId link, std::size_t size, TimePoint now);
  void on_verified(gossipsub::Ticket ticket, const Result<void, pubsub::RejectReason>& verdict,
                   TimePoint now);
  void on_deadline(TimePoint now);

  std::optional<Output> poll();
  /// Appends what the link has to send, about `budget` bytes; answers whether more is waiting.
  bool pack(LinkId link, Bytes& out, std::size_t budget, TimePoint now);
  /// The same for a direct link.
  bool take(LinkId link, direct::Frames& out, std::size_t budget, TimePoint now);
  /// False while the link's backlog is too large: do not read its socket until `pack` ran.
  bool wants_read(LinkId link) const;
  std::optional<TimePoint> next_deadline() const;

  // --- from the application ---
  ConnectId connect(ConnectRequest request, TimePoint now);
  void disconnect(const PeerId& peer, TimePoint now);
  void close_link(LinkId link, TimePoint now);
  void ping(const PeerId& peer, TimePoint now);
  /// GoAway to everybody; nothing new is accepted.
  void shutdown(TimePoint now);

  void join(std::string_view topic, TimePoint now);
  void leave(std::string_view topic, TimePoint now);
  /// As the router's.
  void set_validation(std::string_view topic, const gossipsub::Validating& how);
  void extend_validation(gossipsub::Ticket ticket, Duration limit);
  void load_author_marks(std::span<const pubsub::AuthorMark> marks);
  std::vector<pubsub::AuthorMark> take_raised_marks();
  /// Nothing is exchanged with the peer any more: its connections end, and none is made or taken.
  /// False, and nothing done, when as many are blocked as may be.
  bool block(const gossipsub::BlockedPeer& blocked, TimePoint now);
  bool unblock(const PeerId& peer);
  void on_validated(gossipsub::Ticket ticket, gossipsub::Validation verdict, TimePoint now);
  Result<std::size_t, gossipsub::PublishError> publish(pubsub::Message message, TimePoint now);
  /// As the router's.
  Result<void, gossipsub::ConfigError> set_policy(std::string_view topic,
                                                  const gossipsub::TopicPolicy& policy,
                                                  TimePoint now);
  bool set_partial(std::string_view topic, std::optional<gossipsub::PartialTopic> options,
                   TimePoint now);
  Result<std::size_t, gossipsub::PartialError> publish_partial(
      const gossipsub::PartialMessage& message, TimePoint now);
  /// As the router's.
  std::size_t publish_batch(std::vector<pubsub::Message> messages, TimePoint now);
  Result<void, gossipsub::PublishError> publish_local(pubsub::Message message, TimePoint now);
  void track(const pubsub::MessageId& id, const gossipsub::Tracking& tracking, TimePoint now);
  void untrack(gossipsub::ReceiptId receipt);
  /// What a search brought: addresses that end in /p2p, dialled a few peers at a time and with a
  /// back-off for those who could not be reached. Others, and what there is no room for, are passed
  /// over.
  void on_discovered(const std::vector<Multiaddr>& found, TimePoint now);
  bool set_application_score(const PeerId& peer, double value);
  Result<void, gossipsub::ConfigError> set_topic_score_params(
      std::string_view topic, const gossipsub::TopicScoreParams& params, TimePoint now);
  void add_direct(const PeerId& peer, std::vector<Multiaddr> addresses, TimePoint now);
  void restore_seen(std::span<const gossipsub::SeenBefore> ids, TimePoint now);
  void replay(gossipsub::Replay message, TimePoint now);

  /// Inbound streams of `protocol` come as `StreamOpened` from now on; identify tells everybody.
  void handle(std::string protocol, TimePoint now);
  Result<StreamKey, StreamError> open_stream(const PeerId& peer, std::vector<std::string> protocols,
                                             TimePoint now);
  Result<StreamKey, StreamError> open_stream(LinkId link, std::vector<std::string> protocols,
                                             TimePoint now);
  bool write(StreamKey stream, SharedBytes bytes);
  void end_stream(StreamKey stream);
  void reset_stream(StreamKey stream);
  void consumed(StreamKey stream, std::size_t size);
  std::size_t queued(StreamKey stream) const;

  // --- queries ---
  const PeerId& self() const;
  std::vector<PeerView> peers() const;  ///< sorted by peer id
  std::optional<PeerView> peer(const PeerId& id) const;
  const gossipsub::Router& router() const;
  /// Where `peer` can be reached, as far as is known.
  std::vector<Multiaddr> addresses_of(const PeerId& peer, TimePoint now) const;
  std::size_t link_count() const;
  /// Whether anything that was queued for a peer has not been packed yet, for want of room, credit
  /// or an agreed protocol.
  bool has_unsent() const;
  StateSize state_size() const;
  const Carried& carried() const;
  OpenCount open_count() const;
  void check_invariants(TimePoint now) const;

 private:
  struct State;
  Host();
  std::unique_ptr<State> state_;
};

}  // namespace grapevine::host
