// SPDX-License-Identifier: Apache-2.0
#include "node/escape.hpp"

#include "base/utf8.hpp"

namespace grapevine::node {
namespace {

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

/// Whether a whole UTF-8 sequence does something else than show a sign.
bool is_control(std::string_view sequence) {
  const auto first = byte_at(sequence, 0);
  if (sequence.size() == 1) return (first < 0x20 && first != '\t') || first == 0x7F;
  const auto second = byte_at(sequence, 1);
  const bool arabic_letter_mark = first == 0xD8 && second == 0x9C;
  if (sequence.size() == 2) {
    return arabic_letter_mark || (first == 0xC2 && second < 0xA0);  // C1, U+0080 to U+009F
  }
  if (sequence.size() != 3 || first != 0xE2) return false;
  const auto third = byte_at(sequence, 2);
  const bool line_or_direction =
      second == 0x80 && ((third >= 0xA8 && third <= 0xAE) || third == 0x8E || third == 0x8F);
  const bool isolate = second == 0x81 && third >= 0xA6 && third <= 0xA9;
  return line_or_direction || isolate;
}

void append_escaped(std::string& text, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char letter : bytes) {
    const auto byte = static_cast<unsigned char>(letter);
    if (letter == '\n') {
      text += "\\n";
    } else {
      text.append("\\x").append({digits[byte >> 4], digits[byte & 15]});
    }
  }
}

}  // namespace

std::string escape_for_terminal(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto length = base::utf8_length(bytes);
    const auto piece = bytes.substr(0, length == 0 ? 1 : length);
    if (length == 0 || is_control(piece)) {
      append_escaped(text, piece);
    } else {
      text.append(piece);
    }
    bytes.remove_prefix(piece.size());
  }
  return text;
}

}  // namespace grapevine::node
