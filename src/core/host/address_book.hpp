// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/keyed_hash.hpp"
#include "base/rng.hpp"
#include "core/host/config.hpp"
#include "identity/peer_id.hpp"
#include "multi/multiaddr.hpp"

namespace grapevine::host {

/// Peer ids are made by whoever wants to: tables of them hash with a key (V21).
struct PeerIdHash {
  base::KeyedHash hash;
  std::size_t operator()(const PeerId& id) const { return hash(id.bytes()); }
};

/// Where peers can be reached. Bounded in peers, addresses and time; the peer whose entry ends
/// first makes room (V31).
class AddressBook {
 public:
  AddressBook(const Config& config, Rng& rng)
      : config_{config}, entries_{0, PeerIdHash{base::KeyedHash{rng}}} {}

  /// Replaces what is known of `peer`: an address missing from the newer list disappears (V32).
  void replace(const PeerId& peer, std::vector<Multiaddr> addresses, TimePoint now);
  /// Adds one address that worked.
  void add(const PeerId& peer, const Multiaddr& address, TimePoint now);
  /// Somebody else answers there.
  void remove(const PeerId& peer, const Multiaddr& address);
  std::vector<Multiaddr> addresses(const PeerId& peer, TimePoint now) const;
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::vector<Multiaddr> addresses;
    TimePoint expires;
  };
  Entry& entry(const PeerId& peer, TimePoint now);

  const Config& config_;
  boost::unordered_flat_map<PeerId, Entry, PeerIdHash> entries_;
};

}  // namespace grapevine::host
