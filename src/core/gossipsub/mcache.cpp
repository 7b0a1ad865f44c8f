// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/mcache.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace grapevine::gossipsub {

MessageCache::MessageCache(const Limits& limits) : limits_{limits}, begins_(limits.windows) {}

void MessageCache::put(const pubsub::Message& message, IdKey key, TopicHandle topic) {
  const auto number = entries_.end();
  if (!numbers_.try_emplace(key, number).second) return;
  entries_.push({message.field, message.id, key, topic});
  const auto index = std::to_underlying(topic);
  if (index >= by_topic_.size()) by_topic_.resize(index + 1);
  by_topic_[index].push(number);
  bytes_ += message.field.kept() + overhead;
  while (bytes_ > limits_.bytes_max && entries_.size() > 1) {
    drop_oldest();
    ++evicted_;
  }
}

const MessageCache::Entry* MessageCache::find(ByteView id, IdKey key) const {
  const auto found = numbers_.find(key);
  if (found == numbers_.end()) return nullptr;
  const auto& entry = entries_.at(found->second);
  return equal(entry.id.bytes(), id) ? &entry : nullptr;
}

std::vector<pubsub::MessageId> MessageCache::sample(TopicHandle topic, std::size_t most,
                                                    Rng& rng) const {
  std::vector<pubsub::MessageId> ids;
  if (!concerns(topic) || limits_.gossip_windows == 0) return ids;
  const auto& numbers = by_topic_[std::to_underlying(topic)];
  const auto first = std::ranges::lower_bound(numbers, begin_of(limits_.gossip_windows - 1));
  const auto total = static_cast<std::size_t>(numbers.end() - first);
  const auto count = std::min(most, total);
  if (count == 0) return ids;
  ids.reserve(count);
  const auto start = rng.below(total);
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = (start + i * total / count) % total;
    ids.push_back(entries_.at(first[static_cast<std::ptrdiff_t>(at)]).id);
  }
  return ids;
}

bool MessageCache::concerns(TopicHandle topic) const {
  const auto index = std::to_underlying(topic);
  return index < by_topic_.size() && !by_topic_[index].empty();
}

void MessageCache::shift() {
  newest_ = (newest_ + 1) % begins_.size();
  begins_[newest_] = entries_.end();
  const auto kept = begin_of(begins_.size() - 1);
  while (entries_.begin() < kept) drop_oldest();
  // A table keeps the size of its busiest time.
  if (entries_.size() == 0) numbers_ = {};
}

std::uint64_t MessageCache::begin_of(std::size_t heartbeats) const {
  return begins_[(newest_ + begins_.size() - heartbeats) % begins_.size()];
}

void MessageCache::drop_oldest() {
  const auto number = entries_.begin();
  const auto entry = entries_.pop();
  auto& numbers = by_topic_[std::to_underlying(entry.topic)];
  ASSERT(numbers.front() == number);
  numbers.pop();
  numbers_.erase(entry.key);
  bytes_ -= entry.field.kept() + overhead;
}

MessageCache::Entry& MessageCache::Entries::place(std::uint64_t number) const {
  const auto block = number / block_size - begin_ / block_size;
  return (*blocks_.begin()[static_cast<std::ptrdiff_t>(block)])[number % block_size];
}

const MessageCache::Entry& MessageCache::Entries::at(std::uint64_t number) const {
  ASSERT(number >= begin_ && number < end_);
  return place(number);
}

void MessageCache::Entries::push(Entry entry) {
  if (end_ % block_size == 0) {
    blocks_.push(spare_ ? std::move(spare_) : std::make_unique<Block>());
  }
  place(end_++) = std::move(entry);
}

MessageCache::Entry MessageCache::Entries::pop() {
  ASSERT(begin_ < end_);
  auto entry = std::exchange(place(begin_), {});
  if (++begin_ % block_size == 0) spare_ = blocks_.pop();
  return entry;
}

}  // namespace grapevine::gossipsub
