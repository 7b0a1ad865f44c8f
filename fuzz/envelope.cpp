// SPDX-License-Identifier: Apache-2.0
#include "identity/records.hpp"

namespace {

using namespace grapevine;

// Random bytes rarely carry a good signature, so the payload is also sealed here with a known key.
void check_payload(ByteView payload) {
  static const auto key = KeyPair::from_ed25519_seed({1});
  const auto sealed = seal_envelope(key, "libp2p-peer-record", as_bytes("\x03\x01"), payload);
  const auto record = PeerRecord::open(sealed);
  if (!record) return;
  ASSERT(record->peer == key.peer_id());
  ASSERT(record->addresses.size() <= PeerRecord::addresses_max);
  const auto again = PeerRecord::open(record->seal(key));
  ASSERT(again && again->seq == record->seq && again->addresses == record->addresses);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  (void)open_envelope(input, "libp2p-peer-record", as_bytes("\x03\x01"));
  (void)PeerRecord::open(input);
  check_payload(input);
  return 0;
}
