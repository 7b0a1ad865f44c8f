// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "core/gossipsub/config_error.hpp"

namespace grapevine::gossipsub {

/// When messages are shed before they are checked, and whose. go-libp2p-pubsub's peer gater and its
/// defaults; not in the specification.
struct GaterParams {
  double threshold = 0.33;        ///< throttled messages in relation to checked ones; > 0
  double global_decay = 0.96235;  ///< per interval; to a hundredth in 2 min
  double source_decay = 0.99872;  ///< likewise of what an address sent; 1 h
  Duration decay_interval = std::chrono::seconds{1};
  double decay_to_zero = 0.01;
  Duration retain_stats = std::chrono::hours{6};  ///< of an address, after its last peer left
  Duration quiet = std::chrono::minutes{1};  ///< no throttled message for so long: nothing is shed
  double duplicate_weight = 0.125;
  double ignore_weight = 1;
  double reject_weight = 16;
  /// What a delivered message counts where that is not 1.
  std::map<std::string, double, std::less<>> topic_delivery_weights;
};

Result<void, ConfigError> check(const GaterParams& params);

}  // namespace grapevine::gossipsub
