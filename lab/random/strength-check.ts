// SPDX-License-Identifier: MIT
/**
 * What a run of the judge of strength must keep, and how one that does not is told.
 */
import type { EngineName } from '../../twin/engine/engine.ts';
import type { Role } from './strength-agl.ts';
import { runStrength, S_NANOS, type StrengthReport } from './strength-run.ts';

/** With faults, a step of the supervisor may come before the request is read: 28 SPI bytes and 4 us. */
const SUPERVISOR_NANOS = 29_200;
/**
 * While every buffer that is free to it holds a frame that may be on the wire, a frame waits for the end of that
 * one. The longest has 160 bits with its intermission.
 */
const FRAME_BITS = 160;
/** What an error adds to a frame: superposed error flags, error delimiter, intermission (ISO 11898-1). */
const ERROR_BITS = 31;

/** What is wrong with a run. Empty: nothing. */
export function strengthProblems(report: StrengthReport): string[] {
  const { plan, weakerNanos, weaker, idleNanos, idle, idealNanos, ideal } = report;
  const problems = [...report.problems];
  // A frame starts at the next bit of the idle bus.
  const bitNanos = 1e9 / plan.bitrate;
  const isFaulty = plan.faultRate > 0;
  const sNanos = S_NANOS + (isFaulty ? SUPERVISOR_NANOS : 0);
  // An error frame does not show which frame it ended.
  const frames = isFaulty ? 2 : 1;
  if (weakerNanos > sNanos + frames * FRAME_BITS * bitNanos)
    problems.push(`a weaker frame won: ${weaker}`);
  if (idleNanos > sNanos + bitNanos) problems.push(`the bus was left idle: ${idle}`);
  const errorBits = isFaulty ? ERROR_BITS : 0;
  if (idealNanos > sNanos + (1 + errorBits) * bitNanos) {
    problems.push(`${ideal}: ${idealNanos} ns later than an ideal node and one frame`);
  }
  return problems;
}

/** A failure as text, with the fewest frames found with which it still fails. */
export async function describeStrengthFailure(
  engine: EngineName,
  report: StrengthReport,
  frames: number,
  role: Role = 'driver',
): Promise<string> {
  let smallest = report;
  let least = frames;
  for (let fewer = frames >> 1; fewer > 0; fewer >>= 1) {
    const shorter = await runStrength(engine, report.plan.seed, fewer, role);
    if (strengthProblems(shorter).length === 0) break;
    smallest = shorter;
    least = fewer;
  }
  const { seed, bitrate, settings, faultRate } = report.plan;
  return [
    `seed ${seed}, ${least} frames at ${bitrate} bit/s, faults ${faultRate}, ${settings || 'no settings'}:`,
    ...strengthProblems(smallest).map((problem) => `  ${problem}`),
    `  again: SEED=${seed} FRAMES=${least} ROLE=${role} node --import tsx --test tests/cases/strength.test.ts`,
  ].join('\n');
}
