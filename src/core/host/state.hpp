// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/frame_reader.hpp"
#include "base/queue.hpp"
#include "core/gossipsub/router.hpp"
#include "core/host/address_book.hpp"
#include "core/host/admission.hpp"
#include "core/host/channel.hpp"
#include "core/host/dial_backoffs.hpp"
#include "core/host/events.hpp"
#include "core/host/host.hpp"
#include "core/host/size_cap.hpp"
#include "core/host/timers.hpp"
#include "core/identify/info.hpp"
#include "core/identify/reader.hpp"
#include "core/ping/ping.hpp"
#include "core/session/session.hpp"

/// What the parts of the host share. Private to this module.
namespace grapevine::host {

using gossipsub::PeerHandle;
using session::StreamId;
using CloseReason = session::StreamClosed::Reason;

// --- what a stream is for; each holds only what that needs ---
struct IdentifyOut {
  std::unique_ptr<identify::Reader> reader;
};  ///< we asked who the peer is
struct PushIn {
  std::unique_ptr<identify::Reader> reader;
};
struct Answer {
  enum class To : std::uint8_t { identify, push, ping };
  To to;  ///< whose limit of streams it counts in
};  ///< all is said; only the other side's end is missing
struct PingOut {
  std::unique_ptr<ping::Pinger> pinger;
};
struct PingIn {
  ping::Responder responder;
};
struct GossipOut {};
struct GossipIn {
  base::FrameReader frames;
  base::Queue<SharedBytes> waiting;  ///< while the router has no room; bounded by the window
  std::size_t reading = 0;  ///< bytes of the piece in `frames`, whose credit is to be given back
  bool stalled = false;     ///< stands in the list of those that wait for room
  bool ended = false;       ///< by the remote, while it was stalled
};
struct AppStream {
  std::string protocol;
  bool inbound = false;
};
using Use =
    std::variant<Answer, IdentifyOut, PushIn, PingOut, PingIn, GossipOut, GossipIn, AppStream>;

struct Stream {
  StreamId id;
  Use use;
};

/// Why a link ends.
struct Ending {
  std::string_view reason;  ///< for the application; a literal unless the driver gave it
  DialError error = DialError::closed;  ///< for the command that dialled it
  std::string_view detail{};            ///< for the same; likewise
  bool driver_knows = false;            ///< it told us: there is no socket to close
  bool silent = false;                  ///< the other end said and took nothing any more
};

/// One connection.
struct Link {
  explicit Link(Channel carrier) : channel{std::move(carrier)} {}

  LinkId id{};
  Channel channel;
  Multiaddr address;                 ///< of the other end, without /p2p
  std::string network;               ///< for the limits
  PeerId peer;                       ///< once established
  std::optional<ConnectId> connect;  ///< that dialled it, until it is decided
  std::optional<TimePoint> timer;    ///< the earliest timer set for the session
  TimePoint since{};                 ///< opened; then established
  std::vector<Stream> streams;       ///< ordered by id
  bool outbound = false;
  bool raw = false;     ///< the application's own further connection: no identify, no gossip
  bool lifted = false;  ///< not counted against the per-peer limit
  bool established = false;
  bool early_muxer = false;  ///< the muxer was agreed on in the handshake
  bool retiring = false;     ///< another link takes its place
  bool doomed = false;       ///< over; `settle` removes it
  bool touched = false;      ///< its session may have something to say
  bool wants_write = false;  ///< its session has something to send
  bool write_asked = false;  ///< the driver knows, and will call `pack`

  Stream* find(StreamId stream);
  template <class Kind>
  Kind* find_use(StreamId stream) {
    auto* found = find(stream);
    return found == nullptr ? nullptr : std::get_if<Kind>(&found->use);
  }
};

/// Where the gossip with a peer stands.
struct Gossip {
  explicit Gossip(const SizeCap::Limits& limits) : size_cap{limits} {}

  bool in_router = false;
  bool open = false;       ///< the protocol of `out` is agreed: RPCs may be written
  bool confirmed = false;  ///< the remote has agreed; where we were sure we began before
  bool refused = false;    ///< the protocol identify promised was refused: propose all, and wait
  std::optional<StreamKey> out;
  std::vector<StreamKey> in;  ///< at most two: the newest, and one that is being drained
  std::string protocol;       ///< negotiated on `out`; spoken as one of `gossip_protocols`
  std::uint8_t retries = 0;   ///< of opening, since it last went well
  std::uint8_t faults = 0;    ///< inbound streams with bad RPCs, since it last went well
  TimePoint opened{};
  TimePoint faulted{};
  TimePoint retry_at{};
  SizeCap size_cap;
};

/// One connected peer.
struct PeerEntry {
  explicit PeerEntry(const SizeCap::Limits& limits) : gossip{limits} {}

