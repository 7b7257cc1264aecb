// SPDX-License-Identifier: MIT
/**
 * How often a step of a task enters functions of the image at most, where that is not seen from loops and calls.
 *
 * Each row is a fact about the source that only memory knows in the image. The emulated run counts (step-entries.ts),
 * and a row that names no function fails.
 * Does not: bound loops, which say it where they stand (source-loops.ts).
 */
import { plainName } from './names.ts';
import type { Step } from './step-entries.ts';

export interface EntryFact {
  /** Functions, as `plainName` has them. Each is entered so often. */
  readonly functions: readonly string[];
  /** The most entries in one step of each task; of all that are not named: `other`. */
  readonly most: Readonly<Record<string, number>>;
  readonly why: string;
}

/** Of tasks that no row names. */
const OTHER = 'other';

export const ENTRY_FACTS: readonly EntryFact[] = [
  {
    functions: ['console/Console#bytes'],
    most: { 'late report': 1 },
    why: 'the name of the task that was late',
  },
  {
    functions: ['console/Console#decimal'],
    most: { 'late report': 3, 'link report': 3, requests: 4, 'fault look': 16 },
    why: 'numbers of a line, and its status; of the link two lines in one step',
  },
  {
    functions: ['console/narrow'],
    most: { 'late report': 9, 'link report': 13, requests: 16, 'fault look': 64 },
    why: 'texts of a line; where the buffer begins anew, one in two pieces',
  },
  {
    functions: ['can-device/CanDevice#finish', 'can-device/CanDevice#giveBack'],
    most: { [OTHER]: 3 },
    why: "two frames of AGL's end in the chip, and one that waits is refused",
  },
  {
    functions: ['transport-device/TransportDevice#announce'],
    most: { forward: 1, [OTHER]: 3 },
    why: 'a register write, a bus-off that ends, and an answer; or three frames that end',
  },
];

/** What the own instructions of a function take at most in one step. */
export interface TimeFact {
  readonly function: string;
  /** Nanoseconds in a step of each task; of all that are not named: `other`. */
  readonly nanos: Readonly<Record<string, number>>;
  readonly why: string;
}

export const TIME_FACTS: readonly TimeFact[] = [
  {
    function: 'program/runSteps',
    nanos: { staging: 340, [OTHER]: 4_000, receive: 12_000 },
    why: "a piece has four steps or one checksum; the programs of a rule take 2 us, and one of the locked wall's as much",
  },
];

/** Two functions of which a step enters one at most. */
export interface Alternative {
  readonly tasks: readonly string[];
  readonly functions: readonly [string, string];
  readonly why: string;
}

export const ALTERNATIVES: readonly Alternative[] = [
  {
    tasks: ['forward', 'from AGL'],
    functions: ['can-device/CanDevice#giveUp', 'transport-device/TransportDevice#announce'],
    why: 'a ring that was given up has nobody to be told',
  },
];

/** A function that a step enters so often at most. */
export interface EntryLimit {
  readonly start: number;
  readonly times: number;
}

/** What holds in a step of one task, as functions of the image. */
export interface StepLimits {
  readonly entries: readonly EntryLimit[];
  /** A step does not enter one of both lists. */
  readonly times: readonly { readonly start: number; readonly nanos: number }[];
  readonly alternatives: readonly (readonly [readonly number[], readonly number[]])[];
}

/**
 * What holds in a step of `task`, for the functions of the image: their starts, and names in the source. Throws for a row
 * that names a function that is not there.
 */
export function limitsOf(
  task: string,
  starts: readonly number[],
  nameAt: (start: number) => string,
): StepLimits {
  const names = starts.map((start) => plainName(nameAt(start)));
  const named = (name: string): number[] => {
    const found = starts.filter((_, index) => names[index] === name);
    if (found.length === 0) throw new Error(`lab/bound/step-facts.ts: the image has no ${name}`);
    return found;
  };
  const entries = ENTRY_FACTS.flatMap(({ functions, most }) => {
    const times = most[task] ?? most[OTHER] ?? 0;
    return functions.flatMap(named).map((start) => ({ start, times }));
  });
  const alternatives = ALTERNATIVES.filter(({ tasks }) => tasks.includes(task)).map(
    ({ functions: [one, other] }) => [named(one), named(other)] as const,
  );
  const times = TIME_FACTS.flatMap(({ function: name, nanos }) =>
    named(name).map((start) => ({ start, nanos: nanos[task] ?? nanos[OTHER] ?? 0 })),
  );
  return { entries, alternatives, times };
}

/** What a step of `task` has done against its facts. */
export function faultsOf(
  task: string,
  { entries, alternatives, times }: StepLimits,
  { entries: entered, spent }: Step,
  nameAt: (start: number) => string,
): string[] {
  const many = (start: number): number => entered.get(start) ?? 0;
  const word = (start: number): string => plainName(nameAt(start));
  const tooMany = entries
    .filter(({ start, times }) => many(start) > times)
    .map(
      ({ start, times }) =>
        `${word(start)}: entered ${many(start)} times in a step of "${task}", ${times} are declared`,
    );
  const both = alternatives.flatMap(([ones, others]) => {
    const [one] = ones.filter((start) => many(start) > 0);
    const [other] = others.filter((start) => many(start) > 0);
    if (one === undefined || other === undefined) return [];
    return [`a step of "${task}" entered ${word(one)} and ${word(other)}`];
  });
  const tooLong = times
    .filter(({ start, nanos }) => (spent.get(start) ?? 0) > nanos)
    .map(
      ({ start, nanos }) =>
        `${word(start)}: took ${spent.get(start)} ns in a step of "${task}", ${nanos} are declared`,
    );
  return [...tooMany, ...both, ...tooLong];
}
