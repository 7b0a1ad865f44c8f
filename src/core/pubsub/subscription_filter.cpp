// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/pubsub/seen_cache.hpp"

namespace grapevine::pubsub {

bool SubscriptionFilter::allows(std::string_view topic) const {
  return allowed.empty() || std::ranges::find(allowed, topic) != allowed.end();
}

}  // namespace grapevine::pubsub
