// SPDX-License-Identifier: Apache-2.0
// /perf/1.0.0: 8 bytes big-endian say how much is wanted back, then an upload to its end, then
// the download. No package of this protocol exists for this library, so it is written here.
import { exact, now } from './clock.mjs';
import { readAll, writeBytes } from './stream_io.mjs';

const PROTOCOL = '/perf/1.0.0';
const HEADER_SIZE = 8;
const PIECE = Buffer.alloc(256 * 1024);

export function servePerf(node, streamsMax) {
  const limits = { maxInboundStreams: streamsMax, maxOutboundStreams: streamsMax };
  return node.handle(PROTOCOL, (stream) => void serve(stream), limits);
}

async function serve(stream) {
  try {
    const header = Buffer.alloc(HEADER_SIZE);
    let received = 0;
    await readAll(stream, (data) => {
      if (received < HEADER_SIZE) {
        header.set(data.subarray(0, HEADER_SIZE - received), received);
      }
      received += data.byteLength;
    });
    if (received < HEADER_SIZE) throw new Error(`perf request of ${received} bytes`);
    await writeBytes(stream, Number(header.readBigUInt64BE()), PIECE);
    await stream.close();
  } catch (error) {
    stream.abort(error);
  }
}

/** One measurement on an open connection; the clock runs from opening the stream to its end. */
export async function measure(connection, upload, download) {
  const header = Buffer.alloc(HEADER_SIZE);
  header.writeBigUInt64BE(BigInt(download));

  const start = now();
  const stream = await connection.newStream(PROTOCOL);
  let received = 0;
  const downloaded = readAll(stream, (data) => {
    received += data.byteLength;
  });
  downloaded.catch(() => {}); // the writes below fail of the same cause
  try {
    stream.send(header);
    await writeBytes(stream, upload, PIECE);
    await stream.close();
    await downloaded;
  } catch (error) {
    stream.abort(error);
    throw error;
  }
  const wall = now() - start;

  if (received !== download) throw new Error(`downloaded ${received} of ${download} bytes`);
  return { wall_ns: exact(wall) };
}
