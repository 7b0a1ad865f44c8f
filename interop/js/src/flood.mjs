// SPDX-License-Identifier: Apache-2.0
import { floodsub } from '@libp2p/floodsub';
import { FLOODSUB } from './config.mjs';
import { UnsupportedError } from './errors.mjs';
import { messageIdFunction } from './message_id.mjs';
import { Router } from './router.mjs';
import { FLOODSUB as VERSION } from './versions.mjs';

/** The floodsub router. It has no mesh, no score. */
export class Flood extends Router {
  name = 'js-libp2p-floodsub';
  version = VERSION;
  #self;
  #via = new WeakMap();

  service = (components) => {
    const { config } = this;
    const router = floodsub({ seenTTL: config.seen_ttl_ms ?? 120_000 })(components);
    router.getMsgId = messageIdFunction(config.message_id, config.sign) ?? router.getMsgId;
    this.#noteSource(router);
    this.#noteIds(router);
    this.#self = components.peerId;
    return this.attach(router, 'message');
  };

  async publish(topic, data) {
    const { recipients, messageId } = await this.router.publish(topic, data);
    return { messageId, peers: recipients.length };
  }

  protocol(peer) {
    return this.router.getPeers().some((id) => id.toString() === peer) ? FLOODSUB : undefined;
  }

  mesh() {
    throw new UnsupportedError('mesh with floodsub');
  }

  score() {
    throw new UnsupportedError('score with floodsub');
  }

  deliver(message) {
    // The library does not remember what it published, so a loop brings it back.
    if (message.from.equals(this.#self)) return;
    this.pass({
      topic: message.topic,
      data: message.data,
      from: message.from,
      via: this.#via.get(message),
      messageId: () => this.router.getMsgId(message),
    });
  }

  /** The library's event does not say which neighbour a message came from. */
  #noteSource(router) {
    const inner = router.processMessage.bind(router);
    router.processMessage = (from, message) => {
      this.#via.set(message, from);
      return inner(from, message);
    };
  }

  #noteIds(router) {
    const inner = router.publishMessage.bind(router);
    router.publishMessage = async (from, message) => ({
      ...(await inner(from, message)),
      messageId: await router.getMsgId(message),
    });
  }
}
