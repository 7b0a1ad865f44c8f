// SPDX-License-Identifier: Apache-2.0
//! `bench_receive`: counts and checks the messages of an armed topic.

use serde_json::{Value, json};

use super::{acks::AckServer, quantiles::latency_us};
use crate::{payload, process};

/// The part of the sequence range whose latencies are left out, as a divisor: 5 %.
const WARM_UP_DIVISOR: u64 = 20;

pub struct Plan {
    pub topic: String,
    pub size: usize,
    pub count: u64,
    pub ack_every: u64,
}

/// One run: from arming until `count` distinct sequences have come.
pub struct Receiver {
    plan: Plan,
    expected: Vec<u8>,
    seen: Vec<bool>,
    received: u64,
    corrupt: u64,
    repeated: u64,
    first_ns: u64,
    last_ns: u64,
    cpu_us_at_first: u64,
    latencies_ns: Vec<u64>,
    acks: AckServer,
}

impl Receiver {
    pub fn new(plan: Plan, acks: AckServer) -> Self {
        Self {
            expected: payload::template(plan.size),
            seen: vec![false; plan.count as usize],
            received: 0,
            corrupt: 0,
            repeated: 0,
            first_ns: 0,
            last_ns: 0,
            cpu_us_at_first: 0,
            latencies_ns: Vec::with_capacity(plan.count as usize),
            plan,
            acks,
        }
    }

    /// Returns whether this message completed the run.
    pub fn on_message(&mut self, data: &[u8]) -> bool {
        let now = process::now_ns();
        if !payload::is_intact(data, &self.expected) {
            self.corrupt += 1;
        }
        let Some((sent, sequence)) = payload::read_stamp(data) else { return false };
        match self.seen.get_mut(sequence as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => {
                self.repeated += 1;
                return false;
            }
        }
        self.count(now, sent, sequence);
        let complete = self.received == self.plan.count;
        if complete || self.received.is_multiple_of(self.plan.ack_every) {
            self.acks.received.send_replace(self.received);
        }
        complete
    }

    fn count(&mut self, now: u64, sent: u64, sequence: u64) {
        if self.received == 0 {
            self.first_ns = now;
            self.cpu_us_at_first = process::cpu_us();
        }
        self.received += 1;
        self.last_ns = now;
        if sequence >= self.plan.count.div_ceil(WARM_UP_DIVISOR) {
            self.latencies_ns.push(now.saturating_sub(sent));
        }
    }

    /// The event that tells how far the run is.
    pub fn report(&self) -> Value {
        let cpu_us = match self.received {
            0 => 0,
            _ => process::cpu_us() - self.cpu_us_at_first,
        };
        json!({
            "event": "bench_received", "topic": self.plan.topic, "count": self.received,
            "corrupt": self.corrupt, "repeated": self.repeated, "first_ns": self.first_ns,
            "last_ns": self.last_ns, "cpu_us": cpu_us,
            "latency_us": latency_us(self.latencies_ns.clone()),
        })
    }

    /// Keeps the side channel, which goes on telling the last number, and nothing else.
    pub fn into_acks(self) -> AckServer {
        self.acks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn receiver(count: u64) -> Receiver {
        let plan = Plan { topic: "t".into(), size: 32, count, ack_every: 2 };
        Receiver::new(plan, AckServer::start().await.unwrap())
    }

    fn message(sequence: u64) -> Vec<u8> {
        let mut data = payload::template(32);
        payload::stamp(&mut data, process::now_ns(), sequence);
        data
    }

    #[tokio::test]
    async fn distinct_sequences_in_range_complete_the_run() {
        let mut receiver = receiver(2).await;

        assert!(!receiver.on_message(&message(1)));
        assert!(!receiver.on_message(&message(1)));
        assert!(!receiver.on_message(&message(2)));
        assert!(receiver.on_message(&message(0)));
        let report = receiver.report();
        assert_eq!((&report["count"], &report["repeated"]), (&json!(2), &json!(2)));
    }

    #[tokio::test]
    async fn a_corrupt_message_counts_and_is_told() {
        let mut receiver = receiver(1).await;
        let mut wrong = message(0);
        wrong[20] ^= 1;

        assert!(receiver.on_message(&wrong));
        assert_eq!(receiver.report()["corrupt"], 1);
    }

    #[tokio::test]
    async fn the_first_twentieth_has_no_latency() {
        let mut receiver = receiver(40).await;
        for sequence in 0..40 {
            receiver.on_message(&message(sequence));
        }

        assert_eq!(receiver.latencies_ns.len(), 38);
    }

    #[tokio::test]
    async fn acknowledgements_come_every_few_and_after_the_last() {
        let mut receiver = receiver(3).await;
        let told = receiver.acks.received.subscribe();
        let mut seen = vec![];
        for sequence in 0..3 {
            receiver.on_message(&message(sequence));
            seen.push(*told.borrow());
        }

        assert_eq!(seen, [0, 2, 3]);
    }
}
