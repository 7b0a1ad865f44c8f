// SPDX-License-Identifier: Apache-2.0
// The bytes of a benchmark message: send time (8, little-endian), sequence (8, little-endian),
// then a fixed stream that only the size decides.

export const HEADER_SIZE = 16;

const mask = (1n << 64n) - 1n;

/** The first `size - HEADER_SIZE` bytes of the splitmix64 stream seeded with `size`. */
export function stream(size) {
  const length = size - HEADER_SIZE;
  const bytes = Buffer.alloc(Math.ceil(length / 8) * 8);
  let state = BigInt(size);
  for (let offset = 0; offset < length; offset += 8) {
    state = (state + 0x9e3779b97f4a7c15n) & mask;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
    bytes.writeBigUInt64LE(z ^ (z >> 31n), offset);
  }
  return bytes.subarray(0, length);
}

/** A message with everything but its first 16 bytes in place. */
export function template(size) {
  return Buffer.concat([Buffer.alloc(HEADER_SIZE), stream(size)]);
}

/** A copy of `message` stamped with a time and a sequence; the library keeps what it is given. */
export function stamped(message, time, sequence) {
  const copy = Buffer.allocUnsafeSlow(message.length);
  message.copy(copy, HEADER_SIZE, HEADER_SIZE);
  copy.writeBigUInt64LE(time, 0);
  copy.writeBigUInt64LE(BigInt(sequence), 8);
  return copy;
}

/** Reads the first 16 bytes: the send time, and the sequence as a BigInt. */
export function readHeader(data) {
  const view = new DataView(data.buffer, data.byteOffset, HEADER_SIZE);
  return { time: view.getBigUint64(0, true), sequence: view.getBigUint64(8, true) };
}
