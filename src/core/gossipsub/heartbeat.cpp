// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

namespace {

constexpr std::uint64_t sweep_every = 15;  ///< heartbeats between sweeps of ended backoffs

}  // namespace

void Router::State::heartbeat(TimePoint now) {
  ++heartbeats;
  for (const auto handle : peers.handles()) {
    auto& peer = peers.at(handle);
    peer.budget = Budget{};
    peer.unwanted.expire(heartbeats);
  }
  promises.sweep(now);
  if (heartbeats % sweep_every == 0) {
    const auto slack =
        config->heartbeat_interval * static_cast<Duration::rep>(config->backoff_slack_heartbeats);
    backoffs.sweep(now, slack);
    for (auto* topic : topics.all()) release_if_idle(*topic);
  }
  connect_direct(now);
  for (auto* topic : topics.all()) {
    if (topic->joined) {
      maintain_mesh(*topic, now);
      emit_gossip(*topic, topic->mesh);
    } else if (!topic->fanout.empty() || topic->fanout_expires > TimePoint{}) {
      maintain_fanout(*topic, now);
    }
  }
  mcache.shift();
  if (mcache.evicted() > mcache_evicted) {
    trace(Traced::Kind::mcache_evicted, self, {}, "bytes", mcache.evicted() - mcache_evicted);
    mcache_evicted = mcache.evicted();
  }
  if (seen.evicted() > seen_evicted) {
    trace(Traced::Kind::seen_evicted, self, {}, "count", seen.evicted() - seen_evicted);
    seen_evicted = seen.evicted();
  }
}

/// gossipsub v1.0, "Mesh maintenance", and v1.1, "Outbound Mesh Quotas", in the specs' order.
void Router::State::maintain_mesh(Topic& topic, TimePoint now) {
  if (topic.mesh.size() < config->d_low) {
    graft(topic, graft_candidates(config->d - topic.mesh.size(), topic, false, now), "below d_low");
  }
  if (topic.mesh.size() > config->d_high) prune_surplus(topic, now);
  const auto have = outbound_count(topic.mesh);
  if (topic.mesh.size() >= config->d_low && have < config->d_out) {
    graft(topic, graft_candidates(config->d_out - have, topic, true, now), "below d_out");
  }
}

/// Cuts the mesh to d at random, keeping at least d_out peers that we dialled.
void Router::State::prune_surplus(Topic& topic, TimePoint now) {
  auto order = topic.mesh.copy();
  rng.shuffle(order);
  std::size_t kept_outbound = 0;
  std::ranges::stable_partition(order, [&](PeerHandle handle) {
    return peers.at(handle).outbound && kept_outbound++ < config->d_out;
  });
  prune(topic, std::span{order}.subspan(config->d), config->prune_backoff, "above d_high", now);
}

/// gossipsub v1.0, "Fanout maintenance".
void Router::State::maintain_fanout(Topic& topic, TimePoint now) {
  if (topic.fanout_expires <= now) {
    topic.fanout.clear();
    topic.fanout_expires = TimePoint{};
    release_if_idle(topic);
    return;
  }
  if (topic.fanout.size() < config->d) {
    const auto more = pick(config->d - topic.fanout.size(), topic, [&](const Peer& peer) {
      return peer.meshes() && !topic.fanout.contains(peer.handle);
    });
    for (const auto handle : more) topic.fanout.insert(handle);
  }
  emit_gossip(topic, topic.fanout);
}

void Router::State::connect_direct(TimePoint now) {
  if (direct.empty() || now < next_direct_connect) return;
  next_direct_connect = base::saturating_add(now, config->direct_connect_interval);
  for (const auto& id : direct) {
    if (peers.find(id) == nullptr) outputs.push(Connect{id});
  }
}

}  // namespace grapevine::gossipsub
