// SPDX-License-Identifier: Apache-2.0

/** The benchmark receivers by topic: those still counting, and those done but still answering. */
export class Runs {
  #armed = new Map();
  #done = new Map();

  /** A topic has one run: arming it again ends the one before. */
  arm(topic, run) {
    this.#armed.get(topic)?.close();
    this.#done.get(topic)?.close();
    this.#done.delete(topic);
    this.#armed.set(topic, run);
  }

  /** The run that counts this topic's messages, if one does. */
  of(topic) {
    return this.#armed.get(topic);
  }

  /** Its messages are delivered again; a publisher that comes late still hears its count. */
  disarm(topic) {
    this.#done.set(topic, this.#armed.get(topic));
    this.#armed.delete(topic);
  }

  armed() {
    return [...this.#armed.values()];
  }
}
