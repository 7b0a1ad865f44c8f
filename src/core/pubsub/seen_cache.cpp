// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/seen_cache.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace grapevine::pubsub {
namespace {

/// An id lives between the TTL and the TTL plus one part, and early eviction costs one part.
constexpr std::size_t parts = 8;
/// At most `parts` of them are full and `parts` + 1 out of time. Only ids erased by the hundred
/// thousand could make more.
constexpr std::size_t parts_max = 2 * parts + 2;
/// What the slots' part numbers mean apart from parts.
constexpr std::uint32_t empty = 0;
constexpr std::uint32_t erased = 1;
constexpr std::uint32_t first_part = 2;

constexpr std::size_t capacity_min = 64;
/// Slots looked at for each new id: a round then takes no longer than a full part does to fill, so
/// that forgotten ids never hold more than about that many slots.
constexpr std::size_t cleaned_at_once = 16;

/// A table for `ids`, about half full.
std::size_t capacity_for(std::size_t ids) { return std::bit_ceil(std::max(2 * ids, capacity_min)); }

}  // namespace

SeenCache::SeenCache(Config config, Rng& rng)
    : config_{config}, first_{rng}, second_{rng}, oldest_{first_part} {
  ASSERT(config_.ttl > Duration::zero() && config_.ids_max > 0);
}

bool SeenCache::insert(ByteView id, TimePoint now) {
  expire(now);
  const auto key = key_of(id);
  if (find(key) != nullptr) return false;
  make_room(now);
  clean();
  place(key, newest());
  ++parts_.back().ids;
  ++size_;
  return true;
}

bool SeenCache::contains(ByteView id, TimePoint now) {
  expire(now);
  return find(key_of(id)) != nullptr;
}

void SeenCache::erase(ByteView id) {
  auto* const slot = find(key_of(id));
  if (slot == nullptr) return;
  --parts_[slot->part - oldest_].ids;
  --size_;
  slot->part = erased;
}

SeenCache::Key SeenCache::key_of(ByteView id) const {
  return {first_(id), static_cast<std::uint32_t>(second_(id))};
}

SeenCache::Slot* SeenCache::find(const Key& key) {
  if (slots_.empty()) return nullptr;
  for (auto at = home(key.low); slots_[at].part != empty; at = after(at)) {
    auto& slot = slots_[at];
    if (slot.low == key.low && slot.high == key.high && !forgotten(slot)) return &slot;
  }
  return nullptr;
}

/// Puts a key that is not there into the first slot from its home on that nobody needs.
void SeenCache::place(const Key& key, std::uint32_t part) {
  auto at = home(key.low);
  while (slots_[at].part != empty && !forgotten(slots_[at])) at = after(at);
  if (slots_[at].part == empty) ++used_;
  slots_[at] = {key.low, key.high, part};
}

std::uint32_t SeenCache::newest() const {
  return oldest_ + static_cast<std::uint32_t>(parts_.size()) - 1;
}

void SeenCache::expire(TimePoint now) {
  while (!parts_.empty() && base::saturating_add(parts_.front().until, config_.ttl) <= now) {
    drop_oldest();
  }
}

/// Makes the newest part one that is open at `now` and not full, and leaves room for one more id.
void SeenCache::make_room(TimePoint now) {
  const auto ids_max = std::max<std::size_t>(config_.ids_max / parts, 1);
  const auto open = !parts_.empty() && now < parts_.back().until;
  if (!open || parts_.back().ids >= ids_max) open_part(now);
  while (size_ >= config_.ids_max || parts_.size() > parts_max) {
    evicted_ += parts_.front().ids;
    drop_oldest();
  }
  // Chains of neighbours stay short up to here.
  if ((used_ + 1) * 8 > slots_.size() * 5) rebuild(capacity_for(size_ + 1));
}

void SeenCache::open_part(TimePoint now) {
  if (!parts_.empty()) parts_.back().until = std::min(parts_.back().until, now);
  const auto span = std::max(config_.ttl / static_cast<Duration::rep>(parts), Duration{1});
  parts_.push_back({.until = base::saturating_add(now, span)});
  const bool sparse = slots_.size() > capacity_min && size_ * 16 < slots_.size();
  if (sparse || newest() == std::numeric_limits<std::uint32_t>::max()) {
    rebuild(capacity_for(size_ + 1));
  }
}

void SeenCache::drop_oldest() {
  size_ -= parts_.front().ids;
  parts_.erase(parts_.begin());
  ++oldest_;
}

/// Empties some slots of forgotten ids, where the last call stopped.
void SeenCache::clean() {
  for (std::size_t i = 0; i < cleaned_at_once; ++i) {
    if (forgotten(slots_[hand_])) {
      remove(hand_);
    } else {
      hand_ = after(hand_);
    }
  }
}

/// Empties a slot and closes the gap: whoever was pushed beyond it moves up.
void SeenCache::remove(std::size_t at) {
  const auto distance = [this](std::size_t from, std::size_t to) {
    return (to - from) & (slots_.size() - 1);
  };
  for (auto next = after(at); slots_[next].part != empty; next = after(next)) {
    if (distance(home(slots_[next].low), next) < distance(at, next)) continue;
    slots_[at] = slots_[next];
    at = next;
  }
  slots_[at].part = empty;
  --used_;
}

/// A new table without the forgotten, the parts numbered from the start again.
void SeenCache::rebuild(std::size_t capacity) {
  const auto before = std::exchange(slots_, std::vector<Slot>(capacity));
  const auto shift = oldest_ - first_part;
  used_ = 0;
  hand_ = 0;
  for (const auto& slot : before) {
    if (slot.part >= oldest_) place({slot.low, slot.high}, slot.part);
  }
  for (auto& slot : slots_) {
    if (slot.part != empty) slot.part -= shift;
  }
  oldest_ = first_part;
}

}  // namespace grapevine::pubsub
