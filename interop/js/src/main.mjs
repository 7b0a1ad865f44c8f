// SPDX-License-Identifier: Apache-2.0
import { Agent, emit } from './agent.mjs';
import { parseCommandLine } from './config.mjs';
import { UnsupportedError, UsageError } from './errors.mjs';
import { startNode } from './node.mjs';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_UNSUPPORTED = 3;

// The library lets go of promises that fail when a connection dies under them.
process.on('unhandledRejection', (error) => console.error('unhandled rejection:', error));
// Whoever read our output is gone, and the end of our input comes with that.
process.stdout.on('error', () => process.exit(EXIT_FAILED));

function exitStatus(error) {
  if (error instanceof UsageError) return EXIT_USAGE;
  if (error instanceof UnsupportedError) return EXIT_UNSUPPORTED;
  return EXIT_FAILED;
}

try {
  const agent = new Agent(await startNode(parseCommandLine(process.argv.slice(2))));
  agent.announce();
  agent.serve(process.stdin);
} catch (error) {
  emit({ event: 'failed', error: error.message });
  console.error(error);
  process.exit(exitStatus(error));
}
