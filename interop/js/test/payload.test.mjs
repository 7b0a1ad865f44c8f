// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { HEADER_SIZE, readHeader, stamped, stream, template } from '../src/payload.mjs';

// The published first outputs of splitmix64 for seed 1234567.
const published = [6457827717110365317n, 3203168211198807973n, 9817491932198370423n];

test('the stream is splitmix64 of the size, little-endian', () => {
  const bytes = stream(1234567);

  assert.equal(bytes.length, 1234567 - HEADER_SIZE);
  published.forEach((value, index) => assert.equal(bytes.readBigUInt64LE(index * 8), value));
});

test('a stream that is no multiple of 8 is cut', () => {
  assert.equal(stream(16).length, 0);
  assert.equal(stream(17).length, 1);
  assert.equal(stream(27).length, 11);
});

test('only the first 16 bytes differ between messages', () => {
  const message = template(40);

  const first = stamped(message, 5n, 6);
  const second = stamped(message, 0xffffffffffffffffn, 7);

  assert.deepEqual(readHeader(first), { time: 5n, sequence: 6n });
  assert.deepEqual(readHeader(second), { time: 0xffffffffffffffffn, sequence: 7n });
  assert.deepEqual(first.subarray(HEADER_SIZE), stream(40));
  assert.deepEqual(second.subarray(HEADER_SIZE), stream(40));
});

test('the header is read from where a message lies in a larger buffer', () => {
  const buffer = Buffer.concat([Buffer.alloc(3), stamped(template(16), 9n, 10)]);

  assert.deepEqual(readHeader(buffer.subarray(3)), { time: 9n, sequence: 10n });
});
