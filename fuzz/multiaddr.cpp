// SPDX-License-Identifier: Apache-2.0
#include "multi/multiaddr.hpp"

#include "multi/multihash.hpp"

namespace {

using namespace grapevine;

/// Whatever was accepted prints as text that reads back as the same bytes, and its parts can be
/// asked for.
void check(const Multiaddr& address) {
  ASSERT(address.bytes().size() <= Multiaddr::size_max);
  const auto parsed = Multiaddr::parse(address.to_string());
  ASSERT(parsed.has_value() && *parsed == address);
  const auto read = Multiaddr::from_bytes(address.bytes());
  ASSERT(read.has_value() && *read == address);
  ASSERT(address.components().size() <= Multiaddr::components_max);
  if (const auto peer = address.peer_id_bytes()) {
    ASSERT(address.with_p2p(*peer) == address);
    ASSERT(address.without_p2p().encapsulate(Multiaddr{}.with_p2p(*peer)) == address);
  }
  if (const auto endpoint = address.tcp_endpoint()) ASSERT(!endpoint->host.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  if (const auto address = Multiaddr::from_bytes(input)) check(*address);
  const auto address = Multiaddr::parse(as_text(input));
  if (address) {
    check(*address);
  } else {
    ASSERT(address.error().at <= size && !address.error().message().empty());
  }
  if (const auto peer = multi::peer_multihash_from_text(as_text(input))) {
    ASSERT(multi::peer_multihash_from_text(multi::peer_cid_text(*peer)) == *peer);
  }
  return 0;
}
