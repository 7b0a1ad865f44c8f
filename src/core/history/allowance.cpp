// SPDX-License-Identifier: Apache-2.0
#include "core/history/allowance.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace grapevine::history {

Duration Allowance::share() const {
  return Duration{std::chrono::minutes{1}} /
         static_cast<Duration::rep>(std::max<std::size_t>(limits_.requests_per_minute, 1));
}

void Allowance::forget_idle(TimePoint now) {
  std::erase_if(peers_, [&](const auto& entry) {
    return entry.second.streams == 0 && entry.second.clear <= now;
  });
}

bool Allowance::open_stream(const PeerId& peer, TimePoint now) {
  if (streams_ >= limits_.streams_max) return false;
  forget_idle(now);
  const auto known = peers_.find(peer);
  if (known == peers_.end() && peers_.size() >= limits_.peers_max) return false;
  auto& account = known == peers_.end() ? peers_[peer] : known->second;
  if (known == peers_.end()) account.clear = now;
  if (account.streams >= limits_.streams_per_peer_max) return false;
  ++account.streams;
  ++streams_;
  return true;
}

void Allowance::close_stream(const PeerId& peer) {
  const auto known = peers_.find(peer);
  ASSERT(known != peers_.end() && known->second.streams > 0 && streams_ > 0);
  --known->second.streams;
  --streams_;
}

bool Allowance::begin_lookup(const PeerId& peer, TimePoint now) {
  if (lookups_ >= limits_.lookups_max) return false;
  auto& account = peers_.at(peer);
  const auto clear = base::saturating_add(std::max(account.clear, now), share());
  const auto burst = share() * static_cast<Duration::rep>(limits_.requests_burst);
  if (clear > base::saturating_add(now, burst)) return false;
  account.clear = clear;
  ++lookups_;
  return true;
}

}  // namespace grapevine::history
