// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace grapevine::base {

/// Length of the well-formed UTF-8 sequence at the front of `bytes` (RFC 3629), which are not
/// empty; 0 when there is none.
std::size_t utf8_length(std::string_view bytes);

/// Valid UTF-8 made of bytes from anywhere: what is none becomes U+FFFD.
std::string to_utf8(std::string_view bytes);

}  // namespace grapevine::base
