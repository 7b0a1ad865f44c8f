// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace grapevine::noise {

/// What a libp2p peer says about itself within the handshake. libp2p noise spec, "The libp2p
/// Handshake Payload". Fields that are not here are ignored.
struct Payload {
  static constexpr std::size_t muxers_max = 32;
  static constexpr std::size_t muxer_size_max = 128;

  Bytes identity_key;  ///< protobuf PublicKey
  Bytes identity_signature;
  std::vector<std::string> muxers;  ///< most wanted first; what goes beyond the limits is left out

  Bytes encode() const;
  /// nullopt when it is no protobuf.
  static std::optional<Payload> parse(ByteView encoded);
};

}  // namespace grapevine::noise
