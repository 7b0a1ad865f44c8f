// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';
import test from 'node:test';
import { BenchReceive } from '../src/bench_receive.mjs';
import { now } from '../src/clock.mjs';
import { stamped, template } from '../src/payload.mjs';

const message = template(32);
const run = (count, ackEvery = 1) =>
  new BenchReceive({ topic: 't', size: 32, count, ack_every: ackEvery });

test('the last of the run is told from the others, in whatever order they come', () => {
  const receive = run(3);

  assert.equal(receive.take(stamped(message, now(), 2)), false);
  assert.equal(receive.take(stamped(message, now(), 0)), false);
  assert.equal(receive.take(stamped(message, now(), 1)), true);
  assert.equal(receive.report().count, 3);
});

test('a sequence seen twice or out of range is repeated and does not count', () => {
  const receive = run(2);

  receive.take(stamped(message, now(), 0));
  receive.take(stamped(message, now(), 0));
  receive.take(stamped(message, now(), 2));

  const { count, repeated, corrupt } = receive.report();
  assert.deepEqual({ count, repeated, corrupt }, { count: 1, repeated: 2, corrupt: 0 });
});

test('a wrong byte, a wrong length and a stump are corrupt; the first two count', () => {
  const receive = run(4);
  const wrong = stamped(message, now(), 0);
  wrong[31] ^= 1;

  receive.take(wrong);
  receive.take(stamped(template(33), now(), 1));
  receive.take(Buffer.alloc(15));

  const { count, repeated, corrupt } = receive.report();
  assert.deepEqual({ count, repeated, corrupt }, { count: 2, repeated: 0, corrupt: 3 });
});

test('latencies leave out the first twentieth of the sequences', () => {
  const receive = run(20);
  receive.take(stamped(message, 0n, 0));
  receive.take(stamped(message, now(), 1));

  assert.ok(receive.report().latency_us.max < 1e6);
});

test('whoever is connected hears the count at once, at each step and at the end', async () => {
  const receive = run(5, 2);
  receive.take(stamped(message, now(), 0));
  const [host, port] = (await receive.listen()).split(':');
  const socket = connect({ host, port: Number(port) });
  const received = [];
  socket.on('data', (data) => {
    for (let i = 0; i < data.length; i += 8) received.push(Number(data.readBigUInt64LE(i)));
  });
  await once(socket, 'data');

  for (let sequence = 1; sequence < 5; sequence += 1) {
    receive.take(stamped(message, now(), sequence));
  }
  while (received.length < 4) await once(socket, 'data');

  assert.deepEqual(received, [1, 2, 4, 5]);
  receive.close();
});
