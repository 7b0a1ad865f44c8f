// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "core/noise/handshake.hpp"
#include "core/noise/symmetric.hpp"
#include "crypto/x25519.hpp"

namespace grapevine::noise {

/// The three messages of Noise_XX_25519_ChaChaPoly_SHA256 (Noise revision 34, §7.5), whatever their
/// payloads mean. The initiator writes the first and the last. A failure ends the handshake.
class Xx {
 public:
  struct Keys {
    crypto::X25519 ephemeral;
    crypto::X25519 identity;  ///< Noise's static key
  };

  Xx(Role role, const Keys& keys, ByteView prologue = {});
  ~Xx();
  Xx(const Xx&) = delete;
  Xx& operator=(const Xx&) = delete;

  /// The next message, which is ours to write. Error: malformed, when what the remote sent before
  /// allows no shared secret.
  Result<Bytes, HandshakeError> write(ByteView payload);
  /// The payload of the next message, which is the remote's. Errors: malformed, bad_tag.
  Result<Bytes, HandshakeError> read(ByteView message);

  bool writes_next() const;
  bool done() const { return next_ == message_count; }
  /// The remote's static key, once its message has been read.
  const std::optional<crypto::X25519::Key>& remote_static() const { return remote_static_; }
  /// When done: the key of what we send, then of what we receive.
  std::array<crypto::ChaChaPoly::Key, 2> transport_keys() const;
  const crypto::Digest256& handshake_hash() const { return symmetric_.handshake_hash(); }

 private:
  static constexpr int message_count = 3;

  void write_ephemeral(Bytes& out);
  void write_static(Bytes& out);
  void read_ephemeral(base::ByteReader& in);
  bool read_static(base::ByteReader& in);
  bool mix_ee();
  bool mix_es();
  bool mix_se();
  bool mix(const crypto::X25519& own, const std::optional<crypto::X25519::Key>& remote);

  Role role_;
  Keys keys_;
  SymmetricState symmetric_;
  std::optional<crypto::X25519::Key> remote_ephemeral_;
  std::optional<crypto::X25519::Key> remote_static_;
  int next_ = 0;
};

}  // namespace grapevine::noise
