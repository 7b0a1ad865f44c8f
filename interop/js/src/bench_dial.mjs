// SPDX-License-Identifier: Apache-2.0
import { parseAddress } from './address.mjs';
import { cpuMicroseconds, exact, now } from './clock.mjs';

const TIMEOUT_MS = 10_000;

/**
 * Opens `count` connections to one address, `concurrency` at a time, and closes each once it is
 * up. The dial queue of the library would join them into one, so the transport is asked.
 */
export async function benchDial(node, { addr, count, concurrency }) {
  const address = parseAddress(addr);
  const { transportManager } = node.components;
  let left = count;
  let established = 0;
  let failed = 0;

  async function dialInTurn() {
    while (left > 0) {
      left -= 1;
      try {
        const signal = AbortSignal.timeout(TIMEOUT_MS);
        const connection = await transportManager.dial(address, { signal });
        established += 1;
        await connection.close();
      } catch (error) {
        failed += 1;
        console.error(`bench_dial: ${error.message}`);
      }
    }
  }

  const cpu = cpuMicroseconds();
  const start = now();
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, dialInTurn));
  const wall = now() - start;
  return { established, failed, wall_ns: exact(wall), cpu_us: cpuMicroseconds() - cpu };
}
