// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "sim/world.hpp"

namespace grapevine::sim {

using namespace std::chrono_literals;

/// A host's configuration for scenarios, after the test has had its say on the gossip part.
template <class Change>
std::shared_ptr<const host::Config> config_with(Change change) {
  auto gossip = std::make_shared<gossipsub::Config>();
  change(*gossip);
  auto config = std::make_shared<host::Config>();
  config->gossip = gossip;
  config->session = std::make_shared<session::Config>();
  return config;
}
inline std::shared_ptr<const host::Config> default_config() {
  return config_with([](gossipsub::Config&) {});
}

/// `count` nodes that joined `topic`, each dialling `degree` others at random: the seed decides.
inline void grow(World& world, std::size_t count, std::size_t degree, std::string_view topic) {
  const auto config = default_config();
  for (std::size_t i = 0; i < count; ++i) world.join(world.add(config), topic);
  for (std::size_t i = 1; i < count; ++i) {
    for (std::size_t k = 0; k < std::min(degree, i); ++k) world.connect(i, world.rng().below(i));
  }
}

/// How many of the living nodes have got `data`, and whether any got it twice.
struct Reach {
  std::size_t nodes = 0;
  std::size_t twice = 0;
};
inline Reach reach(const World& world, std::string_view data) {
  Reach reach;
  for (NodeIndex i = 0; i < world.size(); ++i) {
    const auto copies = world.count(i, data);
    reach.nodes += copies > 0;
    reach.twice += copies > 1;
  }
  return reach;
}

}  // namespace grapevine::sim
