// SPDX-License-Identifier: Apache-2.0
import { addValidators } from './validators.mjs';

/**
 * What the agent's commands see of a router, whichever it is. `onMessage` is called with
 * `{ topic, data, from, via, messageId }` for every message that is not ours; `from` and `via`
 * are peer ids, `from` null where the message names no author.
 */
export class Router {
  delivered = 0;
  onMessage = () => {};

  constructor(config) {
    this.config = config;
  }

  /** Called with libp2p's router when it is made: `event` is what it calls a message that came. */
  attach(router, event) {
    this.router = router;
    addValidators(router.topicValidators, this.config.validate);
    router.addEventListener(event, ({ detail }) => this.deliver(detail));
    return router;
  }

  /** Hands one message on. */
  pass(message) {
    this.delivered += 1;
    this.onMessage(message);
  }

  subscribe(topic) {
    this.router.subscribe(topic);
  }

  unsubscribe(topic) {
    this.router.unsubscribe(topic);
  }

  /** Publishes without asking for the message id. */
  send(topic, data) {
    return this.router.publish(topic, data);
  }

  subscribers(topic) {
    return this.router.getSubscribers(topic).map(String);
  }
}
