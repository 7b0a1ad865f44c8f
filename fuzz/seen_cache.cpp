// SPDX-License-Identifier: Apache-2.0
// The seen cache beside a map that remembers when each id came first.
#include "core/pubsub/seen_cache.hpp"

#include <array>
#include <optional>

namespace {

using namespace grapevine;

constexpr Duration ttl{80};
constexpr std::size_t ids_max = 16;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Rng rng{Rng::Seed{1}};
  pubsub::SeenCache seen{{.ttl = ttl, .ids_max = ids_max}, rng};
  std::array<std::optional<TimePoint>, 256> first{};
  TimePoint now{};
  base::ByteReader script{{data, size}};
  while (script.remaining() >= 2) {
    const auto step = script.u8();
    const std::array<std::uint8_t, 1> id{script.u8()};
    auto& known = first[id[0]];
    now += Duration{step >> 3};
    const auto evicted = seen.evicted();
    if ((step & 7) == 0) {
      seen.erase(id);
      known.reset();
      ASSERT(!seen.contains(id, now));
    } else if ((step & 7) == 1) {
      const auto held = seen.contains(id, now);
      ASSERT(!held || known);
      ASSERT(!held || now < *known + ttl + ttl / 8);
    } else {
      const auto fresh = seen.insert(id, now);
      ASSERT(fresh || known);
      // Early eviction is the one reason to call an id new again within its time.
      ASSERT(!fresh || !known || now >= *known + ttl || evicted > 0);
      ASSERT(fresh || now < *known + ttl + ttl / 8);
      if (fresh) known = now;
      ASSERT(seen.contains(id, now));
    }
    ASSERT(seen.size() <= ids_max);
  }
  return 0;
}
