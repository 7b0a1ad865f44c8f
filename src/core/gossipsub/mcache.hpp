// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
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
  bool concerns(TopicHandle topic) const;
  /// The heartbeat's end: the oldest window goes.
  void shift();

  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::uint64_t evicted() const { return evicted_; }

 private:
  /// Every message there ever was has a number, counted up. Those that are left, the last ones, lie
  /// in blocks that never move.
  class Entries {
   public:
    std::uint64_t begin() const { return begin_; }
    std::uint64_t end() const { return end_; }
    std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }
    const Entry& at(std::uint64_t number) const;
    void push(Entry entry);
    Entry pop();

   private:
    static constexpr std::size_t block_size = 16;
    using Block = std::array<Entry, block_size>;
    Entry& place(std::uint64_t number) const;

    base::Queue<std::unique_ptr<Block>> blocks_;  ///< the first holds the entry `begin_`
    std::unique_ptr<Block> spare_;                ///< the block emptied last
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;
  };
  using Numbers = base::Queue<std::uint64_t>;

  /// The first number of the window `heartbeats` before the newest.
  std::uint64_t begin_of(std::size_t heartbeats) const;
  void drop_oldest();

  Limits limits_;
  Entries entries_;
  std::vector<std::uint64_t> begins_;  ///< of each window, a ring
  std::size_t newest_ = 0;             ///< window
  boost::unordered_flat_map<IdKey, std::uint64_t, IdKeyHash> numbers_;
  std::vector<Numbers> by_topic_;  ///< by handle
  std::size_t bytes_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace grapevine::gossipsub
