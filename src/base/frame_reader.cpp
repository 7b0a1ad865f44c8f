// SPDX-License-Identifier: Apache-2.0
#include "base/frame_reader.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace grapevine::base {

void FrameReader::feed(SharedBytes piece) {
  ASSERT(piece_.empty());
  piece_ = std::move(piece);
}

Result<std::optional<SharedBytes>, FrameError> FrameReader::next() {
  while (!piece_.empty()) {
    if (!partial_.empty() || wanted_ > 0) return next_spanning();
    ByteReader in{piece_};
    const auto frame = take_frame(in, size_max_);
    if (!frame) return unexpected(frame.error());
    if (!*frame) return next_spanning();
    auto whole = piece_.slice(**frame);
    piece_ = piece_.slice(in.rest());
    if (!whole.empty()) return whole;
  }
  piece_ = SharedBytes{};
  return std::nullopt;
}

Result<std::optional<SharedBytes>, FrameError> FrameReader::next_spanning() {
  while (wanted_ == 0) {  // the length itself, byte by byte: at most ten
    if (piece_.empty()) return std::nullopt;
    partial_.push_back(piece_.view().front());
    piece_ = piece_.slice(1, piece_.size() - 1);
    ByteReader in{partial_};
    const auto length = take_varint(in);
    if (!length) return unexpected(FrameError::bad_length);
    if (!*length) continue;
    if (**length > size_max_) return unexpected(FrameError::too_large);
    wanted_ = static_cast<std::size_t>(**length);
    partial_.clear();
    if (wanted_ == 0) return next();
  }
  if (partial_.empty() && piece_.size() >= wanted_) {  // only its length came with the last piece
    auto whole = piece_.slice(0, wanted_);
    piece_ = piece_.slice(wanted_, piece_.size() - wanted_);
    wanted_ = 0;
    return whole;
  }
  const auto more = std::min(wanted_ - partial_.size(), piece_.size());
  make_room(partial_.size() + more);
  append(partial_, piece_.view().first(more));
  piece_ = piece_.slice(more, piece_.size() - more);
  if (partial_.size() < wanted_) {
    piece_ = SharedBytes{};
    return std::nullopt;
  }
  wanted_ = 0;
  return SharedBytes{std::exchange(partial_, Bytes{})};
}

/// For `size` bytes and those that are likely to follow, but never more than four times what came.
void FrameReader::make_room(std::size_t size) {
  if (size > partial_.capacity()) partial_.reserve(std::min(wanted_, 4 * size));
}

}  // namespace grapevine::base
