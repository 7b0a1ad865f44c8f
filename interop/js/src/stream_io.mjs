// SPDX-License-Identifier: Apache-2.0
// Reading and writing a libp2p stream with bounded buffers.

/** Calls `take` with every piece received until the other side ends; rejects on a reset. */
export function readAll(stream, take) {
  return new Promise((resolve, reject) => {
    stream.addEventListener('message', ({ data }) => take(data));
    stream.addEventListener('end', resolve);
    stream.addEventListener('close', ({ error }) => (error ? reject(error) : resolve()));
    if (stream.readableEnded) resolve();
  });
}

/** Sends `size` bytes of no meaning, as fast as the other side takes them. */
export async function writeBytes(stream, size, piece) {
  for (let left = size; left > 0; left -= piece.length) {
    stream.send(left < piece.length ? piece.subarray(0, left) : piece);
    // onDrain() of the library resolves at once from its second use on.
    while (stream.writableNeedsDrain) await drain(stream);
  }
}

function drain(stream) {
  return new Promise((resolve, reject) => {
    const settle = (event) => {
      stream.removeEventListener('drain', settle);
      stream.removeEventListener('close', settle);
      if (event.type === 'drain') resolve();
      else reject(event.error ?? new Error('stream closed'));
    };
    stream.addEventListener('drain', settle);
    stream.addEventListener('close', settle);
  });
}
