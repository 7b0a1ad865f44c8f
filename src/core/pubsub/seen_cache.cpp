// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/seen_cache.hpp"

#include <algorithm>
#include <ranges>

namespace grapevine::pubsub {
namespace {

/// An id lives between the TTL and the TTL plus one part, and early eviction costs one part. More
/// parts mean more look-ups for each new id, each of them one line of a set's metadata.
constexpr std::size_t parts = 8;
/// At most `parts` buckets are full and `parts` + 1 out of time. Only ids erased by the hundred
/// thousand could make more.
constexpr std::size_t buckets_max = 2 * parts + 2;

}  // namespace

SeenCache::SeenCache(Config config, Rng& rng) : config_{config}, first_{rng}, second_{rng} {
  ASSERT(config_.ttl > Duration::zero() && config_.ids_max > 0);
}

bool SeenCache::insert(ByteView id, TimePoint now) {
  expire(now);
  const auto key = key_of(id);
  if (holds(key)) return false;
  make_room(now);
  buckets_.back().ids.insert(key);
  ++size_;
  return true;
}

bool SeenCache::contains(ByteView id, TimePoint now) {
  expire(now);
  return holds(key_of(id));
}

void SeenCache::erase(ByteView id) {
  const auto key = key_of(id);
  for (auto& bucket : buckets_) size_ -= bucket.ids.erase(key);
}

SeenCache::Key SeenCache::key_of(ByteView id) const { return {first_(id), second_(id)}; }

/// Newest first: copies follow the original within moments.
bool SeenCache::holds(const Key& key) const {
  return std::ranges::any_of(buckets_ | std::views::reverse,
                             [&](const Bucket& bucket) { return bucket.ids.contains(key); });
}

void SeenCache::expire(TimePoint now) {
  while (!buckets_.empty() && base::saturating_add(buckets_.front().until, config_.ttl) <= now) {
    drop_oldest();
  }
}

/// Makes the newest bucket one that is open at `now` and not full, and leaves room for one more id.
void SeenCache::make_room(TimePoint now) {
  const auto bucket_max = std::max<std::size_t>(config_.ids_max / parts, 1);
  const auto open = !buckets_.empty() && now < buckets_.back().until;
  if (!open || buckets_.back().ids.size() >= bucket_max) open_bucket(now);
  while (size_ >= config_.ids_max || buckets_.size() > buckets_max) {
    evicted_ += buckets_.front().ids.size();
    drop_oldest();
  }
}

void SeenCache::open_bucket(TimePoint now) {
  std::size_t expected = 0;
  if (!buckets_.empty()) {
    auto& newest = buckets_.back();
    newest.until = std::min(newest.until, now);
    expected = newest.ids.size();
  }
  const auto span = std::max(config_.ttl / static_cast<Duration::rep>(parts), Duration{1});
  buckets_.push_back({.until = base::saturating_add(now, span), .ids = {}});
  buckets_.back().ids.reserve(expected);  // as many as lately: no rehash on the way
}

void SeenCache::drop_oldest() {
  size_ -= buckets_.front().ids.size();
  buckets_.erase(buckets_.begin());
}

}  // namespace grapevine::pubsub
