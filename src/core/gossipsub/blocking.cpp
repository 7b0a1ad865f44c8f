// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/state.hpp"

// Whom the application has blocked, and who takes no part in a topic.
namespace grapevine::gossipsub {

bool Router::State::filtered(const Peer& peer, std::string_view topic) const {
  return config->peer_filter && !config->peer_filter(peer.id, topic);
}

/// Why a message is passed over before anything is known of it but its topic and author; empty: it
/// is not. Nobody is punished for what only we have decided (V49).
std::string_view Router::State::unwanted_from(const Peer& peer, const pubsub::MessageView& message,
                                              TimePoint now) const {
  if (filtered(peer, message.topic)) return "peer takes no part in the topic";
  if (message.from && blacklist.contains(*message.from, now)) return "author is blocked";
  return {};
}

std::string_view Router::State::refusal_of(const Peer& peer, const pubsub::RpcView& rpc,
                                           std::size_t size) const {
  if (rpc.subscriptions.size() > config->subscription_filter.subscriptions_per_rpc_max) {
    return "too many subscriptions";
  }
  const auto& inspect = config->rpc_inspector;
  return inspect && !inspect(peer.id, rpc, size) ? "inspector" : std::string_view{};
}

/// Nothing of ours is left for it, nor of its with us: as if its stream were lost and it had
/// unsubscribed from everything.
void Router::State::cut_off(Peer& peer) {
  peer.stream_open = false;
  peer.greeted = false;
  peer.write_wanted = false;
  peer.outbox.clear();
  peer.unwanted = {};
  peer.early_grafts.clear();
  partials.forget(peer.handle);
  drop_from_meshes(peer);
  forget_subscriptions(peer);
}

bool Router::block(const BlockedPeer& blocked, TimePoint now) {
  auto& state = *state_;
  if (!state.blacklist.add(blocked, now)) return false;
  for (const auto handle : state.peers.handles()) {
    auto& peer = state.peers.at(handle);
    if (peer.id == blocked.peer && state.blacklist.contains(peer.id, now)) state.cut_off(peer);
  }
  return true;
}

bool Router::unblock(const PeerId& peer) { return state_->blacklist.remove(peer); }

std::vector<BlockedPeer> Router::blocked(TimePoint now) const { return state_->blacklist.all(now); }

bool Router::is_blocked(const PeerId& peer, TimePoint now) const {
  return state_->blacklist.contains(peer, now);
}

}  // namespace grapevine::gossipsub
