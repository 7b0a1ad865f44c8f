// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "identity/keys.hpp"
#include "identity/records.hpp"
#include "multi/multiaddr.hpp"

namespace grapevine::identify {

inline constexpr std::string_view protocol_id = "/ipfs/id/1.0.0";
inline constexpr std::string_view push_protocol_id = "/ipfs/id/push/1.0.0";

/// What is taken from a remote (V31, V32).
struct Limits {
  std::size_t message_bytes_max = 8 * 1024;
  std::size_t messages_max = 10;
  std::size_t addresses_max = 64;
  std::size_t protocols_max = 256;
  std::size_t text_max = 256;  ///< bytes of agent and protocol version
};

/// What a peer tells of itself. Absent fields are absent: a push changes only what it carries.
struct Info {
  std::optional<std::string> protocol_version;
  std::optional<std::string> agent_version;             ///< the remote's words, not escaped
  std::optional<std::vector<Multiaddr>> listen_addresses;
  std::optional<Multiaddr> observed_address;            ///< ours, as the remote sees it
  std::optional<std::vector<std::string>> protocols;
  std::optional<PeerRecord> record;                     ///< opened, and of the sender itself
};

/// The messages to send, each with its length prefix, behind each other: the first 4 KiB suffice for a usual node; what is
/// larger is split over several messages, which the remote merges. `record` is a sealed envelope or empty.
Bytes encode(const Info& info, const PublicKey& key, ByteView record);

/// Why what came is refused. The stream is reset; the connection lives.
enum class IdentifyError {
  malformed,
  too_large,    ///< a message above `message_bytes_max`
  too_many,     ///< more than `messages_max` messages
  wrong_key,    ///< the public key is not that of the connection's peer
};
std::string_view name(IdentifyError error);

/// Gathers what comes on one identify or push stream. Bad addresses and records are passed over, not fatal.
class Reader {
 public:
  Reader(PeerId sender, Limits limits) : sender_{sender}, limits_{limits} {}
  Result<void, IdentifyError> on_bytes(ByteView bytes);
  /// At the stream's end.
  Result<Info, IdentifyError> finish();

 private:
  PeerId sender_;
  Limits limits_;
  Bytes partial_;
  std::size_t messages_ = 0;
  Info info_;
};

}  // namespace grapevine::identify
