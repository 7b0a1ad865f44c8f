// SPDX-License-Identifier: Apache-2.0
#include "agent/quantiles.hpp"

#include <algorithm>

namespace grapevine::agent {

std::size_t nearest_rank(std::size_t percent, std::size_t count) {
  return (percent * count + 99) / 100 - 1;
}

Quantiles quantiles_of(std::vector<std::int64_t> latencies_ns) {
  if (latencies_ns.empty()) return {};
  auto unsorted = latencies_ns.begin();
  const auto at = [&](std::size_t percent) {
    const auto place = latencies_ns.begin() +
                       static_cast<std::ptrdiff_t>(nearest_rank(percent, latencies_ns.size()));
    std::nth_element(unsorted, place, latencies_ns.end());
    unsorted = place;
    return static_cast<double>(*place) / 1e3;
  };
  Quantiles quantiles;  // from low to high: each search begins where the last one ended
  quantiles.p50 = at(50);
  quantiles.p90 = at(90);
  quantiles.p99 = at(99);
  quantiles.max = at(100);
  return quantiles;
}

}  // namespace grapevine::agent
