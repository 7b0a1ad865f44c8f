// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace grapevine::node {

enum class LogLevel { debug, info, warning, error };

/// Lines for the operator, on standard error. What a peer can cause stays at debug.
void set_up_log(LogLevel level);
void log(LogLevel level, std::string_view text);

}  // namespace grapevine::node
