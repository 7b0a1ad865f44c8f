// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/queue.hpp"
#include "core/gossipsub/topics.hpp"

namespace grapevine::gossipsub {

/// Topics in the order they were first named, each with the last value said of it. Setting costs
/// the same however many wait. For topics of our own: the hash is not keyed.
template <class Value>
class Latest {
 public:
  void set(TopicName topic, Value value) {
    if (const auto found = values_.find(*topic); found != values_.end()) {
      found->second = std::move(value);
    } else {
      values_.emplace(*topic, std::move(value));
      order_.push(std::move(topic));
    }
  }
  bool empty() const { return order_.empty(); }
  std::size_t size() const { return order_.size(); }
  const std::string& topic() const { return *order_.front(); }  ///< of the first
  const TopicName& name() const { return order_.front(); }      ///< of the first
  const Value& value() const { return values_.at(topic()); }    ///< of the first
  void pop() {
    values_.erase(topic());
    order_.pop();
  }

 private:
  base::Queue<TopicName> order_;
  boost::unordered_flat_map<std::string_view, Value> values_;  ///< by names in `order_`
};

}  // namespace grapevine::gossipsub
