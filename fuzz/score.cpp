// SPDX-License-Identifier: Apache-2.0
// Peer scores beside their naive twin, over any order of events.
#include "../tests/unit/gossipsub/score_twin.hpp"

#include "identity/keys.hpp"

namespace {

using namespace grapevine;
using gossipsub::ScorePair;

std::vector<PeerId> make_ids() {
  std::vector<PeerId> ids;
  for (std::uint8_t i = 0; i < ScorePair::identities; ++i) {
    Rng::Seed seed{};
    seed[0] = i;
    ids.push_back(KeyPair::from_ed25519_seed(seed).peer_id());
  }
  return ids;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto ids = make_ids();
  ScorePair pair{ids};
  base::ByteReader script{{data, size}};
  while (script.remaining() >= 3) {
    const auto what = script.u8();
    const auto who = script.u8();
    pair.step(what, who, script.u8());
  }
  pair.finish();
  return 0;
}
