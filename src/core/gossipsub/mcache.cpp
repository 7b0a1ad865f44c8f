// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/mcache.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace grapevine::gossipsub {

MessageCache::MessageCache(const Limits& limits) : limits_{limits}, windows_(limits.windows) {}

void MessageCache::put(const pubsub::Message& message, IdKey key, TopicHandle topic) {
  auto& window = windows_[newest_];
  const auto number = window.first + window.entries.size();
  if (!places_.try_emplace(key, Place{newest_, number}).second) return;
  window.entries.push({message.field, message.id, key, topic});
  window.by_topic[topic].push(number);
  topics_.add(topic);
  bytes_ += message.field.kept() + overhead;
  while (bytes_ > limits_.bytes_max && places_.size() > 1) evict();
}

const MessageCache::Entry* MessageCache::find(ByteView id, IdKey key) const {
  const auto found = places_.find(key);
  if (found == places_.end()) return nullptr;
  const auto& entry = windows_[found->second.window].at(found->second.number);
  return equal(entry.id.bytes(), id) ? &entry : nullptr;
}

const MessageCache::Window& MessageCache::back(std::size_t heartbeats) const {
  return windows_[(newest_ + windows_.size() - heartbeats) % windows_.size()];
}

std::vector<pubsub::MessageId> MessageCache::sample(TopicHandle topic, std::size_t most,
                                                    Rng& rng) const {
  struct Part {
    const Window* window;
    const base::Queue<std::uint64_t>* numbers;
  };
  std::vector<Part> parts;
  std::size_t total = 0;
  for (std::size_t i = 0; i < limits_.gossip_windows; ++i) {
    const auto& window = back(i);
    const auto found = window.by_topic.find(topic);
    if (found == window.by_topic.end()) continue;
    parts.push_back({&window, &found->second});
    total += found->second.size();
  }
  std::vector<pubsub::MessageId> ids;
  const auto count = std::min(most, total);
  if (count == 0) return ids;
  ids.reserve(count);
  const auto start = rng.below(total);
  for (std::size_t i = 0; i < count; ++i) {
    auto at = (start + i * total / count) % total;
    auto part = parts.begin();
    while (at >= part->numbers->size()) at -= (part++)->numbers->size();
    const auto number = part->numbers->begin()[static_cast<std::ptrdiff_t>(at)];
    ids.push_back(part->window->at(number).id);
  }
  return ids;
}

void MessageCache::shift() {
  newest_ = (newest_ + 1) % windows_.size();
  auto& oldest = windows_[newest_];
  while (!oldest.entries.empty()) drop_oldest(oldest);
  oldest = Window{};
}

void MessageCache::evict() {
  for (std::size_t i = 1; i <= windows_.size(); ++i) {
    auto& window = windows_[(newest_ + i) % windows_.size()];
    if (window.entries.empty()) continue;
    ++evicted_;
    return drop_oldest(window);
  }
}

void MessageCache::drop_oldest(Window& window) {
  const auto entry = window.entries.pop();
  auto& numbers = window.by_topic.at(entry.topic);
  ASSERT(numbers.front() == window.first);
  numbers.pop();
  ++window.first;
  places_.erase(entry.key);
  topics_.drop(entry.topic);
  bytes_ -= entry.field.kept() + overhead;
}

}  // namespace grapevine::gossipsub
