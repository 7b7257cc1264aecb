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
    most: { 'late report': 16, 'link report': 24, requests: 16, 'fault look': 64 },
    why: 'two for each text of a line; where the buffer does not begin anew, one of them is empty',
  },
  {
    functions: ['waiting-list/WaitingList#putBack'],
    most: { [OTHER]: 3 },
    why: 'the frame of each buffer is displaced once',
  },
  {
    functions: ['waiting-list/WaitingList#insert'],
    most: { receive: 10, [OTHER]: 5 },
    why: 'three that are put back, and each answer and alarm that is decided',
  },
  {
    functions: ['slot/TransmitSlot#noteNext'],
    most: { [OTHER]: 6 },
    why: 'two buffers are kept: each answer there ends, is taken, and is made anew',
  },
  {
    functions: ['spi0/Spi0#transferByByte'],
    most: { receive: 2, transmit: 3, 'transmit poll': 2, 'fault look': 2, requests: 1 },
    why: 'transactions of a step that give way to INT',
  },
  {
    functions: [
      'find-rule/find',
      'find-rule/refusalOf',
      'table-sections/TableSections#aglWord',
      'key-index/keyList',
    ],
    most: { receive: 7, requests: 3, [OTHER]: 2 },
    why: "the frame, five answers of a rule and one that changes, which the wall looks at; three rules have a filter's buffer",
  },
  {
    functions: ['can-device/CanDevice#finish', 'can-device/CanDevice#giveBack'],
    most: { [OTHER]: 3 },
    why: "two frames of AGL's end in the chip, and one that waits is refused",
  },
  {
    functions: ['transport-device/TransportDevice#announce'],
    most: { forward: 1, acknowledge: 1, session: 2, 'link report': 2, [OTHER]: 3 },
    why: 'a request that ends and one that is refused, or an answer and the bus-off that it ends; or three frames that end',
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
    nanos: { staging: 340, timers: 2_340, [OTHER]: 4_000, receive: 12_000 },
    why: "a piece has six steps or one checksum; the programs of a rule take 2 us, and one of the locked wall's as much",
  },
  {
    function: 'descriptor-chain/DescriptorChain#read',
    nanos: { session: 300, [OTHER]: 900 },
    why: 'the control queue has four descriptors',
  },
  {
    function: 'descriptor-chain/DescriptorChain#write',
    nanos: { session: 300, [OTHER]: 900 },
    why: 'the same',
  },
  {
    function: 'virtqueue-device/VirtqueueDevice#take',
    nanos: { session: 1_000, [OTHER]: 1_520 },
    why: 'the same, and a request',
  },
  {
    function: 'console/narrow',
    nanos: { 'late report': 620, [OTHER]: 10_000 },
    why: 'the characters of that line',
  },
  {
    function: 'console/Console#decimal',
    nanos: { 'late report': 420, [OTHER]: 10_000 },
    why: 'eleven digits: microseconds, late steps, a status',
  },
];

/** Functions that run only where the line of INT is wired, so in no step in which `receive` has asked by READ STATUS. */
const WITH_LINE: readonly string[] = ['spi0/Spi0#transferByByte'];

/** A step of a task clocks more bytes on SPI than that only if it enters the function. */
export interface ByteFact {
  readonly task: string;
  readonly spiBytes: number;
  readonly function: string;
  readonly why: string;
}

/** READ STATUS where the line of INT is not wired counts. */
export const BYTE_FACTS: readonly ByteFact[] = [
  {
    task: 'fault look',
    spiBytes: 14,
    function: 'answers/UrgentAnswers#prepare',
    why: 'a full look has 10, and READ STATUS where the line is in doubt; a kept answer has 14',
  },
  {
    task: 'requests',
    spiBytes: 2,
    function: 'slot/TransmitSlot#load',
    why: 'the answer of a new table',
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
    tasks: ['session', 'link report'],
    functions: [
      'transport-driver/TransportDriver#withdraw',
      'transport-device/TransportDevice#announce',
    ],
    why: 'the cell is one end of the link, driver or device',
  },
  {
    tasks: ['fault look'],
    functions: ['answers/UrgentAnswers#prepare', 'can-device/CanDevice#finish'],
    why: 'what the set-up has ended is settled by transmit, which comes before',
  },
  {
    tasks: ['fault look'],
    functions: ['answers/UrgentAnswers#prepare', 'waiting-list/WaitingList#putBack'],
    why: 'the same',
  },
  {
    tasks: ['fault look'],
    functions: ['answers/UrgentAnswers#prepare', 'journal/Journal#write'],
    why: 'a step that loads the kept answers after a set-up tells nobody',
  },
  {
    tasks: ['fault look'],
    functions: ['answers/UrgentAnswers#prepare', 'bit-rate/BitRate#calculate'],
    why: 'the bit rate is calculated in other steps of a set-up',
  },
  {
    tasks: ['fault look'],
    functions: ['answers/UrgentAnswers#prepare', 'spi0/Spi0#transferByByte'],
    why: 'while the chip is set up nothing is to be yielded to',
  },
  {
    tasks: ['requests'],
    functions: ['table-check/TableCheck#checkPiece', 'slot/TransmitSlot#load'],
    why: 'a table is loaded into the chip after its check',
  },
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
  /** A step clocks more bytes than that only if it enters the function. */
  readonly bytes: readonly { readonly start: number; readonly spiBytes: number }[];
  readonly times: readonly { readonly start: number; readonly nanos: number }[];
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
    ({ function: name, spiBytes }) => named(name).map((start) => ({ start, spiBytes })),
  );
  return { entries, alternatives, times, bytes, withLine: WITH_LINE.flatMap(named) };
}

/** What a step of `task` has done against its facts. */
export function faultsOf(
  task: string,
  { entries, alternatives, times, bytes, withLine }: StepLimits,
  { entries: entered, spent, spiBytes: clocked, isPolled }: Step,
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
    .filter(({ start, spiBytes }) => clocked > spiBytes && many(start) === 0)
    .map(
      ({ start, spiBytes }) =>
        `a step of "${task}" had ${clocked} bytes on SPI, ${spiBytes} are declared without ${word(start)}`,
    );
  const beside = withLine
    .filter((start) => isPolled && many(start) > 0)
    .map((start) => `a step of "${task}" entered ${word(start)} behind READ STATUS of "receive"`);
  return [...tooMany, ...both, ...tooLong, ...tooWide, ...beside];
}
