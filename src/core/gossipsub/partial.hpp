// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <utility>

#include "core/gossipsub/partial_groups.hpp"
#include "core/gossipsub/topics.hpp"

namespace grapevine::gossipsub {

/// The topics whose messages travel in parts, and what is known of their groups. Only topics that
/// the application named are here, so remotes make none.
class Partials {
 public:
  struct Entry {
    Entry(PartialTopic topic, const PartialLimits& limits, MetadataBudget& budget)
        : options{std::move(topic)}, groups{limits, budget} {}
    PartialTopic options;
    PartialGroups groups;
  };

  explicit Partials(const PartialLimits& limits) : limits_{limits}, budget_{limits} {}
  Partials(const Partials&) = delete;
  Partials& operator=(const Partials&) = delete;

  void set(TopicHandle topic, PartialTopic options);
  void erase(TopicHandle topic) { topics_.erase(topic); }
  Entry* find(TopicHandle topic);
  const Entry* find(TopicHandle topic) const { return const_cast<Partials*>(this)->find(topic); }
  /// The peer left, or its stream did: what it was told is lost with it.
  void forget(PeerHandle peer);
  void heartbeat();

  std::size_t bytes() const { return budget_.bytes(); }
  std::size_t peer_entries() const;
  void check_invariants() const;

 private:
  PartialLimits limits_;
  MetadataBudget budget_;
  std::map<TopicHandle, Entry> topics_;  ///< few, and in order
};

}  // namespace grapevine::gossipsub
