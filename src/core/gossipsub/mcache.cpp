// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/mcache.hpp"

#include <algorithm>

namespace grapevine::gossipsub {

MessageCache::MessageCache(const Limits& limits, Rng& rng)
    : limits_{limits}, windows_(limits.windows), entries_{0, Hash{base::KeyedHash{rng}}} {}

void MessageCache::put(const pubsub::Message& message, TopicHandle topic) {
  const auto [place, fresh] = entries_.try_emplace(message.id);
  if (!fresh) return;
  place->second = std::make_unique<Entry>(Entry{message, topic, {}});
  bytes_ += message.field.kept();
  windows_.front().ids.emplace_back(topic, message.id);
  while (bytes_ > limits_.bytes_max && entries_.size() > 1) evict();
}

std::optional<MessageCache::Found> MessageCache::serve(ByteView id, PeerHandle peer) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return std::nullopt;
  auto& entry = *found->second;
  auto count = std::ranges::find(entry.served, peer, &Served::peer);
  if (count == entry.served.end()) count = entry.served.insert(count, Served{peer, 0});
  return Found{&entry.message, ++count->times};
}

bool MessageCache::contains(ByteView id) const { return entries_.contains(id); }

std::vector<pubsub::MessageId> MessageCache::gossip_ids(TopicHandle topic) const {
  std::vector<pubsub::MessageId> ids;
  for (std::size_t i = 0; i < limits_.gossip_windows; ++i) {
    const auto& window = windows_[i];
    for (std::size_t at = window.gone; at < window.ids.size(); ++at) {
      if (window.ids[at].first == topic) ids.push_back(window.ids[at].second);
    }
  }
  return ids;
}

void MessageCache::shift() {
  auto& oldest = windows_.back();
  for (std::size_t at = oldest.gone; at < oldest.ids.size(); ++at) drop(oldest.ids[at].second);
  oldest = Window{};
  std::ranges::rotate(windows_, windows_.end() - 1);
}

void MessageCache::evict() {
  const auto oldest =
      std::ranges::find_if(windows_.rbegin(), windows_.rend(),
                           [](const Window& window) { return window.gone < window.ids.size(); });
  ASSERT(oldest != windows_.rend());
  drop(oldest->ids[oldest->gone++].second);
  ++evicted_;
}

void MessageCache::drop(const pubsub::MessageId& id) {
  const auto found = entries_.find(id);
  ASSERT(found != entries_.end());
  bytes_ -= found->second->message.field.kept();
  entries_.erase(found);
}

void MessageCache::forget(PeerHandle peer) {
  for (auto& [id, entry] : entries_) {
    std::erase_if(entry->served, [&](const Served& served) { return served.peer == peer; });
  }
}

std::size_t MessageCache::served_size() const {
  std::size_t size = 0;
  for (const auto& [id, entry] : entries_) size += entry->served.size();
  return size;
}

}  // namespace grapevine::gossipsub
