// SPDX-License-Identifier: Apache-2.0
// The operations: what each takes, and what it does.
import { namedPeer, parseAddress } from './address.mjs';
import { benchDial } from './bench_dial.mjs';
import { benchPublish } from './bench_publish.mjs';
import { BenchReceive } from './bench_receive.mjs';
import { atLeast, base64, checkObject, count, listOf, rate, text } from './check.mjs';
import { cpuMicroseconds } from './clock.mjs';
import { HEADER_SIZE } from './payload.mjs';
import { measure } from './perf.mjs';
import { roundTrip } from './ping_client.mjs';

const TIMEOUT_MS = 5000;
const size = atLeast(HEADER_SIZE);

/** `needs` and `takes` map arguments to shapes; `defaults` fills those not given. */
const operations = {
  connect: { needs: { addr: text }, takes: { timeout_ms: count }, run: connect },
  disconnect: { needs: { peer: text }, run: disconnect },
  subscribe: { needs: { topic: text }, run: ({ pubsub }, { topic }) => pubsub.subscribe(topic) },
  unsubscribe: {
    needs: { topic: text },
    run: ({ pubsub }, { topic }) => pubsub.unsubscribe(topic),
  },
  publish: { needs: { topic: text, data: base64 }, run: publish },
  peers: { takes: { topic: text }, run: peers },
  mesh: { needs: { topic: text }, run: ({ pubsub }, { topic }) => ({ peers: pubsub.mesh(topic) }) },
  score: { needs: { peer: text }, run: ({ pubsub }, { peer }) => ({ score: pubsub.score(peer) }) },
  ping: { needs: { peer: text }, run: ping },
  stats: { run: stats },
  bench_receive: {
    needs: { topic: text, size, count: atLeast(1), ack_every: atLeast(1) },
    run: benchReceive,
  },
  bench_publish: {
    needs: {
      topic: text,
      size,
      count: atLeast(1),
      window: atLeast(1),
      acks: listOf(text),
    },
    takes: { warmup: count, rate, first_sequence: count, sequence_step: count },
    defaults: { warmup: 0, rate: 0, first_sequence: 0, sequence_step: 1 },
    run: publishRun,
  },
  bench_dial: {
    needs: { addr: text, count: atLeast(1), concurrency: atLeast(1) },
    run: ({ node }, args) => benchDial(node, args),
  },
  perf: { needs: { upload: count, download: count }, takes: { peer: text, addr: text }, run: perf },
  quit: { run: (agent) => agent.quit() },
};

/** Runs one command on `agent`; resolves to the members of its reply. Throws what is wrong. */
export async function execute(agent, { id, op, ...args }) {
  if (!Object.hasOwn(operations, op)) throw new Error(`unknown op: ${op}`);
  const { needs = {}, takes = {}, defaults = {}, run } = operations[op];
  checkObject(args, { ...needs, ...takes }, 'argument', (error) => new Error(error));
  for (const name of Object.keys(needs)) {
    if (args[name] === undefined) throw new Error(`missing argument: ${name}`);
  }
  return (await run(agent, { ...defaults, ...args })) ?? {};
}

async function connect({ node }, { addr, timeout_ms: timeout = TIMEOUT_MS }) {
  const signal = AbortSignal.timeout(timeout);
  const connection = await node.dial(parseAddress(addr), { signal });
  return { peer_id: connection.remotePeer.toString() };
}

async function disconnect({ node }, { peer }) {
  await Promise.all(connectionsOf(node, peer).map((connection) => connection.close()));
}

async function publish({ pubsub }, { topic, data }) {
  const { messageId, peers: sentTo } = await pubsub.publish(topic, Buffer.from(data, 'base64'));
  return { message_id: Buffer.from(messageId).toString('base64'), peers: sentTo };
}

function peers({ node, pubsub }, { topic }) {
  const ids = topic === undefined ? node.getPeers().map(String) : pubsub.subscribers(topic);
  return { peers: ids.map((id) => ({ peer_id: id, protocol: pubsub.protocol(id) })) };
}

async function ping({ node }, { peer }) {
  return { rtt_us: await roundTrip(connectionTo(node, peer)) };
}

function stats({ pubsub, runs, emit }) {
  for (const run of runs.armed()) emit(run.report());
  return {
    cpu_us: cpuMicroseconds(),
    rss_kb: Math.round(process.memoryUsage.rss() / 1024),
    duplicates: pubsub.duplicates,
    delivered: pubsub.delivered,
  };
}

async function benchReceive({ pubsub, runs }, args) {
  const run = new BenchReceive(args);
  const address = await run.listen();
  runs.arm(args.topic, run);
  pubsub.subscribe(args.topic);
  return { ack_addr: address };
}

function publishRun({ pubsub }, args) {
  if (args.warmup >= args.count) throw new Error('argument warmup must be below count');
  return benchPublish(pubsub, args);
}

async function perf({ node }, { peer, addr, upload, download }) {
  if ((peer === undefined) === (addr === undefined)) {
    throw new Error('perf needs either peer or addr');
  }
  const connection = addr === undefined ? connectionTo(node, peer) : await dialled(node, addr);
  return measure(connection, upload, download);
}

async function dialled(node, addr) {
  const address = parseAddress(addr);
  const known = connectionsOf(node, namedPeer(address));
  return known[0] ?? node.dial(address, { signal: AbortSignal.timeout(TIMEOUT_MS) });
}

function connectionTo(node, peer) {
  const [connection] = connectionsOf(node, peer);
  if (connection === undefined) throw new Error(`not connected to ${peer}`);
  return connection;
}

const connectionsOf = (node, peer) =>
  node
    .getConnections()
    .filter(({ remotePeer, status }) => remotePeer.toString() === peer && status === 'open');
