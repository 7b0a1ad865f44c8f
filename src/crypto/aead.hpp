// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>

#include "base/bytes.hpp"

namespace grapevine::crypto {

inline constexpr std::size_t tag_size = 16;

/// ChaCha20-Poly1305 (RFC 8439) under one key with Noise's nonces: four zero bytes, then the
/// counter little-endian. One keyed context per value, only the nonce changes from call to call.
/// The caller never uses a nonce twice.
class ChaChaPoly {
 public:
  using Key = std::array<std::uint8_t, 32>;
  enum class Direction { seal, open };

  ChaChaPoly(const Key& key, Direction direction);
  ChaChaPoly(ChaChaPoly&&) noexcept;
  ChaChaPoly& operator=(ChaChaPoly&&) noexcept;
  ~ChaChaPoly();

  /// Writes the ciphertext of the `pieces`, in order, and the tag to `out`, which holds exactly
  /// their size + tag_size.
  void seal(std::uint64_t nonce, ByteView associated, std::span<const ByteView> pieces,
            MutableBytes out);
  /// Decrypts `sealed` (ciphertext and tag) in place; the plaintext is the front without the tag.
  /// False when the tag does not fit, and the bytes are then garbage.
  [[nodiscard]] bool open(std::uint64_t nonce, ByteView associated, MutableBytes sealed);

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;
};

}  // namespace grapevine::crypto
