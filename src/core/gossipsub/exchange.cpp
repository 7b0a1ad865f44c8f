// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/gossipsub/state.hpp"

// gossipsub v1.1, "Peer Exchange": who is pruned for want of room is told whom else to ask.
// Without `peer_exchange` nobody is told, and nobody listened to (G14).
namespace grapevine::gossipsub {

namespace {

/// Bytes of a record that are passed on or taken at all.
constexpr std::size_t record_size_max = 4096;

}  // namespace

/// Others of the topic, by lot; those we keep a record of first, as long as the records fit into
/// one RPC. Nobody is offered whom we would not have in a mesh ourselves.
std::vector<OfferedPeer> Router::State::offers_to(const Peer& to, const Topic& topic) {
  std::vector<OfferedPeer> offers;
  if (!config->peer_exchange || to.version < Version::v1_1) return offers;
  auto chosen = pick(topic.subscribers.size(), topic, [&](const Peer& peer) {
    return peer.handle != to.handle && peer.meshes() && score(peer) >= 0;
  });
  rng.shuffle(chosen);
  std::ranges::stable_partition(
      chosen, [&](PeerHandle handle) { return !peers.at(handle).record.empty(); });
  std::size_t bytes = 0;
  for (const auto handle : chosen) {
    if (offers.size() == to.send_limits.px_peers) break;
    const auto& peer = peers.at(handle);
    const bool fits = bytes + peer.record.size() <= config->px_bytes_max;
    offers.push_back({peer.id, fits ? peer.record : SharedBytes{}});
    if (fits) bytes += peer.record.size();
  }
  if (!offers.empty()) count(Traced::Kind::px_sent, to, topic.name, {}, offers.size());
  return offers;
}

/// Taken from the PRUNE that ends a mesh link only, and of one peer no more than one PRUNE's worth
/// a heartbeat: each offer may cost the check of a signature. The record is for the host to open.
void Router::State::on_offers(Peer& from, const Topic& topic, const pubsub::Prune& prune,
                              double its_score) {
  if (prune.peers.empty() || !config->peer_exchange) return;
  const auto refused = [&](std::string_view reason, std::size_t times) {
    count(Traced::Kind::px_refused, from, topic.name, reason, times);
  };
  if (scores && its_score < scores->params().thresholds.accept_px) {
    return refused("score below accept_px", prune.peers.size());
  }
  for (const auto& offer : prune.peers) {
    if (from.budget.px_peers >= config->rpc_limits.px_peers_max) {
      refused("too many in a heartbeat", 1);
      continue;
    }
    ++from.budget.px_peers;
    const auto id = PeerId::from_bytes(offer.peer_id);
    if (!id || offer.signed_record.size() > record_size_max) {
      refused("malformed", 1);
    } else if (*id != self && peers.find(*id) == nullptr) {
      count(Traced::Kind::px_received, from, topic.name, {});
      outputs.push(Connect{*id, from.id, SharedBytes::copy_of(offer.signed_record)});
    }
  }
}

void Router::set_record(PeerHandle handle, SharedBytes record) {
  auto* peer = state_->peers.find(handle);
  if (peer == nullptr || !state_->config->peer_exchange) return;
  peer->record = record.size() <= record_size_max ? std::move(record) : SharedBytes{};
}

}  // namespace grapevine::gossipsub
