// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace grapevine::obs {

/// Appends a label's value as the text formats want it: UTF-8 with backslash, quote and newline
/// escaped. Other control characters, and bytes that are no UTF-8, become \\xNN, as a topic's name
/// may be any bytes.
void append_escaped(std::string& out, std::string_view value);
/// Appends a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD, as in go.
void append_json(std::string& out, std::string_view value);
/// Appends bytes as a JSON string in base64, as go writes them.
void append_json_base64(std::string& out, ByteView bytes);

}  // namespace grapevine::obs
