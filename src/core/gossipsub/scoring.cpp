// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/gossipsub/state.hpp"

// Where the router meets its peers' records: their scores, the gater, the promises they made.
// Without scoring and gater every function here ends at once.
namespace grapevine::gossipsub {

void Router::State::begin_record(const Peer& peer, std::span<const IpAddress> ips) {
  if (scores) {
    scores->add_peer(peer.handle, peer.id);
    scores->set_ips(peer.handle, ips);
  }
  if (gater) gater->add_peer(peer.handle, ips);
}

void Router::State::end_record(const Peer& peer, TimePoint now) {
  if (scores) scores->remove_peer(peer.handle, now);
  if (gater) gater->remove_peer(peer.handle, now);
}

void Router::State::refresh_records(TimePoint now) {
  if (scores && now >= scores->next_refresh()) scores->refresh(now);
  if (gater && now >= gater->next_refresh()) gater->refresh(now);
}

void Router::State::look_up_scoring(Topic& topic) const {
  if (scores) topic.scored = scores->topic(*topic.name);
  if (gater) topic.delivery_weight = gater->delivery_weight(*topic.name);
}

/// A fault that is no accident: `times` of it. gossipsub v1.1, "P7: Behavioural Penalty".
void Router::State::penalise(const Peer& peer, std::uint32_t times, std::string_view reason) {
  if (scores) scores->penalise(peer.handle, times);
  count(Traced::Kind::misbehaved, peer, {}, reason, times);
}

void Router::State::credit(const Topic& topic, IdKey key, std::span<const PeerHandle> senders,
                           TimePoint now) {
  if (scores) scores->deliver({key, topic.scored, senders}, now);
  if (gater && !senders.empty()) gater->deliver(senders.front(), topic.delivery_weight);
}

/// A wrong signature says nothing of the id, so only those are to blame who sent the forgery. What
/// the application rejects is bad in every copy from now on.
void Router::State::blame(const Pending::Entry& entry, Traced::Kind kind, TimePoint now) {
  if (entry.copy.replay) return;
  if (kind == Traced::Kind::throttled) return;  // our lack of room
  const auto senders = std::span{entry.senders}.first(entry.same);
  const bool rejected = kind == Traced::Kind::rejected;
  if (gater) {
    for (const auto sender : senders) rejected ? gater->reject(sender) : gater->ignore(sender);
  }
  const auto* topic = topics.find(entry.copy.message.view.topic);
  if (!scores || !rejected || topic == nullptr) return;
  if (entry.stage != Pending::Stage::verifying && entry.parked.empty()) {
    return scores->reject({entry.copy.key, topic->scored, senders}, now);
  }
  for (const auto sender : senders) scores->reject_unidentified(sender, topic->scored);
}

void Router::State::blame(const Peer& peer, const Topic& topic) {
  if (scores) scores->reject_unidentified(peer.handle, topic.scored);
  if (gater) gater->reject(peer.handle);
}

void Router::State::note_duplicate(const Peer& peer, const Topic& topic, ByteView id,
                                   TimePoint now) {
  if (scores) scores->duplicate(peer.handle, key_of(id), topic.scored, now);
  if (gater) gater->duplicate(peer.handle);
}

/// The message is here, be it good or bad: what it costs to have sent a bad one is another account.
void Router::State::keep_promises(ByteView id) {
  if (promises.empty() && followups.empty()) return;
  const auto key = key_of(id);
  promises.fulfil(key);
  followups.fulfil(key);
}

/// The checks count as overloaded from a quarter of their places on: at half of them no stream is
/// read any more, and it is too late to choose.
void Router::State::note_load(TimePoint now) {
  if (!gater) return;
  gater->validate();
  if (pending.size() * 4 >= config->pending_messages_max ||
      pending.bytes() * 4 >= config->pending_bytes_max) {
    gater->throttle(now);
  }
}

bool Router::State::sheds(const Peer& peer, TimePoint now) {
  return !peer.direct && !gater->accepts(peer.handle, now);
}

/// What it promised may have been among them.
void Router::State::shed(Peer& peer, std::size_t messages) {
  peer.followed_from = followups.next_number();
  counters.ignored += messages;
  count(Traced::Kind::shed, peer, {}, {}, messages);
}

void Router::State::punish_broken_promises(TimePoint now) {
  while (const auto promise = followups.take_broken(now)) {
    auto* peer = peers.find(promise->peer);
    if (peer == nullptr || promise->number < peer->followed_from) continue;
    if (peer->outbox.asks()) {  // our IWANT may not have left yet (V48)
      followups.add(peer->handle, promise->id,
                    base::saturating_add(now, config->iwant_followup_time));
    } else {
      penalise(*peer, 1, "broken promise");
    }
  }
}

std::vector<PeerHandle> Router::State::opportunistic_candidates(const Topic& topic, TimePoint now) {
  if (!scores || heartbeats % config->opportunistic_graft_ticks != 0 || topic.mesh.size() < 2) {
    return {};
  }
  std::vector<double> sorted;
  for (const auto handle : topic.mesh) sorted.push_back(scores->score(handle));
  std::ranges::sort(sorted);
  const auto median = sorted[sorted.size() / 2];
  if (median >= scores->params().thresholds.opportunistic_graft) return {};
  return pick(config->opportunistic_graft_peers, topic, [&](const Peer& peer) {
    return graftable(topic, peer, now) && score(peer) > median;
  });
}

void Router::set_ips(PeerHandle peer, std::span<const IpAddress> ips) {
  if (state_->scores) state_->scores->set_ips(peer, ips);
}

bool Router::set_application_score(const PeerId& id, double value) {
  const auto* peer = state_->peers.find(id);
  auto& scores = state_->scores;
  if (peer == nullptr || !scores || scores->params().app_specific_score) return false;
  scores->set_application_score(peer->handle, value);
  return true;
}

Result<void, ConfigError> Router::set_topic_score_params(std::string_view name,
                                                         const TopicScoreParams& params,
                                                         TimePoint now) {
  if (auto checked = check(params, {}); !checked) return checked;
  state_->set_topic_score(name, params, now);
  return {};
}

void Router::State::set_topic_score(std::string_view name, const TopicScoreParams& params,
                                    TimePoint now) {
  if (!scores) return;
  const auto scored = scores->set_topic_params(name, params);
  auto* topic = topics.find(name);
  if (topic == nullptr || !topic->joined || topic->scored == scored) return;
  topic->scored = scored;
  for (const auto peer : topic->mesh) scores->graft(peer, scored, now);  // they are in it already
}

double Router::score(const PeerId& id) const {
  const auto known = explain(id);
  return known ? known->score : 0;
}

std::optional<ScoreExplanation> Router::explain(const PeerId& id) const {
  if (!state_->scores) return std::nullopt;
  const auto* peer = state_->peers.find(id);
  return peer ? state_->scores->explain(peer->handle) : state_->scores->explain_retained(id);
}

}  // namespace grapevine::gossipsub
