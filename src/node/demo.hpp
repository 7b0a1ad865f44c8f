// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/command_line.hpp"

namespace grapevine::node {

/// Several nodes on this machine, each a process of this program: joined by `/addPeers` into a
/// line, then one message by `/send` that must reach every node exactly once. Stays until SIGINT or
/// SIGTERM unless `once`. The exit code: 0 when everything happened in time.
int demo(const DemoOptions& options);

}  // namespace grapevine::node
