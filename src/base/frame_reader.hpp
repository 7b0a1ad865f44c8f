// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/shared_bytes.hpp"
#include "base/varint.hpp"

namespace grapevine::base {

/// Cuts a stream's bytes into varint-length-prefixed frames. A frame that lies whole in one piece
/// is a view into it; one that spans pieces is assembled once, in memory that grows with the bytes
/// received, never with the length announced (V03). Frames of no bytes are passed over.
class FrameReader {
 public:
  explicit FrameReader(std::size_t size_max) : size_max_{size_max} {}

  /// Gives the next piece; the last one must have been taken apart with `next` first.
  void feed(SharedBytes piece);
  /// The next whole frame; nullopt when more bytes are needed.
  Result<std::optional<SharedBytes>, FrameError> next();

 private:
  Result<std::optional<SharedBytes>, FrameError> next_spanning();
  void make_room(std::size_t size);

  std::size_t size_max_;
  SharedBytes piece_;
  Bytes partial_;           ///< a frame's bytes so far, its length included until that is whole
  std::size_t wanted_ = 0;  ///< size of the frame being assembled; 0 while its length is not known
};

}  // namespace grapevine::base
