// SPDX-License-Identifier: MIT
/**
 * The share of a bus that a frame of a timer has in the long run.
 */
import { SAME_AS_REQUEST, timerOf } from '../model.ts';
import type { Rule } from '../model.ts';
import { bitsToNanos } from './frame-time.ts';
import type { FrameShape } from './frame-time.ts';

const NANOS_PER_MICRO = 1_000;

/** 0 for a rule without a timer, and for a timer that ends. `bitsOf`: how its bits are counted. */
export function timedLoad(
  rule: Rule,
  bitrate: number,
  bitsOf: (shape: FrameShape) => number,
): number {
  const timer = timerOf(rule);
  const { answer } = rule;
  if (timer === undefined || answer === null || answer.length === SAME_AS_REQUEST) return 0;
  const { intervalMicros, count, thenMicros } = timer;
  const period = count === undefined ? intervalMicros : (thenMicros ?? 0);
  if (period === 0) return 0;
  const { extended, length } = answer;
  return (
    bitsToNanos(bitsOf({ extended, remote: false, length }), bitrate) / (period * NANOS_PER_MICRO)
  );
}
