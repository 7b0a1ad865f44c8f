// SPDX-License-Identifier: Apache-2.0
// What a name server answers when it is asked for TXT records.
#include "base/assert.hpp"
#include "net/txt_resolver.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::size_t texts = 0;
  const auto records = grapevine::net::txt_records_of(data, size);
  for (const auto& record : records) texts += record.size();
  // A record takes eleven bytes of the answer, and its text is there in full.
  ASSERT(records.size() * 11 + texts <= size);
  return 0;
}
