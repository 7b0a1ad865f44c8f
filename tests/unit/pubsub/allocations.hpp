// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace grapevine {

/// What this program has asked operator new for so far.
struct Allocations {
  std::size_t count = 0;
  std::size_t bytes = 0;

  static Allocations so_far();
  /// Since an earlier reading.
  Allocations since(const Allocations& earlier) const {
    return {count - earlier.count, bytes - earlier.bytes};
  }
};

}  // namespace grapevine
