// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/queue.hpp"
#include "core/gossipsub/router.hpp"
#include "core/host/address_book.hpp"
#include "core/host/admission.hpp"
#include "core/host/events.hpp"
#include "core/host/frame_reader.hpp"
#include "core/host/host.hpp"
#include "core/host/timers.hpp"
#include "core/identify/info.hpp"
#include "core/identify/reader.hpp"
#include "core/ping/ping.hpp"
#include "core/session/session.hpp"

namespace grapevine::host {

using gossipsub::PeerHandle;
using session::StreamId;

// --- what a stream is for; each holds only what that needs ---
struct IdentifyOut {
  identify::Reader reader;
};  ///< we asked who the peer is
struct IdentifyIn {};  ///< we told who we are
struct PushOut {};
struct PushIn {
  identify::Reader reader;
};
struct PingOut {
  ping::Pinger pinger;
};
struct PingIn {
  ping::Responder responder;
};
struct GossipOut {};
struct GossipIn {
  FrameReader frames;
};
struct AppStream {
  std::string protocol;
  bool inbound = false;
};
using Use = std::variant<IdentifyOut, IdentifyIn, PushOut, PushIn, PingOut, PingIn, GossipOut,
                         GossipIn, AppStream>;

struct Stream {
  StreamId id;
  std::unique_ptr<Use> use;
};

/// One connection.
struct Link {
  LinkId id{};
  std::unique_ptr<session::Session> session;
  Multiaddr address;    ///< of the other end, without /p2p
  std::string network;  ///< for the limits
  bool outbound = false;
  bool raw = false;  ///< the application's own further connection: no identify, no gossip from us
  bool lifted = false;  ///< not counted against the per-peer limit
  bool established = false;
  bool write_wanted = false;
  PeerId peer;                       ///< once established
  std::optional<ConnectId> connect;  ///< that dialled it, until it is decided
  std::optional<TimePoint> timer;    ///< the earliest timer set for the session
  TimePoint opened{};
  std::vector<Stream> streams;  ///< ordered by id

  Stream* find(StreamId id);
};

/// Where the gossip with a peer stands.
struct Gossip {
  bool in_router = false;
  std::optional<StreamKey> out;
  std::vector<StreamKey> in;  ///< at most two: the newest, and one that is being drained
  std::string protocol;       ///< negotiated on `out`
  std::size_t retries = 0;
  TimePoint opened{};
};

/// One connected peer.
struct PeerEntry {
  PeerHandle handle{};
  PeerId id;
  std::vector<LinkId> links;  ///< oldest first; those that are not raw
  TimePoint connected_at{};
  bool identified = false;
  identify::Info info;  ///< what identify and pushes told
  std::optional<Duration> round_trip;
  std::optional<TimePoint> last_push;
  Gossip gossip;
};

struct DialAttempt {
  DialId id{};
  ConnectId connect{};
  Multiaddr address;
};

/// One `connect` command under way.
struct Connecting {
  ConnectId id{};
  ConnectRequest request;
  PeerId peer;  ///< empty when the addresses name none
  base::Queue<Multiaddr> untried;
  std::vector<DialId> dials;
  std::vector<LinkId> links;  ///< transport there, handshake under way
  TimePoint deadline{};
  TimePoint next_start{};
  DialError last_error = DialError::none_given;
  std::string detail;
  bool automatic = false;  ///< ours, not the application's: back-off applies, nobody is told
};

struct Backoff {
  Duration span{};
  TimePoint until{};
};

/// The host's parts and the work on them, one source file a concept:
///   links.cpp    connections and their sessions     peers.cpp    who is connected, by which of its
///   links dialing.cpp  connect commands                   gossip.cpp   the gossip streams and the
///   router identify.cpp identify, push, what is told       streams.cpp  ping and the application's
///   protocols
struct Host::State {
  State(KeyPair identity_in, std::shared_ptr<const Config> config_in, Rng rng_in,
        gossipsub::Router router_in);

  // links.cpp
  Link& add_link(session::Role role, const Multiaddr& address, std::optional<PeerId> expected,
                 TimePoint now);
  Link* find(LinkId id);
  void drain(Link& link, TimePoint now);
  void on_event(Link& link, session::Event& event, TimePoint now);
  void on_established(Link& link, const session::Established& event, TimePoint now);
  void on_closed(Link& link, const session::Closed& event, TimePoint now);
  void remove_link(LinkId id, std::string_view reason, TimePoint now);
  void arm(Link& link);
  void on_timer(const Timer& timer, TimePoint now);

