// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/host/state.hpp"

namespace grapevine::host {

std::optional<std::size_t> Host::State::direct_index(const PeerId& peer) const {
  const auto found = std::ranges::find(direct, peer, &DirectPeer::id);
  if (found == direct.end()) return std::nullopt;
  return static_cast<std::size_t>(found - direct.begin());
}

/// Dials at the addresses given and at those it told of itself.
void Host::State::connect_direct(std::size_t index) {
  auto& peer = direct[index];
  if (closing || peer.dialling || now < peer.not_before || find(peer.id) != nullptr) return;
  auto known = peer.addresses;
  for (auto& address : addresses.addresses(peer.id, now)) {
    if (std::ranges::find(known, address) == known.end()) known.push_back(std::move(address));
  }
  if (known.empty()) return;
  peer.dialling = true;
  connect({std::move(known), peer.id, config->dial_timeout, false, false}, {.direct = index});
}

/// It could not be reached, or is gone again. The wait doubles from `dial_backoff_min` to
/// `dial_backoff_max`, with up to a quarter of jitter so that many nodes do not return together; a
/// connection that lasted begins anew.
void Host::State::on_direct_over(std::size_t index, bool was_good) {
  auto& peer = direct[index];
  if (closing) return;
  const bool first = was_good || peer.backoff == Duration{};
  peer.backoff =
      first ? config->dial_backoff_min : std::min(peer.backoff * 2, config->dial_backoff_max);
  const auto most = static_cast<std::uint64_t>(peer.backoff.count() / 4);
  const Duration jitter{static_cast<Duration::rep>(rng.below(most + 1))};
  peer.not_before = base::saturating_add(now, peer.backoff + jitter);
  set_timer({peer.not_before, Timer::Kind::redial, 0, index});
}

}  // namespace grapevine::host
