// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/queue.hpp"
#include "base/rng.hpp"
#include "core/gossipsub/id_key.hpp"
#include "core/gossipsub/topics.hpp"
#include "core/pubsub/message.hpp"

namespace grapevine::gossipsub {

/// Full messages of the last heartbeats, to answer IWANT and to advertise. gossipsub v1.0, "Message
/// Cache". Bounded in heartbeats and in bytes kept alive; what the bytes push out early is counted
/// and no longer advertised. Nothing here is about a peer.
class MessageCache {
 public:
  struct Limits {
    std::size_t windows;         ///< mcache_len, at least 1
    std::size_t gossip_windows;  ///< mcache_gossip, at most `windows`
    std::size_t bytes_max;       ///< messages with `overhead` each; the newest always has a place
  };
  struct Entry {
    SharedBytes field;
    pubsub::MessageId id;
    IdKey key;
    TopicHandle topic;
  };
  /// Bytes charged beside a message's own: its entry and its places in the indices.
  static constexpr std::size_t overhead = sizeof(Entry) + 48;

  explicit MessageCache(const Limits& limits);

  void put(const pubsub::Message& message, IdKey key, TopicHandle topic);
  /// `key` is the hash of `id`. Valid until the next change.
  const Entry* find(ByteView id, IdKey key) const;
  /// Up to `most` different ids of `topic` out of the windows that are advertised, each as likely
  /// as another. Costs what it answers, however many are cached.
  std::vector<pubsub::MessageId> sample(TopicHandle topic, std::size_t most, Rng& rng) const;
  /// Messages of `topic` are cached: it must stay interned.
  bool concerns(TopicHandle topic) const { return topics_.contains(topic); }
  /// The heartbeat's end: the oldest window goes.
  void shift();

  std::size_t size() const { return places_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::uint64_t evicted() const { return evicted_; }

 private:
  /// One heartbeat's messages. Numbers count all there ever were in the window: those below
  /// `first` were evicted.
  struct Window {
    base::Queue<Entry> entries;
    std::uint64_t first = 0;
    boost::unordered_flat_map<TopicHandle, base::Queue<std::uint64_t>> by_topic;

    const Entry& at(std::uint64_t number) const {
      return entries.begin()[static_cast<std::ptrdiff_t>(number - first)];
    }
  };
  struct Place {
    std::size_t window;
    std::uint64_t number;
  };
  const Window& back(std::size_t heartbeats) const;  ///< 0 is the newest
  void drop_oldest(Window& window);
  void evict();

  Limits limits_;
  std::vector<Window> windows_;  ///< a ring
  std::size_t newest_ = 0;
  boost::unordered_flat_map<IdKey, Place, IdKeyHash> places_;
  TopicCounts topics_;
  std::size_t bytes_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace grapevine::gossipsub
