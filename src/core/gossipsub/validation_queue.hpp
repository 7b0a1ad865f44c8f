// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/queue.hpp"
#include "base/time.hpp"
#include "core/gossipsub/router.hpp"
#include "core/gossipsub/topics.hpp"

namespace grapevine::gossipsub {

/// The questions to asynchronous validators that are under way, each with its deadline, and before
/// them a queue a topic. Free places go round the topics that wait, one each: a flooded topic, or
/// one whose validators hang, keeps no other from being heard (V53). A pure state machine.
///
/// Invariants: at most `running_max` are under way, of a topic at most its concurrency; at most
/// `waiting_max` of a topic wait; whatever could run is offered by `next`.
class ValidationQueue {
 public:
  struct Limits {
    std::size_t running_max;
    std::size_t waiting_max;  ///< of one topic
  };
  explicit ValidationQueue(Limits limits) : limits_{limits} {}

  /// False: there is no place for it, neither at once nor in the topic's queue. The topic may have
  /// `concurrency` under way from now on.
  bool enter(TopicHandle topic, Ticket ticket, std::size_t concurrency);
  /// The next that may be asked; it counts as under way.
  std::optional<Ticket> next();
  /// Sets the deadline of one under way, or moves it.
  void set_deadline(Ticket ticket, TimePoint at);
  /// One under way is over. False when it is not under way.
  bool leave(Ticket ticket);
  /// One under way whose deadline is `now` or before; it is over.
  std::optional<Ticket> take_due(TimePoint now);
  std::optional<TimePoint> next_due() const;

  bool concerns(TopicHandle topic) const { return lines_.contains(topic); }
  std::size_t running() const { return running_.size(); }
  std::size_t waiting() const { return waiting_; }
  void check_invariants() const;

 private:
  struct Line {
    base::Queue<Ticket> waiting;
    std::size_t running = 0;
    std::size_t concurrency = 0;
    bool in_turn = false;  ///< stands in `turns_`
  };
  struct Running {
    TopicHandle topic;
    TimePoint deadline;
  };
  struct Due {
    TimePoint at;
    Ticket ticket;
    /// The earliest is the top of a heap.
    friend bool operator<(const Due& a, const Due& b) {
      return a.at != b.at ? a.at > b.at : a.ticket > b.ticket;
    }
  };
  void take_turn(TopicHandle topic, Line& line);
  bool valid(const Due& due) const;
  void drop_stale();

  Limits limits_;
  std::size_t waiting_ = 0;
  boost::unordered_flat_map<TopicHandle, Line> lines_;  ///< with something under way or waiting
  base::Queue<TopicHandle> turns_;  ///< those that wait and are below their concurrency
  boost::unordered_flat_map<Ticket, Running> running_;
  std::vector<Due> due_;  ///< a heap; entries that are over or moved go when they come to its top
};

}  // namespace grapevine::gossipsub
