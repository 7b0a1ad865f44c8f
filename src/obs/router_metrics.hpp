// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "core/host/host.hpp"
#include "obs/exposition.hpp"

/// What is read from a host and its router when metrics are collected.
namespace grapevine::obs {

void collect_host(const host::Host& host, Exposition& metrics);
/// Who is in which mesh. Topics that are not counted by themselves are `other`.
void collect_topics(const gossipsub::Router& router, const gossipsub::Config& config,
                    Exposition& metrics);
void collect_traffic(const gossipsub::Router& router, Exposition& metrics);
void collect_outboxes(const gossipsub::Router& router, const gossipsub::Config& config,
                      Exposition& metrics);
void collect_scores(const host::Host& host, const gossipsub::ScoreThresholds& thresholds,
                    Exposition& metrics);

/// The label of an implementation, by its agent's words; `unknown` for those that are not known
/// here, as remotes choose them.
std::string_view agent_label(std::string_view agent);

}  // namespace grapevine::obs
