// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

/// To those who are in no mesh: all of them, but under randomsub some of its own kind.
std::size_t Router::State::send_to_flood(const Sending& sending) {
  if (config->mode != Mode::randomsub) return send_to_all(sending, sending.topic.flood);
  std::size_t sent = 0;
  for (const auto handle : random_recipients(sending)) sent += send(sending, peers.at(handle));
  return sent;
}

/// go's randomsub: everybody of floodsub, and of the others, the senders and the author apart, as
/// many as the configuration or the network's size say.
std::vector<PeerHandle> Router::State::random_recipients(const Sending& sending) {
  std::vector<PeerHandle> chosen;
  std::vector<PeerHandle> random;
  for (const auto handle : sending.topic.flood) {
    const auto& peer = peers.at(handle);
    const auto& from = sending.message.view.from;
    if (std::ranges::find(sending.without, handle) != sending.without.end()) continue;
    if (from && equal(*from, peer.id.bytes())) continue;
    const bool some = peer.version == Version::randomsub && !peer.direct;
    (some ? random : chosen).push_back(handle);
  }
  const auto root = std::ceil(std::sqrt(static_cast<double>(config->randomsub_network_size)));
  const auto wanted = std::max(config->randomsub_d, static_cast<std::size_t>(root));
  for (std::size_t i = 0; i < std::min(wanted, random.size()); ++i) {
    std::swap(random[i], random[i + rng.below(random.size() - i)]);
    chosen.push_back(random[i]);
  }
  return chosen;
}

}  // namespace grapevine::gossipsub