  PeerHandle handle{};
  PeerId id;
  std::vector<LinkId> links;  ///< oldest first; those that are not raw
  TimePoint connected_at{};
  bool identified = false;     ///< it has told who it is
  bool identify_over = false;  ///< it has, or will not
  bool asking_again = false;   ///< a timer to identify it again is set
  identify::Info info;         ///< what identify and pushes told
  SharedBytes record;          ///< its signed record, where it may be passed on
  std::optional<Duration> round_trip;
  std::optional<TimePoint> last_push;
  Gossip gossip;
};

struct DialAttempt {
  ConnectId connect{};
  Multiaddr address;
};

/// A `dnsaddr` name asked for.
struct Lookup {
  ConnectId connect{};
  std::size_t depth = 1;  ///< 1: given with the command; else one more than that which led here
  std::string name;
};

/// One `connect` command under way.
struct Connecting {
  ConnectId id{};
  ConnectRequest request;
  PeerId peer;  ///< empty when the addresses name none
  base::Queue<Multiaddr> untried;
  std::vector<std::string> names;  ///< to be resolved
  std::vector<ResolveId> lookups;
  std::size_t taken = 0;    ///< addresses and names so far
  std::size_t records = 0;  ///< so far, of all names
  std::vector<DialId> dials;
  std::vector<LinkId> links;  ///< transport there, handshake under way
  TimePoint next_start{};
  DialError last_error = DialError::none_given;
  std::string detail;
  std::optional<std::size_t> direct;  ///< ours, for that direct peer: the application is not told
  bool exchanged = false;             ///< ours, for a peer that a PRUNE named; likewise
  bool queued = false;                ///< stands in the backlog
};

/// Adds why `address` failed to what the application is told.
void add_detail(std::string& detail, std::string_view address, std::string_view reason);

/// A peer the application wants to be connected at all times.
struct DirectPeer {
  PeerId id;
  std::vector<Multiaddr> addresses;  ///< as given: never forgotten
  Duration backoff{};                ///< after the latest failure
  TimePoint not_before{};
  bool dialling = false;
};

/// Peers that PRUNEs named, gossipsub v1.1, "Peer Exchange", or that a search found.
struct Exchange {
  struct Candidate {
    PeerId peer;
    std::vector<Multiaddr> addresses;
  };
  base::Queue<Candidate> waiting;
  std::size_t dialling = 0;
  bool serving = false;  ///< a failure within `serve_exchange` is looked at by the loop there
  DialBackoffs backoffs;
};

/// Room in `outputs` for one kind of what nobody needs.
struct Room {
  std::size_t queued = 0;
  std::uint64_t lost = 0;
};

/// The host's parts and the work on them, one source file a concept:
///   turn.cpp      the order of work: inputs, events, what follows from them
///   links.cpp     connections and their sessions      timing.cpp    what deadlines mean
///   peers.cpp     who is connected, by which links     dialing.cpp   connect commands
///   direct.cpp    peers that are dialled again and again   resolving.cpp  dnsaddr names
///   exchange.cpp  peers that PRUNEs named, or a search found
///   gossip.cpp    the gossip streams and the router    identify.cpp  identify and push
///   trimming.cpp  who makes room
///   streams.cpp   what happens on a stream             commands.cpp  ping and the application's
///
/// Nothing is removed, and nothing called back, while somebody works on it: what happens to a
/// session only marks its link as `touched`, what ends a link only marks it as `doomed`. `settle`,
/// at the end of each input and with no reference held, does the rest. Between inputs no link is
/// touched or doomed.
struct Host::State {
  State(KeyPair identity_in, std::shared_ptr<const Config> config_in, Rng rng_in,
        gossipsub::Router router_in);

  // turn.cpp
  void begin(TimePoint time) { now = std::max(now, time); }
  void settle();
  void touch(Link& link);
  void doom(Link& link, Ending ending);
  void doom_all(const PeerEntry& peer, std::string_view reason);
  void attend(LinkId id);
  void on_event(Link& link, session::Event& event);
  void on_router(gossipsub::Output& output);
  void trace(Traced traced);
  void record(gossipsub::Recorded recorded);
  void free_room(Room& room);
  std::optional<Output> next_output();

  // trimming.cpp
  void trim();
  std::set<PeerId> meshed() const;
  bool trimmable(const PeerEntry& peer) const;

