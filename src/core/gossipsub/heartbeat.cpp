// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

namespace {

constexpr std::uint64_t sweep_every = 15;  ///< heartbeats between sweeps of ended backoffs

}  // namespace

void Router::State::heartbeat(TimePoint now) {
  ++heartbeats;
  outputs.rest();
  tally.rest();
  refresh_peers(now);
  promises.sweep(now);
  punish_broken_promises(now);
  tell_scores();
  if (heartbeats % sweep_every == 0) {
    backoffs.sweep(now, backoff_slack());
    blacklist.sweep(now);
  }
  connect_direct(now);
  for (const auto handle : active.copy()) {
    auto& topic = topics.at(handle);
    if (topic.joined) {
      maintain_mesh(topic, now);
      discover(topic, now);
      emit_gossip(topic, topic.mesh);
    } else {
      maintain_fanout(topic, now);
    }
  }
  mcache.shift();
  partials.heartbeat();
  release_lingering();
  report_evictions();
  if (!marks) return;
  if (auto raised = marks->take_raised(); !raised.empty()) {
    outputs.push(MarksRaised{std::move(raised)});
  }
}

/// New budgets; what has lost its use or its time is forgotten.
void Router::State::refresh_peers(TimePoint now) {
  for (const auto handle : peers.handles()) {
    auto& peer = peers.at(handle);
    peer.budget = Budget{};
    if (peer.confirmed_by && *peer.confirmed_by <= heartbeats) forget_unconfirmed(peer);
    if (!peer.unwanted.empty()) {
      if (const auto cancelled = peer.outbox.cancel(peer.unwanted); cancelled > 0) {
        count(Traced::Kind::idontwant_cancelled, peer, {}, {}, cancelled);
      }
      peer.unwanted.expire(heartbeats);
    }
    if (const auto expired = peer.outbox.expire(now); expired > 0) note_expired(peer, expired);
    peer.served.expire(heartbeats);
    peer.outbox.drop_ihave();
    peer.outbox.rest();
  }
}

void Router::State::report_evictions() {
  if (mcache.evicted() > mcache_evicted) {
    trace(Traced::Kind::mcache_evicted, self, {}, "bytes", mcache.evicted() - mcache_evicted);
    mcache_evicted = mcache.evicted();
  }
  if (seen.evicted() > seen_evicted) {
    trace(Traced::Kind::seen_evicted, self, {}, "count", seen.evicted() - seen_evicted);
    seen_evicted = seen.evicted();
  }
}

/// gossipsub v1.0, "Mesh maintenance", and v1.1, "Outbound Mesh Quotas" and "Opportunistic
/// Grafting", in the specs' order.
void Router::State::maintain_mesh(Topic& topic, TimePoint now) {
  std::vector<PeerHandle> negative;
  std::ranges::copy_if(topic.mesh, std::back_inserter(negative),
                       [&](PeerHandle handle) { return score(peers.at(handle)) < 0; });
  prune(topic, negative, {config->prune_backoff, "negative score"}, now);
  if (topic.mesh.size() < topic.rules->d_low) {
    graft(topic, graft_candidates(topic.rules->d - topic.mesh.size(), topic, false, now),
          "below d_low", now);
  }
  if (topic.mesh.size() > topic.rules->d_high) cut(topic, topic.rules->d, now);
  const auto have = outbound_count(topic.mesh);
  if (topic.mesh.size() >= topic.rules->d_low && have < topic.rules->d_out) {
    add(topic, graft_candidates(topic.rules->d_out - have, topic, true, now), "below d_out", now);
  }
  add(topic, opportunistic_candidates(topic, now), "opportunistic", now);
}

/// Grafts beyond d. A mesh that others have filled to the brim must not keep those out whom we
/// chose.
void Router::State::add(Topic& topic, std::span<const PeerHandle> chosen, std::string_view reason,
                        TimePoint now) {
  if (topic.mesh.size() + chosen.size() > topic.rules->d_high) {
    const auto room = topic.rules->d_high - std::min(topic.rules->d_high, chosen.size());
    cut(topic, std::min(topic.rules->d, room), now);
  }
  graft(topic, chosen, reason, now);
}

/// Cuts the mesh to `size`: the d_score best stay, the others by lot, but among all at least d_out
/// that we dialled. gossipsub v1.1, "Heartbeat Maintenance".
void Router::State::cut(Topic& topic, std::size_t size, TimePoint now) {
  auto order = topic.mesh.copy();
  rng.shuffle(order);
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](PeerHandle handle) { return score(peers.at(handle)); });
  rng.shuffle(std::span{order}.subspan(std::min(topic.rules->d_score, size)));
  const auto dialled = [&](PeerHandle handle) { return peers.at(handle).outbound; };
  const auto kept =
      static_cast<std::size_t>(std::ranges::count_if(std::span{order}.first(size), dialled));
  for (auto missing = topic.rules->d_out - std::min(kept, topic.rules->d_out); missing > 0;
       --missing) {
    // The last of those kept that we did not dial makes way: the best are first.
    const auto edge = order.begin() + static_cast<std::ptrdiff_t>(size);
    const auto in = std::find_if(edge, order.end(), dialled);
    const auto out = std::find_if_not(std::make_reverse_iterator(edge), order.rend(), dialled);
    if (in == order.end() || out == order.rend()) break;
    std::iter_swap(in, out);
  }
  prune(topic, std::span{order}.subspan(size), {config->prune_backoff, "above d_high", true}, now);
}

/// gossipsub v1.0, "Fanout maintenance".
void Router::State::maintain_fanout(Topic& topic, TimePoint now) {
  if (*topic.fanout_expires <= now) {
    topic.fanout.clear();
    topic.fanout_expires.reset();
    refresh_active(topic);
    return release_if_idle(topic);
  }
  const auto able = [&](const Peer& peer) {
    return peer.meshes() && !below(peer, &ScoreThresholds::publish);
  };
  for (const auto handle : topic.fanout.copy()) {
    if (!able(peers.at(handle))) topic.fanout.erase(handle);
  }
  if (topic.fanout.size() < topic.rules->d) {
    const auto more = pick(topic.rules->d - topic.fanout.size(), topic, [&](const Peer& peer) {
      return able(peer) && !topic.fanout.contains(peer.handle);
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
