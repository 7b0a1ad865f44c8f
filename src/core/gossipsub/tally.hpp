// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include <boost/container_hash/hash.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include "core/gossipsub/peers.hpp"
#include "core/gossipsub/router.hpp"

namespace grapevine::gossipsub {

/// Events that a remote can cause by the million, merged over a turn: noting one more costs a
/// look-up, no string and no output of its own. At rest it holds no memory.
class Tally {
 public:
  /// At most this many different ones wait; then they must be taken.
  static constexpr std::size_t events_max = 4096;

  struct Event {
    Traced::Kind kind;
    PeerId peer;
    TopicName topic;          ///< may be null
    std::string_view reason;  ///< a literal
    std::uint64_t count;
  };
  /// False, and nothing noted, when it is full.
  bool add(Traced::Kind kind, const Peer& peer, const TopicName& topic, std::string_view reason,
           std::uint64_t count) {
    const Key key{kind, peer.handle, topic.get(), reason.data()};
    if (!events_.empty() && key == last_) {
      events_.back().count += count;
      return true;
    }
    if (const auto known = places_.find(key); known != places_.end()) {
      events_[known->second].count += count;
      return true;
    }
    if (events_.size() >= events_max) return false;
    places_.emplace(key, events_.size());
    events_.push_back({kind, peer.id, topic, reason, count});
    last_ = key;
    return true;
  }
  bool empty() const { return events_.empty(); }
  /// In the order of their first appearance.
  std::vector<Event> take() {
    places_.clear();
    return std::exchange(events_, {});
  }
  void rest() {
    if (events_.empty()) places_ = {};
  }

 private:
  struct Key {
    Traced::Kind kind;
    PeerHandle peer;
    const void* topic;
    const void* reason;
    friend bool operator==(const Key&, const Key&) = default;
    friend std::size_t hash_value(const Key& key) {
      auto hash = std::to_underlying(key.peer) * 31u + static_cast<std::size_t>(key.kind);
      boost::hash_combine(hash, key.topic);
      boost::hash_combine(hash, key.reason);
      return hash;
    }
  };
  std::vector<Event> events_;
  boost::unordered_flat_map<Key, std::size_t> places_;  ///< indices into `events_`
  Key last_{};                                          ///< of the newest event
};

/// What `poll()` gives out, first in, first out. It keeps its memory from turn to turn, and gives
/// it back at a heartbeat.
class Outputs {
 public:
  bool empty() const { return head_ == items_.size(); }
  template <class Item>
  void push(Item&& item) {
    items_.emplace_back(std::forward<Item>(item));
  }
  Output pop() {
    Output item = std::move(items_[head_++]);
    if (empty()) {
      items_.clear();
      head_ = 0;
    }
    return item;
  }
  void rest() {
    if (empty()) std::vector<Output>{}.swap(items_);
  }

 private:
  std::vector<Output> items_;
  std::size_t head_ = 0;
};

}  // namespace grapevine::gossipsub
