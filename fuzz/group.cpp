// SPDX-License-Identifier: Apache-2.0
#include "gossipsub/group.hpp"

#include <algorithm>

#include "base/assert.hpp"

/// Parts as peers send them: whatever is taken comes out again as it went in, and nothing else is
/// ever changed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using grapevine::interop::Group;
  const std::span<const std::uint8_t> input{data, size};
  Group group{Group::id_of(7)};
  const auto half = static_cast<std::uint8_t>(size == 0 ? 0 : data[size - 1]);
  group.fill(half);
  const auto before = group.parts();
  const bool taken = group.extend(input);
  for (std::size_t i = 0; i < Group::parts_count; ++i) {
    const auto& part = group.parts()[i];
    ASSERT(part.empty() || part.size() == Group::part_size);
    if (!before[i].empty() || !taken) ASSERT(part == before[i]);
  }
  const auto which = Group::which(input);
  ASSERT(!taken || which);
  if (!taken || half != 0) return 0;
  ASSERT(group.have() == *which);
  const auto again = group.encode(Group::all);
  ASSERT(*which == 0 ? again.empty() : std::ranges::equal(again, input));
  return 0;
}
