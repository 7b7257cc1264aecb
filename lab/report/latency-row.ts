// SPDX-License-Identifier: MIT
/** Times as a row of a table: how many, and their distribution in microseconds. */
import { distributionOf } from '../measure/percentiles.ts';
import type { Cell } from './html.ts';

export const LATENCY_HEADS = [
  'what',
  'answers',
  'min (µs)',
  'median (µs)',
  '99 % (µs)',
  'max (µs)',
];

export function latencyRow(name: string, nanos: readonly number[]): Cell[] {
  const { min, p50, p99, max } = distributionOf(nanos);
  const micros = (value: number | null): number | undefined =>
    value === null ? undefined : Math.round(value / 100) / 10;
  return [name, nanos.length, micros(min), micros(p50), micros(p99), micros(max)];
}
