// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "core/gossipsub/router.hpp"
#include "core/session/session.hpp"
#include "multi/multiaddr.hpp"

/// What a host asks of its driver and tells the application.
namespace grapevine::host {

/// One connection, for as long as it lives; never reused.
enum class LinkId : std::uint64_t {};
/// One attempt at one address.
enum class DialId : std::uint64_t {};
/// One question for the records of a name.
enum class ResolveId : std::uint64_t {};
/// One `connect` command.
enum class ConnectId : std::uint64_t {};

/// What a link's bytes are. A driver of real sockets knows only sessions.
enum class LinkKind {
  session,  ///< negotiated, encrypted, multiplexed: `on_bytes` and `pack`
  direct,   ///< values from one host to another in the same process: `on_frames` and `take`
};

/// A stream of a protocol that the application handles.
struct StreamKey {
  LinkId link;
  session::StreamId stream;
  friend auto operator<=>(const StreamKey&, const StreamKey&) = default;
};

/// Why a peer could not be connected, or a connection was refused or ended.
enum class DialError {
  none_given,      ///< no address, or none of a transport we have
  unsupported,     ///< an address of a transport we do not have
  self,            ///< our own peer id or our own node answered
  wrong_peer,      ///< another peer id was proven (V10)
  limit,           ///< a limit of connections or dials
  resolve_failed,  ///< the name has no address
  refused,         ///< the remote's host refused the connection
  unreachable,     ///< no route, or another transport failure
  timeout,
  negotiation_failed,  ///< no common security or muxer, or not libp2p at all
  handshake_failed,
  closed,     ///< ended before it was ready
  cancelled,  ///< by `disconnect` or shutdown
  blocked,    ///< we want nothing of this peer
};
std::string_view name(DialError error);

// --- for the driver ---
/// Connect a transport to `address`; answer with `on_dialed` or `on_dial_failed`.
struct Dial {
  DialId dial;
  Multiaddr address;
};
struct CancelDial {
  DialId dial;
};
/// Ask for the TXT records of `name`; answer with `on_resolved` or `on_resolve_failed`. An answer
/// that comes too late does no harm.
struct Resolve {
  ResolveId resolve;
  std::string name;
};
/// `pack(link)` has something to give.
struct WantsWrite {
  LinkId link;
};
/// Write what `pack` still gives, close the socket, forget the link. The host has forgotten it
/// already but for `pack`.
struct CloseLink {
  LinkId link;
  std::string_view reason;
};
/// Signatures to check off this thread.
using gossipsub::Verify;

// --- for the application ---
struct PeerConnected {
  PeerId peer;
  LinkId link;
  Multiaddr address;
  bool outbound;
};
struct PeerDisconnected {
  PeerId peer;
  std::string reason;
};
/// A connection's handshake is over; further ones of a peer as well.
struct LinkEstablished {
  LinkId link;
  Multiaddr address;
  bool outbound;
  bool early_muxer;
  Duration handshake;
};
/// An established connection is over.
struct LinkEnded {
  LinkId link;
  Multiaddr address;
  bool outbound;
  bool early_muxer;
  Duration lasted;
};
/// One address that was dialled in vain.
struct DialFailed {
  Multiaddr address;
  DialError error;
};
/// Identify has told what the peer is.
struct PeerIdentified {
  PeerId peer;
};
struct ConnectResult {
  ConnectId connect;
  PeerId peer;                     ///< when known
  std::optional<LinkId> link;      ///< when connected
  std::optional<DialError> error;  ///< absent: connected
  bool already = false;            ///< a connection was there
  std::string detail;              ///< a sentence for people, per address
};
struct StreamOpened {
  StreamKey stream;
  PeerId peer;
  bool inbound;
  std::string protocol;
};
struct StreamData {
  StreamKey stream;
  SharedBytes bytes;
};
struct StreamEnded {
  StreamKey stream;
};
struct StreamClosed {
  StreamKey stream;
  session::StreamClosed::Reason reason;
};
struct StreamWritable {
  StreamKey stream;
};
struct PingResult {
  PeerId peer;
  std::optional<Duration> round_trip;  ///< absent: it failed
};
using gossipsub::Advertise;
using gossipsub::Deliver;
using gossipsub::Discover;
using gossipsub::MarksRaised;
using gossipsub::PartialReceived;
using gossipsub::Progress;
using gossipsub::Recorded;
using gossipsub::Replayed;
using gossipsub::Traced;
using gossipsub::Validate;

using Output =
    std::variant<Dial, CancelDial, Resolve, WantsWrite, CloseLink, Verify, Deliver, Validate,
                 PeerConnected, PeerDisconnected, PeerIdentified, ConnectResult, StreamOpened,
                 StreamData, StreamEnded, StreamClosed, StreamWritable, PingResult, Traced,
                 PartialReceived, Progress, Advertise, Discover, Recorded, LinkEstablished,
                 LinkEnded, DialFailed, Replayed, MarksRaised>;

}  // namespace grapevine::host
