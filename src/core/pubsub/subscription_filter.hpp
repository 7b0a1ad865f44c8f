// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/pubsub/rpc.hpp"

namespace grapevine::pubsub {

/// Whether `text` is what `pattern` says: `*` stands for any characters, also none, `?` for one,
/// everything else for itself. Takes no longer than the product of both sizes.
bool matches(std::string_view pattern, std::string_view text);

/// Which topics may be subscribed to here, by peers and by ourselves. Pure; a value in the router's
/// Config.
struct SubscriptionFilter {
  static constexpr std::size_t patterns_max = 16;
  static constexpr std::size_t pattern_size_max = 128;  ///< bytes

  std::size_t topics_per_peer_max = 1000;
  std::size_t topic_bytes_per_peer_max = 128 * 1024;
  std::size_t subscriptions_per_rpc_max = 5000;  ///< an RPC with more is passed over whole
  std::vector<std::string> allowed;              ///< topics
  std::vector<std::string> patterns;  ///< for `matches`; where neither is given, any topic is
                                      ///< allowed

  bool allows(std::string_view topic) const;
  /// Few and short enough to be tried on whatever a peer names.
  bool affordable() const;
};

/// The last word of an RPC on each topic, in the order in which those stand: said again it changes
/// nothing, and who subscribes and unsubscribes at once has not come.
std::vector<Subscription> last_words(std::vector<Subscription> subscriptions);

}  // namespace grapevine::pubsub
