// SPDX-License-Identifier: MIT
/**
 * What a board promises: the worst case of each promise of docs/timing-budget.md that follows from its constants.
 *
 * Measured are constants in nanoseconds by the names that the image of the self test prints (src/selftest/measure.ts),
 * or those of a model. Source of the counts: formats/promises.ts.
 * Does not: measure, or print (measure-text.ts).
 */
import {
  COUNTED,
  EXPECTED,
  PROMISES,
  type Promised,
  ROUND_COUNTS,
  type Way,
} from '../../formats/promises.ts';
import { RASPBERRY_PI_4_TIMING } from '../../twin/machine/timing-model.ts';

/** Nanoseconds by name. */
export type Constants = Readonly<Record<string, number | undefined>>;

/** Constants that are measured with `idle=wfi` alone; without them a sleeping core promises nothing. */
const OF_SLEEP: readonly string[] = ['interruptExitNanos', 'wakeUpNanos'];
const INSTRUCTION = 'nanosPerInstruction';
const TRAPPED = 'trappedAccessNanos';

/** What the shipped model has for `name`; undefined: it has no such constant. */
export function expectedNanos(name: string): number | undefined {
  const shipped: Constants = { ...RASPBERRY_PI_4_TIMING, ...EXPECTED };
  return name === 'roundNanos' ? roundNanos(shipped) : shipped[name];
}

/** A round of the loop as the constants have it. */
export function roundNanos(constants: Constants): number {
  return COUNTED.reduce(
    (sum, name, index) => sum + (ROUND_COUNTS[index] ?? 0) * (constants[name] ?? 0),
    0,
  );
}

/** So much above another measurement of the same is more than their errors: what compilers make of a loop is in it. */
const BEYOND_ERRORS = 1.03;

/**
 * The constants that count for a board: an instruction is no shorter than those of a round of the loop, and an access
 * that the hypervisor emulates no shorter than a doorbell, if these differ by more than errors do.
 */
export function countingConstants(measured: Constants): Constants {
  const chain = measured[INSTRUCTION];
  const round = measured['roundNanos'];
  const trapped = measured[TRAPPED];
  if (chain === undefined) return measured;
  const accesses = roundNanos({ ...measured, [INSTRUCTION]: 0 });
  const ofRound = round === undefined ? 0 : (round - accesses) / (ROUND_COUNTS[0] ?? 1);
  return {
    ...measured,
    [INSTRUCTION]: beyond(chain, ofRound),
    [TRAPPED]: trapped && beyond(trapped, measured['doorbellNanos'] ?? 0),
  };
}

function beyond(nanos: number, other: number): number {
  return other > BEYOND_ERRORS * nanos ? other : nanos;
}

/** The worst case in nanoseconds; undefined: a constant of sleep is in it that was not measured. */
export function boundNanos(promise: Promised, measured: Constants): number | undefined {
  const constants = countingConstants(measured);
  const nanos = wayNanos(promise, constants);
  if (promise.or === undefined || nanos === undefined) return nanos;
  return Math.max(nanos, wayNanos(promise.or, constants) ?? 0);
}

function wayNanos({ atShipped, counts }: Way, constants: Constants): number | undefined {
  let nanos = atShipped;
  for (const [index, count] of counts.entries()) {
    const name = COUNTED[index] ?? '';
    const value = constants[name];
    if (count === 0) continue;
    if (value === undefined) {
      if (OF_SLEEP.includes(name)) return undefined;
      continue;
    }
    nanos += count * Math.max(0, value - (expectedNanos(name) ?? 0));
  }
  return nanos;
}

export type PromiseName = keyof typeof PROMISES;

/** Every promise with its bound. */
export function boundsOf(measured: Constants): {
  readonly name: PromiseName;
  readonly promise: Promised;
  readonly nanos: number | undefined;
}[] {
  return Object.entries<Promised>(PROMISES).map(([name, promise]) => ({
    ...{ name: name as PromiseName, promise, nanos: boundNanos(promise, measured) },
  }));
}
