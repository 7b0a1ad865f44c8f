// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/partial_groups.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace grapevine::gossipsub {

namespace {

/// A group outlives its last publish by this at least, as in go.
constexpr std::size_t ttl_min = 3;

}  // namespace

Bytes union_of_bitmaps(ByteView known, ByteView news) {
  const auto [shorter, longer] =
      known.size() < news.size() ? std::pair{known, news} : std::pair{news, known};
  auto merged = to_bytes(longer);
  for (std::size_t i = 0; i < shorter.size(); ++i) merged[i] |= shorter[i];
  return merged;
}

Bytes newest_metadata(ByteView, ByteView news) { return to_bytes(news); }

std::string_view name(PartialError error) {
  switch (error) {
    case PartialError::not_enabled:
      return "not enabled";
    case PartialError::bad_group:
      return "bad group";
    case PartialError::metadata_too_large:
      return "metadata too large";
  }
  return "unknown";
}

bool MetadataBudget::resize(PeerHandle peer, std::size_t from, std::size_t to) {
  if (to > from) {
    const auto more = to - from;
    if (total_ + more > limits_.metadata_bytes_max) return false;
    if (bytes(peer) + more > limits_.metadata_per_peer_max) return false;
  }
  total_ += to - from;  // unsigned on purpose: shrinking wraps back
  auto& own = by_peer_[peer];
  own += to - from;
  if (own == 0) by_peer_.erase(peer);
  return true;
}

std::size_t MetadataBudget::bytes(PeerHandle peer) const {
  const auto found = by_peer_.find(peer);
  return found == by_peer_.end() ? 0 : found->second;
}

PartialPeer* PartialGroup::find(PeerHandle peer) {
  const auto found = std::ranges::lower_bound(peers, peer, {}, &PartialPeer::peer);
  return found == peers.end() || found->peer != peer ? nullptr : &*found;
}

PartialPeer& PartialGroup::add(PeerHandle peer) {
  const auto found = std::ranges::lower_bound(peers, peer, {}, &PartialPeer::peer);
  if (found != peers.end() && found->peer == peer) return *found;
  return *peers.insert(found, PartialPeer{.peer = peer, .has = {}, .told = {}});
}

PartialGroups::~PartialGroups() {
  for (const auto& group : groups_) release(*group);
}

PartialGroups::Groups::iterator PartialGroups::place(ByteView id) {
  return std::ranges::lower_bound(
      groups_, id,
      [](ByteView a, ByteView b) { return std::ranges::lexicographical_compare(a, b); },
      [](const std::unique_ptr<PartialGroup>& group) { return ByteView{group->id}; });
}

PartialGroup* PartialGroups::find(ByteView id) {
  const auto found = place(id);
  return found != groups_.end() && equal((*found)->id, id) ? found->get() : nullptr;
}

PartialGroup& PartialGroups::insert(ByteView id) {
  auto group = std::make_unique<PartialGroup>();
  group->id = to_bytes(id);
  group->ttl = ttl();
  return **groups_.insert(place(id), std::move(group));
}

PartialGroup& PartialGroups::publish(ByteView id) {
  auto* known = find(id);
  auto& group = known ? *known : insert(id);
  disown(group);
  group.published = true;
  group.ttl = ttl();
  return group;
}

PartialGroup* PartialGroups::initiate(ByteView id, PeerHandle from) {
  if (auto* known = find(id)) return known;
  if (initiated_ >= limits_.groups_per_topic_max) return nullptr;
  if (initiated(from) >= limits_.groups_per_peer_max) return nullptr;
  auto& group = insert(id);
  adopt(group, from);
  return &group;
}

bool PartialGroups::note(PartialGroup& group, PeerHandle peer, Bytes has) {
  const auto* known = group.find(peer);
  const auto size = has.size() + MetadataBudget::overhead;
  if (!budget_.resize(peer, known ? known->charged : 0, size)) return false;
  auto& entry = group.add(peer);
  entry.charged = size;
  entry.has = std::move(has);
  entry.said = true;
  return true;
}

void PartialGroups::remove(PeerHandle peer) {
  std::erase_if(groups_, [&](const std::unique_ptr<PartialGroup>& group) {
    if (auto* entry = group->find(peer)) {
      budget_.resize(peer, entry->charged, 0);
      group->peers.erase(group->peers.begin() + (entry - group->peers.data()));
    }
    if (group->initiator != peer) return false;
    disown(*group);
    for (const auto& other : group->peers) {
      if (adopt(*group, other.peer)) return false;
    }
    release(*group);
    return true;
  });
}

/// go's count: a group whose time is 0 at a heartbeat ends with it. One that a peer began and
/// nobody says anything of has no use.
void PartialGroups::heartbeat() {
  std::erase_if(groups_, [&](const std::unique_ptr<PartialGroup>& group) {
    if (group->ttl > 0 && (group->published || !group->peers.empty())) {
      --group->ttl;
      return false;
    }
    release(*group);
    return true;
  });
}

std::size_t PartialGroups::initiated(PeerHandle peer) const {
  const auto found = initiated_by_.find(peer);
  return found == initiated_by_.end() ? 0 : found->second;
}

std::size_t PartialGroups::peer_entries() const {
  std::size_t sum = 0;
  for (const auto& group : groups_) sum += group->peers.size();
  return sum;
}

bool PartialGroups::adopt(PartialGroup& group, PeerHandle peer) {
  if (initiated(peer) >= limits_.groups_per_peer_max) return false;
  group.initiator = peer;
  ++initiated_;
  ++initiated_by_[peer];
  return true;
}

void PartialGroups::disown(PartialGroup& group) {
  if (!group.initiator) return;
  const auto found = initiated_by_.find(*group.initiator);
  if (--found->second == 0) initiated_by_.erase(found);
  --initiated_;
  group.initiator.reset();
}

/// Gives back what the group counted for.
void PartialGroups::release(PartialGroup& group) {
  disown(group);
  for (auto& entry : group.peers) {
    budget_.resize(entry.peer, std::exchange(entry.charged, 0), 0);
  }
}

std::size_t PartialGroups::ttl() const { return std::max(limits_.group_ttl_heartbeats, ttl_min); }

void PartialGroups::check_invariants() const {
  std::size_t count = 0;
  for (const auto& group : groups_) {
    count += group->initiator.has_value();
    ASSERT(group->published != group->initiator.has_value());
    ASSERT(std::ranges::is_sorted(group->peers, {}, &PartialPeer::peer));
    for (const auto& entry : group->peers) ASSERT(entry.said == (entry.charged > 0));
  }
  ASSERT(count == initiated_ && initiated_ <= limits_.groups_per_topic_max);
  for (const auto& [peer, own] : initiated_by_) {
    ASSERT(own > 0 && own <= limits_.groups_per_peer_max);
  }
  ASSERT(std::ranges::is_sorted(groups_, [](const auto& a, const auto& b) {
    return std::ranges::lexicographical_compare(a->id, b->id);
  }));
}

}  // namespace grapevine::gossipsub
