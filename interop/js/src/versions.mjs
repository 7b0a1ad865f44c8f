// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url)));

export const GOSSIPSUB = dependencies['@libp2p/gossipsub'];
export const FLOODSUB = dependencies['@libp2p/floodsub'];
