// SPDX-License-Identifier: MIT
/**
 * The facts about the steps of one task (step-facts.ts), as functions of the image, and whether a step keeps them.
 *
 * Does not: say what the facts are.
 */
import { plainName } from './names.ts';
import {
  ALTERNATIVES,
  BYTE_FACTS,
  BYTES_IN,
  ENTRY_FACTS,
  OTHER,
  SUM_FACTS,
  TIME_FACTS,
  WITH_LINE,
} from './step-facts.ts';
import type { Step } from './step-entries.ts';

/** A function that a step enters so often at most. */
export interface EntryLimit {
  readonly start: number;
  readonly times: number;
}

/** What holds in a step of one task, as functions of the image. */
export interface StepLimits {
  readonly entries: readonly EntryLimit[];
  /** A step clocks more bytes than that only if it enters one of them. */
  readonly bytes: readonly { readonly starts: readonly number[]; readonly spiBytes: number }[];
  /** In one function. */
  readonly bytesIn: readonly { readonly start: number; readonly spiBytes: number }[];
  readonly times: readonly { readonly start: number; readonly nanos: number }[];
  /** Entries, each with its weight, and own time of functions. */
  readonly sums: readonly {
    readonly entries: readonly { readonly start: number; readonly weight: number }[];
    readonly nanosOf: readonly number[];
    readonly most: number;
  }[];
  /** Entered in no step in which a task that refuses has clocked bytes on SPI. */
  readonly withLine: readonly number[];
  /** A step does not enter functions of both lists. */
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
  const bytes = BYTE_FACTS.filter((fact) => fact.task === task).flatMap(
    ({ functions, spiBytes }) => ({ starts: functions.flatMap(named), spiBytes }),
  );
  const sums = SUM_FACTS.filter(({ tasks }) => tasks.includes(task)).map((fact) => ({
    entries: Object.entries(fact.entries).flatMap(([name, weight]) =>
      named(name).map((start) => ({ start, weight })),
    ),
    nanosOf: fact.nanosOf.flatMap(named),
    most: fact.most,
  }));
  const bytesIn = BYTES_IN.filter((fact) => fact.task === task).flatMap(
    ({ function: name, spiBytes }) => named(name).map((start) => ({ start, spiBytes })),
  );
  const withLine = WITH_LINE.flatMap(named);
  return { entries, alternatives, times, bytes, bytesIn, sums, withLine };
}

/** What a step of `task` has done against its facts. */
export function faultsOf(
  task: string,
  { entries, alternatives, times, bytes, bytesIn, sums, withLine }: StepLimits,
  { entries: entered, spent, spiBytes: clocked, bytesIn: clockedIn, isPolled }: Step,
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
  const tooWide = bytes
    .filter(({ starts, spiBytes }) => clocked > spiBytes && !starts.some((one) => many(one) > 0))
    .map(
      ({ starts, spiBytes }) =>
        `a step of "${task}" had ${clocked} bytes on SPI, ${spiBytes} are declared without ${starts.map(word).join(' or ')}`,
    );
  const tooWideIn = bytesIn
    .filter(({ start, spiBytes }) => (clockedIn.get(start) ?? 0) > spiBytes)
    .map(
      ({ start, spiBytes }) =>
        `${word(start)}: ${clockedIn.get(start)} bytes on SPI in a step of "${task}", ${spiBytes} are declared`,
    );
  const tooMuch = sums.flatMap(({ entries: weighted, nanosOf, most }) => {
    const sum =
      weighted.reduce((all, { start, weight }) => all + weight * many(start), 0) +
      nanosOf.reduce((all, start) => all + (spent.get(start) ?? 0), 0);
    if (sum <= most) return [];
    const names = [...weighted.map(({ start }) => start), ...nanosOf].map(word);
    return [`${names.join(', ')}: ${sum} in a step of "${task}", ${most} are declared`];
  });
  const beside = withLine
    .filter((start) => isPolled && many(start) > 0)
    .map((start) => `a step of "${task}" entered ${word(start)} behind READ STATUS of "receive"`);
  return [...tooMany, ...both, ...tooLong, ...tooWide, ...tooWideIn, ...tooMuch, ...beside];
}
