// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace grapevine::node {

/// Takes SIGINT and SIGTERM away from every thread started from now on, and ignores SIGPIPE. To be
/// called before there are threads.
void block_signals();

/// Waits for SIGINT or SIGTERM.
int wait_for_signal();

/// From now on a signal ends the program at once, with 128 and its number; so does the end of
/// `grace`, with `exit_code`.
void end_within(std::chrono::seconds grace, int exit_code);

}  // namespace grapevine::node
