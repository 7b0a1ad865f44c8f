// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

std::size_t Router::State::reachable(const Topic& topic) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      topic.subscribers, [&](PeerHandle handle) { return peers.at(handle).stream_open; }));
}

/// Says that we are in the topic, and looks for others while there are too few: at once, then later
/// each time, with up to a quarter of jitter so that many nodes do not ask together.
void Router::State::discover(Topic& topic, TimePoint now) {
  if (!config->discovery) return;
  auto& search = topic.search;
  if (search.next_advert <= now) {
    search.next_advert = base::saturating_add(now, config->advertise_ttl / 2);
    outputs.push(Advertise{*topic.name, config->advertise_ttl});
  }
  if (reachable(topic) >= topic.rules->d_low) {
    search.wait = {};
    return;
  }
  if (now < search.next) return;
  search.wait = search.wait == Duration{} ? config->discover_backoff_min
                                          : std::min(search.wait * 2, config->discover_backoff_max);
  const auto most = static_cast<std::uint64_t>(search.wait.count() / 4);
  const Duration jitter{static_cast<Duration::rep>(rng.below(most + 1))};
  search.next = base::saturating_add(now, search.wait + jitter);
  outputs.push(Discover{*topic.name, config->discover_peers_max});
}

std::size_t Router::mesh_size(std::string_view name) const {
  const auto* topic = state_->topics.find(name);
  return topic ? topic->mesh.size() : 0;
}

std::size_t Router::reachable(std::string_view name) const {
  const auto* topic = state_->topics.find(name);
  return topic ? state_->reachable(*topic) : 0;
}

}  // namespace grapevine::gossipsub
