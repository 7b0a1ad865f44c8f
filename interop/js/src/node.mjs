// SPDX-License-Identifier: Apache-2.0
// The libp2p node under the agent: TCP, noise, yamux, identify, ping, perf and one router.
import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { identify } from '@libp2p/identify';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { parseAddress } from './address.mjs';
import { UnsupportedError, UsageError } from './errors.mjs';
import { Flood } from './flood.mjs';
import { Gossip } from './gossip.mjs';
import { servePerf } from './perf.mjs';

const NO_LIMIT = Number.MAX_SAFE_INTEGER;
const STREAMS_MAX = 1024;

/** A started node and its router for what the command line says. */
export async function startNode({ listen, seed, config }) {
  const pubsub = config.router === 'floodsub' ? new Flood(config) : new Gossip(config);
  const node = await createLibp2p({
    start: false,
    privateKey: await privateKey(seed),
    addresses: { listen: listen.map((address) => parseAddress(address).toString()) },
    transports: [tcp({ backlog: 4096 })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: unlimited,
    // It ends connections whose ping is late, which a benchmark makes all of them.
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      ping: ping({ maxInboundStreams: STREAMS_MAX, maxOutboundStreams: STREAMS_MAX }),
      pubsub: (components) => refusals(() => pubsub.service(components)),
    },
  });
  await servePerf(node, STREAMS_MAX);
  await node.start();
  return { node, pubsub };
}

/** Hundreds of inbound connections a second from one address, none of them pruned. */
const unlimited = {
  maxConnections: NO_LIMIT,
  inboundConnectionThreshold: NO_LIMIT,
  maxIncomingPendingConnections: NO_LIMIT,
  maxDialQueueLength: NO_LIMIT,
};

/** The 32 bytes of a seed are the number, little-endian, and zeros. */
function privateKey(seed) {
  if (seed === undefined) return generateKeyPair('Ed25519');
  const bytes = Buffer.alloc(32);
  bytes.writeBigUInt64LE(seed, 0);
  return generateKeyPairFromSeed('Ed25519', bytes);
}

/** What the router's constructor throws is a value it will not have. */
function refusals(construct) {
  try {
    return construct();
  } catch (error) {
    if (error instanceof UsageError || error instanceof UnsupportedError) throw error;
    throw new UnsupportedError(error.message);
  }
}
