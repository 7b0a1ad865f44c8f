// SPDX-License-Identifier: Apache-2.0
// Shapes of JSON values: what a configuration key or a command argument may hold.

export const text = {
  what: 'a string',
  fits: (value) => typeof value === 'string',
};
export const flag = {
  what: 'true or false',
  fits: (value) => typeof value === 'boolean',
};
export const number = {
  what: 'a number',
  fits: (value) => Number.isFinite(value),
};
export const count = {
  what: 'a whole number not below 0',
  fits: (value) => Number.isSafeInteger(value) && value >= 0,
};
export const rate = {
  what: 'a number not below 0',
  fits: (value) => Number.isFinite(value) && value >= 0,
};
export const object = {
  what: 'an object',
  fits: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
export const base64 = {
  what: 'standard base64',
  fits: (value) =>
    typeof value === 'string' && Buffer.from(value, 'base64').toString('base64') === value,
};

export const atLeast = (minimum) => ({
  what: `a whole number not below ${minimum}`,
  fits: (value) => Number.isSafeInteger(value) && value >= minimum,
});
export const oneOf = (...choices) => ({
  what: `one of ${choices.join(', ')}`,
  fits: (value) => choices.includes(value),
});
export const listOf = (shape) => ({
  what: `a list, each of it ${shape.what}`,
  fits: (value) => Array.isArray(value) && value.every(shape.fits),
});
export const orNull = (shape) => ({
  what: `null or ${shape.what}`,
  fits: (value) => value === null || shape.fits(value),
});

/**
 * Throws what `fail` makes of the first complaint about `value`, which must be an object whose
 * keys are all in `shapes` and fit.
 */
export function checkObject(value, shapes, where, fail) {
  for (const [key, held] of Object.entries(value)) {
    if (!Object.hasOwn(shapes, key)) throw fail(`unknown ${where}: ${key}`);
    if (!shapes[key].fits(held)) throw fail(`${where} ${key} must be ${shapes[key].what}`);
  }
}
