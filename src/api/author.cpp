// SPDX-License-Identifier: Apache-2.0
#include "api/author.hpp"

#include "api/convert.hpp"

namespace grapevine {

namespace {

Author author_of(KeyPair key) {
  const auto id = key.peer_id();
  return Author{
      std::make_shared<const Author::State>(Author::State{std::move(key), id, api::to_peer(id)})};
}

Error bad_author(std::string detail) { return {ErrorCode::bad_config, std::move(detail)}; }

}  // namespace

Expected<Author> Author::from_seed(const std::array<std::uint8_t, 32>& seed) {
  return author_of(KeyPair::from_ed25519_seed(seed));
}

Expected<Author> Author::from_protobuf(std::span<const std::uint8_t> bytes,
                                       const std::optional<Peer>& id) {
  auto key = KeyPair::from_protobuf(bytes);
  if (!key) return std::unexpected(bad_author("the author's key is no libp2p private key"));
  auto author = author_of(*std::move(key));
  if (id && *id != author.id()) {
    return std::unexpected(bad_author("the author's peer id is not that of its key"));
  }
  return author;
}

const Peer& Author::id() const { return state_->peer; }

}  // namespace grapevine
