// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/backoff.hpp"

#include <algorithm>

namespace grapevine::gossipsub {

void Backoffs::extend(TopicHandle topic, const PeerId& peer, TimePoint until) {
  const Key key{topic, peer};
  if (const auto found = entries_.find(key); found != entries_.end()) {
    found->second = std::max(found->second, until);
  } else if (entries_.size() < entries_max) {
    entries_.emplace(key, until);
    topics_.add(topic);
  }
}

bool Backoffs::holds(TopicHandle topic, const PeerId& peer, TimePoint now) const {
  const auto until = end(topic, peer);
  return until && now < *until;
}

std::optional<TimePoint> Backoffs::end(TopicHandle topic, const PeerId& peer) const {
  const auto found = entries_.find(Key{topic, peer});
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

void Backoffs::sweep(TimePoint now, Duration slack) {
  boost::unordered::erase_if(entries_, [&](const auto& entry) {
    const bool over = base::saturating_add(entry.second, slack) <= now;
    if (over) topics_.drop(entry.first.topic);
    return over;
  });
}

}  // namespace grapevine::gossipsub
