// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"

namespace grapevine::ping {

inline constexpr std::string_view protocol = "/ipfs/ping/1.0.0";
inline constexpr std::size_t payload_size = 32;
using Payload = std::array<std::uint8_t, payload_size>;

/// Why a ping stream ended. The stream is reset.
enum class PingError {
  wrong_echo,  ///< the answer is not what was asked
  unasked,     ///< bytes came while no ping was under way
  timeout,     ///< no answer within `Pinger::timeout`
  flood,       ///< the remote asks on without reading the answers
};
std::string_view name(PingError error);

/// The asking side of one ping stream: one ping at a time, again and again. libp2p ping spec.
/// After an error the stream is to be reset and the pinger dropped.
class Pinger {
 public:
  static constexpr Duration timeout = std::chrono::seconds{20};

  explicit Pinger(Rng rng) : rng_{std::move(rng)} {}

  /// What to send now. Only while no ping is under way.
  Payload start(TimePoint now);
  /// The round trip once the echo is complete, nullopt before that.
  Result<std::optional<Duration>, PingError> on_bytes(ByteView bytes, TimePoint now);
  Result<void, PingError> on_deadline(TimePoint now);

  bool waiting() const { return sent_at_.has_value(); }
  std::optional<TimePoint> next_deadline() const;

 private:
  Rng rng_;
  Payload payload_{};
  std::size_t echoed_ = 0;
  std::optional<TimePoint> sent_at_;
};

/// The answering side of one ping stream: every 32 bytes come back as they are. It holds less than
/// one payload.
class Responder {
 public:
  /// Answers that may wait to be sent; an honest remote waits for one before it asks again.
  static constexpr std::size_t queued_max = 64 * payload_size;

  /// What to send back, in whole payloads. `queued` bytes of earlier answers still wait to be sent.
  Result<Bytes, PingError> on_bytes(ByteView bytes, std::size_t queued);

 private:
  Bytes partial_;
};

}  // namespace grapevine::ping
