// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/gossipsub/config.hpp"
#include "grapevine/config.hpp"

namespace grapevine::api {

pubsub::SubscriptionFilter to_filter(const TopicFilter& filter);
/// What of a NodeConfig says whose messages, RPCs and subscriptions are taken.
void set_filters(gossipsub::Config& to, const NodeConfig& from);

}  // namespace grapevine::api
