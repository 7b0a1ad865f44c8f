// SPDX-License-Identifier: Apache-2.0
// The command line and the configuration object.
import { parseArgs } from 'node:util';
import { atLeast, checkObject, count, flag, listOf, number, object, oneOf } from './check.mjs';
import { orNull, text } from './check.mjs';
import { UnsupportedError, UsageError } from './errors.mjs';
import { MESSAGE_IDS } from './message_id.mjs';

export const FLOODSUB = '/floodsub/1.0.0';
export const PROTOCOLS = ['/meshsub/1.2.0', '/meshsub/1.1.0', '/meshsub/1.0.0', FLOODSUB];

const VERDICTS = ['accept', 'reject', 'ignore'];

const shapes = {
  sign: oneOf('strict', 'none'),
  message_id: oneOf(...MESSAGE_IDS),
  router: oneOf('gossipsub', 'floodsub'),
  protocols: listOf(text),
  d: count,
  d_low: count,
  d_high: count,
  d_score: count,
  d_out: count,
  d_lazy: count,
  gossip_factor: number,
  heartbeat_ms: atLeast(1),
  history_length: count,
  history_gossip: count,
  fanout_ttl_ms: count,
  prune_backoff_s: count,
  unsubscribe_backoff_s: count,
  flood_publish: flag,
  idontwant_threshold: count,
  max_message_size: count,
  seen_ttl_ms: count,
  px: flag,
  partial: flag,
  score: orNull(object),
  direct_peers: listOf(text),
  validate: listOf(object),
};

const validatorShapes = { topic: text, delay_ms: count, verdict: oneOf(...VERDICTS) };

/** `{ listen, seed, config }` of the arguments after the program's name. */
export function parseCommandLine(words) {
  const options = {
    listen: { type: 'string', multiple: true },
    'key-seed': { type: 'string' },
    config: { type: 'string' },
  };
  let values;
  try {
    values = parseArgs({ args: words, options }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
  const listen = values.listen ?? ['/ip4/127.0.0.1/tcp/0'];
  return {
    listen: listen.filter((address) => address !== 'none'),
    seed: values['key-seed'] === undefined ? undefined : parseSeed(values['key-seed']),
    config: parseConfig(values.config ?? '{}'),
  };
}

function parseSeed(digits) {
  const seed = /^\d{1,20}$/.test(digits) ? BigInt(digits) : 1n << 64n;
  if (seed >> 64n) throw new UsageError('--key-seed must be a whole number of 64 bits');
  return seed;
}

/** The configuration object of a JSON text, with the defaults that are ours. */
export function parseConfig(json) {
  let given;
  try {
    given = JSON.parse(json);
  } catch (error) {
    throw new UsageError(`--config: ${error.message}`);
  }
  if (!object.fits(given)) throw new UsageError(`--config must be ${object.what}`);
  checkObject(given, shapes, 'config key', (error) => new UsageError(error));
  const config = {
    sign: 'strict',
    message_id: 'default',
    router: 'gossipsub',
    score: null,
    direct_peers: [],
    ...given,
    validate: (given.validate ?? []).map(parseValidator),
  };
  refuseWhatTheLibraryLacks(config);
  return config;
}

function parseValidator(given) {
  checkObject(given, validatorShapes, 'validate key', (error) => new UsageError(error));
  if (given.topic === undefined) throw new UsageError('validate needs a topic');
  return { delay_ms: 0, verdict: 'accept', ...given };
}

function refuseWhatTheLibraryLacks(config) {
  const known = config.router === 'floodsub' ? [FLOODSUB] : PROTOCOLS;
  if (config.protocols?.length === 0) throw new UsageError('config key protocols is empty');
  for (const protocol of config.protocols ?? []) {
    if (!known.includes(protocol)) throw new UnsupportedError(`protocols ${protocol}`);
  }
  if (config.partial) throw new UnsupportedError('partial');
  if (config.sign === 'none' && config.message_id === 'from_seqno') {
    throw new UnsupportedError('message_id from_seqno of unsigned messages');
  }
  if (config.router !== 'floodsub') return;
  // Its receiver drops every message without an author.
  if (config.sign === 'none') throw new UnsupportedError('sign none with floodsub');
  if (config.score !== null) throw new UnsupportedError('score with floodsub');
  if (config.direct_peers.length > 0) throw new UnsupportedError('direct_peers with floodsub');
  if (config.px) throw new UnsupportedError('px with floodsub');
  if (config.max_message_size !== undefined) {
    throw new UnsupportedError('max_message_size with floodsub');
  }
}
