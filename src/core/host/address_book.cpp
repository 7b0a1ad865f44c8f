// SPDX-License-Identifier: Apache-2.0
#include "core/host/address_book.hpp"

#include <algorithm>
#include <tuple>

#include "base/time.hpp"

namespace grapevine::host {

AddressBook::Entry& AddressBook::entry(const PeerId& peer, TimePoint now) {
  if (entries_.size() >= config_.address_book_peers_max && !entries_.contains(peer)) {
    const auto earlier = [](const auto& a, const auto& b) {
      return std::tie(a.second.expires, a.first) < std::tie(b.second.expires, b.first);
    };
    entries_.erase(std::ranges::min_element(entries_, earlier));
  }
  auto& found = entries_[peer];
  found.expires = base::saturating_add(now, config_.address_ttl);
  return found;
}

void AddressBook::replace(const PeerId& peer, std::vector<Multiaddr> addresses, TimePoint now) {
  if (addresses.empty()) {
    entries_.erase(peer);
    return;
  }
  if (addresses.size() > config_.addresses_per_peer_max)
    addresses.resize(config_.addresses_per_peer_max);
  entry(peer, now).addresses = std::move(addresses);
}

void AddressBook::add(const PeerId& peer, const Multiaddr& address, TimePoint now) {
  auto& known = entry(peer, now).addresses;
  if (std::ranges::find(known, address) != known.end()) return;
  if (known.size() >= config_.addresses_per_peer_max) known.pop_back();
  known.insert(known.begin(), address);
}

void AddressBook::remove(const PeerId& peer, const Multiaddr& address) {
  const auto found = entries_.find(peer);
  if (found == entries_.end()) return;
  std::erase(found->second.addresses, address);
  if (found->second.addresses.empty()) entries_.erase(found);
}

std::vector<Multiaddr> AddressBook::addresses(const PeerId& peer, TimePoint now) const {
  const auto found = entries_.find(peer);
  if (found == entries_.end() || found->second.expires <= now) return {};
  return found->second.addresses;
}

}  // namespace grapevine::host
