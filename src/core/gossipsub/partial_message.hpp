// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/shared_bytes.hpp"
#include "identity/peer_id.hpp"

/// What an application exchanges with the router about partial messages: parts of a message whose
/// whole is named by a group id. How parts and metadata are encoded is the application's own
/// affair. Partial messages spec.
namespace grapevine::gossipsub {

/// What a peer has, out of what was known and what is news of it; both as the application encodes
/// metadata. Must be pure; the result may be as long as the longer of the two.
using MergeMetadata = std::function<Bytes(ByteView known, ByteView news)>;
/// Metadata as bitmaps of parts, of which a peer never loses one.
Bytes union_of_bitmaps(ByteView known, ByteView news);
/// The spec's word: "A later partsMetadata replaces a prior one". For metadata that also tells what
/// is wanted no longer.
Bytes newest_metadata(ByteView known, ByteView news);

/// How we take part in a topic's partial messages. Partial messages spec, "Changes to SubOpts".
struct PartialTopic {
  bool requests = false;         ///< peers that can send us parts, and nothing whole
  bool supports_sending = true;  ///< peers that ask get parts; implied by `requests`
  MergeMetadata merge = union_of_bitmaps;
};

/// Parts for one peer; without a message there are none.
struct Parts {
  Bytes message;
  Bytes metadata;  ///< which parts these are: the peer has them from now on
};

/// Whom parts are chosen for.
struct PartialReceiver {
  const PeerId& id;
  ByteView has;  ///< what it said it has, with what we sent it since
  bool said;     ///< false: it has said nothing of the group, parts would be pushed eagerly
};

/// What we have of a message.
struct PartialMessage {
  std::string_view topic;
  ByteView group;     ///< 1 to `RpcLimits::partial_group_size_max` bytes
  ByteView metadata;  ///< what we have and want, at most `RpcLimits::partial_metadata_size_max`
  /// Called during the call only, for each peer that requests parts: those it lacks.
  std::function<Parts(const PartialReceiver&)> parts_for;
  /// Only to those of these peers who are here; empty: as `Router::publish_partial` says.
  std::span<const PeerId> to = {};
};

/// Why a partial message was not published.
enum class PartialError {
  not_enabled,         ///< the extension or the topic's part in it is off
  bad_group,           ///< empty or too long
  metadata_too_large,  ///< above what others read
};
std::string_view name(PartialError error);

/// From a peer: parts, or news of what it has. For the application to check, and to answer by
/// publishing what it now has. Its sender need not be in our mesh.
struct PartialReceived {
  std::string topic;
  Bytes group;
  SharedBytes message;                  ///< parts; may be empty
  std::optional<SharedBytes> metadata;  ///< as it came
  Bytes has;                            ///< all that is known of what the peer has
  PeerId via;
};

/// A peer in a group, for who asks.
struct PartialHolder {
  PeerId id;
  Bytes has;
  bool said;
};

/// What remotes can make the router keep about partial messages.
struct PartialLimits {
  std::size_t group_ttl_heartbeats = 3;    ///< a group is kept after its last publish; at least 3
  std::size_t groups_per_topic_max = 255;  ///< that peers began and we have not published
  std::size_t groups_per_peer_max = 8;     ///< of those, per topic
  std::size_t metadata_per_peer_max = 1024 * 1024;    ///< bytes kept of what one peer says it has
  std::size_t metadata_bytes_max = 64 * 1024 * 1024;  ///< of all peers
};

}  // namespace grapevine::gossipsub
