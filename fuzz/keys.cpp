// SPDX-License-Identifier: Apache-2.0
#include "identity/keys.hpp"

namespace {

using namespace grapevine;

// Whatever is taken has one encoding, a peer id that reads back, and verifies without harm.
void check_public(ByteView input) {
  const auto key = PublicKey::from_protobuf(input);
  if (!key) return;
  const auto again = PublicKey::from_protobuf(key->protobuf());
  ASSERT(again && again->protobuf() == key->protobuf());
  const auto id = key->peer_id();
  ASSERT(PeerId::parse(id.to_string()) == id);
  ASSERT(PeerId::parse(id.to_cid()) == id);
  ASSERT(key->verify(std::array{input}, input.first(std::min<std::size_t>(input.size(), 72))) !=
         crypto::Verdict::valid);
}

void check_peer_id(ByteView input) {
  if (const auto id = PeerId::from_bytes(input)) {
    ASSERT(equal(id->bytes(), input));
    ASSERT(PeerId::parse(id->to_string()) == *id);
    (void)PublicKey::from_peer_id(*id);
  }
  if (const auto id = PeerId::parse(as_text(input))) {
    ASSERT(PeerId::from_bytes(id->bytes()) == *id);
  }
}

void check_secret(ByteView input) {
  const auto pair = KeyPair::from_protobuf(input);
  if (!pair) return;
  const auto again = KeyPair::from_protobuf(pair->to_protobuf());
  ASSERT(again && again->peer_id() == pair->peer_id());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  check_public(input);
  check_peer_id(input);
  check_secret(input);
  return 0;
}
