// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace grapevine::gossipsub {

/// Which parameter is wrong, what would be right, and what it is (where that is a number or a
/// time).
struct ConfigError {
  std::string parameter;
  std::string_view rule;
  std::string value = {};
};

}  // namespace grapevine::gossipsub
