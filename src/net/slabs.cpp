// SPDX-License-Identifier: Apache-2.0
#include "net/slabs.hpp"

#include <algorithm>

namespace grapevine::net {

namespace {

/// More would only keep memory that a burst needed.
constexpr std::size_t full_max = 8;

}  // namespace

MutableBytes Slabs::room() {
  if (current_.unique()) at_ = 0;
  if (size_ - at_ < size_ / 4) {
    const auto free = std::ranges::find_if(full_, [](const Slab& slab) { return slab.unique(); });
    auto next = free != full_.end() ? std::move(*free) : Slab{size_};
    if (free != full_.end()) full_.erase(free);
    if (full_.size() == full_max) full_.erase(full_.begin());
    full_.push_back(std::exchange(current_, std::move(next)));
    at_ = 0;
  }
  return current_.space().subspan(at_);
}

}  // namespace grapevine::net
