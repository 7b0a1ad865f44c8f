// SPDX-License-Identifier: Apache-2.0
// Counts and checks the messages of one topic and tells publishers how many have come.
import { createServer } from 'node:net';
import { cpuMicroseconds, exact, now } from './clock.mjs';
import { HEADER_SIZE, readHeader, stream } from './payload.mjs';
import { quantiles } from './quantiles.mjs';

/** Share of the sequence range, at its start, that the latencies leave out: 1/20. */
const WARMUP_PART = 20;

export class BenchReceive {
  #topic;
  #size;
  #count;
  #expected;
  #seen;
  #latencies;
  #samples = 0;
  #received = 0;
  #corrupt = 0;
  #repeated = 0;
  #first = 0n;
  #last = 0n;
  #cpu = 0;
  #acks;

  constructor({ topic, size, count, ack_every: ackEvery }) {
    this.#topic = topic;
    this.#size = size;
    this.#count = count;
    this.#expected = stream(size);
    this.#seen = new Uint8Array(count);
    this.#latencies = new Float64Array(count);
    this.#acks = new Acknowledgements(ackEvery, count);
  }

  /** Opens the side channel; its address. */
  listen() {
    return this.#acks.listen();
  }

  close() {
    this.#acks.close();
  }

  /** Takes one message of the topic; true when it was the last of the run. */
  take(data) {
    const time = now();
    if (data.length < HEADER_SIZE) {
      this.#corrupt += 1;
      return false;
    }
    const header = readHeader(data);
    if (header.sequence >= BigInt(this.#count) || this.#seen[Number(header.sequence)] === 1) {
      this.#repeated += 1;
      return false;
    }
    this.#note(Number(header.sequence), time, time - header.time);
    if (!this.#matches(data)) this.#corrupt += 1;
    this.#acks.reached(this.#received);
    return this.#received === this.#count;
  }

  /** The `bench_received` event of what has come so far. */
  report() {
    return {
      event: 'bench_received',
      topic: this.#topic,
      count: this.#received,
      corrupt: this.#corrupt,
      repeated: this.#repeated,
      first_ns: exact(this.#first),
      last_ns: exact(this.#last),
      cpu_us: this.#received === 0 ? 0 : cpuMicroseconds() - this.#cpu,
      latency_us: quantiles(this.#latencies.slice(0, this.#samples)),
    };
  }

  #note(sequence, time, latency) {
    this.#seen[sequence] = 1;
    if (this.#received === 0) {
      this.#first = time;
      this.#cpu = cpuMicroseconds();
    }
    this.#received += 1;
    this.#last = time;
    if (sequence >= Math.floor(this.#count / WARMUP_PART)) {
      this.#latencies[this.#samples++] = Number(latency) / 1000;
    }
  }

  #matches(data) {
    return (
      data.length === this.#size &&
      Buffer.compare(this.#expected, data.subarray(HEADER_SIZE)) === 0
    );
  }
}

/** Writes the number received, 8 bytes little-endian, to everyone connected. */
class Acknowledgements {
  #every;
  #last;
  #received = 0;
  #sockets = new Set();
  #server = createServer({ noDelay: true }, (socket) => this.#greet(socket));

  constructor(every, last) {
    this.#every = every;
    this.#last = last;
  }

  listen() {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        resolve(`127.0.0.1:${this.#server.address().port}`);
      });
    });
  }

  reached(received) {
    this.#received = received;
    if (received % this.#every !== 0 && received !== this.#last) return;
    const ack = this.#encoded();
    for (const socket of this.#sockets) socket.write(ack);
  }

  close() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #greet(socket) {
    this.#sockets.add(socket);
    socket.on('error', () => {}); // a publisher that went away
    socket.on('close', () => this.#sockets.delete(socket));
    socket.resume();
    socket.write(this.#encoded());
  }

  #encoded() {
    const ack = Buffer.alloc(8);
    ack.writeBigUInt64LE(BigInt(this.#received));
    return ack;
  }
}
