// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "core/host/host.hpp"
#include "grapevine/config.hpp"
#include "grapevine/error.hpp"

namespace grapevine::api {

/// A direct peer and where it is.
struct DirectPeer {
  PeerId peer;
  std::vector<Multiaddr> addresses;
};

/// A `NodeConfig` checked, in the words of the modules below.
struct Settings {
  KeyPair key;
  std::shared_ptr<const host::Config> host;
  std::vector<Multiaddr> listen;
  std::vector<DirectPeer> direct;
  /// Ids follow from the content alone, so that publishing the same twice is a mistake that can be
  /// told at once.
  bool ids_of_content = false;
};

/// `rng` makes the identity where the config has none.
Expected<Settings> settle(const NodeConfig& config, Rng& rng);

}  // namespace grapevine::api
