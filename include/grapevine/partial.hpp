// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "grapevine/message.hpp"
#include "grapevine/peer.hpp"

/// Messages that travel in parts. A group id names the whole; metadata says which parts somebody
/// has; how parts and metadata are encoded is the application's own affair. Peers are told what we
/// have, and get the parts they lack; who hears of a peer that lacks some publishes again.
/// gossipsub v1.3, partial messages.
namespace grapevine {

/// What a peer has, out of what was known and what is news of it; both as the application encodes
/// metadata. Asked on the network thread. Must be pure; the result may be as long as the longer of
/// the two.
using MergeMetadata = std::function<std::vector<std::uint8_t>(std::span<const std::uint8_t> known,
                                                              std::span<const std::uint8_t> news)>;
/// Metadata as bitmaps of parts, of which a peer never loses one.
std::vector<std::uint8_t> union_of_bitmaps(std::span<const std::uint8_t> known,
                                           std::span<const std::uint8_t> news);
/// The later metadata replaces the earlier: for such as also tell what is wanted no longer.
std::vector<std::uint8_t> newest_metadata(std::span<const std::uint8_t> known,
                                          std::span<const std::uint8_t> news);

/// Parts, or news of what a peer has. For the application to check, and to answer by publishing
/// what it now has. The sender need not be in our mesh.
struct PartialReceived {
  std::shared_ptr<const std::string> topic;
  std::vector<std::uint8_t> group;
  Payload message;                  ///< parts; may be empty
  std::optional<Payload> metadata;  ///< as it came
  std::vector<std::uint8_t> has;    ///< all that is known of what the peer has
  Peer via;
};

/// How a node takes part in a topic's partial messages.
struct PartialOptions {
  bool requests = true;          ///< peers that can send us parts, and nothing whole
  bool supports_sending = true;  ///< peers that ask get parts; implied by `requests`
  MergeMetadata merge = union_of_bitmaps;
  /// Called on the network thread; it may publish, and must not block.
  std::function<void(const PartialReceived&)> on_received;
};

/// Parts for one peer; without a message there are none.
struct MessageParts {
  std::vector<std::uint8_t> message;
  std::vector<std::uint8_t> metadata;  ///< which parts these are: the peer has them from now on
};

/// Whom parts are chosen for.
struct PartialReceiver {
  Peer peer;
  std::span<const std::uint8_t> has;  ///< what it said it has, with what we sent it since
  bool said = false;  ///< false: it has said nothing of the group, parts would be pushed eagerly
};

/// What we have of a message.
struct PartialMessage {
  std::span<const std::uint8_t> group;     ///< 1 to 128 bytes
  std::span<const std::uint8_t> metadata;  ///< what we have and want, at most 16 KiB
  /// Asked on the network thread, during the call only, for each peer that requests parts: those it
  /// lacks.
  std::function<MessageParts(const PartialReceiver&)> parts_for;
  /// Only to those of these peers who exchange parts of the topic with us; empty: to the mesh, or
  /// else the fanout, and who spoke of the group.
  std::vector<Peer> to = {};
};

/// A peer in a group, for who asks.
struct PartialHolder {
  Peer peer;
  std::vector<std::uint8_t> has;
  bool said = false;  ///< false: it has only been told
};

}  // namespace grapevine
