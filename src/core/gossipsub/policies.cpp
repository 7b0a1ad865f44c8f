// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "core/gossipsub/peer_caps.hpp"
#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

Result<void, ConfigError> Router::set_policy(std::string_view topic, const TopicPolicy& policy,
                                             TimePoint now) {
  return state_->set_policy(topic, policy, now);
}

/// Degrees are made good at the next heartbeats, as after a change of the mesh. A topic that is
/// only published to from now on is left, and joined again when that is over.
Result<void, ConfigError> Router::State::set_policy(std::string_view name,
                                                    const TopicPolicy& policy, TimePoint now) {
  if (name.empty() || name.size() > pubsub::topic_size_max) {
    return unexpected(
        ConfigError{"topic", "a name of 1 to 1024 bytes", std::to_string(name.size()) + " bytes"});
  }
  if (auto checked = check(policy, *config); !checked) return checked;
  auto& topic = topics.intern(name);
  topic.governed = !policy.empty();
  const bool fanout_only = policy.fanout_only;
  if (topic.joined && fanout_only) quit(topic, now);
  topic.rules = topic.governed ? rules_of(*config, policy) : topics.default_rules();
  if (topic.wanted && !topic.joined && !fanout_only) enter(topic, now);
  if (policy.score) set_topic_score(name, *policy.score, now);
  release_if_idle(topic);
  return {};
}

void Router::set_agent(PeerHandle handle, std::string_view agent) {
  auto* peer = state_->peers.find(handle);
  if (peer == nullptr || !state_->config->agent_caps) return;
  peer->agent_limits = caps_of(agent, state_->config->send_limits);
  state_->set_send_limits(*peer);
}

void Router::set_rpc_size_max(PeerHandle handle, std::optional<std::size_t> size_max) {
  auto* peer = state_->peers.find(handle);
  if (peer == nullptr) return;
  peer->rpc_size_max = size_max.value_or(SIZE_MAX);
  state_->set_send_limits(*peer);
}

void Router::State::set_send_limits(Peer& peer) const {
  peer.send_limits = peer.agent_limits;
  auto& limits = peer.send_limits;
  limits.batch_bytes = std::min(limits.batch_bytes, peer.rpc_size_max);
  limits.control_bytes = std::min(limits.control_bytes, peer.rpc_size_max);
}

}  // namespace grapevine::gossipsub
