// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/keyed_hash.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "core/pubsub/message_id.hpp"

namespace grapevine::pubsub {

/// Which message ids were seen lately. Holds 96-bit keyed hashes, not ids, in one table, each with
/// the number of the part of time it was first seen in: a whole part is forgotten at once by its
/// number, and its places are given back little by little, a few with each id that comes.
/// First-seen expiry: seeing an id again does not prolong it. Bounded by count: above it the oldest
/// part goes early, and `evicted()` says so.
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
  /// Ids remembered, expired ones of a part not yet forgotten included.
  std::size_t size() const { return size_; }
  /// Ids forgotten before their time, because of `ids_max`.
  std::uint64_t evicted() const { return evicted_; }

 private:
  struct Key {
    std::uint64_t low;
    std::uint32_t high;
  };
  /// `part` is `none`, or that of the id; those before `oldest_` are forgotten.
  struct Slot {
    std::uint64_t low = 0;
    std::uint32_t high = 0;
    std::uint32_t part = 0;
  };
  /// Ids first seen before `until`, and not before the `until` of the part ahead.
  struct Part {
    TimePoint until;
    std::size_t ids = 0;
  };
  Key key_of(ByteView id) const;
  Slot* find(const Key& key);
  void place(const Key& key, std::uint32_t part);
  bool forgotten(const Slot& slot) const { return slot.part != 0 && slot.part < oldest_; }
  std::uint32_t newest() const;
  void expire(TimePoint now);
  void make_room(TimePoint now);
  void open_part(TimePoint now);
  void drop_oldest();
  void clean();
  void remove(std::size_t at);
  void rebuild(std::size_t capacity);
  std::size_t home(std::uint64_t low) const { return low & (slots_.size() - 1); }
  std::size_t after(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }

  Config config_;
  base::KeyedHash first_;
  base::KeyedHash second_;
  std::vector<Slot> slots_;  ///< open addressing, linear probing; a power of two
  std::size_t used_ = 0;     ///< slots that are not empty
  std::size_t hand_ = 0;     ///< where cleaning goes on
  std::vector<Part> parts_;  ///< oldest first
  std::uint32_t oldest_;     ///< number of the first of `parts_`
  std::size_t size_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace grapevine::pubsub