  // timing.cpp
  void set_timer(Timer timer);
  bool alive(const Timer& timer);
  void on_timer(const Timer& timer);
  void on_dial_timeout(DialId id);
  void arm(Link& link);

  // links.cpp
  /// How a link comes to be.
  struct Opening {
    session::Role role;
    const Multiaddr& address;
    std::optional<PeerId> expected;
    LinkKind kind;
  };
  Link& add_link(const Opening& opening);
  Channel make_channel(const Opening& opening);
  Link* find(LinkId id) const;
  void on_established(Link& link, const session::Established& event);
  void on_closed(Link& link, const session::Closed& event);
  void remove_link(LinkId id, const Ending& ending);
  void close_session(Link& link, std::string_view reason);
  void tell_streams_over(Link& link);
  void make_room_for_handshake();
  bool pack(Link& link, Bytes& out, std::size_t budget);
  bool take(Link& link, direct::Frames& out, std::size_t budget);
  template <class Fill>
  bool fill(Link& link, Fill once);

  // peers.cpp
  PeerEntry* find(const PeerId& peer);
  const PeerEntry* find(const PeerId& peer) const;
  PeerEntry* find(PeerHandle handle);
  void attach(Link& link);
  void detach(Link& link, std::string_view reason);
  Link* main_link(const PeerEntry& peer);
  void resolve_duplicates(PeerEntry& peer);
  void retire_simultaneous(PeerEntry& peer);
  void retire_surplus(PeerEntry& peer);
  void retire(Link& link);
  void on_retire(Link& link);
  PeerView view_of(const PeerEntry& peer) const;
  std::vector<PeerId> sorted_peers() const;

  // dialing.cpp
  /// Who wants a connection: the application, unless one of these is set.
  struct Wish {
    std::optional<std::size_t> direct = {};
    bool exchanged = false;
  };
  ConnectId connect(ConnectRequest request, const Wish& wish);
  std::optional<DialError> prepare(Connecting& attempt);
  bool take_address(Connecting& attempt, const Multiaddr& address);
  bool finish_if_connected(Connecting& attempt);
  void start_dials(Connecting& attempt);
  void start_dial(Connecting& attempt);
  void finish_if_exhausted(Connecting& attempt);
  void on_attempt_failed(ConnectId id, const Multiaddr& address, DialError error,
                         std::string_view detail);
  void on_connected(Link& link);
  void finish_connect(ConnectId id, ConnectResult result);
  void cancel_connects(const PeerId* peer, std::string_view why);
  void serve_backlog();

  // resolving.cpp
  void look_up(Connecting& attempt, std::size_t depth);
  void on_resolved(ResolveId id, const std::vector<std::string>& records);
  void on_resolve_failed(ResolveId id, std::string_view detail);
  std::optional<Lookup> take_lookup(ResolveId id);
  void on_record(Connecting& attempt, std::string_view record);

  // direct.cpp
  std::optional<std::size_t> direct_index(const PeerId& peer) const;
  void connect_direct(std::size_t index);
  void on_direct_over(std::size_t index, bool was_good);

  // exchange.cpp
  void on_offer(const gossipsub::Connect& offer);
  void on_discovered(const std::vector<Multiaddr>& found);
  Result<std::vector<Multiaddr>, std::string_view> offered_addresses(
      const gossipsub::Connect& offer) const;
  void serve_exchange();
  void on_exchange_over(const PeerId& peer, std::optional<DialError> error);
  void keep_record(PeerEntry& peer);
  bool may_exchange(const PeerId& peer, const Multiaddr& address) const;
  bool connecting_to(const PeerId& peer) const;

  // gossip.cpp
  void consider_gossip(PeerEntry& peer);
  void open_gossip(PeerEntry& peer, Link& link);
  const gossipsub::Protocol* spoken_as(std::string_view id) const;
  std::vector<std::string> gossip_proposals(const PeerEntry& peer) const;
  std::optional<std::string> best_told(const std::vector<std::string>& told) const;
  void start_gossip(PeerEntry& peer, std::string_view protocol);
  void flush_gossip(PeerEntry& peer);
  void enter_router(PeerEntry& peer);
  std::vector<gossipsub::IpAddress> ips_of(const PeerEntry& peer);
  void on_gossip_in(Link& link, StreamId stream);
  void on_gossip_data(Link& link, StreamId stream, GossipIn& use, SharedBytes bytes);
  void work_off(Link& link, StreamId stream, GossipIn& use);
  void resume_stalled();
  void on_gossip_fault(Link& link, StreamId stream, std::string_view reason);
  void on_gossip_opened(PeerEntry& peer, const StreamKey& key, const std::string& protocol);
  void on_gossip_out_over(PeerEntry& peer, CloseReason reason);
  void reopen_gossip(PeerEntry& peer, Duration after);
  bool learn_size(PeerEntry& peer, CloseReason reason);
  void apply_size_cap(PeerEntry& peer);

