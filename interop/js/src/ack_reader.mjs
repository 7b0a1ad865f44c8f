// SPDX-License-Identifier: Apache-2.0
// The publisher's end of the acknowledgement side channel.
import { connect } from 'node:net';

const STALL_MS = 10_000;
const WATCH_MS = 250;

/** The receivers of one run: how far the slowest has come, and waiting for it. */
export class AckReader {
  #counts;
  #sockets = [];
  #watch;
  #waiting = null;
  #movedAt = 0;
  #onMoved;

  /** Connects to every `host:port`; `onMoved` hears each new count of the slowest. */
  static async open(addresses, onMoved) {
    const reader = new AckReader(addresses.length, onMoved);
    try {
      await Promise.all(addresses.map((address, index) => reader.#connect(address, index)));
    } catch (error) {
      reader.close();
      throw error;
    }
    return reader;
  }

  constructor(receivers, onMoved) {
    this.#counts = new Array(receivers).fill(0);
    this.#onMoved = onMoved;
    this.#watch = setInterval(() => this.#checkStall(), WATCH_MS);
  }

  /** What the slowest has acknowledged; Infinity where there is nobody to wait for. */
  slowest() {
    return Math.min(...this.#counts);
  }

  /** Resolves when the slowest has `count`; rejects after 10 s in which it did not move. */
  async reach(count) {
    if (this.slowest() >= count) return;
    this.#movedAt = performance.now();
    while (this.slowest() < count) {
      await new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject };
        if (this.#sockets.some((socket) => socket.closed)) this.#fail('lost an ack connection');
      });
    }
  }

  close() {
    clearInterval(this.#watch);
    for (const socket of this.#sockets) socket.destroy();
  }

  #connect(address, index) {
    const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
    if (host === undefined) throw new Error(`not an ack address: ${address}`);
    const socket = connect({ host, port: Number(port), noDelay: true });
    this.#sockets.push(socket);
    let rest = Buffer.alloc(0);
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      const whole = rest.length - (rest.length % 8);
      if (whole > 0) this.#acked(index, Number(rest.readBigUInt64LE(whole - 8)));
      rest = rest.subarray(whole);
    });
    socket.on('close', () => this.#fail('lost an ack connection'));
    return new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.on('error', (error) => reject(new Error(`ack ${address}: ${error.message}`)));
    });
  }

  #acked(index, count) {
    const before = this.slowest();
    this.#counts[index] = count;
    if (this.slowest() <= before) return;
    this.#movedAt = performance.now();
    this.#onMoved(this.slowest());
    this.#waiting?.resolve();
    this.#waiting = null;
  }

  #checkStall() {
    if (performance.now() - this.#movedAt >= STALL_MS) this.#fail('stalled');
  }

  #fail(why) {
    this.#waiting?.reject(new Error(`${why} at ${this.slowest()}`));
    this.#waiting = null;
  }
}
