// SPDX-License-Identifier: Apache-2.0

package main

import (
	"reflect"
	"testing"
)

func TestNearestRankIsTheSmallestValueThatCoversTheShare(t *testing.T) {
	for _, c := range []struct{ percent, count, want int }{
		{50, 1, 0}, {100, 1, 0}, {50, 2, 0}, {50, 3, 1}, {90, 10, 8}, {99, 10, 9},
		{99, 100, 98}, {99, 101, 99}, {100, 101, 100},
	} {
		if got := nearestRank(c.percent, c.count); got != c.want {
			t.Errorf("%d %% of %d is at %d, not %d", c.percent, c.count, got, c.want)
		}
	}
}

func TestLatenciesAreSortedAndGivenInMicroseconds(t *testing.T) {
	got := latencyQuantiles([]int64{4000, 1500, 3000, 2000})

	want := object{"p50": 2.0, "p90": 4.0, "p99": 4.0, "max": 4.0}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestNoLatencyIsZero(t *testing.T) {
	if got := latencyQuantiles(nil); got["p50"] != 0.0 || got["max"] != 0.0 {
		t.Errorf("got %v", got)
	}
}
