// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { quantiles } from '../src/quantiles.mjs';

test('nearest rank takes a sample, never a mean of two', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, index) => 100 - index);

  assert.deepEqual(quantiles(hundred), { p50: 50, p90: 90, p99: 99, max: 100 });
});

test('ranks are rounded up', () => {
  assert.deepEqual(quantiles(Float64Array.of(4, 1, 3)), { p50: 3, p90: 4, p99: 4, max: 4 });
});

test('one sample is every quantile, none are zeros', () => {
  assert.deepEqual(quantiles(Float64Array.of(7)), { p50: 7, p90: 7, p99: 7, max: 7 });
  assert.deepEqual(quantiles(new Float64Array(0)), { p50: 0, p90: 0, p99: 0, max: 0 });
});
