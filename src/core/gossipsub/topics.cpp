// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/topics.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace grapevine::gossipsub {

bool PeerSet::contains(PeerHandle peer) const { return std::ranges::binary_search(peers_, peer); }

bool PeerSet::insert(PeerHandle peer) {
  const auto place = std::ranges::lower_bound(peers_, peer);
  if (place != peers_.end() && *place == peer) return false;
  peers_.insert(place, peer);
  return true;
}

bool PeerSet::erase(PeerHandle peer) {
  const auto place = std::ranges::lower_bound(peers_, peer);
  if (place == peers_.end() || *place != peer) return false;
  peers_.erase(place);
  return true;
}

Topics::Topics(Rng& rng, std::size_t topics_max)
    : topics_max_{topics_max}, by_name_{0, Hash{base::KeyedHash{rng}}} {}

Topic* Topics::find(std::string_view name) {
  return const_cast<Topic*>(std::as_const(*this).find(name));
}

const Topic* Topics::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : topics_[std::to_underlying(found->second)].get();
}

Topic& Topics::at(TopicHandle handle) {
  auto& topic = topics_[std::to_underlying(handle)];
  ASSERT(topic != nullptr);
  return *topic;
}

Topic* Topics::intern(std::string_view name) {
  if (auto* known = find(name)) return known;
  if (by_name_.size() >= topics_max_) return nullptr;
  if (free_.empty()) {
    free_.push_back(TopicHandle{static_cast<std::uint32_t>(topics_.size())});
    topics_.emplace_back();
  }
  const auto handle = free_.back();
  free_.pop_back();
  auto& topic = topics_[std::to_underlying(handle)];
  topic = std::make_unique<Topic>();
  topic->handle = handle;
  topic->name = std::make_shared<const std::string>(name);
  by_name_.emplace(*topic->name, handle);
  return topic.get();
}

void Topics::release(TopicHandle handle) {
  auto& topic = topics_[std::to_underlying(handle)];
  ASSERT(topic != nullptr && topic->idle());
  by_name_.erase(std::string_view{*topic->name});
  topic.reset();
  free_.push_back(handle);
}

std::vector<Topic*> Topics::all() {
  std::vector<Topic*> found;
  for (auto& topic : topics_) {
    if (topic) found.push_back(topic.get());
  }
  return found;
}

std::vector<const Topic*> Topics::all() const {
  std::vector<const Topic*> found;
  for (const auto& topic : topics_) {
    if (topic) found.push_back(topic.get());
  }
  return found;
}

}  // namespace grapevine::gossipsub
