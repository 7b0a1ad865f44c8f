// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "core/noise/handshake.hpp"
#include "core/session/negotiation.hpp"
#include "core/session/session.hpp"

namespace grapevine::session {

inline constexpr std::string_view noise_protocol = "/noise";
inline constexpr std::string_view yamux_protocol = "/yamux/1.0.0";

/// Why a session did not come about.
struct Failure {
  SessionError reason;
  std::string_view detail;
};

/// A connection's life before the remote is known: multistream-select on /noise, then the Noise
/// handshake, with early muxer negotiation. Cleartext bytes in and out, at most so many.
class Securing {
 public:
  Securing(const SessionSetup& setup, Rng rng);

  struct Done {
    noise::Secured secured;
    std::size_t taken;  ///< how much of the last input this was; the rest are records
  };
  /// Takes all of `in` unless it is done or fails. nullopt: more is needed.
  Result<std::optional<Done>, Failure> on_bytes(ByteView in);
  Bytes take_output() { return std::exchange(output_, {}); }

 private:
  Result<std::optional<Done>, Failure> on_allowed(ByteView in);
  Result<void, Failure> negotiate(base::ByteReader& in);
  Result<std::size_t, Failure> shake_hands(ByteView in);
  void begin_handshake();

  Role role_;
  const KeyPair& identity_;
  std::optional<PeerId> expected_;
  Rng rng_;
  std::size_t bytes_left_;
  Negotiation negotiation_;
  std::optional<noise::Handshake> handshake_;  ///< once /noise is agreed
  Bytes partial_;                              ///< the beginning of a handshake message
  Bytes output_;
};

}  // namespace grapevine::session
