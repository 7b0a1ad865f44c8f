// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/remembered.hpp"

#include <algorithm>

namespace grapevine::gossipsub {

void Unwanted::insert(IdKey key, std::uint64_t until_heartbeat) {
  const auto place = std::ranges::lower_bound(entries_, key, {}, &Entry::key);
  if (place != entries_.end() && place->key == key) {
    place->until = until_heartbeat;
  } else {
    entries_.insert(place, Entry{key, until_heartbeat});
  }
}

bool Unwanted::contains(IdKey key) const {
  const auto place = std::ranges::lower_bound(entries_, key, {}, &Entry::key);
  return place != entries_.end() && place->key == key;
}

void Unwanted::expire(std::uint64_t heartbeat) {
  if (entries_.empty()) return;
  std::erase_if(entries_, [&](const Entry& entry) { return entry.until <= heartbeat; });
  if (entries_.empty()) entries_.shrink_to_fit();
}

Served::Answer Served::ask(IdKey key, const Request& request) {
  const auto [place, fresh] = entries_.try_emplace(key, Entry{0, request.until_heartbeat, 0});
  auto& entry = place->second;
  if (!fresh && entry.rpc == request.rpc) return Answer::repeated_in_rpc;
  entry.rpc = request.rpc;
  if (entry.times >= request.times_max) return Answer::too_often;
  ++entry.times;
  return Answer::yes;
}

void Served::expire(std::uint64_t heartbeat) {
  if (entries_.empty()) return;
  boost::unordered::erase_if(entries_,
                             [&](const auto& entry) { return entry.second.until <= heartbeat; });
  if (entries_.empty()) entries_ = {};
}

bool Promises::holds(IdKey id, TimePoint now) const {
  const auto found = until_.find(id);
  return found != until_.end() && now < found->second;
}

void Promises::add(IdKey id, TimePoint until) {
  if (until_.size() < entries_max || until_.contains(id)) until_.insert_or_assign(id, until);
}

bool Promises::fulfil(IdKey id) { return !until_.empty() && until_.erase(id) > 0; }

void Promises::sweep(TimePoint now) {
  boost::unordered::erase_if(until_, [&](const auto& entry) { return entry.second <= now; });
}

}  // namespace grapevine::gossipsub
