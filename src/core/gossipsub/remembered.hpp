// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/time.hpp"
#include "core/gossipsub/id_key.hpp"

namespace grapevine::gossipsub {

/// Ids a peer told us not to send. gossipsub v1.2, "IDONTWANT". Bounded by the budget per heartbeat
/// times the TTL.
class Unwanted {
 public:
  void insert(IdKey key, std::uint64_t until_heartbeat);
  bool contains(IdKey key) const;
  void expire(std::uint64_t heartbeat);
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    IdKey key;
    std::uint64_t until;
  };
  std::vector<Entry> entries_;  ///< ordered by key
};

/// How often a peer was given what it asked for by IWANT. gossipsub v1.1, "Spam Protection".
/// Bounded by the ids answered per heartbeat times the heartbeats a message is cached.
class Served {
 public:
  struct Request {
    std::uint64_t rpc;              ///< the number of the RPC it came in
    std::size_t times_max;          ///< answers to one id
    std::uint64_t until_heartbeat;  ///< the message is cached no longer
  };
  enum class Answer { yes, repeated_in_rpc, too_often };
  /// Counts one request for `key`, of which each RPC has one (V41).
  Answer ask(IdKey key, const Request& request);
  void expire(std::uint64_t heartbeat);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint64_t rpc;
    std::uint64_t until;
    std::size_t times;
  };
  boost::unordered_flat_map<IdKey, Entry, IdKeyHash> entries_;
};

/// Ids asked for by IWANT and not yet come: nobody else is asked for them meanwhile. A promise
/// holds until about the next heartbeat only, so that one who advertises and never sends cannot
/// keep us from asking those who would. Above `entries_max` nothing is noted, and an id may be
/// asked for twice.
class Promises {
 public:
  static constexpr std::size_t entries_max = 200'000;

  bool holds(IdKey id, TimePoint now) const;
  void add(IdKey id, TimePoint until);
  bool fulfil(IdKey id);  ///< false when nobody promised it
  void sweep(TimePoint now);
  bool empty() const { return until_.empty(); }
  std::size_t size() const { return until_.size(); }

 private:
  boost::unordered_flat_map<IdKey, TimePoint, IdKeyHash> until_;
};

}  // namespace grapevine::gossipsub
