// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/keyed_hash.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "core/gossipsub/router.hpp"
#include "core/gossipsub/topics.hpp"

namespace grapevine::gossipsub {

/// Until when which peer must not be grafted in which topic. gossipsub v1.1, "PRUNE Backoff". Kept
/// by peer id, so that a reconnect does not shorten it. Bounded: what has ended is swept, and above
/// `entries_max` nothing more is taken.
class Backoffs {
 public:
  static constexpr std::size_t entries_max = 100'000;
  explicit Backoffs(Rng& rng) : entries_{0, Hash{base::KeyedHash{rng}}} {}

  /// The end becomes the later of the one kept and `until`: an unsubscribe must not shorten a
  /// prune.
  void extend(TopicHandle topic, const PeerId& peer, TimePoint until);
  bool holds(TopicHandle topic, const PeerId& peer, TimePoint now) const;
  /// When it ends; nullopt when there is none.
  std::optional<TimePoint> end(TopicHandle topic, const PeerId& peer) const;
  /// Forgets what ended before `now - slack`.
  void sweep(TimePoint now, Duration slack);
  /// An entry refers to `topic`, which must stay interned.
  bool concerns(TopicHandle topic) const { return topics_.contains(topic); }
  /// Half full: what only a stranger asks for is not worth a place any more.
  bool crowded() const { return entries_.size() >= entries_max / 2; }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Key {
    TopicHandle topic;
    PeerId peer;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    base::KeyedHash hash;
    std::size_t operator()(const Key& key) const {
      return hash(key.peer.bytes()) ^
             (std::uint64_t{std::to_underlying(key.topic)} * 0x9E3779B97F4A7C15u);
    }
  };
  boost::unordered_flat_map<Key, TimePoint, Hash> entries_;
  TopicCounts topics_;
};

}  // namespace grapevine::gossipsub
