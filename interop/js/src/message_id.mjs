// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';

const sha256 = (message) => hash('sha256', message.data, 'buffer');

function fromSeqno(message) {
  const author = message.from.toMultihash().bytes;
  const id = Buffer.alloc(author.length + 8);
  id.set(author, 0);
  id.writeBigUInt64BE(message.sequenceNumber, author.length);
  return id;
}

const prefix = (length) => (message) => message.data.subarray(0, length);

export const MESSAGE_IDS = ['default', 'from_seqno', 'sha256', 'prefix8', 'prefix16'];

/**
 * The id function of that name, undefined for the library's own. Unsigned messages have no
 * author to name, so their default is the digest.
 */
export function messageIdFunction(name, sign) {
  switch (name) {
    case 'from_seqno':
      return fromSeqno;
    case 'sha256':
      return sha256;
    case 'prefix8':
      return prefix(8);
    case 'prefix16':
      return prefix(16);
    default:
      return sign === 'none' ? sha256 : undefined;
  }
}
