// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/validation_queue.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace grapevine::gossipsub {

namespace {

/// Entries of the heap that are over may be this many more than those that are not.
constexpr std::size_t stale_free = 256;

}  // namespace

bool ValidationQueue::enter(TopicHandle topic, Ticket ticket, std::size_t concurrency) {
  const auto known = lines_.find(topic);
  const auto before = known == lines_.end() ? std::size_t{0} : known->second.waiting.size();
  const auto under_way = known == lines_.end() ? std::size_t{0} : known->second.running;
  const bool at_once =
      before == 0 && under_way < concurrency && running_.size() < limits_.running_max;
  if (!at_once && before >= limits_.waiting_max) return false;
  auto& line = lines_[topic];
  line.concurrency = concurrency;
  line.waiting.push(ticket);
  ++waiting_;
  take_turn(topic, line);
  return true;
}

void ValidationQueue::take_turn(TopicHandle topic, Line& line) {
  if (line.waiting.empty() || line.running >= line.concurrency) return;
  if (!std::exchange(line.in_turn, true)) turns_.push(topic);
}

std::optional<Ticket> ValidationQueue::next() {
  if (running_.size() >= limits_.running_max || turns_.empty()) return std::nullopt;
  const auto topic = turns_.pop();
  auto& line = lines_.at(topic);
  line.in_turn = false;
  const auto ticket = line.waiting.pop();
  --waiting_;
  ++line.running;
  running_.emplace(ticket, Running{topic, TimePoint::max()});
  take_turn(topic, line);
  return ticket;
}

void ValidationQueue::set_deadline(Ticket ticket, TimePoint at) {
  const auto found = running_.find(ticket);
  if (found == running_.end()) return;
  found->second.deadline = at;
  due_.push_back({at, ticket});
  std::push_heap(due_.begin(), due_.end());
  drop_stale();
}

bool ValidationQueue::leave(Ticket ticket) {
  const auto found = running_.find(ticket);
  if (found == running_.end()) return false;
  const auto topic = found->second.topic;
  running_.erase(found);
  auto& line = lines_.at(topic);
  --line.running;
  if (line.running == 0 && line.waiting.empty()) {
    lines_.erase(topic);
  } else {
    take_turn(topic, line);
  }
  drop_stale();
  return true;
}

std::optional<Ticket> ValidationQueue::take_due(TimePoint now) {
  const auto at = next_due();
  if (!at || *at > now) return std::nullopt;
  const auto ticket = due_.front().ticket;
  leave(ticket);
  return ticket;
}

std::optional<TimePoint> ValidationQueue::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.front().at;
}

bool ValidationQueue::valid(const Due& due) const {
  const auto found = running_.find(due.ticket);
  return found != running_.end() && found->second.deadline == due.at;
}

/// The top is always one that is under way. A heap with many that are over is made anew: at a high
/// rate it would hold all that ended within the longest time-out.
void ValidationQueue::drop_stale() {
  if (due_.size() > 2 * running_.size() + stale_free) {
    std::erase_if(due_, [&](const Due& due) { return !valid(due); });
    std::make_heap(due_.begin(), due_.end());
  }
  while (!due_.empty() && !valid(due_.front())) {
    std::pop_heap(due_.begin(), due_.end());
    due_.pop_back();
  }
  if (due_.empty()) std::vector<Due>{}.swap(due_);
}

void ValidationQueue::check_invariants() const {
  ASSERT(running_.size() <= limits_.running_max);
  ASSERT(due_.size() <= 2 * running_.size() + stale_free);
  std::size_t under_way = 0;
  std::size_t queued = 0;
  for (const auto& [topic, line] : lines_) {
    ASSERT(line.running + line.waiting.size() > 0);
    ASSERT(line.waiting.size() <= limits_.waiting_max);
    const bool able = !line.waiting.empty() && line.running < line.concurrency;
    ASSERT(able == line.in_turn);
    under_way += line.running;
    queued += line.waiting.size();
  }
  ASSERT(under_way == running_.size() && queued == waiting_);
}

}  // namespace grapevine::gossipsub
