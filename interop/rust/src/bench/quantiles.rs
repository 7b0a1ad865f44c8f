// SPDX-License-Identifier: Apache-2.0
//! Exact quantiles by nearest rank.

use serde_json::{Value, json};

/// The smallest sample that at least `share` (0–1] of the samples do not exceed; 0 of none.
fn quantile(sorted: &[u64], share: f64) -> u64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

/// The contract's latency figures, in microseconds, of samples in nanoseconds.
pub fn latency_us(mut samples_ns: Vec<u64>) -> Value {
    samples_ns.sort_unstable();
    let us = |share| quantile(&samples_ns, share) as f64 / 1000.0;
    json!({"p50": us(0.5), "p90": us(0.9), "p99": us(0.99), "max": us(1.0)})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_is_rounded_up() {
        let samples: Vec<u64> = (1..=10).collect();

        assert_eq!(quantile(&samples, 0.5), 5);
        assert_eq!(quantile(&samples, 0.51), 6);
        assert_eq!(quantile(&samples, 0.99), 10);
        assert_eq!(quantile(&samples, 1.0), 10);
        assert_eq!(quantile(&[7], 0.5), 7);
        assert_eq!(quantile(&[], 0.5), 0);
    }

    #[test]
    fn latencies_are_sorted_first_and_told_in_microseconds() {
        let latency = latency_us(vec![3000, 1500, 2000]);

        assert_eq!(latency, json!({"p50": 2.0, "p90": 3.0, "p99": 3.0, "max": 3.0}));
    }
}
