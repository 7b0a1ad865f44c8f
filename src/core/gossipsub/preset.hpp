// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "core/gossipsub/config.hpp"

namespace grapevine::gossipsub {

/// A configuration to start from.
struct Preset {
  Config config;
  std::string_view message_id;  ///< the name of its id function
};
/// The defaults of an implementation where they matter to its network: message ids, sizes, degrees,
/// times and habits. `go`, `rust`, `js`, `nim`, `jvm`, and `eth2` for the consensus layer's
/// parameters; nullopt for another name.
std::optional<Preset> preset(std::string_view name);

}  // namespace grapevine::gossipsub
