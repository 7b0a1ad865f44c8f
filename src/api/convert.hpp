// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/host/host.hpp"
#include "grapevine/error.hpp"
#include "grapevine/message.hpp"
#include "grapevine/peer.hpp"
#include "identity/peer_id.hpp"

namespace grapevine {

/// Between the public peer and ours, without checking what was checked already.
struct PeerAccess {
  static Peer to_peer(ByteView multihash);
};

namespace api {

Peer to_peer(const PeerId& id);
PeerId to_peer_id(const Peer& peer);

/// A received or own message as the application gets it; it shares the bytes.
Message to_message(const pubsub::Message& message, std::shared_ptr<const std::string> topic,
                   const PeerId& via, bool local);
/// `bytes` as a payload; shared, not copied.
Payload to_payload(SharedBytes bytes);
Payload to_payload(const pubsub::MessageId& id);

ErrorCode code_of(host::DialError error);
/// What became of a connection attempt that failed.
Error error_of(const host::ConnectResult& result);
Error error_of(host::StreamError error);
/// Everything ends like this once the node is stopped.
Error node_stopped();
/// A wait that would wait for itself.
Error on_network_thread();

Expected<Multiaddr> parse_address(std::string_view text);
/// A topic's name is 1 to 1,024 bytes.
Expected<void> check_topic(std::string_view name);

}  // namespace api
}  // namespace grapevine
