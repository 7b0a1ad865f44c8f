// SPDX-License-Identifier: Apache-2.0

package main

import "slices"

// latencyQuantiles are exact, by nearest rank, in microseconds; zeros where there is nothing.
// It sorts what it is given.
func latencyQuantiles(ns []int64) object {
	slices.Sort(ns)
	at := func(percent int) float64 {
		if len(ns) == 0 {
			return 0
		}
		return float64(ns[nearestRank(percent, len(ns))]) / 1e3
	}
	return object{"p50": at(50), "p90": at(90), "p99": at(99), "max": at(100)}
}

// nearestRank is the index, in `count` > 0 sorted values, of a quantile above 0 percent.
func nearestRank(percent, count int) int { return (percent*count+99)/100 - 1 }
