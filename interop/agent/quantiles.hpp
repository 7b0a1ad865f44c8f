// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace grapevine::agent {

/// Exact quantiles by nearest rank, in microseconds; zeros where there is nothing.
struct Quantiles {
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double max = 0;
};
Quantiles quantiles_of(std::vector<std::int64_t> latencies_ns);

/// The index, in `count` > 0 sorted values, of a quantile above 0 percent.
std::size_t nearest_rank(std::size_t percent, std::size_t count);

}  // namespace grapevine::agent
