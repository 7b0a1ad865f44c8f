// SPDX-License-Identifier: Apache-2.0
// The two files of peers: what is read is read again as it was from what would be written.
#include <string>

#include "base/assert.hpp"
#include "store/author_marks.hpp"
#include "store/blocked_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace grapevine;
  const auto text = as_text({data, size});
  const auto numbers = store::parse_author_numbers(text);
  std::string written;
  for (const auto& [author, seqno] : numbers) {
    written += author.to_string() + " " + std::to_string(seqno) + "\n";
  }
  ASSERT(store::parse_author_numbers(written) == numbers);
  const auto blocked = store::parse_blocked(text);
  if (!blocked) return 0;
  std::string list;
  for (const auto& [peer, until] : *blocked) {
    list += peer.to_string() + " " + (until ? std::to_string(*until) : "-") + "\n";
  }
  ASSERT(store::parse_blocked(list) == blocked);
  return 0;
}
