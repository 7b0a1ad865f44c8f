// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
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
/// A topic with score parameters, by its place among them.
enum class ScoredTopic : std::uint32_t { none = UINT32_MAX };
/// A topic's name, shared by everything that is queued about it.
using TopicName = std::shared_ptr<const std::string>;

/// Handles in ascending order; small sets, so a flat vector.
template <class Handle>
class HandleSet {
 public:
  bool contains(Handle handle) const { return std::ranges::binary_search(handles_, handle); }
  /// False when it was there.
  bool insert(Handle handle) {
    const auto place = std::ranges::lower_bound(handles_, handle);
    if (place != handles_.end() && *place == handle) return false;
    handles_.insert(place, handle);
    return true;
  }
  /// False when it was not there.
  bool erase(Handle handle) {
    const auto place = std::ranges::lower_bound(handles_, handle);
    if (place == handles_.end() || *place != handle) return false;
    handles_.erase(place);
    return true;
  }
  std::size_t size() const { return handles_.size(); }
  bool empty() const { return handles_.empty(); }
  void clear() { std::vector<Handle>{}.swap(handles_); }
  auto begin() const { return handles_.begin(); }
  auto end() const { return handles_.end(); }
  std::vector<Handle> copy() const { return handles_; }

 private:
  std::vector<Handle> handles_;
};
using PeerSet = HandleSet<PeerHandle>;
using TopicSet = HandleSet<TopicHandle>;

/// How many entries of a table name each topic: such a topic's handle must not be given to another.
class TopicCounts {
 public:
  void add(TopicHandle topic);
  void drop(TopicHandle topic);
  bool contains(TopicHandle topic) const;

 private:
  std::vector<std::uint32_t> counts_;  ///< by handle
};

/// When a joined topic is advertised and its peers are looked for again.
struct Search {
  TimePoint next_advert{};
  TimePoint next{};
  Duration wait{};  ///< between the last two
};

/// All we hold about one topic.
struct Topic {
  TopicHandle handle{};
  TopicName name;
  std::shared_ptr<const TopicRules> rules;  ///< never null
  bool governed = false;                    ///< by a policy of its own
  bool wanted = false;                      ///< the application has joined
  bool joined = false;                      ///< likewise, and others are told
  Validating validation;
  bool partial = false;  ///< its messages travel in parts too
  PeerSet subscribers;
  PeerSet flood;   ///< subscribers with a stream and no mesh: direct peers, floodsub, randomsub
  PeerSet mesh;    ///< while joined
  PeerSet fanout;  ///< while published to without being joined
  std::optional<TimePoint> fanout_expires;
  Search search;                                     ///< while joined
  ScoredTopic scored = ScoredTopic::none;            ///< while joined
  double delivery_weight = 1;                        ///< of a delivered message, for the gater
  Traffic::Place traffic = Traffic::Place::foreign;  ///< ours once joined or published to

  /// The heartbeat has work with it.
  bool active() const { return joined || fanout_expires.has_value(); }
  bool idle() const {
    return !active() && !wanted && !governed && !validation.any() && !partial &&
           subscribers.empty();
  }
};

/// Interned topics, by handle and by name. Names are chosen by remotes: the hash is keyed (V21),
/// the number of topics they can make is bounded (V37).
class Topics {
 public:
  /// `rules` hold in every topic without a policy.
  Topics(Rng& rng, std::size_t topics_max, std::shared_ptr<const TopicRules> rules);

  Topic* find(std::string_view name);
  const Topic* find(std::string_view name) const;
  Topic& at(TopicHandle handle);
  const Topic& at(TopicHandle handle) const { return const_cast<Topics*>(this)->at(handle); }
  bool known(TopicHandle handle) const;
  /// The topic of that name, made when it is new: for what the application names, never refused, so
  /// that remotes who fill the table cannot keep us out of a topic.
  Topic& intern(std::string_view name);
  /// Likewise for what a remote names; nullptr when there are too many.
  Topic* intern_for_remote(std::string_view name);
  const std::shared_ptr<const TopicRules>& default_rules() const { return rules_; }
  /// Frees an idle topic's place.
  void release(TopicHandle handle);

  /// In ascending order of handles.
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
  std::shared_ptr<const TopicRules> rules_;
  std::vector<std::unique_ptr<Topic>> topics_;  ///< by handle
  std::vector<TopicHandle> free_;
  boost::unordered_flat_map<std::string_view, TopicHandle, Hash, Equal>
      by_name_;  ///< views of Topic::name
};

}  // namespace grapevine::gossipsub
