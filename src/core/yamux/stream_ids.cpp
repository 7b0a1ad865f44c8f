// SPDX-License-Identifier: Apache-2.0
#include "core/yamux/stream_ids.hpp"

#include <algorithm>
#include <limits>

namespace grapevine::yamux {

std::optional<StreamId> IdSequence::next() {
  if (next_ > std::numeric_limits<StreamId>::max()) return std::nullopt;
  const auto id = static_cast<StreamId>(next_);
  next_ += 2;
  return id;
}

bool UsedIds::take(StreamId id) {
  if (id < next_) return take_from_gap(id);
  if (id > next_) {
    gaps_.push_back({static_cast<StreamId>(next_), id - 2});
    forget_oldest();
  }
  next_ = std::uint64_t{id} + 2;
  return true;
}

bool UsedIds::take_from_gap(StreamId id) {
  const auto gap = std::ranges::lower_bound(gaps_, id, {}, &Gap::high);
  if (gap == gaps_.end() || id < gap->low) return false;
  if (gap->low == gap->high) {
    gaps_.erase(gap);
  } else if (id == gap->low) {
    gap->low = id + 2;
  } else if (id == gap->high) {
    gap->high = id - 2;
  } else {
    const Gap below{gap->low, id - 2};
    gap->low = id + 2;
    gaps_.insert(gap, below);
    forget_oldest();
  }
  return true;
}

void UsedIds::forget_oldest() {
  if (gaps_.size() > gaps_max) gaps_.erase(gaps_.begin());
}

}  // namespace grapevine::yamux
