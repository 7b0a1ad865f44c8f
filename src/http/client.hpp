// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "grapevine/error.hpp"

namespace grapevine::http {

struct Reply {
  unsigned status = 0;
  std::string body;
};

/// One GET of a server on this machine, with a connection of its own. Blocks at most `wait`.
Expected<Reply> get(std::uint16_t port, const std::string& target, std::chrono::seconds wait);

}  // namespace grapevine::http
