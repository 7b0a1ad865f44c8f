// SPDX-License-Identifier: Apache-2.0
//! `bench_publish`: a stream of messages held back by acknowledgements or by a clock.
//!
//! The node calls `turn` from its own loop, so publishing costs what it costs any application.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use libp2p::gossipsub::PublishError;
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};

use super::acks::Acked;
use crate::{
    gossip::{self, Copies},
    payload, process,
    protocols::Gossip,
};

/// What one turn may publish before the swarm is polled again.
const TURN_MESSAGES_MAX: u64 = 32;
const TURN_BYTES_MAX: usize = 256 * 1024;
const STALL_MAX: Duration = Duration::from_secs(10);

pub struct Plan {
    pub topic: String,
    pub size: usize,
    pub count: u64,
    pub window: u64,
    pub warmup: u64,
    /// Messages a second; 0 is as fast as the window allows.
    pub rate: f64,
    pub first_sequence: u64,
    pub sequence_step: u64,
}

pub type Outcome = Result<Value, String>;

#[derive(PartialEq)]
pub enum Turn {
    /// There is more to publish at once.
    Again,
    /// Nothing to do before the next notice of progress.
    Wait,
    Done,
}

pub struct Publisher {
    plan: Plan,
    message: Vec<u8>,
    acks: Vec<Acked>,
    pacer: Option<Pacer>,
    clock: Option<Clock>,
    published: u64,
    progress: (u64, Instant),
    outcome: Option<oneshot::Sender<Outcome>>,
}

/// When the measured part began.
struct Clock {
    start_ns: u64,
    cpu_us: u64,
}

impl Publisher {
    pub fn new(
        plan: Plan,
        acks: Vec<Acked>,
        progress: &Arc<Notify>,
        outcome: oneshot::Sender<Outcome>,
    ) -> Self {
        let paced = plan.rate > 0.0;
        Self {
            message: payload::template(plan.size),
            acks,
            pacer: paced.then(|| Pacer::start(plan.rate, plan.count, progress.clone())),
            clock: None,
            published: 0,
            progress: (0, Instant::now()),
            outcome: Some(outcome),
            plan,
        }
    }

    /// Publishes what may be published now.
    pub fn turn(&mut self, gossip: &mut Gossip, copies: &Copies) -> Turn {
        let allowance = (TURN_BYTES_MAX / self.plan.size) as u64;
        let last = self.published + allowance.clamp(1, TURN_MESSAGES_MAX);
        self.start_clock(self.reached());
        while self.published < self.limit().min(last) {
            match self.publish_one(gossip, copies) {
                Ok(()) => self.published += 1,
                // The queues drain by themselves; the node calls again before long.
                Err(PublishError::AllQueuesFull(_)) => break,
                Err(error) => return self.finish(Err(error.to_string())),
            }
        }
        let reached = self.reached();
        self.start_clock(reached);
        // Where publishers share a topic, the acknowledgements count the messages of all.
        if self.published == self.plan.count && reached >= self.plan.count {
            return self.finish(Ok(()));
        }
        if self.is_stalled(reached) {
            return self.finish(Err(format!("stalled at {reached}")));
        }
        if self.published == last { Turn::Again } else { Turn::Wait }
    }

    /// Whether nothing has moved for too long. Waiting for the time of the next message is no
    /// stall.
    fn is_stalled(&mut self, reached: u64) -> bool {
        let at_rest = reached >= self.published && self.published == self.limit();
        if at_rest || reached + self.published != self.progress.0 {
            self.progress = (reached + self.published, Instant::now());
        }
        self.progress.1.elapsed() > STALL_MAX
    }

    /// The number the slowest receiver has; what is published where there are no receivers.
    fn reached(&self) -> u64 {
        let acked = self.acks.iter().map(|acked| acked.load(Ordering::Acquire));
        acked.min().unwrap_or(self.published)
    }

    /// How many messages may be out by now.
    fn limit(&self) -> u64 {
        let window = match self.acks.is_empty() {
            true => u64::MAX,
            false => self.reached().saturating_add(self.plan.window),
        };
        let due = self.pacer.as_ref().map_or(u64::MAX, Pacer::due);
        window.min(due).min(self.plan.count)
    }

    fn publish_one(&mut self, gossip: &mut Gossip, copies: &Copies) -> Result<(), PublishError> {
        let plan = &self.plan;
        let time = match &self.pacer {
            Some(pacer) => pacer.time_of(self.published),
            None => process::now_ns(),
        };
        let sequence = plan.first_sequence + self.published * plan.sequence_step;
        payload::stamp(&mut self.message, time, sequence);
        gossip::publish(gossip, copies, &plan.topic, self.message.clone()).map(drop)
    }

    fn start_clock(&mut self, reached: u64) {
        if self.clock.is_none() && reached >= self.plan.warmup {
            self.clock = Some(Clock { start_ns: process::now_ns(), cpu_us: process::cpu_us() });
        }
    }

    fn finish(&mut self, result: Result<(), String>) -> Turn {
        let end_ns = process::now_ns();
        let outcome = result.map(|()| {
            let clock = self.clock.take().expect("the clock starts before the end");
            json!({
                "published": self.plan.count - self.plan.warmup,
                "wall_ns": end_ns - clock.start_ns, "cpu_us": process::cpu_us() - clock.cpu_us,
                "start_ns": clock.start_ns, "end_ns": end_ns,
            })
        });
        if let Some(sender) = self.outcome.take() {
            // Nobody waits for it where the agent is ending.
            let _ = sender.send(outcome);
        }
        Turn::Done
    }
}

/// Says how many messages are due. A thread keeps the time: the runtime's timer is a millisecond
/// coarse, which would count as latency.
struct Pacer {
    start_ns: u64,
    rate: f64,
    due: Arc<AtomicU64>,
}

impl Pacer {
    fn start(rate: f64, count: u64, progress: Arc<Notify>) -> Self {
        let pacer = Self { start_ns: process::now_ns(), rate, due: Arc::new(AtomicU64::new(1)) };
        let weak = Arc::downgrade(&pacer.due);
        let schedule = Self { due: Arc::default(), ..pacer };
        thread::spawn(move || {
            let mut next = 1;
            while next < count {
                process::sleep_until(schedule.time_of(next));
                let elapsed_ns = (process::now_ns() - schedule.start_ns) as f64;
                next = next.max((elapsed_ns * rate / 1e9) as u64 + 1);
                // The publisher has ended, complete or not.
                let Some(due) = weak.upgrade() else { return };
                due.store(next, Ordering::Release);
                progress.notify_one();
            }
        });
        pacer
    }

    fn due(&self) -> u64 {
        self.due.load(Ordering::Acquire)
    }

    /// The scheduled time of a message by its index.
    fn time_of(&self, index: u64) -> u64 {
        self.start_ns + (index as f64 * 1e9 / self.rate) as u64
    }
}
