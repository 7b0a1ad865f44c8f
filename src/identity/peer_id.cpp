// SPDX-License-Identifier: Apache-2.0
#include "identity/peer_id.hpp"

#include "base/text.hpp"
#include "multi/multihash.hpp"

namespace grapevine {

namespace {

PeerIdError from(multi::MultihashError error) {
  switch (error) {
    case multi::MultihashError::bad_text:
      return PeerIdError::bad_text;
    case multi::MultihashError::bad_cid:
      return PeerIdError::bad_cid;
    default:
      return PeerIdError::bad_multihash;
  }
}

}  // namespace

std::string_view name(PeerIdError error) {
  switch (error) {
    case PeerIdError::bad_text:
      return "bad_text";
    case PeerIdError::bad_multihash:
      return "bad_multihash";
    case PeerIdError::bad_cid:
      return "bad_cid";
    case PeerIdError::too_long:
      return "too_long";
  }
  return "unknown";
}

Result<PeerId, PeerIdError> PeerId::from_bytes(ByteView multihash) {
  if (multihash.size() > size_max) return unexpected{PeerIdError::too_long};
  if (!multi::parse_peer_multihash(multihash)) return unexpected{PeerIdError::bad_multihash};
  PeerId id;
  std::ranges::copy(multihash, id.bytes_.begin());
  id.size_ = static_cast<std::uint8_t>(multihash.size());
  return id;
}

Result<PeerId, PeerIdError> PeerId::parse(std::string_view text) {
  if (text.size() > multi::peer_text_max) return unexpected{PeerIdError::too_long};
  const auto multihash = multi::peer_multihash_from_text(text);
  if (!multihash) return unexpected{from(multihash.error())};
  return from_bytes(*multihash);
}

std::string PeerId::to_string() const { return base::to_base58(bytes()); }

std::string PeerId::to_cid() const { return multi::peer_cid_text(bytes()); }

}  // namespace grapevine