  // identify.cpp
  void ask_identity(Link& link);
  void tell_identity(Link& link, StreamId stream);
  void push_identity();
  void push_soon();
  void on_push(Link& link, StreamId stream);
  void ask_again(PeerEntry& peer);
  void on_identified(PeerEntry& peer, identify::Info info);
  void on_unidentified(PeerEntry& peer);
  void on_told(Link& link, const identify::Info& info);
  identify::Info identity_for(const Link& link) const;
  void update_protocols();

  // streams.cpp
  Stream& add_stream(Link& link, StreamId id, Use use);
  std::optional<Use> take_stream(Link& link, StreamId id);
  void end_soon(Link& link, StreamId id);
  void on_stream_opened(Link& link, const session::StreamOpened& event);
  void on_inbound(Link& link, const session::StreamOpened& event);
  void on_stream_data(Link& link, StreamId id, SharedBytes bytes);
  bool on_protocol_data(Link& link, StreamId id, Use& use, ByteView bytes);
  bool on_echo(Link& link, StreamId id, PingOut& use, ByteView bytes);
  void on_stream_ended(Link& link, StreamId id);
  void on_stream_closed(Link& link, const session::StreamClosed& event);
  void on_stream_writable(Link& link, StreamId id);
  void break_stream(Link& link, StreamId id, CloseReason reason);
  void on_stream_over(Link& link, StreamId id, const Use& use, CloseReason reason);
  template <class Predicate>
  std::size_t count(const Link& link, Predicate wanted) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        link.streams, [&](const Stream& stream) { return wanted(stream.use); }));
  }

  // commands.cpp
  void ping(const PeerId& peer);
  Result<StreamKey, StreamError> open_app_stream(Link& link, std::vector<std::string> protocols);
  AppStream* find_app(const StreamKey& key);
  void shut_down();
  void shut_out(const PeerId& id);
  StateSize size() const;
  void check_invariants() const;

  KeyPair identity;
  PeerId self;
  std::shared_ptr<const Config> config;
  Rng rng;
  gossipsub::Router router;
  Admission admission;
  AddressBook addresses;
  Timers timers;
  std::vector<StreamKey> stalled;  ///< gossip streams that wait for room in the router
  base::Queue<Output> outputs;
  Room traced_room;
  Room recorded_room;
  Carried carried;
  TimePoint next_trim = TimePoint::min();
  bool closing = false;

  boost::unordered_flat_map<LinkId, std::unique_ptr<Link>> links;
  base::Queue<LinkId> touched;
  base::Queue<std::pair<LinkId, Ending>> doomed;
  std::vector<LinkId> half_open;                        ///< inbound, oldest first
  boost::unordered_flat_map<LinkId, Bytes> last_bytes;  ///< of links that ended, to be pulled
  boost::unordered_flat_map<PeerId, std::unique_ptr<PeerEntry>, PeerIdHash> peers;
  Exchange exchange;
  boost::unordered_flat_map<PeerHandle, PeerEntry*> by_handle;
  boost::unordered_flat_map<ConnectId, std::unique_ptr<Connecting>> connecting;
  boost::unordered_flat_map<DialId, DialAttempt> dials;
  boost::unordered_flat_map<ResolveId, Lookup> lookups;
  base::Queue<ConnectId> backlog;  ///< waiting for a free dial
  std::vector<DirectPeer> direct;
  std::vector<std::string> app_protocols;             ///< sorted
  std::vector<gossipsub::Protocol> gossip_protocols;  ///< newest first
  std::shared_ptr<const session::Protocols> protocols;
  std::vector<Multiaddr> listen_addresses;
  Bytes signed_record;  ///< of `listen_addresses`
  std::uint64_t record_seq = 0;
  std::optional<TimePoint> pushed_at;
  bool push_set = false;  ///< its timer is
  std::uint64_t next_link = 1;
  std::uint64_t next_dial = 1;
  std::uint64_t next_resolve = 1;
  std::uint64_t next_connect = 1;
  std::uint32_t next_peer = 1;
  TimePoint now{};  ///< of the latest input
};

}  // namespace grapevine::host
