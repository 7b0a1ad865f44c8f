// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/keyed_hash.hpp"
#include "base/time.hpp"
#include "identity/peer_id.hpp"

namespace grapevine::gossipsub {

/// A peer that is not listened to, neither as a neighbour nor as an author.
struct BlockedPeer {
  PeerId peer;
  std::optional<TimePoint> until = {};  ///< absent: until it is unblocked
};

/// The peers that the application has blocked, each for good or for a time. Bounded.
class Blacklist {
 public:
  Blacklist(const base::KeyedHash& hash, std::size_t entries_max)
      : entries_max_{entries_max}, entries_{0, Hash{hash}} {}

  /// The latest word on a peer counts. False, and nothing done, when there are too many.
  bool add(const BlockedPeer& blocked, TimePoint now);
  /// False when it was not there.
  bool remove(const PeerId& peer) { return entries_.erase(peer) > 0; }
  bool contains(const PeerId& peer, TimePoint now) const { return contains(peer.bytes(), now); }
  bool contains(ByteView peer, TimePoint now) const;
  /// Sorted by peer.
  std::vector<BlockedPeer> all(TimePoint now) const;
  /// Forgets those whose time is over.
  void sweep(TimePoint now);
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    base::KeyedHash hash;
    std::size_t operator()(const PeerId& peer) const { return hash(peer.bytes()); }
    std::size_t operator()(ByteView peer) const { return hash(peer); }
  };
  struct Equal {
    using is_transparent = void;
    static ByteView bytes(const PeerId& peer) { return peer.bytes(); }
    static ByteView bytes(ByteView peer) { return peer; }
    bool operator()(const auto& a, const auto& b) const { return equal(bytes(a), bytes(b)); }
  };
  std::size_t entries_max_;
  boost::unordered_flat_map<PeerId, std::optional<TimePoint>, Hash, Equal> entries_;
};

}  // namespace grapevine::gossipsub
