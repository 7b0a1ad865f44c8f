// SPDX-License-Identifier: Apache-2.0
#include "base/protobuf.hpp"
#include "identity/records.hpp"

namespace {

using namespace grapevine;

// Random bytes rarely carry a good signature, so they are also sealed here, with a peer id behind
// them that fits the key: the last field counts.
void check_payload(ByteView fields) {
  static const auto key = KeyPair::from_ed25519_seed({1});
  Bytes payload = to_bytes(fields);
  base::FieldWriter{payload}.bytes(1, key.peer_id().bytes());
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
