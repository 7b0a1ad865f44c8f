// SPDX-License-Identifier: Apache-2.0
import { sleep } from './clock.mjs';

/** Gives a router's `topicValidators` the configured verdicts; it asks them about others only. */
export function addValidators(topicValidators, validators) {
  for (const { topic, delay_ms: delay, verdict } of validators) {
    topicValidators.set(topic, async () => {
      if (delay > 0) await sleep(delay);
      return verdict;
    });
  }
}
