// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/topics.hpp"

#include <utility>

#include "base/assert.hpp"

namespace grapevine::gossipsub {

void TopicCounts::add(TopicHandle topic) {
  const auto index = std::to_underlying(topic);
  if (index >= counts_.size()) counts_.resize(index + 1);
  ++counts_[index];
}

void TopicCounts::drop(TopicHandle topic) {
  ASSERT(contains(topic));
  --counts_[std::to_underlying(topic)];
}

bool TopicCounts::contains(TopicHandle topic) const {
  const auto index = std::to_underlying(topic);
  return index < counts_.size() && counts_[index] > 0;
}

Topics::Topics(Rng& rng, std::size_t topics_max, std::shared_ptr<const TopicRules> rules)
    : topics_max_{topics_max}, rules_{std::move(rules)}, by_name_{0, Hash{base::KeyedHash{rng}}} {}

Topic* Topics::find(std::string_view name) {
  return const_cast<Topic*>(std::as_const(*this).find(name));
}

const Topic* Topics::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : topics_[std::to_underlying(found->second)].get();
}

bool Topics::known(TopicHandle handle) const {
  const auto index = std::to_underlying(handle);
  return index < topics_.size() && topics_[index] != nullptr;
}

Topic& Topics::at(TopicHandle handle) {
  auto& topic = topics_[std::to_underlying(handle)];
  ASSERT(topic != nullptr);
  return *topic;
}

Topic* Topics::intern_for_remote(std::string_view name) {
  if (auto* known = find(name)) return known;
  return by_name_.size() < topics_max_ ? &intern(name) : nullptr;
}

Topic& Topics::intern(std::string_view name) {
  if (auto* known = find(name)) return *known;
  if (free_.empty()) {
    free_.push_back(TopicHandle{static_cast<std::uint32_t>(topics_.size())});
    topics_.emplace_back();
  }
  const auto handle = free_.back();
  free_.pop_back();
  auto& topic = topics_[std::to_underlying(handle)];
  topic = std::make_unique<Topic>();
  topic->handle = handle;
  topic->rules = rules_;
  topic->name = std::make_shared<const std::string>(name);
  by_name_.emplace(*topic->name, handle);
  return *topic;
}

void Topics::release(TopicHandle handle) {
  auto& topic = topics_[std::to_underlying(handle)];
  ASSERT(topic != nullptr && topic->idle());
  by_name_.erase(std::string_view{*topic->name});
  topic.reset();
  free_.push_back(handle);
}

std::vector<const Topic*> Topics::all() const {
  std::vector<const Topic*> found;
  for (const auto& topic : topics_) {
    if (topic) found.push_back(topic.get());
  }
  return found;
}

}  // namespace grapevine::gossipsub
