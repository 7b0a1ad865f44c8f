// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include "base/keyed_hash.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "core/pubsub/message_id.hpp"

namespace grapevine::pubsub {

/// Which message ids were seen lately. Holds 128-bit keyed hashes in time buckets, not ids: a whole
/// bucket is dropped at once, nothing is swept. First-seen expiry: seeing an id again does not
/// prolong it. Bounded by count: above it the oldest bucket goes early, and `evicted()` says so.
class SeenCache {
 public:
  struct Config {
    Duration ttl = std::chrono::seconds{120};
    std::size_t ids_max = 1'000'000;
  };
  SeenCache(Config config, Rng& rng);

  /// True when the id is new; it is then remembered from `now` for at least the TTL.
  bool insert(ByteView id, TimePoint now);
  bool contains(ByteView id, TimePoint now);
  /// Forgets the id: a message that was not validated must not censor a genuine copy (V42).
  void erase(ByteView id);
  /// Ids remembered, expired ones of a bucket not yet dropped included.
  std::size_t size() const { return size_; }
  /// Ids forgotten before their time, because of `ids_max`.
  std::uint64_t evicted() const { return evicted_; }

 private:
  struct Key {
    std::uint64_t high;
    std::uint64_t low;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    using is_avalanching = void;
    std::size_t operator()(const Key& key) const noexcept { return key.low; }
  };
  /// Ids first seen before `until`, and not before the `until` of the bucket ahead.
  struct Bucket {
    TimePoint until;
    boost::unordered_flat_set<Key, KeyHash> ids;
  };
  Key key_of(ByteView id) const;
  bool holds(const Key& key) const;
  void expire(TimePoint now);
  void make_room(TimePoint now);
  void open_bucket(TimePoint now);
  void drop_oldest();

  Config config_;
  base::KeyedHash first_;
  base::KeyedHash second_;
  std::vector<Bucket> buckets_;  ///< oldest first
  std::size_t size_ = 0;
  std::uint64_t evicted_ = 0;
};

/// Which topics' subscriptions of peers are kept. Pure; a value in the router's Config.
struct SubscriptionFilter {
  std::size_t topics_per_peer_max = 1000;
  std::size_t topic_bytes_per_peer_max = 128 * 1024;
  std::vector<std::string> allowed;  ///< empty: any topic
  bool allows(std::string_view topic) const;
};

}  // namespace grapevine::pubsub
