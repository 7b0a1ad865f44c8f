// SPDX-License-Identifier: Apache-2.0

/**
 * Exact quantiles by nearest rank: the smallest sample that at least the share `p` of all samples
 * does not exceed. `samples` is a Float64Array and is sorted in place; none gives zeros.
 */
export function quantiles(samples) {
  samples.sort();
  return {
    p50: nearestRank(samples, 50),
    p90: nearestRank(samples, 90),
    p99: nearestRank(samples, 99),
    max: nearestRank(samples, 100),
  };
}

function nearestRank(sorted, percent) {
  if (sorted.length === 0) return 0;
  return sorted[Math.max(1, Math.ceil((sorted.length * percent) / 100)) - 1];
}
