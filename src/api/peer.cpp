// SPDX-License-Identifier: Apache-2.0
#include "grapevine/peer.hpp"

#include "api/convert.hpp"
#include "identity/keys.hpp"

namespace grapevine {

namespace {

Expected<Peer> checked(const Result<PeerId, PeerIdError>& id) {
  if (id) return api::to_peer(*id);
  auto detail = "not a peer id: " + std::string{name(id.error())};
  return std::unexpected(Error{ErrorCode::bad_address, std::move(detail)});
}

}  // namespace

Expected<Peer> Peer::parse(std::string_view text) { return checked(PeerId::parse(text)); }

Expected<Peer> Peer::from_bytes(std::span<const std::uint8_t> multihash) {
  return checked(PeerId::from_bytes(multihash));
}

Peer Peer::from_key_seed(const std::array<std::uint8_t, 32>& seed) {
  return api::to_peer(KeyPair::from_ed25519_seed(seed).peer_id());
}

std::string Peer::to_string() const { return api::to_peer_id(*this).to_string(); }

}  // namespace grapevine
