// SPDX-License-Identifier: Apache-2.0
// Two muxers that do whatever the input says: open, write, consume, end, reset, cut, delay. Nothing
// either does may be taken amiss by the other, and once all has flowed both agree.
#include <cstdint>

#include "../tests/unit/yamux/pair.hpp"

using namespace grapevine;
using namespace grapevine::yamux;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::uint8_t* const end = bytes + size;
  const auto choose = [&](std::uint64_t bound) -> std::uint64_t {
    std::uint64_t value = 0;
    for (std::uint64_t reach = 1; reach < bound && bytes != end; reach *= 256) {
      value = value * 256 + *bytes++;
    }
    return value % bound;
  };

  test::Pair pair{
      Config{.inbound_streams_max = 6, .outbound_streams_max = 5, .unacknowledged_max = 4}};
  while (bytes != end) {
    test::random_step(pair, choose);
    pair.check_invariants();
  }
  pair.settle();

  pair.check_invariants();
  ASSERT(pair.side(0).muxer.stream_count() == pair.side(1).muxer.stream_count());
  for (const std::size_t index : {0U, 1U}) {
    for (const auto& [id, written] : pair.side(index).written) {
      if (pair.side(0).touched.contains(id)) continue;
      ASSERT(pair.side(1 - index).received[id] == written);
    }
  }
  return 0;
}
