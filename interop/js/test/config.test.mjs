// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseCommandLine, parseConfig } from '../src/config.mjs';
import { UnsupportedError, UsageError } from '../src/errors.mjs';
import { scoreOptions } from '../src/score.mjs';

const config = (value) => parseConfig(JSON.stringify(value));

test('without arguments it listens on loopback with a random key', () => {
  const { listen, seed } = parseCommandLine([]);

  assert.deepEqual(listen, ['/ip4/127.0.0.1/tcp/0']);
  assert.equal(seed, undefined);
});

test('listen may be repeated, and none listens nowhere', () => {
  const two = ['--listen', '/ip4/127.0.0.1/tcp/1', '--listen', '/ip4/127.0.0.1/tcp/2'];

  assert.equal(parseCommandLine(two).listen.length, 2);
  assert.deepEqual(parseCommandLine(['--listen', 'none']).listen, []);
});

test('the seed is 64 bits', () => {
  const seed = (digits) => parseCommandLine(['--key-seed', digits]).seed;

  assert.equal(seed('18446744073709551615'), 2n ** 64n - 1n);
  for (const wrong of ['18446744073709551616', 'x', '1.5', '']) {
    assert.throws(() => seed(wrong), UsageError);
  }
});

test('unknown options and positional words are refused', () => {
  assert.throws(() => parseCommandLine(['--verbose']), UsageError);
  assert.throws(() => parseCommandLine(['word']), UsageError);
});

test('unknown keys are refused at every level', () => {
  assert.throws(() => config({ degree: 6 }), /unknown config key: degree/);
  assert.throws(() => config({ validate: [{ topic: 't', delay: 1 }] }), /unknown validate key/);
  assert.throws(() => scoreOptions({ weight: 1 }), /unknown score key: weight/);
  assert.throws(() => scoreOptions({ topics: { t: { weight: 1 } } }), /unknown topic score key/);
});

test('text that is no object, and values of a wrong kind, are refused', () => {
  for (const wrong of ['', '{', '[]', 'null', '1']) {
    assert.throws(() => parseConfig(wrong), UsageError);
  }
  assert.throws(() => config({ d: -1 }), UsageError);
  assert.throws(() => config({ d: '6' }), UsageError);
  assert.throws(() => config({ sign: 'lax' }), UsageError);
  assert.throws(() => config({ validate: [{ verdict: 'accept' }] }), UsageError);
});

test('what the library lacks is unsupported', () => {
  assert.throws(() => config({ protocols: ['/meshsub/1.3.0'] }), UnsupportedError);
  assert.throws(() => config({ sign: 'none', message_id: 'from_seqno' }), UnsupportedError);
  assert.throws(() => config({ router: 'floodsub', sign: 'none' }), UnsupportedError);
  assert.throws(() => config({ router: 'floodsub', score: {} }), UnsupportedError);
  assert.throws(() => scoreOptions({ seen_msg_ttl_ms: 5 }), UnsupportedError);
});

test('validators accept at once unless told otherwise', () => {
  assert.deepEqual(config({ validate: [{ topic: 't' }] }).validate, [
    { topic: 't', delay_ms: 0, verdict: 'accept' },
  ]);
});

test('without score no weight is left that could be negative', () => {
  const { scoreParams, scoreThresholds } = scoreOptions(null);

  assert.equal(scoreParams.IPColocationFactorWeight, 0);
  assert.equal(scoreParams.behaviourPenaltyWeight, 0);
  assert.equal(scoreThresholds.acceptPXThreshold, 0);
});

test('score numbers that are absent are 0, but for the decay', () => {
  const { scoreParams, scoreThresholds } = scoreOptions({
    gossip_threshold: -1,
    topics: { t: { topic_weight: 2 } },
  });

  assert.equal(scoreParams.decayInterval, 1000);
  assert.equal(scoreParams.decayToZero, 0.01);
  assert.equal(scoreParams.topicScoreCap, 0);
  assert.equal(scoreParams.topics.t.topicWeight, 2);
  assert.equal(scoreParams.topics.t.firstMessageDeliveriesWeight, 0);
  assert.equal(scoreThresholds.gossipThreshold, -1);
  assert.equal(scoreThresholds.graylistThreshold, 0);
});
