// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/receipts.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace grapevine::gossipsub {

void Receipts::add(IdKey id, const Tracking& tracking, TimePoint now) {
  if (entries_.size() >= limits_.receipts_max || entries_.contains(id)) {
    over_.push_back({.receipt = tracking.receipt, .over = true});
    return;
  }
  const auto span = std::clamp(tracking.time, Duration::zero(), limits_.time_max);
  const auto until = base::saturating_add(now, span);
  entries_.emplace(id, Entry{{.receipt = tracking.receipt}, until});
  next_end_ = std::min(next_end_, until);
}

void Receipts::remove(ReceiptId receipt) {
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry->second.progress.receipt != receipt) continue;
    std::erase(changed_, entry->first);
    entries_.erase(entry);
    break;
  }
  if (entries_.empty()) next_end_ = TimePoint::max();
}

void Receipts::note(IdKey id, PeerKey peer, Level level) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  auto& entry = found->second;
  auto place = std::ranges::lower_bound(entry.seen, peer, {}, &Seen::peer);
  if (place == entry.seen.end() || place->peer != peer) {
    if (entry.seen.size() >= peers_max) return;
    place = entry.seen.insert(place, {peer, 0});
  }
  const auto bit = std::to_underlying(level);
  if ((place->levels & bit) != 0) return;
  place->levels = static_cast<std::uint8_t>(place->levels | bit);
  auto& progress = entry.progress;
  ++(level == Level::queued    ? progress.queued
     : level == Level::written ? progress.written
                               : progress.acknowledged);
  if (!std::exchange(entry.changed, true)) changed_.push_back(id);
}

void Receipts::expire(TimePoint now) {
  if (now < next_end_) return;
  std::vector<Progress> ended;
  next_end_ = TimePoint::max();
  boost::unordered::erase_if(entries_, [&](auto& entry) {
    auto& [id, followed] = entry;
    if (followed.until > now) {
      next_end_ = std::min(next_end_, followed.until);
      return false;
    }
    std::erase(changed_, id);
    followed.progress.over = true;
    ended.push_back(followed.progress);
    return true;
  });
  std::ranges::sort(ended, {}, &Progress::receipt);
  over_.insert(over_.end(), ended.begin(), ended.end());
}

std::vector<Progress> Receipts::take() {
  std::vector<Progress> news = std::exchange(over_, {});
  for (const auto id : std::exchange(changed_, {})) {
    auto& entry = entries_.at(id);
    entry.changed = false;
    news.push_back(entry.progress);
  }
  return news;
}

void Receipts::check_invariants() const {
  ASSERT(entries_.size() <= limits_.receipts_max);
  for (const auto& [id, entry] : entries_) {
    ASSERT(entry.seen.size() <= peers_max && entry.until >= next_end_);
    ASSERT(entry.changed == (std::ranges::find(changed_, id) != changed_.end()));
  }
}

}  // namespace grapevine::gossipsub
