// SPDX-License-Identifier: Apache-2.0
// Bytes from others on their way to a terminal, into JSON and into metrics.
#include "base/bytes.hpp"
#include "base/utf8.hpp"
#include "node/escape.hpp"
#include "obs/text.hpp"

namespace {

using namespace grapevine;

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = base::utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = as_text({data, size});
  const auto shown = node::escape_for_terminal(input);
  ASSERT(is_utf8(shown) && shown == node::escape_for_terminal(shown));
  for (const unsigned char byte : shown) {
    ASSERT((byte >= 0x20 && byte != 0x7F) || byte == '\t');
  }
  const auto text = base::to_utf8(input);
  ASSERT(is_utf8(text) && text == base::to_utf8(text));
  ASSERT((text == input) == is_utf8(input));
  std::string label, quoted;
  obs::append_escaped(label, input);
  obs::append_json(quoted, input);
  ASSERT(is_utf8(label) && label.find('\n') == label.npos);
  ASSERT(is_utf8(quoted) && quoted.find('"', 1) != quoted.npos);
  return 0;
}
