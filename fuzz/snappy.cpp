// SPDX-License-Identifier: Apache-2.0
// Snappy blocks: two bytes of a bound, then a block. What is unpacked keeps to the bound and to
// what a block of that size can hold, and packing it again gives it back.
#include "core/pubsub/snappy.hpp"
#include "base/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace grapevine;
  if (size < 2) return 0;
  const auto bound = std::size_t{data[0]} << 8 | data[1];
  const ByteView block{data + 2, size - 2};
  const auto plain = pubsub::snappy::decode(block, bound);
  if (plain) {
    ASSERT(plain->size() <= bound && plain->size() <= block.size() * 22);
    ASSERT(pubsub::snappy::decode(pubsub::snappy::encode(*plain), bound) == *plain);
  }
  const auto back = pubsub::snappy::decode(pubsub::snappy::encode(block), block.size());
  ASSERT(back && equal(*back, block));
  return 0;
}
