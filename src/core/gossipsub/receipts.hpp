// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "core/gossipsub/id_key.hpp"
#include "core/gossipsub/router.hpp"

namespace grapevine::gossipsub {

/// How far messages have come that the application follows. Bounded in messages, in the time each
/// is followed, and in the peers remembered for each; peers are remembered by hashes of their ids,
/// so that one that comes back is not counted twice. Empty while nobody follows anything.
class Receipts {
 public:
  static constexpr std::size_t peers_max = 1024;  ///< counted for one message

  struct Limits {
    std::size_t receipts_max;
    Duration time_max;
  };
  enum class PeerKey : std::uint64_t {};
  enum class Level : std::uint8_t { queued = 1, written = 2, acknowledged = 4 };

  explicit Receipts(const Limits& limits) : limits_{limits} {}

  /// Above the limit, and for an id that is followed already, its first word is the last.
  void add(IdKey id, const Tracking& tracking, TimePoint now);
  void remove(ReceiptId receipt);
  /// Counts each level once a peer.
  void note(IdKey id, PeerKey peer, Level level);
  void expire(TimePoint now);

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  /// Not before this does `expire` find anything.
  TimePoint next_end() const { return next_end_; }
  /// What has changed since the last call, in the order of the first changes.
  std::vector<Progress> take();
  void check_invariants() const;

 private:
  struct Seen {
    PeerKey peer;
    std::uint8_t levels;
  };
  struct Entry {
    Progress progress;
    TimePoint until;
    bool changed = false;
    std::vector<Seen> seen{};  ///< ordered by peer
  };

  Limits limits_;
  boost::unordered_flat_map<IdKey, Entry, IdKeyHash> entries_;
  std::vector<IdKey> changed_;
  std::vector<Progress> over_;
  TimePoint next_end_ = TimePoint::max();
};

}  // namespace grapevine::gossipsub
