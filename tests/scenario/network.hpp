// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/world.hpp"

namespace grapevine::sim {

using namespace std::chrono_literals;

/// A scenario that must come out the same whatever the connections are made of.
class Both : public testing::TestWithParam<Fidelity> {};
inline const auto both = testing::Values(Fidelity::full, Fidelity::direct);
inline std::string fidelity_name(const testing::TestParamInfo<Fidelity>& info) {
  return info.param == Fidelity::full ? "full" : "direct";
}

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

/// `count` more nodes, not connected and in no topic.
inline void add_nodes(World& world, std::size_t count,
                      const std::shared_ptr<const host::Config>& config = default_config()) {
  for (std::size_t i = 0; i < count; ++i) world.add(config);
}

inline void join_all(World& world, std::string_view topic) {
  for (NodeIndex i = 0; i < world.size(); ++i) world.join(i, topic);
}

/// Each node dials `degree` of those before it at random: the seed decides.
inline void connect_some(World& world, std::size_t degree) {
  for (NodeIndex i = 1; i < world.size(); ++i) {
    for (std::size_t k = 0; k < std::min<std::size_t>(degree, i); ++k) {
      world.connect(i, world.rng().below(i));
    }
  }
}

inline void connect_all(World& world) {
  for (NodeIndex i = 1; i < world.size(); ++i) {
    for (NodeIndex k = 0; k < i; ++k) world.connect(i, k);
  }
}

using Edges = std::vector<std::pair<NodeIndex, NodeIndex>>;
inline void connect_edges(World& world, const Edges& edges) {
  for (const auto& [from, to] : edges) world.connect(from, to);
}

/// `count` nodes that joined `topic`, each dialling `degree` others at random.
inline void grow(World& world, std::size_t count, std::size_t degree, std::string_view topic,
                 const std::shared_ptr<const host::Config>& config = default_config()) {
  add_nodes(world, count, config);
  join_all(world, topic);
  connect_some(world, degree);
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
