// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grapevine/config.hpp"
#include "grapevine/error.hpp"
#include "grapevine/score.hpp"

/// What holds in one topic only, and configurations to start from.
namespace grapevine {

/// What an id is made of: a message as it is on the wire.
struct MessageFields {
  std::string_view topic;
  std::span<const std::uint8_t> data;
  std::optional<std::span<const std::uint8_t>> from;   ///< the author's peer id
  std::optional<std::span<const std::uint8_t>> seqno;  ///< 8 bytes, big-endian
};
/// The id of a message, 1 to 128 bytes; anything else refuses the message. Called on the network
/// thread and on those that publish, at the same time.
using MessageIdFunction = std::function<std::vector<std::uint8_t>(const MessageFields& message)>;

/// What a topic's data becomes before it is signed and sent, and how it comes back. Peers, ids and
/// signatures know what is on the wire only. What cannot be decoded is rejected, and whoever sent
/// it is blamed. Called as id functions are; `decode` twice for a message that is delivered.
struct DataTransform {
  /// Nullopt when it cannot be done. `size_max`: bytes that the result may have.
  using Function = std::function<std::optional<std::vector<std::uint8_t>>(
      std::span<const std::uint8_t> data, std::size_t size_max)>;
  Function encode;  ///< empty: as it is
  Function decode;  ///< likewise

  /// Snappy's block format, as the consensus layer uses it.
  static DataTransform snappy();
};

/// In which order messages wait for one peer, and which make way last where its queue is full.
enum class Priority { high, normal, low };

/// What one topic has otherwise than the node. What is absent or empty is as there.
struct TopicPolicy {
  std::optional<Signing> signing = {};
  std::string message_id = {};                       ///< the name of an id function
  MessageIdFunction message_id_function = {};        ///< instead of a name
  std::optional<std::size_t> max_message_size = {};  ///< bytes, on the wire and after decoding
  std::optional<std::size_t> d = {}, d_low = {}, d_high = {}, d_score = {}, d_out = {}, d_lazy = {};
  std::optional<bool> flood_publish = {};
  /// Published to without being joined: nothing is announced, and subscriptions get what this node
  /// publishes and nothing else.
  bool fanout_only = false;
  /// What waited so long for a peer is dropped instead of sent.
  std::optional<std::chrono::milliseconds> expiry = {};
  Priority priority = Priority::normal;
  /// The part of a peer's queue, from 0 to 1, that this topic's messages may hold; one message
  /// always has its place.
  std::optional<double> queue_share = {};
  std::optional<TopicScoreParameters> score = {};  ///< as `Node::set_topic_score`
  DataTransform transform = {};
};

/// The defaults of another implementation: its message ids, sizes, degrees, times and signatures.
/// `go`, `rust`, `js`, `nim`, `jvm`; `eth2`: the consensus layer's, whose topics want
/// `DataTransform::snappy` besides. `bad_config` for another name.
Expected<NodeConfig> preset(std::string_view name);

/// The name by which rust-libp2p's `Sha256Topic` of that name goes on the wire.
std::string hashed_topic(std::string_view name);

}  // namespace grapevine
