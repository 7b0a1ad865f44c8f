// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/followups.hpp"

namespace grapevine::gossipsub {

void Followups::add(PeerHandle peer, IdKey id, TimePoint until) {
  if (queue_.size() >= entries_max) return;
  const auto number = next_++;
  auto& open = open_.try_emplace(id, Open{number, 0}).first->second;
  ++open.count;
  queue_.push({peer, id, number, until});
}

std::optional<Followups::Promise> Followups::take_broken(TimePoint now) {
  while (!queue_.empty() && queue_.front().until < now) {
    const auto promise = queue_.pop();
    const auto found = open_.find(promise.id);
    if (found == open_.end() || promise.number < found->second.since) continue;
    if (--found->second.count == 0) open_.erase(found);
    return promise;
  }
  return std::nullopt;
}

void Followups::clear() {
  queue_.clear();
  open_ = {};
}

}  // namespace grapevine::gossipsub
