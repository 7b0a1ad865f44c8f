// SPDX-License-Identifier: Apache-2.0
#include "store/key_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace grapevine;
  const ByteView content{data, size};
  const auto key = store::parse_key(content, "key");
  if (!key) {
    ASSERT(!key.error().detail.empty());
    return 0;
  }
  // What is taken is the same key when it is written out and read again.
  const auto again = store::parse_key(key->to_protobuf(), "key");
  ASSERT(again && again->peer_id() == key->peer_id());
  return 0;
}
