// SPDX-License-Identifier: Apache-2.0
// A node driven by JSON lines: commands in, replies and events out.
import { createInterface } from 'node:readline';
import { object } from './check.mjs';
import { execute } from './commands.mjs';
import { Runs } from './runs.mjs';

/** What the contract's 5 s leave for an orderly end. */
const STOP_MS = 3000;

export function emit(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

export class Agent {
  emit = emit;
  runs = new Runs();
  #ending = false;

  constructor({ node, pubsub }) {
    this.node = node;
    this.pubsub = pubsub;
    pubsub.onMessage = (message) => this.#onMessage(message);
    node.addEventListener('peer:connect', ({ detail }) => {
      emit({ event: 'connected', peer: detail.toString() });
    });
    node.addEventListener('peer:disconnect', ({ detail }) => {
      emit({ event: 'disconnected', peer: detail.toString() });
    });
  }

  announce() {
    const { node, pubsub } = this;
    emit({
      event: 'ready',
      name: pubsub.name,
      version: pubsub.version,
      peer_id: node.peerId.toString(),
      addrs: node.getMultiaddrs().map(String),
      pid: process.pid,
    });
  }

  /** Takes commands until `quit` or the end of `input`. */
  serve(input) {
    const lines = createInterface({ input });
    lines.on('line', (line) => void this.#onLine(line));
    lines.on('close', () => void this.#end());
  }

  /** Asked by the `quit` command: its reply is written before the end begins. */
  quit() {
    setImmediate(() => void this.#end());
  }

  async #onLine(line) {
    let command;
    try {
      command = JSON.parse(line);
      if (!object.fits(command)) throw new Error('a command is an object');
    } catch (error) {
      if (line.trim() !== '') emit({ reply: null, ok: false, error: error.message });
      return;
    }
    const reply = command.id ?? null;
    try {
      emit({ reply, ok: true, ...(await execute(this, command)) });
    } catch (error) {
      emit({ reply, ok: false, error: error?.message || String(error) });
    }
  }

  #onMessage({ topic, data, from, via, messageId }) {
    const run = this.runs.of(topic);
    if (run !== undefined) {
      if (run.take(data)) this.#finish(topic, run);
      return;
    }
    emit({
      event: 'message',
      topic,
      data: base64(data),
      from: from?.toString() ?? null,
      via: via.toString(),
      message_id: base64(messageId()),
    });
  }

  #finish(topic, run) {
    this.runs.disarm(topic);
    emit(run.report());
  }

  async #end() {
    if (this.#ending) return;
    this.#ending = true;
    setTimeout(() => process.exit(0), STOP_MS);
    try {
      await this.node.stop();
    } catch (error) {
      console.error(error);
    }
    process.exit(0);
  }
}

const base64 = (bytes) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
