// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/gossipsub/config.hpp"
#include "core/gossipsub/score_explanation.hpp"
#include "grapevine/error.hpp"
#include "grapevine/score.hpp"

namespace grapevine::api {

/// Public score parameters in the router's words. Only what has another form is checked here; the
/// rest is for the router's own check.
gossipsub::TopicScoreParams to_params(const TopicScoreParameters& from);
Expected<gossipsub::ScoreParams> to_params(const ScoreParameters& from);
gossipsub::GaterParams to_params(const GaterParameters& from);

ScoreExplanation to_explanation(const gossipsub::ScoreExplanation& from);

/// A parameter that the router refuses: which, what would be right, and what it is. `where` goes
/// before the name.
Error parameter_error(const gossipsub::ConfigError& error, std::string_view where = {});

}  // namespace grapevine::api
