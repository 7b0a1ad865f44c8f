// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace grapevine::node {

/// Text from others made fit for a terminal: control characters, bytes that are no UTF-8 and signs
/// that turn the direction of writing become `\x1b` and the like, so that a message can neither
/// drive the terminal nor forge a line. Tabs stay.
std::string escape_for_terminal(std::string_view bytes);

}  // namespace grapevine::node
