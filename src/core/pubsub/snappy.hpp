// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

/// Snappy's raw block format, by libsnappy. Pure.
namespace grapevine::pubsub::snappy {

/// Why bytes are no block.
enum class Error {
  malformed,
  too_large,  ///< it says that it is longer than allowed: nothing was unpacked
};
std::string_view name(Error error);

/// What `block` holds, at most `size_max` bytes. A block that promises more than so many bytes can
/// hold is refused as well before any memory is taken for it.
Result<Bytes, Error> decode(ByteView block, std::size_t size_max);
Bytes encode(ByteView data);

}  // namespace grapevine::pubsub::snappy
