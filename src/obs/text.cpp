// SPDX-License-Identifier: Apache-2.0
#include "obs/text.hpp"

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace grapevine::obs {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

void append_hex(std::string& out, std::string_view prefix, char byte) {
  const auto value = static_cast<unsigned char>(byte);
  out.append(prefix);
  out += digits[value >> 4];
  out += digits[value & 15];
}

bool is_control(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return value < 0x20 || value == 0x7F;
}

}  // namespace

void append_escaped(std::string& out, std::string_view value) {
  while (!value.empty()) {
    const auto length = base::utf8_length(value);
    const char first = value.front();
    if (first == '\n') {
      out += "\\n";
    } else if (first == '\\' || first == '"') {
      out += '\\';
      out += first;
    } else if (length == 0 || is_control(first)) {
      append_hex(out, "\\\\x", first);
    } else {
      out.append(value.substr(0, length));
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
}

void append_json(std::string& out, std::string_view value) {
  out += '"';
  while (!value.empty()) {
    const auto length = base::utf8_length(value);
    const char first = value.front();
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (first == '\\' || first == '"') {
      out += '\\';
      out += first;
    } else if (is_control(first)) {
      append_hex(out, "\\u00", first);
    } else {
      out.append(value.substr(0, length));
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

void append_json_base64(std::string& out, ByteView bytes) {
  out += '"';
  out += base::to_base64(bytes);
  out += '"';
}

}  // namespace grapevine::obs
