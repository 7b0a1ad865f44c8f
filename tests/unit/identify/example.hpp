// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/identify/info.hpp"
#include "core/identify/reader.hpp"

namespace grapevine::identify::example {

inline KeyPair alice() { return KeyPair::from_ed25519_seed({1}); }
inline KeyPair mallory() { return KeyPair::from_ed25519_seed({66}); }
inline Multiaddr address(std::string_view text) { return Multiaddr::parse(text).value(); }

inline Bytes record_of(const KeyPair& key, std::uint64_t seq, std::vector<Multiaddr> addresses) {
  return PeerRecord{key.peer_id(), seq, std::move(addresses)}.seal(key);
}

/// What alice says, all fields filled, record number 7.
inline Info info() {
  Info info;
  info.protocol_version = to_bytes(as_bytes("ipfs/0.1.0"));
  info.agent_version = to_bytes(as_bytes("grapevine/0.1.0"));
  info.public_key = alice().public_key();
  info.addresses = {address("/ip4/192.0.2.1/tcp/4001"), address("/ip6/2001:db8::1/tcp/4001")};
  info.observed_address = address("/ip4/198.51.100.7/tcp/50123");
  info.protocols = {"/ipfs/id/1.0.0", "/meshsub/1.2.0"};
  info.signed_record = record_of(alice(), 7, info.addresses);
  return info;
}

inline Result<Info, ReadError> read(ByteView stream, const PeerId& remote) {
  Reader reader{remote};
  if (const auto taken = reader.on_bytes(stream); !taken) return unexpected{taken.error()};
  return reader.finish();
}

}  // namespace grapevine::identify::example
