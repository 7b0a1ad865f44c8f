// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/queue.hpp"
#include "base/time.hpp"
#include "core/gossipsub/id_key.hpp"
#include "core/gossipsub/router.hpp"

namespace grapevine::gossipsub {

/// Which peers keep the promise that an IHAVE is. gossipsub v1.1, "Spam Protection": of each IHAVE
/// that made us ask, one id is followed. It is kept when the message comes, from whomever and
/// however often (V48). Bounded; above `entries_max` nothing more is followed.
class Followups {
 public:
  static constexpr std::size_t entries_max = 100'000;

  struct Promise {
    PeerHandle peer;
    IdKey id;
    std::uint64_t number;  ///< counts all promises
    TimePoint until;
  };

  /// `until` never decreases from call to call.
  void add(PeerHandle peer, IdKey id, TimePoint until);
  /// The message is here: all who promised it have kept their word.
  void fulfil(IdKey id) {
    if (!open_.empty()) open_.erase(id);
  }
  /// The next promise that was due before `now` and is not kept; it is followed no longer.
  std::optional<Promise> take_broken(TimePoint now);
  void clear();
  /// That of the next promise.
  std::uint64_t next_number() const { return next_; }
  bool empty() const { return queue_.empty(); }
  std::size_t size() const { return queue_.size(); }

 private:
  /// Promises of one id that are not kept: those from number `since` on.
  struct Open {
    std::uint64_t since;
    std::size_t count;
  };
  base::Queue<Promise> queue_;  ///< ordered by `until`
  boost::unordered_flat_map<IdKey, Open, IdKeyHash> open_;
  std::uint64_t next_ = 1;
};

}  // namespace grapevine::gossipsub
