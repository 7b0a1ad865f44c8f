// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <utility>

#include "base/assert.hpp"
#include "base/varint.hpp"
#include "core/gossipsub/state.hpp"

// What a router tells of itself. Nothing here changes what it does.
namespace grapevine::gossipsub {

namespace {

/// Changes of a score below both of these are not worth an event.
constexpr double score_step = 1;
constexpr double score_share = 0.1;

/// Where a score stands among the thresholds, the worst first.
std::string_view standing(double score, const ScoreThresholds& thresholds) {
  if (score < thresholds.graylist) return "below graylist";
  if (score < thresholds.publish) return "below publish";
  if (score < thresholds.gossip) return "below gossip";
  return score < 0 ? "negative" : "not negative";
}

}  // namespace

/// Membership is told at every level: what an application waits for depends on it.
bool Router::State::tells(Traced::Kind kind) const {
  if (config->trace_detail != TraceDetail::none) return true;
  switch (kind) {
    case Traced::Kind::graft:
    case Traced::Kind::prune:
    case Traced::Kind::join:
    case Traced::Kind::leave:
    case Traced::Kind::subscribed:
    case Traced::Kind::unsubscribed:
    case Traced::Kind::peer_added:
    case Traced::Kind::peer_removed:
      return true;
    default:
      return false;
  }
}

void Router::State::tell_peer(const Peer& peer, bool added) {
  trace(added ? Traced::Kind::peer_added : Traced::Kind::peer_removed, peer.id, {},
        added ? protocol_id(peer.version) : std::string_view{});
}

void Router::State::tell_verdict(const Pending::Entry& entry, Validation verdict) {
  if (config->trace_detail == TraceDetail::none) return;
  static constexpr std::array<std::string_view, 3> words{"accept", "reject", "ignore"};
  const auto* peer = peers.find(entry.copy.from);
  const auto* topic = std::as_const(topics).find(entry.copy.message.view.topic);
  const auto word = words[static_cast<std::size_t>(verdict)];
  if (peer != nullptr && topic != nullptr) count(Traced::Kind::validated, *peer, topic->name, word);
}

/// At most one event a peer and heartbeat: its score crossed a threshold, or is noticeably another
/// than the one told last.
void Router::State::tell_scores() {
  if (!scores || config->trace_detail == TraceDetail::none) return;
  const auto& thresholds = scores->params().thresholds;
  for (const auto handle : peers.handles()) {
    auto& peer = peers.at(handle);
    const auto now_is = scores->score(handle);
    const auto was = peer.told_score;
    const auto stands = standing(now_is, thresholds);
    const bool crossed = stands != standing(was, thresholds);
    const auto step = std::abs(now_is - was);
    if (!crossed && (step < score_step || step < score_share * std::abs(was))) continue;
    peer.told_score = now_is;
    outputs.push(
        Traced{Traced::Kind::score_changed, peer.id, {}, crossed ? stands : "changed", 1, now_is});
  }
}

/// The changes of membership among go's events. What is merged, like refused GRAFTs, is none.
void Router::State::record_change(const Traced& change) {
  static constexpr std::array<std::pair<Traced::Kind, Recorded::Kind>, 6> kinds{{
      {Traced::Kind::graft, Recorded::Kind::graft},
      {Traced::Kind::prune, Recorded::Kind::prune},
      {Traced::Kind::join, Recorded::Kind::join},
      {Traced::Kind::leave, Recorded::Kind::leave},
      {Traced::Kind::peer_added, Recorded::Kind::peer_added},
      {Traced::Kind::peer_removed, Recorded::Kind::peer_removed},
  }};
  for (const auto& [told, kind] : kinds) {
    if (change.kind == told) {
      outputs.push(Recorded{kind, change.peer, change.topic, {}, change.reason, {}});
    }
  }
}

void Router::State::record_message(Recorded::Kind kind, const pubsub::Message& message,
                                   const PeerId& from, std::string_view reason) {
  if (!recording()) return;
  outputs.push(Recorded{kind, from, std::string{message.view.topic}, message.id, reason, {}});
}

/// A message refused by its fields, before it was worth a ticket.
void Router::State::record_refused(const Peer& peer, ByteView body, std::string_view reason) {
  Recorded record{Recorded::Kind::reject, peer.id, {}, {}, reason, {}};
  if (const auto view = pubsub::parse_message(body)) {
    record.topic = view->topic;
    const auto* topic = topics.find(view->topic);
    const auto& rules = topic == nullptr ? *topics.default_rules() : *topic->rules;
    if (auto id = rules.message_id(*view)) record.id = std::move(*id);
  }
  outputs.push(std::move(record));
}

void Router::State::record_sent(const Peer& peer, const pubsub::PackedRpc& rpc) {
  if (!recording()) return;
  Bytes whole;
  whole.reserve(rpc.size);
  for (const auto& piece : rpc.pieces) append(whole, piece);
  const SharedBytes shared{std::move(whole)};
  base::ByteReader in{shared};
  const auto frame = base::take_frame(in, shared.size());
  ASSERT(frame && *frame);
  outputs.push(Recorded{Recorded::Kind::rpc_sent, peer.id, {}, {}, {}, shared.slice(**frame)});
}

/// A message's field is an RPC of one message. Of what made room for it only the number is known.
void Router::State::record_drops(const Peer& peer, const SharedBytes& field,
                                 const Outbox::Dropped& dropped) {
  if (!recording()) return;
  for (std::size_t i = 0; i < dropped.messages; ++i) {
    const bool known = dropped.refused && i == 0;
    outputs.push(
        Recorded{Recorded::Kind::rpc_dropped, peer.id, {}, {}, {}, known ? field : SharedBytes{}});
  }
}

const Traffic& Router::traffic() const { return state_->traffic; }

}  // namespace grapevine::gossipsub
