// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "core/gossipsub/outbox.hpp"
#include "core/gossipsub/topics.hpp"
#include "core/pubsub/message.hpp"

namespace grapevine::gossipsub {

/// Full messages of the last heartbeats, to answer IWANT and to advertise. gossipsub v1.0, "Message
/// Cache". Bounded in heartbeats and in bytes kept alive; what the bytes push out early is counted
/// and no longer advertised.
class MessageCache {
 public:
  struct Limits {
    std::size_t windows;         ///< mcache_len, at least 1
    std::size_t gossip_windows;  ///< mcache_gossip, at most `windows`
    std::size_t bytes_max;
  };
  explicit MessageCache(const Limits& limits, Rng& rng);

  void put(const pubsub::Message& message, TopicHandle topic);
  struct Found {
    const pubsub::Message* message;
    std::size_t served;  ///< times given to this peer, this one included
  };
  /// The message for `peer`'s IWANT, and counts it.
  std::optional<Found> serve(ByteView id, PeerHandle peer);
  bool contains(ByteView id) const;
  /// Ids of `topic` in the windows that are advertised, newest window first.
  std::vector<pubsub::MessageId> gossip_ids(TopicHandle topic) const;
  /// The heartbeat's end: the oldest window goes.
  void shift();
  /// Forgets how often `peer` was served.
  void forget(PeerHandle peer);

  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::uint64_t evicted() const { return evicted_; }
  std::size_t served_size() const;  ///< per-peer counts held

 private:
  struct Served {
    PeerHandle peer;
    std::uint32_t times;
  };
  struct Entry {
    pubsub::Message message;
    TopicHandle topic;
    std::vector<Served> served;
  };
  struct Hash {
    using is_transparent = void;
    base::KeyedHash hash;
    std::size_t operator()(const pubsub::MessageId& id) const { return hash(id.bytes()); }
    std::size_t operator()(ByteView id) const { return hash(id); }
  };
  struct Equal {
    using is_transparent = void;
    static ByteView bytes(const pubsub::MessageId& id) { return id.bytes(); }
    static ByteView bytes(ByteView id) { return id; }
    bool operator()(const auto& a, const auto& b) const { return equal(bytes(a), bytes(b)); }
  };
  struct Window {
    std::vector<std::pair<TopicHandle, pubsub::MessageId>> ids;
    std::size_t gone = 0;  ///< of the front of `ids`, evicted early
  };
  void drop(const pubsub::MessageId& id);
  void evict();

  Limits limits_;
  std::vector<Window> windows_;  ///< newest first
  boost::unordered_flat_map<pubsub::MessageId, std::unique_ptr<Entry>, Hash, Equal> entries_;
  std::size_t bytes_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace grapevine::gossipsub
