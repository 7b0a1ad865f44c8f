// SPDX-License-Identifier: Apache-2.0
#include "core/yamux/batch.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"

namespace grapevine::yamux {

void Batch::reset(std::size_t limit) {
  ASSERT(limit <= capacity);
  for (auto& reference : std::span{references_}.first(reference_count_)) reference = {};
  limit_ = limit;
  size_ = 0;
  copied_size_ = 0;
  count_ = 0;
  reference_count_ = 0;
}

void Batch::add(const Header& header) { fill(reserve_header(), header); }

void Batch::add(SharedBytes piece) {
  ASSERT(piece.size() <= room());
  if (piece.size() < reference_min) return copy(piece);
  const auto begun = (alignment - size_ % alignment) % alignment;
  copy(piece.view().first(begun));
  pieces_[count_++] = piece.view().subspan(begun);
  size_ += piece.size() - begun;
  references_[reference_count_++] = std::move(piece);
}

void Batch::copy(ByteView bytes) {
  if (!bytes.empty()) std::memcpy(copy_space(bytes.size()), bytes.data(), bytes.size());
}

std::size_t Batch::reserve_header() {
  copy_space(header_size);
  return copied_size_ - header_size;
}

void Batch::fill(std::size_t place, const Header& header) {
  std::ranges::copy(encode_header(header), copied_.data() + place);
}

/// The next `size` bytes to copy to; they extend the last piece when that was copied too.
std::uint8_t* Batch::copy_space(std::size_t size) {
  ASSERT(size <= room());
  auto* const space = copied_.data() + copied_size_;
  if (count_ > 0 && pieces_[count_ - 1].data() + pieces_[count_ - 1].size() == space) {
    pieces_[count_ - 1] = {pieces_[count_ - 1].data(), pieces_[count_ - 1].size() + size};
  } else {
    pieces_[count_++] = {space, size};
  }
  copied_size_ += size;
  size_ += size;
  return space;
}

}  // namespace grapevine::yamux
