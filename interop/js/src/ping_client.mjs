// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { now } from './clock.mjs';
import { readAll } from './stream_io.mjs';

const PROTOCOL = '/ipfs/ping/1.0.0';
const SIZE = 32;
const TIMEOUT_MS = 10_000;

/** One round trip in microseconds; the library's own ping counts whole milliseconds. */
export async function roundTrip(connection) {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const stream = await connection.newStream(PROTOCOL, { signal });
  const late = () => stream.abort(new Error('ping timed out'));
  signal.addEventListener('abort', late);
  try {
    const sent = randomBytes(SIZE);
    const start = now();
    const [echo, end] = await exchange(stream, sent);
    if (!echo.equals(sent)) throw new Error('ping came back changed');
    stream.close().catch(() => {});
    return Number(end - start) / 1000;
  } catch (error) {
    stream.abort(error);
    throw error;
  } finally {
    signal.removeEventListener('abort', late);
  }
}

function exchange(stream, sent) {
  return new Promise((resolve, reject) => {
    let echo = Buffer.alloc(0);
    readAll(stream, (data) => {
      echo = Buffer.concat([echo, data.subarray()]);
      if (echo.length >= SIZE) resolve([echo, now()]);
    }).then(() => reject(new Error('ping stream ended early')), reject);
    stream.send(sent);
  });
}
