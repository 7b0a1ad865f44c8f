// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/snappy.hpp"

#include <snappy-c.h>

#include "base/assert.hpp"

namespace grapevine::pubsub::snappy {

namespace {

/// The densest element is a copy of 64 bytes in 3.
constexpr std::size_t expansion_max = 22;

const char* chars(ByteView bytes) { return reinterpret_cast<const char*>(bytes.data()); }
char* chars(Bytes& bytes) { return reinterpret_cast<char*>(bytes.data()); }

}  // namespace

std::string_view name(Error error) {
  switch (error) {
    case Error::malformed:
      return "malformed";
    case Error::too_large:
      return "too_large";
  }
  return "unknown";
}

Result<Bytes, Error> decode(ByteView block, std::size_t size_max) {
  std::size_t size = 0;
  if (snappy_uncompressed_length(chars(block), block.size(), &size) != SNAPPY_OK) {
    return unexpected(Error::malformed);
  }
  if (size > size_max) return unexpected(Error::too_large);
  if (size > block.size() * expansion_max) return unexpected(Error::malformed);
  Bytes data(size);
  if (snappy_uncompress(chars(block), block.size(), chars(data), &size) != SNAPPY_OK) {
    return unexpected(Error::malformed);
  }
  ASSERT(size == data.size());
  return data;
}

Bytes encode(ByteView data) {
  auto size = snappy_max_compressed_length(data.size());
  Bytes block(size);
  ASSERT(snappy_compress(chars(data), data.size(), chars(block), &size) == SNAPPY_OK);
  block.resize(size);
  return block;
}

}  // namespace grapevine::pubsub::snappy
