// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "core/pubsub/rpc.hpp"

namespace grapevine::gossipsub {

/// What one RPC to a peer of that agent may hold: `common`, which every implementation takes, with
/// what this one is known to take beyond it. Agents are the remote's words: a false one costs
/// nobody but itself.
pubsub::SendLimits caps_of(std::string_view agent, const pubsub::SendLimits& common);

}  // namespace grapevine::gossipsub
