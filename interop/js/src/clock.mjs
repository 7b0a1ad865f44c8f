// SPDX-License-Identifier: Apache-2.0
// What time it is and what the process has cost so far.

/** CLOCK_MONOTONIC in nanoseconds, the same clock for every process of this machine. */
export const now = () => process.hrtime.bigint();

/** User and system time of this process, in microseconds. */
export function cpuMicroseconds() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** A BigInt as a JSON number with all its digits. */
export const exact = (value) => JSON.rawJSON(value.toString());

export const sleep = (milliseconds) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Lets sockets and timers have their turn. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));
