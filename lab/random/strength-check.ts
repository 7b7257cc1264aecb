// SPDX-License-Identifier: MIT
/**
 * What a run of the judge of strength must keep, and how one that does not is told.
 */
import type { EngineName } from '../../twin/engine/engine.ts';
import { runStrength, type StrengthReport } from './strength-run.ts';

/** What the executive promises at SPI 10 MHz: a frame decided so long ago takes part. */
export const S_NANOS = 60_000;

/** What is wrong with a run. Empty: nothing. */
export function strengthProblems(report: StrengthReport): string[] {
  const { plan, weakerNanos, weaker, idleNanos, idle, idealNanos, ideal } = report;
  const problems = [...report.problems];
  // A frame starts at the next bit of the idle bus.
  const bitNanos = 1e9 / plan.bitrate;
  if (weakerNanos > S_NANOS) problems.push(`a weaker frame won: ${weaker}`);
  if (idleNanos > S_NANOS + bitNanos) problems.push(`the bus was left idle: ${idle}`);
  if (idealNanos > S_NANOS + bitNanos) {
    problems.push(`${ideal}: ${idealNanos} ns later than an ideal node and one frame`);
  }
  return problems;
}

/** A failure as text, with the fewest frames found with which it still fails. */
export async function describeStrengthFailure(
  engine: EngineName,
  report: StrengthReport,
  frames: number,
): Promise<string> {
  let smallest = report;
  let least = frames;
  for (let fewer = frames >> 1; fewer > 0; fewer >>= 1) {
    const shorter = await runStrength(engine, report.plan.seed, fewer);
    if (strengthProblems(shorter).length === 0) break;
    smallest = shorter;
    least = fewer;
  }
  const { seed, bitrate, settings, faultRate } = report.plan;
  return [
    `seed ${seed}, ${least} frames at ${bitrate} bit/s, faults ${faultRate}, ${settings || 'no settings'}:`,
    ...strengthProblems(smallest).map((problem) => `  ${problem}`),
    `  again: SEED=${seed} FRAMES=${least} node --import tsx --test tests/cases/strength.test.ts`,
  ].join('\n');
}
