// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grapevine::gossipsub {

/// What was exchanged about one topic: entries of RPCs, one a message, subscription, IHAVE, GRAFT
/// or PRUNE. `received` as they came, `broadcast` when they are queued for a peer.
struct TopicTraffic {
  struct Entries {
    std::uint64_t messages = 0;
    std::uint64_t subscriptions = 0;
    std::uint64_t unsubscriptions = 0;
    std::uint64_t ihave = 0;
    std::uint64_t graft = 0;
    std::uint64_t prune = 0;
  };
  std::uint64_t published = 0;  ///< by ourselves
  Entries received;
  Entries broadcast;
};

/// Sums over all that was exchanged with peers, by topic. Only topics of ours are counted by
/// themselves, and only so many: no remote can make this grow (V37), or push a topic of ours out.
class Traffic {
 public:
  /// Of a topic's counters.
  enum class Place : std::uint32_t {
    foreign,  ///< all topics that only remotes named
    surplus,  ///< all of ours beyond those counted by themselves
  };
  struct Counted {
    std::string topic;
    TopicTraffic traffic;
  };

  explicit Traffic(std::size_t topics_max) : topics_max_{topics_max}, topics_(2) {}

  /// Where `topic`, one of ours, is counted from now on.
  Place open(std::string_view topic) {
    for (std::size_t i = 2; i < topics_.size(); ++i) {
      if (topics_[i].topic == topic) return static_cast<Place>(i);
    }
    if (topics_.size() - 2 >= topics_max_) return Place::surplus;
    topics_.push_back({std::string{topic}, {}});
    return static_cast<Place>(topics_.size() - 1);
  }
  TopicTraffic& at(Place place) { return topics_[static_cast<std::size_t>(place)].traffic; }
  /// In order of places; the first two have no name.
  const std::vector<Counted>& topics() const { return topics_; }

  std::uint64_t rpcs_received = 0;
  std::uint64_t rpcs_sent = 0;
  /// RPCs with entries of that kind, which may name many ids.
  struct Asked {
    std::uint64_t iwant = 0;
    std::uint64_t idontwant = 0;
  };
  Asked received;
  Asked broadcast;

 private:
  std::size_t topics_max_;
  std::vector<Counted> topics_;
};

}  // namespace grapevine::gossipsub
