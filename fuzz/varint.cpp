// SPDX-License-Identifier: Apache-2.0
#include "base/varint.hpp"

/// What is read as a number is written back as the same bytes, and what is asked to wait is a
/// prefix of a number.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace grapevine;
  const ByteView input{data, size};
  base::ByteReader in{input};
  while (const auto taken = base::take_varint(in)) {
    if (!*taken) {
      ASSERT(in.remaining() < base::varint_size_max);
      break;
    }
    Bytes again;
    base::append_varint(again, **taken);
    ASSERT(again.size() == base::varint_size(**taken));
    const auto end = size - in.remaining();
    ASSERT(equal(again, input.subspan(end - again.size(), again.size())));
  }

  constexpr std::size_t limit = 100;
  base::ByteReader frames{input};
  for (;;) {
    const auto before = frames.remaining();
    const auto body = base::take_frame(frames, limit);
    if (!body || !*body) {
      ASSERT(frames.remaining() == before);
      break;
    }
    ASSERT((*body)->size() <= limit);
  }
  return 0;
}
