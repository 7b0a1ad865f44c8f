// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "crypto/aead.hpp"
#include "crypto/hash.hpp"

namespace grapevine::noise {

/// What both sides of a handshake have agreed on so far: Noise revision 34, §5.2, "The
/// SymmetricState object", with its CipherState within. Wiped when destroyed.
class SymmetricState {
 public:
  SymmetricState(std::string_view protocol_name, ByteView prologue);
  ~SymmetricState();
  SymmetricState(const SymmetricState&) = delete;
  SymmetricState& operator=(const SymmetricState&) = delete;

  void mix_hash(ByteView data);
  void mix_key(ByteView input);
  /// Appends the ciphertext to `out`: `plaintext` itself before the first `mix_key`.
  void encrypt_and_hash(ByteView plaintext, Bytes& out);
  /// nullopt when the tag does not fit, or is not there.
  [[nodiscard]] std::optional<Bytes> decrypt_and_hash(ByteView ciphertext);
  /// The keys of what the initiator sends, then of what the responder sends.
  std::array<crypto::ChaChaPoly::Key, 2> split() const;

  const crypto::Digest256& handshake_hash() const { return hash_; }

 private:
  crypto::Digest256 hash_{};
  crypto::Digest256 chaining_key_{};
  crypto::ChaChaPoly::Key key_{};
  bool has_key_ = false;
  std::uint64_t nonce_ = 0;
};

}  // namespace grapevine::noise
