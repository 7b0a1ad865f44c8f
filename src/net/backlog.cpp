// SPDX-License-Identifier: Apache-2.0
#include "net/backlog.hpp"

#include <algorithm>

namespace grapevine::net {

void Backlog::behind(host::LinkId link, TimePoint now) {
  const auto found = std::ranges::find(entries_, link, &Entry::link);
  if (found == entries_.end()) {
    entries_.push_back({link, now + patience, TimePoint::min(), true});
  } else if (!found->behind) {
    found->behind = true;
    found->waited_until = now + patience;
  }
}

void Backlog::caught_up(host::LinkId link) {
  const auto found = std::ranges::find(entries_, link, &Entry::link);
  if (found == entries_.end()) return;
  found->behind = false;
  if (found->distrusted_until == TimePoint::min()) forget(link);
}

void Backlog::forget(host::LinkId link) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.link == link; });
}

bool Backlog::holds(TimePoint now) {
  holds_until_ = TimePoint::max();
  std::erase_if(entries_,
                [&](const Entry& entry) { return !entry.behind && entry.distrusted_until <= now; });
  for (auto& entry : entries_) {
    if (!entry.behind || entry.distrusted_until > now) continue;
    if (entry.waited_until <= now) {
      entry.distrusted_until = now + distrust;
    } else {
      holds_until_ = std::min(holds_until_, entry.waited_until);
    }
  }
  return holds_until_ != TimePoint::max();
}

bool Backlog::empty() const { return std::ranges::none_of(entries_, &Entry::behind); }

}  // namespace grapevine::net
