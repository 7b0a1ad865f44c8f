// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"

namespace grapevine::ping {

inline constexpr std::string_view protocol_id = "/ipfs/ping/1.0.0";
inline constexpr std::size_t payload_size = 32;  ///< bytes
using Payload = std::array<std::uint8_t, payload_size>;

/// Our side of one ping. libp2p ping spec.
class Pinger {
 public:
  enum class Error { wrong_echo };
  Pinger(Rng& rng, TimePoint now);
  const Payload& payload() const { return payload_; }
  /// The round trip once the whole echo came.
  Result<std::optional<Duration>, Error> on_bytes(ByteView bytes, TimePoint now);

 private:
  Payload payload_{};
  TimePoint sent_;
  std::size_t matched_ = 0;
};

/// Echoes what comes in units of 32 bytes; holds at most 31 bytes.
class Responder {
 public:
  Bytes on_bytes(ByteView bytes);

 private:
  Bytes partial_;
};

}  // namespace grapevine::ping
