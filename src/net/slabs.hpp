// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/shared_bytes.hpp"

namespace grapevine::net {

/// The receive buffers of one loop, shared by all its connections: an idle connection holds none.
/// While something still lives in a slab, the rest of that slab is used; then another.
class Slabs {
 public:
  static constexpr std::size_t default_size = 256 * 1024;

  explicit Slabs(std::size_t size = default_size) : size_{size}, current_{size} {}

  /// Where to read next: at least a quarter of a slab. Valid until the next call.
  MutableBytes room();
  /// The slab that `room()` lies in.
  const Slab& slab() const { return current_; }
  /// The first `size` bytes of the room were filled and handed out.
  void used(std::size_t size) { at_ = current_.unique() ? 0 : at_ + size; }

 private:
  const std::size_t size_;
  Slab current_;
  std::size_t at_ = 0;
  std::vector<Slab> full_;  ///< few, oldest first: held by somebody when last looked at
};

}  // namespace grapevine::net
