// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "identity/keys.hpp"
#include "identity/records.hpp"
#include "multi/multiaddr.hpp"

namespace grapevine::identify {

inline constexpr std::string_view protocol = "/ipfs/id/1.0.0";
inline constexpr std::string_view push_protocol = "/ipfs/id/push/1.0.0";

/// Most bytes of each text field that are kept; the rest is cut off.
inline constexpr std::size_t text_size_max = 256;
inline constexpr std::size_t addresses_max = 64;
inline constexpr std::size_t protocols_max = 256;
/// Protocol names longer than this are left out.
inline constexpr std::size_t protocol_size_max = 256;
/// Bytes of one message we send, its length included: what rust reads at most.
inline constexpr std::size_t sent_message_size_max = 4096;

/// What a peer says about itself. libp2p identify spec, "The Identify Message", and its
/// `signedPeerRecord` (field 8). Text is kept as the bytes that came: whoever prints it escapes it.
struct Info {
  Bytes protocol_version;
  Bytes agent_version;
  std::optional<PublicKey> public_key;
  /// Where the peer listens. Of a peer that sent a valid record: the record's addresses.
  std::vector<Multiaddr> addresses;
  std::optional<Multiaddr> observed_address;  ///< where the sender sees the receiver
  std::vector<std::string> protocols;
  Bytes signed_record;               ///< the envelope, to be passed on as it is
  std::optional<PeerRecord> record;  ///< what `signed_record` says; not sent
};

/// The bytes of an identify or push stream: `info` in as few length-prefixed messages as fit, each
/// at most `sent_message_size_max`. Readers that take only the first find what matters most in it:
/// key, versions, protocols, then addresses. Empty fields are left out, which makes a partial push.
Bytes encode(const Info& info);

/// Brings `known` up to date with a push (or a later identify) of the same peer: what is empty in
/// `pushed` stays as it was, what is there replaces the old, so that an address missing from the
/// newer list disappears (V32). A record older than the known one is ignored with its addresses.
void update(Info& known, Info pushed);

}  // namespace grapevine::identify
