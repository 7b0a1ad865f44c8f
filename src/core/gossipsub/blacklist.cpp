// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/blacklist.hpp"

#include <algorithm>

namespace grapevine::gossipsub {

bool Blacklist::add(const BlockedPeer& blocked, TimePoint now) {
  if (!entries_.contains(blocked.peer) && entries_.size() >= entries_max_) {
    sweep(now);
    if (entries_.size() >= entries_max_) return false;
  }
  entries_.insert_or_assign(blocked.peer, blocked.until);
  return true;
}

bool Blacklist::contains(ByteView peer, TimePoint now) const {
  if (entries_.empty()) return false;
  const auto found = entries_.find(peer);
  return found != entries_.end() && (!found->second || now < *found->second);
}

std::vector<BlockedPeer> Blacklist::all(TimePoint now) const {
  std::vector<BlockedPeer> found;
  for (const auto& [peer, until] : entries_) {
    if (!until || now < *until) found.push_back({peer, until});
  }
  std::ranges::sort(found, {}, &BlockedPeer::peer);
  return found;
}

void Blacklist::sweep(TimePoint now) {
  boost::unordered::erase_if(entries_, [&](const auto& entry) {
    return entry.second.has_value() && *entry.second <= now;
  });
}

}  // namespace grapevine::gossipsub
