// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

namespace {

std::uint64_t whole_seconds(Duration span) {
  return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(span).count());
}

}  // namespace

bool Router::State::graftable(const Topic& topic, const Peer& peer, TimePoint now) const {
  if (!topic.joined || !peer.meshes() || topic.mesh.contains(peer.handle)) return false;
  if (!topic.subscribers.contains(peer.handle)) return false;
  if (score(peer) < 0) return false;
  const auto end = backoffs.end(topic.handle, peer.id);
  return !end || base::saturating_add(*end, backoff_slack()) <= now;
}

std::vector<PeerHandle> Router::State::graft_candidates(std::size_t count, const Topic& topic,
                                                        bool outbound_only, TimePoint now) {
  return pick(count, topic, [&](const Peer& peer) {
    return (peer.outbound || !outbound_only) && graftable(topic, peer, now);
  });
}

void Router::State::enter_mesh(Topic& topic, const Peer& peer, TimePoint now) {
  topic.mesh.insert(peer.handle);
  if (scores) scores->graft(peer.handle, topic.scored, now);
}

bool Router::State::leave_mesh(Topic& topic, const Peer& peer) {
  if (!topic.mesh.erase(peer.handle)) return false;
  if (scores) scores->prune(peer.handle, topic.scored);
  return true;
}

void Router::State::graft(Topic& topic, std::span<const PeerHandle> chosen, std::string_view reason,
                          TimePoint now) {
  for (const auto handle : chosen) {
    auto& peer = peers.at(handle);
    enter_mesh(topic, peer, now);
    peer.outbox.graft(topic.name);
    ++traffic_of(topic).broadcast.graft;
    want_write(peer);
    trace(Traced::Kind::graft, peer.id, *topic.name, reason);
  }
}

void Router::State::prune(Topic& topic, std::span<const PeerHandle> chosen, const Pruning& how,
                          TimePoint now) {
  for (const auto handle : chosen) {
    auto& peer = peers.at(handle);
    leave_mesh(topic, peer);
    backoffs.extend(topic.handle, peer.id, base::saturating_add(now, how.backoff));
    send_prune(peer, topic, how);
    trace(Traced::Kind::prune, peer.id, *topic.name, how.reason);
  }
}

void Router::State::send_prune(Peer& peer, const Topic& topic, const Pruning& how) {
  if (!peer.gossips()) return;
  ++traffic_of(topic).broadcast.prune;
  const bool knows_backoff = peer.version >= Version::v1_1;
  peer.outbox.prune(topic.name,
                    knows_backoff ? std::optional{whole_seconds(how.backoff)} : std::nullopt,
                    how.offers ? offers_to(peer, topic) : std::vector<OfferedPeer>{});
  want_write(peer);
}

/// gossipsub v1.1, "PRUNE Backoff" and "Outbound Mesh Quotas". A GRAFT of a topic we have not
/// joined is passed over without an answer (V38, V52).
void Router::State::on_graft(Peer& peer, std::string_view name, TimePoint now) {
  auto* topic = topics.find(name);
  ++traffic_of(topic).received.graft;
  if (topic == nullptr || !topic->joined) return;
  if (!peer.stream_open) {
    peer.early_grafts.insert(topic->handle);
    return;
  }
  if (!peer.gossips() || topic->mesh.contains(peer.handle)) return;
  const auto refuse = [&](std::string_view reason, bool offers = false) {
    backoffs.extend(topic->handle, peer.id, base::saturating_add(now, config->prune_backoff));
    send_prune(peer, *topic, {config->prune_backoff, reason, offers});
    count(Traced::Kind::prune, peer, topic->name, reason);
  };
  if (peer.direct) return refuse("direct peer");
  if (const auto end = backoffs.end(topic->handle, peer.id); end && now < *end) {
    punish_early_graft(peer, *end, now);
    return refuse("within backoff");
  }
  if (score(peer) < 0) return refuse("negative score");
  if (topic->mesh.size() >= topic->rules->d_high && !peer.outbound)
    return refuse("mesh is full", true);
  if (!topic->subscribers.contains(peer.handle) && !subscribe(peer, name)) {
    return refuse("subscription is not taken");
  }
  enter_mesh(*topic, peer, now);
  trace(Traced::Kind::graft, peer.id, name, "grafted by peer");
}

