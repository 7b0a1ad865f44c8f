// SPDX-License-Identifier: Apache-2.0

/** The command line or the configuration makes no sense; exit status 2. */
export class UsageError extends Error {}

/** The library cannot do what was asked; exit status 3 at start, `ok: false` later. */
export class UnsupportedError extends Error {
  constructor(what) {
    super(`unsupported: ${what}`);
  }
}