  // peers.cpp
  PeerEntry* find(const PeerId& peer);
  const PeerEntry* find(const PeerId& peer) const;
  PeerEntry& peer_at(PeerHandle handle);
  void attach(Link& link, TimePoint now);
  void detach(Link& link, std::string_view reason, TimePoint now);
  void resolve_duplicates(PeerEntry& peer, TimePoint now);
  PeerView view_of(const PeerEntry& peer) const;

  // dialing.cpp
  ConnectId connect(ConnectRequest request, bool automatic, TimePoint now);
  std::optional<DialError> prepare(Connecting& connecting);
  void start_dials(Connecting& connecting, TimePoint now);
  void on_attempt_failed(ConnectId id, const Multiaddr& address, DialError error,
                         std::string_view detail, TimePoint now);
  void on_connected(Link& link, TimePoint now);
  void finish_connect(ConnectId id, ConnectResult result, TimePoint now);
  void connect_direct(const PeerId& peer, TimePoint now);
  void serve_backlog(TimePoint now);
  bool backing_off(const PeerId& peer, TimePoint now) const;
  void note_failure(const PeerId& peer, TimePoint now);

  // gossip.cpp
  void drain_router(TimePoint now);
  void consider_gossip(PeerEntry& peer, TimePoint now);
  void open_gossip(PeerEntry& peer, LinkId link, TimePoint now);
  void flush_gossip(PeerEntry& peer, TimePoint now);
  void on_gossip_in(Link& link, StreamId stream, TimePoint now);
  void on_gossip_data(Link& link, StreamId stream, GossipIn& use, SharedBytes bytes, TimePoint now);
  void on_gossip_opened(Link& link, StreamId stream, const std::string& protocol, TimePoint now);
  void on_gossip_out_closed(PeerEntry& peer, session::StreamClosed::Reason reason, TimePoint now);
  void enter_router(PeerEntry& peer, TimePoint now);

  // identify.cpp
  void ask_identity(Link& link, TimePoint now);
  void tell_identity(Link& link, StreamId stream);
  void push_identity(TimePoint now);
  void on_identified(PeerEntry& peer, identify::Info info, TimePoint now);
  Bytes identity_message(const Link& link);
  std::vector<PeerId> sorted_peers() const;
  void update_protocols(TimePoint now);

  // streams.cpp
  void on_stream_opened(Link& link, const session::StreamOpened& event, TimePoint now);
  void on_inbound(Link& link, const session::StreamOpened& event, TimePoint now);
  void on_stream_data(Link& link, StreamId stream, SharedBytes bytes, TimePoint now);
  void on_stream_ended(Link& link, StreamId stream, TimePoint now);
  void on_stream_closed(Link& link, const session::StreamClosed& event, TimePoint now);
  void forget_stream(Link& link, StreamId id);
  void ping(const PeerId& peer, TimePoint now);
  Stream& add_stream(Link& link, StreamId id, Use use);
  std::size_t inbound_count(const Link& link, std::string_view protocol) const;
  Result<StreamKey, StreamError> open_app_stream(Link& link, std::vector<std::string> protocols,
                                                 TimePoint now);
  template <class Kind>
  std::size_t count(const Link& link) const {
    std::size_t found = 0;
    for (const auto& stream : link.streams) found += std::holds_alternative<Kind>(*stream.use);
    return found;
  }

  KeyPair identity;
  PeerId self;
  std::shared_ptr<const Config> config;
  Rng rng;
  gossipsub::Router router;
  Admission admission;
  AddressBook addresses;
  Timers timers;
  base::Queue<Output> outputs;
  bool closing = false;

  boost::unordered_flat_map<LinkId, std::unique_ptr<Link>> links;
  std::vector<std::unique_ptr<Link>>
      ended;  ///< until the end of the turn: their last bytes are still pulled
  boost::unordered_flat_map<PeerId, std::unique_ptr<PeerEntry>, PeerIdHash> peers;
  boost::unordered_flat_map<PeerHandle, PeerEntry*> by_handle;
  boost::unordered_flat_map<ConnectId, std::unique_ptr<Connecting>> connecting;
  boost::unordered_flat_map<DialId, DialAttempt> dials;
  boost::unordered_flat_map<PeerId, Backoff, PeerIdHash> backoffs;  ///< of automatic dials
  base::Queue<ConnectId> backlog;                                   ///< waiting for a free dial
  std::vector<std::string> app_protocols;                           ///< sorted
  std::vector<std::string> gossip_protocols;                        ///< newest first
  std::shared_ptr<const session::Protocols> protocols;
  std::vector<Multiaddr> listen_addresses;
  std::uint64_t record_seq = 0;
  std::uint64_t next_link = 1;
  std::uint64_t next_dial = 1;
  std::uint64_t next_connect = 1;
  std::uint32_t next_peer = 1;
  TimePoint latest{};  ///< of all inputs: stream commands have no time of their own
};

}  // namespace grapevine::host
