// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "api/convert.hpp"
#include "api/handles.hpp"
#include "api/scoring.hpp"
#include "grapevine/node.hpp"

namespace grapevine {

namespace {

Error refused(std::string detail) { return {ErrorCode::bad_config, std::move(detail)}; }

}  // namespace

double Node::score(const Peer& peer) const {
  auto& runtime = *state_->runtime;
  const auto id = api::to_peer_id(peer);
  return runtime.ask([&] { return runtime.host().router().score(id); }).value_or(0);
}

std::optional<ScoreExplanation> Node::explain(const Peer& peer) const {
  auto& runtime = *state_->runtime;
  const auto id = api::to_peer_id(peer);
  const auto known = runtime.ask([&] { return runtime.host().router().explain(id); });
  if (!known || !*known) return std::nullopt;
  return api::to_explanation(**known);
}

Expected<void> Node::set_application_score(const Peer& peer, double value) {
  auto& runtime = *state_->runtime;
  if (!runtime.scores()) return std::unexpected(refused("this node does not score"));
  if (runtime.asks_application_score()) {
    return std::unexpected(refused("score.application_score is asked instead"));
  }
  if (!std::isfinite(value)) return std::unexpected(refused("value must be finite"));
  const auto id = api::to_peer_id(peer);
  const auto set = runtime.ask([&] { return runtime.host().set_application_score(id, value); });
  if (!set) return std::unexpected(api::node_stopped());
  if (!*set) {
    return std::unexpected(Error{ErrorCode::not_connected, "the peer does not gossip with us"});
  }
  return {};
}

Expected<void> Node::set_topic_score(std::string topic, const TopicScoreParameters& parameters) {
  if (auto checked = api::check_topic(topic); !checked) return checked;
  auto& runtime = *state_->runtime;
  if (!runtime.scores()) return std::unexpected(refused("this node does not score"));
  const auto params = api::to_params(parameters);
  const auto set = runtime.ask(
      [&] { return runtime.host().set_topic_score_params(topic, params, runtime.time()); });
  if (!set) return std::unexpected(api::node_stopped());
  if (!*set) return std::unexpected(api::parameter_error(set->error()));
  return {};
}

}  // namespace grapevine
