// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/command_line.hpp"

namespace grapevine::node {

/// One node until SIGINT or SIGTERM; then at most five seconds to say goodbye. The exit code.
int run(const RunOptions& options);

}  // namespace grapevine::node
