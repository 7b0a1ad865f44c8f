// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/rng.hpp"
#include "crypto/aead.hpp"
#include "identity/keys.hpp"

namespace grapevine::noise {

enum class Role { initiator, responder };

/// Why a handshake failed. The connection ends; nothing the remote said is believed.
enum class HandshakeError {
  message_too_large,  ///< above the handshake limits
  malformed,          ///< a message or its payload is not what it should be
  bad_tag,            ///< decryption failed
  bad_key,            ///< the identity key is refused
  bad_signature,      ///< the identity key did not sign this handshake's static key (V09)
  wrong_peer,         ///< the proven peer id is not the dialled one (V10)
  self,               ///< the remote is ourselves
};
std::string_view name(HandshakeError error);

/// What both sides hold when the handshake is done.
struct Secured {
  PublicKey remote_key;
  PeerId remote;
  crypto::ChaChaPoly::Key send_key;
  crypto::ChaChaPoly::Key receive_key;
  /// Early muxer negotiation: the initiator's first muxer that the responder offers too; empty when
  /// there is none and the muxer is to be negotiated by multistream-select.
  std::string muxer;
};

struct HandshakeConfig {
  Role role = Role::initiator;
  std::optional<PeerId> expected;   ///< initiator: whom it dialled
  std::vector<std::string> muxers;  ///< in order of preference; empty: no early negotiation
};

/// Noise_XX_25519_ChaChaPoly_SHA256 with the libp2p payload and its extensions. libp2p noise spec;
/// Noise revision 34. Messages are framed by two bytes of length. Limits: 16 KiB a message, 32
/// muxers believed. The `identity` outlives the handshake. After an error every further input fails
/// the same way.
class Handshake {
 public:
  Handshake(HandshakeConfig config, const KeyPair& identity, Rng rng);
  Handshake(Handshake&&) noexcept;
  Handshake& operator=(Handshake&&) noexcept;
  ~Handshake();

  /// Takes whole messages off the front of `in`; what stays there is incomplete, or belongs to the
  /// record layer once `done()`.
  Result<void, HandshakeError> on_bytes(base::ByteReader& in);
  /// What is to be sent now; empty when nothing is.
  Bytes take_output();
  bool done() const;
  /// Once, when done.
  Secured take_result();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace grapevine::noise
