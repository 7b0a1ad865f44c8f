// SPDX-License-Identifier: Apache-2.0
#include "base/shared_bytes.hpp"

#include <cstring>

namespace grapevine {

SharedBytes::SharedBytes(Bytes bytes) {
  if (bytes.empty()) return;
  const auto block = std::make_shared<const Bytes>(std::move(bytes));
  view_ = *block;
  capacity_ = block->capacity();
  owner_ = block;
}

SharedBytes SharedBytes::copy_of(ByteView bytes) {
  if (bytes.empty()) return {};
  const auto block = std::make_shared_for_overwrite<std::uint8_t[]>(bytes.size());
  // std::ranges::copy is a loop over single bytes here in libstdc++ 12.
  std::memcpy(block.get(), bytes.data(), bytes.size());
  return {block, {block.get(), bytes.size()}, bytes.size()};
}

SharedBytes SharedBytes::kept_small() const {
  if (view_.size() >= capacity_ / 4 && !view_.empty()) return *this;
  return copy_of(view_);
}

Slab::Slab(std::size_t capacity)
    : block_{std::make_shared_for_overwrite<std::uint8_t[]>(capacity)}, capacity_{capacity} {}

}  // namespace grapevine
