// SPDX-License-Identifier: Apache-2.0
import { gossipsub } from '@libp2p/gossipsub';
import { peerIdFromString } from '@libp2p/peer-id';
import { namedPeer, parseAddress } from './address.mjs';
import { UsageError } from './errors.mjs';
import { messageIdFunction } from './message_id.mjs';
import { Router } from './router.mjs';
import { scoreOptions } from './score.mjs';
import { GOSSIPSUB } from './versions.mjs';

const MAX_INBOUND_SIZE = 8 * 1024 * 1024;

/** The gossipsub router. */
export class Gossip extends Router {
  name = 'js-libp2p-gossipsub';
  version = GOSSIPSUB;
  duplicates = 0;
  #published = new Map();

  /** The service that libp2p makes the router with. */
  service = (components) => {
    const { config } = this;
    const router = gossipsub(options(config))(components);
    if (config.protocols !== undefined) router.protocols = [...config.protocols];
    this.#noteIds(router);
    this.#countDuplicates(router.score);
    return this.attach(router, 'gossipsub:message');
  };

  /** Publishes; the id and the number of peers it went to. */
  async publish(topic, data) {
    this.#published.set(data, undefined);
    try {
      const { recipients } = await this.router.publish(topic, data);
      return { messageId: this.#published.get(data), peers: recipients.length };
    } finally {
      this.#published.delete(data);
    }
  }

  /** The protocol of our stream to a peer, undefined while there is none. */
  protocol(peer) {
    return this.router.streamsOutbound.get(peer)?.protocol;
  }

  mesh(topic) {
    return this.router.getMeshPeers(topic);
  }

  score(peer) {
    return this.router.getScore(peer);
  }

  deliver({ propagationSource, msgId, msg }) {
    this.pass({
      topic: msg.topic,
      data: msg.data,
      from: msg.type === 'signed' ? msg.from : null,
      via: propagationSource,
      messageId: () => Buffer.from(msgId, 'base64'),
    });
  }

  /** Publishing returns no id, so it is taken where the library computes it. */
  #noteIds(router) {
    const published = this.#published;
    const compute = router.msgIdFn;
    router.msgIdFn = (message) => {
      const id = compute(message);
      if (published.size > 0 && published.has(message.data)) published.set(message.data, id);
      return id;
    };
  }

  #countDuplicates(score) {
    const inner = score.duplicateMessage.bind(score);
    score.duplicateMessage = (...args) => {
      this.duplicates += 1;
      inner(...args);
    };
  }
}

function options(config) {
  const given = {
    D: config.d ?? 6,
    Dlo: config.d_low ?? 5,
    Dhi: config.d_high ?? 12,
    Dscore: config.d_score,
    Dout: config.d_out,
    Dlazy: config.d_lazy,
    gossipFactor: config.gossip_factor,
    heartbeatInterval: config.heartbeat_ms,
    mcacheLength: config.history_length,
    mcacheGossip: config.history_gossip,
    fanoutTTL: config.fanout_ttl_ms,
    pruneBackoff: milliseconds(config.prune_backoff_s),
    unsubcribeBackoff: milliseconds(config.unsubscribe_backoff_s),
    floodPublish: config.flood_publish,
    idontwantMinDataSize: config.idontwant_threshold ?? 1024,
    maxInboundDataLength: config.max_message_size ?? MAX_INBOUND_SIZE,
    seenTTL: config.seen_ttl_ms,
    doPX: config.px,
    directPeers: config.direct_peers.map(directPeer),
    globalSignaturePolicy: config.sign === 'none' ? 'StrictNoSign' : 'StrictSign',
    msgIdFn: messageIdFunction(config.message_id, config.sign),
    allowPublishToZeroTopicPeers: true,
    ...scoreOptions(config.score),
  };
  // A key that is there but undefined would hide the library's default.
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

const milliseconds = (seconds) => (seconds === undefined ? undefined : seconds * 1000);

function directPeer(address) {
  const parsed = parseAddress(address);
  const id = namedPeer(parsed);
  if (id === undefined) throw new UsageError(`direct peer without a peer id: ${address}`);
  return { id: peerIdFromString(id), addrs: [parsed] };
}
