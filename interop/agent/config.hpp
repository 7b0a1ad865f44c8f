// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grapevine/config.hpp"
#include "grapevine/node.hpp"

/// The command line and what `--config` says.
namespace grapevine::agent {

inline constexpr int status_failed = 1;
inline constexpr int status_usage = 2;        ///< wrong for every implementation
inline constexpr int status_unsupported = 3;  ///< what this implementation lacks or refuses

/// Why the agent does not start: the error of its `failed` event and its exit status.
struct StartFailure {
  int status;
  std::string text;

  static StartFailure usage(std::string text) { return {status_usage, std::move(text)}; }
  static StartFailure unsupported(std::string_view what) {
    return {status_unsupported, "unsupported: " + std::string{what}};
  }
};

/// How messages of a topic that come from others are judged, and after how long.
struct ValidationRule {
  std::string topic;
  std::chrono::milliseconds delay{0};
  Verdict verdict = Verdict::accept;
};

struct Settings {
  NodeConfig node;
  std::vector<ValidationRule> rules;
};

/// The defaults of an agent: queues that a closed loop never fills, no limit of connections.
NodeConfig agent_defaults();
/// What `--config` says, over those defaults.
std::expected<Settings, StartFailure> parse_config(std::string_view text);
/// `arguments` without the program's name.
std::expected<Settings, StartFailure> parse_command_line(std::span<char* const> arguments);

}  // namespace grapevine::agent
