// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "grapevine/error.hpp"

namespace grapevine {

/// Who a peer is: the hash of its public key (libp2p peer-ids spec). A value of 48 bytes; text is
/// made only when asked.
class Peer {
 public:
  Peer() = default;
  static Expected<Peer> parse(std::string_view text);  ///< base58btc or CIDv1
  static Expected<Peer> from_bytes(std::span<const std::uint8_t> multihash);
  /// Whom a node with this Ed25519 seed is.
  static Peer from_key_seed(const std::array<std::uint8_t, 32>& seed);

  std::string to_string() const;  ///< base58btc
  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }
  bool empty() const { return size_ == 0; }
  friend bool operator==(const Peer&, const Peer&) = default;
  friend auto operator<=>(const Peer&, const Peer&) = default;

 private:
  friend struct PeerAccess;
  std::array<std::uint8_t, 47> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace grapevine
