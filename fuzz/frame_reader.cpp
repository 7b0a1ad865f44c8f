// SPDX-License-Identifier: Apache-2.0
// A stream cut into pieces beside the same stream read as a whole: the same frames, the same end.
// Input: one byte for the sizes of the pieces, then the stream.
#include "base/frame_reader.hpp"

#include <vector>

namespace {

using namespace grapevine;

constexpr std::size_t size_max = 300;  // small, so that short inputs reach it

struct Whole {
  std::vector<ByteView> frames;
  std::vector<std::size_t> ends;  ///< of those frames in the stream
  std::optional<base::FrameError> error;
};

Whole read_whole(ByteView stream) {
  Whole whole;
  base::ByteReader in{stream};
  for (;;) {
    const auto frame = base::take_frame(in, size_max);
    if (!frame) whole.error = frame.error();
    if (!frame || !*frame) return whole;
    if ((*frame)->empty()) continue;
    whole.frames.push_back(**frame);
    whole.ends.push_back(stream.size() - in.remaining());
  }
}

bool lies_in(ByteView inner, ByteView outer) {
  return inner.data() >= outer.data() && inner.data() + inner.size() <= outer.data() + outer.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView stream{data + 1, size - 1};
  const auto whole = read_whole(stream);
  base::FrameReader reader{size_max};
  std::size_t seen = 0;
  for (std::size_t at = 0, turn = 0; at < stream.size(); ++turn) {
    const auto cut = 1 + ((data[0] >> (turn % 5)) & 63) * std::size_t{3};
    const auto piece = SharedBytes::copy_of(stream.subspan(at, std::min(cut, stream.size() - at)));
    reader.feed(piece);
    const auto begin = at;
    at += piece.size();
    for (;;) {
      const auto frame = reader.next();
      if (!frame) {
        ASSERT(seen == whole.frames.size() && whole.error == frame.error());
        return 0;
      }
      if (!*frame) break;
      ASSERT(seen < whole.frames.size() && equal(**frame, whole.frames[seen]));
      ASSERT(whole.ends[seen] > begin && whole.ends[seen] <= at);  // as soon as it is whole
      const bool in_one_piece = whole.ends[seen] - (*frame)->size() >= begin;
      ASSERT(lies_in(**frame, piece) == in_one_piece);  // copied only where it must be
      ++seen;
    }
  }
  ASSERT(seen == whole.frames.size() && !whole.error);
  return 0;
}
