// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "agent/arguments.hpp"
#include "grapevine/score.hpp"

namespace grapevine::agent {

/// The `score` object of the contract: flat, absent numbers are 0. nullopt when there is none.
std::optional<ScoreParameters> take_score(Arguments& from);

}  // namespace grapevine::agent
