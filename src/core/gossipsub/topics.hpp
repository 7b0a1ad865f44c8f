// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/keyed_hash.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "core/gossipsub/router.hpp"

namespace grapevine::gossipsub {

/// A topic's number inside one router.
enum class TopicHandle : std::uint32_t {};
/// A topic's name, shared by everything that is queued about it.
using TopicName = std::shared_ptr<const std::string>;

/// Peers in ascending order of their handles; small, so a flat vector.
class PeerSet {
 public:
  bool contains(PeerHandle peer) const;
  bool insert(PeerHandle peer);  ///< false when it was there
  bool erase(PeerHandle peer);   ///< false when it was not
  std::size_t size() const { return peers_.size(); }
  bool empty() const { return peers_.empty(); }
  void clear() { peers_.clear(); }
  auto begin() const { return peers_.begin(); }
  auto end() const { return peers_.end(); }
  std::vector<PeerHandle> copy() const { return peers_; }

 private:
  std::vector<PeerHandle> peers_;
};

/// All we hold about one topic.
struct Topic {
  TopicHandle handle{};
  TopicName name;
  bool joined = false;
  bool validated = false;
  PeerSet subscribers;
  PeerSet mesh;    ///< while joined
  PeerSet fanout;  ///< while published to without being joined
  TimePoint fanout_expires{};

  bool idle() const { return !joined && !validated && subscribers.empty() && fanout.empty(); }
};

/// Interned topics, by handle and by name. Names are chosen by remotes: the hash is keyed (V21),
/// the number of topics not joined is bounded (V37).
class Topics {
 public:
  Topics(Rng& rng, std::size_t topics_max);

  Topic* find(std::string_view name);
  const Topic* find(std::string_view name) const;
  Topic& at(TopicHandle handle);
  /// The topic of that name, made when it is new; nullptr when there are too many.
  Topic* intern(std::string_view name);
  /// Frees an idle topic's place.
  void release(TopicHandle handle);

  /// In ascending order of handles.
  std::vector<Topic*> all();
  std::vector<const Topic*> all() const;
  std::size_t size() const { return by_name_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    base::KeyedHash hash;
    std::size_t operator()(std::string_view name) const { return hash(name); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return a == b; }
  };
  std::size_t topics_max_;
  std::vector<std::unique_ptr<Topic>> topics_;  ///< by handle
  std::vector<TopicHandle> free_;
  boost::unordered_flat_map<std::string_view, TopicHandle, Hash, Equal>
      by_name_;  ///< views of Topic::name
};

}  // namespace grapevine::gossipsub
