// SPDX-License-Identifier: Apache-2.0
import { multiaddr } from '@multiformats/multiaddr';
import { UsageError } from './errors.mjs';

export function parseAddress(address) {
  try {
    return multiaddr(address);
  } catch (error) {
    throw new UsageError(`${address}: ${error.message}`);
  }
}

/** The peer id at the end of a multiaddr, undefined where it names none. */
export const namedPeer = (address) =>
  address.getComponents().findLast(({ name }) => name === 'p2p')?.value;