/// gossipsub v1.1, "Behavioural Penalty": once, and twice when it comes right after the PRUNE.
void Router::State::punish_early_graft(Peer& peer, TimePoint backoff_end, TimePoint now) {
  const auto flood_end =
      base::saturating_add(backoff_end, config->graft_flood_threshold - config->prune_backoff);
  penalise(peer, now < flood_end ? 2 : 1, "GRAFT within backoff");
}

void Router::State::on_prune(Peer& peer, const pubsub::Prune& prune, TimePoint now) {
  auto* topic = topics.find(prune.topic);
  ++traffic_of(topic).received.prune;
  if (topic == nullptr || !topic->joined) return;
  peer.early_grafts.erase(topic->handle);
  const auto score_before = score(peer);
  const bool meshed = leave_mesh(*topic, peer);
  if (meshed) on_offers(peer, *topic, prune, score_before);
  if (meshed) trace(Traced::Kind::prune, peer.id, prune.topic, "pruned by peer");
  if (!meshed && backoffs.crowded()) return;
  // A remote's number never reaches the clock unclamped (V35, V36).
  const auto longest = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::seconds>(config->backoff_max).count());
  const auto backoff = prune.backoff_seconds
                           ? Duration{std::chrono::seconds{
                                 std::clamp<std::uint64_t>(*prune.backoff_seconds, 1, longest)}}
                           : config->prune_backoff;
  backoffs.extend(topic->handle, peer.id, base::saturating_add(now, backoff));
}

void Router::State::drop_from_meshes(Peer& peer) {
  for (const auto handle : peer.topics) {
    auto& topic = topics.at(handle);
    if (leave_mesh(topic, peer)) trace(Traced::Kind::prune, peer.id, *topic.name, "gone");
    topic.fanout.erase(peer.handle);
  }
}

/// Our hello on another stream makes the peer take us for one that begins anew, without mesh links.
void Router::State::repeat_grafts(Peer& peer) {
  for (const auto handle : peer.topics) {
    const auto& topic = topics.at(handle);
    if (!topic.mesh.contains(peer.handle)) continue;
    peer.outbox.graft(topic.name);
    ++traffic_of(topic).broadcast.graft;
  }
}

/// A mesh link that ended with our stream has not ended on the other side, and a PRUNE may have
/// been lost with it: the one is grafted anew or pruned, the other said again.
void Router::State::settle_lost_meshes(Peer& peer, TimePoint now) {
  for (const auto handle : std::exchange(peer.lost_meshes, {})) {
    auto& topic = topics.at(handle);
    if (topic.mesh.contains(peer.handle)) continue;
    if (topic.mesh.size() < topic.rules->d_high && graftable(topic, peer, now)) {
      graft(topic, {&peer.handle, 1}, "stream opened again", now);
    } else {
      const auto span = topic.joined ? config->prune_backoff : config->unsubscribe_backoff;
      backoffs.extend(handle, peer.id, base::saturating_add(now, span));
    }
  }
  for (const auto handle : peer.topics) {
    const auto end = backoffs.end(handle, peer.id);
    if (!end || *end <= now) continue;
    // Never more than we keep to ourselves.
    const auto left = std::chrono::floor<std::chrono::seconds>(*end - now);
    const Duration told = std::max(left, std::chrono::seconds{1});
    backoffs.extend(handle, peer.id, base::saturating_add(now, told));
    send_prune(peer, topics.at(handle), {told, {}});
  }
}

std::size_t Router::State::outbound_count(const PeerSet& mesh) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(mesh, [&](PeerHandle handle) { return peers.at(handle).outbound; }));
}

}  // namespace grapevine::gossipsub
