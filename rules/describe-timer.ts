// SPDX-License-Identifier: MIT
/**
 * When a timer sends its frame, in words.
 */
import type { Timer } from './model.ts';

const MICROS_PER_MILLI = 1_000;
const MICROS_PER_SECOND = 1_000_000;

export function describeTimer({ intervalMicros, count, thenMicros, phaseMicros }: Timer): string {
  const phase = phaseMicros === 0 ? '' : `, from ${duration(phaseMicros)} after the start`;
  if (count === undefined) return `every ${duration(intervalMicros)}${phase}`;
  const first = count === 1 ? 'once' : `${count} times, every ${duration(intervalMicros)}`;
  const then = thenMicros ? `, then every ${duration(thenMicros)}` : '';
  return `${first}${then}${phase}`;
}

/** A time in its largest whole unit, as a rules file has it. */
export function duration(micros: number): string {
  if (micros !== 0 && micros % MICROS_PER_SECOND === 0) return `${micros / MICROS_PER_SECOND}s`;
  if (micros !== 0 && micros % MICROS_PER_MILLI === 0) return `${micros / MICROS_PER_MILLI}ms`;
  return `${micros}us`;
}
