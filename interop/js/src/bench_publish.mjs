// SPDX-License-Identifier: Apache-2.0
// Publishes a run of messages, no more than a window ahead of the slowest receiver.
import { AckReader } from './ack_reader.mjs';
import { cpuMicroseconds, exact, now, sleep, turn } from './clock.mjs';
import { stamped, template } from './payload.mjs';

/** After so many messages without a wait, sockets and timers get a turn. */
const BURST = 32;

export async function benchPublish(pubsub, run) {
  const clock = new RunClock(run.warmup);
  const message = template(run.size);
  const acks = await AckReader.open(run.acks, (count) => clock.reached(count));
  try {
    const bounded = run.acks.length > 0;
    await publishAll(pubsub, run, { clock, message, acks, bounded });
    await acks.reach(run.count);
    return clock.result(run.count - run.warmup);
  } finally {
    acks.close();
  }
}

async function publishAll(pubsub, run, { clock, message, acks, bounded }) {
  clock.reached(0);
  const begin = now();
  for (let i = 0; i < run.count; i += 1) {
    const due = run.rate > 0 ? begin + BigInt(Math.round((i * 1e9) / run.rate)) : 0n;
    if (run.rate > 0) await until(due);
    if (bounded) await acks.reach(i + 1 - run.window);
    else clock.reached(i);
    if (i % BURST === BURST - 1) await turn();

    const sequence = run.first_sequence + i * run.sequence_step;
    const data = stamped(message, run.rate > 0 ? due : now(), sequence);
    await pubsub.send(run.topic, data);
  }
  if (!bounded) clock.reached(run.count);
}

/** Timers count whole milliseconds; what is left of one is spent on turns of the loop. */
async function until(time) {
  for (let left = time - now(); left > 0n; left = time - now()) {
    if (left >= 1_000_000n) await sleep(Number(left / 1_000_000n));
    else await turn();
  }
}

/** Starts when the warm-up is over. */
class RunClock {
  #warmup;
  #start = null;
  #cpu = 0;

  constructor(warmup) {
    this.#warmup = warmup;
  }

  reached(count) {
    if (this.#start !== null || count < this.#warmup) return;
    this.#start = now();
    this.#cpu = cpuMicroseconds();
  }

  result(published) {
    const end = now();
    return {
      published,
      wall_ns: exact(end - this.#start),
      cpu_us: cpuMicroseconds() - this.#cpu,
      start_ns: exact(this.#start),
      end_ns: exact(end),
    };
  }
}
