// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace grapevine {

/// Why bytes or text are no peer id.
enum class PeerIdError {
  bad_text,       ///< neither base58btc nor a multibase CIDv1
  bad_multihash,  ///< not identity (at most 42 bytes) nor SHA-256
  bad_cid,        ///< a CID that is not v1 with the libp2p-key codec
  too_long,       ///< more than any peer id can be
};
std::string_view name(PeerIdError error);

/// A peer's identity: the multihash of its public key. libp2p peer-ids spec. A cheap value, at most
/// 44 bytes.
class PeerId {
 public:
  static constexpr std::size_t size_max = 44;

  PeerId() = default;  ///< the empty id, which no peer has
  /// From the raw multihash, as `from` fields and Noise payloads carry it.
  static Result<PeerId, PeerIdError> from_bytes(ByteView multihash);
  /// From base58btc (`12D3…`, `Qm…`) or CIDv1 (`b…`, `z…`, `k…`).
  static Result<PeerId, PeerIdError> parse(std::string_view text);

  ByteView bytes() const { return ByteView{bytes_}.first(size_); }
  std::string to_string() const;  ///< base58btc
  std::string to_cid() const;     ///< CIDv1 in base32
  bool empty() const { return size_ == 0; }

  friend bool operator==(const PeerId& a, const PeerId& b) { return equal(a.bytes(), b.bytes()); }
  friend std::strong_ordering operator<=>(const PeerId& a, const PeerId& b) {
    return as_text(a.bytes()) <=> as_text(b.bytes());
  }

 private:
  std::array<std::uint8_t, size_max> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace grapevine

template <>
struct std::hash<grapevine::PeerId> {
  /// Peer ids are hashes already, but an attacker chooses keys: tables of remote-chosen ids use
  /// base::KeyedHash.
  std::size_t operator()(const grapevine::PeerId& id) const noexcept {
    return std::hash<std::string_view>{}(grapevine::as_text(id.bytes()));
  }
};
