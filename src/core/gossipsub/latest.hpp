// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/queue.hpp"
#include "core/gossipsub/topics.hpp"

namespace grapevine::gossipsub {

/// Topics in the order they were first named, each with the last value said of it. Setting costs
/// the same however many wait.
template <class Value>
class Latest {
 public:
  void set(TopicName topic, Value value) {
    const bool fresh = values_.insert_or_assign(topic.get(), std::move(value)).second;
    if (fresh) order_.push(std::move(topic));
  }
  bool empty() const { return order_.empty(); }
  std::size_t size() const { return order_.size(); }
  const std::string& topic() const { return *order_.front(); }             ///< of the first
  const Value& value() const { return values_.at(order_.front().get()); }  ///< of the first
  void pop() {
    values_.erase(order_.front().get());
    order_.pop();
  }

 private:
  base::Queue<TopicName> order_;
  boost::unordered_flat_map<const std::string*, Value> values_;
};

}  // namespace grapevine::gossipsub
