// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/subscription_filter.hpp"

#include <algorithm>
#include <utility>

namespace grapevine::pubsub {

/// Only the last star is ever tried again: what an earlier one took stays with it, as the text that
/// follows could be found no earlier.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t at = 0, in_text = 0;
  std::size_t star = std::string_view::npos, resumed = 0;
  while (in_text < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resumed = in_text;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[in_text])) {
      ++at;
      ++in_text;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in_text = ++resumed;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

bool SubscriptionFilter::allows(std::string_view topic) const {
  if (allowed.empty() && patterns.empty()) return true;
  return std::ranges::find(allowed, topic) != allowed.end() ||
         std::ranges::any_of(patterns, [&](const auto& known) { return matches(known, topic); });
}

bool SubscriptionFilter::affordable() const {
  return patterns.size() <= patterns_max && std::ranges::all_of(patterns, [](const auto& pattern) {
           return pattern.size() <= pattern_size_max;
         });
}

std::vector<Subscription> last_words(std::vector<Subscription> subscriptions) {
  if (subscriptions.size() < 2) return subscriptions;
  std::vector<std::size_t> order(subscriptions.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair{subscriptions[i].topic, i}; });
  std::vector<std::size_t> last;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool repeated =
        i + 1 < order.size() && subscriptions[order[i]].topic == subscriptions[order[i + 1]].topic;
    if (!repeated) last.push_back(order[i]);
  }
  if (last.size() == subscriptions.size()) return subscriptions;
  std::ranges::sort(last);
  std::vector<Subscription> words;
  words.reserve(last.size());
  for (const auto i : last) words.push_back(subscriptions[i]);
  return words;
}

}  // namespace grapevine::pubsub
