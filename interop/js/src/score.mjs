// SPDX-License-Identifier: Apache-2.0
// Score parameters: the flat snake_case object of the contract, in the library's terms.
import { checkObject, flag, listOf, number, object, text } from './check.mjs';
import { UnsupportedError, UsageError } from './errors.mjs';

const THRESHOLDS = {
  gossip_threshold: 'gossipThreshold',
  publish_threshold: 'publishThreshold',
  graylist_threshold: 'graylistThreshold',
  accept_px_threshold: 'acceptPXThreshold',
  opportunistic_graft_threshold: 'opportunisticGraftThreshold',
};

const PEER = {
  topic_score_cap: 'topicScoreCap',
  app_specific_weight: 'appSpecificWeight',
  ip_colocation_factor_weight: 'IPColocationFactorWeight',
  ip_colocation_factor_threshold: 'IPColocationFactorThreshold',
  behaviour_penalty_weight: 'behaviourPenaltyWeight',
  behaviour_penalty_threshold: 'behaviourPenaltyThreshold',
  behaviour_penalty_decay: 'behaviourPenaltyDecay',
  decay_interval_ms: 'decayInterval',
  decay_to_zero: 'decayToZero',
  retain_score_ms: 'retainScore',
};

const TOPIC = {
  topic_weight: 'topicWeight',
  time_in_mesh_weight: 'timeInMeshWeight',
  time_in_mesh_quantum_ms: 'timeInMeshQuantum',
  time_in_mesh_cap: 'timeInMeshCap',
  first_message_deliveries_weight: 'firstMessageDeliveriesWeight',
  first_message_deliveries_decay: 'firstMessageDeliveriesDecay',
  first_message_deliveries_cap: 'firstMessageDeliveriesCap',
  mesh_message_deliveries_weight: 'meshMessageDeliveriesWeight',
  mesh_message_deliveries_decay: 'meshMessageDeliveriesDecay',
  mesh_message_deliveries_cap: 'meshMessageDeliveriesCap',
  mesh_message_deliveries_threshold: 'meshMessageDeliveriesThreshold',
  mesh_message_deliveries_window_ms: 'meshMessageDeliveriesWindow',
  mesh_message_deliveries_activation_ms: 'meshMessageDeliveriesActivation',
  mesh_failure_penalty_weight: 'meshFailurePenaltyWeight',
  mesh_failure_penalty_decay: 'meshFailurePenaltyDecay',
  invalid_message_deliveries_weight: 'invalidMessageDeliveriesWeight',
  invalid_message_deliveries_decay: 'invalidMessageDeliveriesDecay',
};

// The library remembers deliveries this long and no setting changes it.
const SEEN_MESSAGE_MS = 120_000;

const numbers = (names) => Object.fromEntries(Object.keys(names).map((key) => [key, number]));
const topicShapes = numbers(TOPIC);
const shapes = {
  ...numbers(PEER),
  ...numbers(THRESHOLDS),
  topics: object,
  ip_colocation_factor_whitelist: listOf(text),
  seen_msg_ttl_ms: number,
  skip_atomic_validation: flag,
};

/** `scoreParams` and `scoreThresholds` of the library for the `score` key; null: no penalties. */
export function scoreOptions(score) {
  if (score === null) return neutral();
  checkObject(score, shapes, 'score key', (error) => new UsageError(error));
  if (![0, SEEN_MESSAGE_MS].includes(score.seen_msg_ttl_ms ?? 0)) {
    throw new UnsupportedError('seen_msg_ttl_ms');
  }
  const defaults = { decay_interval_ms: 1000, decay_to_zero: 0.01 };
  const topics = Object.entries(score.topics ?? {}).map(([name, given]) => [name, topic(given)]);
  return {
    scoreParams: {
      ...renamed(PEER, { ...defaults, ...score }),
      IPColocationFactorWhitelist: new Set(
        (score.ip_colocation_factor_whitelist ?? []).map(whitelisted),
      ),
      topics: Object.fromEntries(topics),
    },
    scoreThresholds: renamed(THRESHOLDS, score),
  };
}

/** The library always scores: without weights every peer stays at 0, above every threshold. */
function neutral() {
  return {
    scoreParams: { IPColocationFactorWeight: 0, behaviourPenaltyWeight: 0 },
    scoreThresholds: { acceptPXThreshold: 0, opportunisticGraftThreshold: 0 },
  };
}

function topic(given) {
  if (!object.fits(given)) throw new UsageError(`score key topics must be of ${object.what}`);
  checkObject(given, topicShapes, 'topic score key', (error) => new UsageError(error));
  const params = renamed(TOPIC, given);
  // The library divides by the quantum and checks this decay even where the weight is 0.
  if (params.timeInMeshWeight === 0) params.timeInMeshQuantum ||= 1;
  if (params.invalidMessageDeliveriesWeight === 0) params.invalidMessageDeliveriesDecay ||= 0.5;
  return params;
}

/** The library lists addresses, go lists networks: only networks of one address are both. */
function whitelisted(network) {
  const address = network.replace(/\/(32|128)$/, '');
  if (address.includes('/')) throw new UnsupportedError('ip_colocation_factor_whitelist');
  return address;
}

const renamed = (names, given) =>
  Object.fromEntries(Object.entries(names).map(([key, name]) => [name, given[key] ?? 0]));
