// SPDX-License-Identifier: MIT
/**
 * What a step of a task does at most, where that is not seen from loops and calls: how often it enters functions, what
 * they take, what they clock on SPI.
 *
 * Each row is a fact about the source that only memory knows in the image. The emulated run counts (step-limits.ts), and a
 * row that names no function fails.
 * Does not: bound loops, which say it where they stand (source-loops.ts).
 */
export interface EntryFact {
  /** Functions, as `plainName` has them. Each is entered so often. */
  readonly functions: readonly string[];
  /** The most entries in one step of each task; of all that are not named: `other`. */
  readonly most: Readonly<Record<string, number>>;
  readonly why: string;
}

/** Of tasks that no row names. */
export const OTHER = 'other';

export const ENTRY_FACTS: readonly EntryFact[] = [
  {
    functions: ['console/Console#bytes'],
    most: { 'late report': 1 },
    why: 'the name of the task that was late',
  },
  {
    functions: ['console/Console#decimal'],
    most: { 'late report': 3, 'link report': 2, requests: 4, 'fault look': 16 },
    why: 'numbers of a line, and its status; of the link two lines in one step',
  },
  {
    functions: ['console/Console#hexadecimal'],
    most: { 'link report': 0, [OTHER]: 64 },
    why: 'no identifier is in what is said of the link',
  },
  {
    functions: ['console/narrow'],
    most: { 'late report': 16, 'link report': 16, requests: 16, 'fault look': 64 },
    why: 'two for each text of a line; where the buffer does not begin anew, one of them is empty',
  },
  {
    functions: ['slot/TransmitSlot#load'],
    most: { 'fault look': 2, transmit: 2, [OTHER]: 1 },
    why: 'one answer goes at once; a frame is loaded, in two attempts at most; after a set-up both kept answers',
  },
  {
    functions: ['slots/TransmitSlots#freeFor'],
    most: { receive: 2, [OTHER]: 3 },
    why: 'for the one that goes at once, before and behind READ STATUS',
  },
  {
    functions: ['rates/Rates#plan'],
    most: { [OTHER]: 2 },
    why: 'a rate is free again, and used up',
  },
  {
    functions: ['memset'],
    most: { [OTHER]: 1 },
    why: 'a watch that a new table has is looked at three times, and emptied once',
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
    most: { receive: 7, requests: 4, [OTHER]: 2 },
    why: "the frame, five answers of a rule and one that changes, which the wall looks at; three rules have a filter's buffer",
  },
  {
    functions: ['can-device/CanDevice#finish', 'can-device/CanDevice#giveBack'],
    most: { receive: 2, [OTHER]: 3 },
    why: "two frames of AGL's end in the chip, and one that waits is refused",
  },
  {
    functions: ['transport-device/TransportDevice#announce'],
    most: { forward: 1, acknowledge: 1, session: 2, 'link report': 2, receive: 2, [OTHER]: 3 },
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
    why: 'a piece has six steps or one checksum; the programs of a rule take 2 us, as do those of the locked wall',
  },
  {
    function: 'rule-order/RuleOrder#weakest',
    nanos: { transmit: 2_900, receive: 4_300, [OTHER]: 710 },
    why: 'four places of the list, or the first four and the three buffers',
  },
  {
    function: 'scheduler/TransmitScheduler#settle',
    nanos: { receive: 1_500, [OTHER]: 700 },
    why: 'three frames end, however often it looks',
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
    nanos: { 'late report': 620, 'link report': 800, [OTHER]: 10_000 },
    why: 'the characters of that line, and of the two about the end of a session',
  },
  {
    function: 'console/Console#decimal',
    nanos: { 'late report': 420, 'link report': 420, [OTHER]: 10_000 },
    why: 'eleven digits: microseconds, late steps, a status',
  },
];

/** Entries of functions, each with its weight, and the time in own instructions of others: in all at most so much. */
export interface SumFact {
  readonly tasks: readonly string[];
  readonly entries: Readonly<Record<string, number>>;
  readonly nanosOf: readonly string[];
  readonly most: number;
  readonly why: string;
}

/** With an answer that goes at once, functions of the list of waiting answers take so much, and else what their loops let them. */
const short = (name: string, least: number, most: number): SumFact => ({
  ...{ tasks: ['receive'], nanosOf: [name], most },
  entries: { 'slot/TransmitSlot#load': most - least },
  why: 'an answer goes at once only if none waits: the list has what follows it, and what was put back',
});

export const SUM_FACTS: readonly SumFact[] = [
  {
    ...{ tasks: ['session'], nanosOf: [], most: 2 },
    entries: {
      'transport-device/TransportDevice#announce': 1,
      'can-device/CanDevice#giveUp': 1,
    },
    why: 'a session that was given up has nobody to be told',
  },
  {
    ...{ tasks: ['session'], nanosOf: ['memmove'], most: 1_035 },
    entries: { 'transport-device/TransportDevice#announce': 345 },
    why: 'behind a request that ends, something else is done only if it was the last that is open',
  },
  {
    ...{ tasks: ['transmit'], nanosOf: [], most: 39 },
    entries: { 'slot/TransmitSlot#load': 19, 'priorities/TransmitPriorities#fits': 1 },
    why: 'a frame is loaded before its TXP is looked at',
  },
  {
    ...{ tasks: ['transmit'], nanosOf: [], most: 6 },
    entries: { 'can-device/CanDevice#finish': 2, 'slot/TransmitSlot#load': 1 },
    why: "two frames of AGL's end in the chip, and one that waits is refused, which is all then",
  },
  {
    ...{ tasks: ['transmit'], nanosOf: [], most: 4 },
    entries: { 'can-device/CanDevice#finish': 1, 'waiting-list/WaitingList#putBack': 1 },
    why: 'the frame of each buffer ends once, and one that waits is refused',
  },
  {
    ...{ tasks: ['receive'], nanosOf: [], most: 3 },
    entries: { 'can-device/CanDevice#finish': 1, 'waiting-list/WaitingList#putBack': 1 },
    why: 'the frame of each buffer ends once',
  },
  {
    ...{ tasks: ['receive'], nanosOf: [], most: 6 },
    entries: { 'waiting/WaitingAnswers#add': 1, 'slot/TransmitSlot#loadWindow': 2 },
    why: 'of five answers the first has left, and no other waits by its filter',
  },
  short('waiting-list/WaitingList#insert', 1_200, 5_400),
  short('rule-order/RuleOrder#weakest', 1_200, 4_300),
  short('waiting-list/WaitingList#put', 500, 2_900),
  short('waiting/WaitingAnswers#add', 400, 5_600),
  {
    ...{ tasks: ['receive'], nanosOf: [], most: 6 },
    entries: { 'waiting-list/WaitingList#remove': 1, 'slot/TransmitSlot#load': 6 },
    why: 'the same',
  },
  ...['locked-wall/modifiedBy', 'agl-gate/askWallForAnswer'].map((name) => ({
    ...{ tasks: ['receive'], most: 4_000 },
    nanosOf: ['program/runSteps', 'e2e/e2eOf', 'e2e-check/resultOf'],
    entries: { [name]: -2_000 },
    why: "programs and checks of a rule take 2 us, as do those of the locked wall's; an answer by filter that is made at once as much",
  })),
  {
    ...{ tasks: ['transmit'], nanosOf: [], most: 115 },
    entries: { 'can-device/CanDevice#finish': 38, 'priorities/TransmitPriorities#fits': 1 },
    why: 'one that waits and is refused is all then',
  },
  {
    ...{ tasks: ['transmit'], nanosOf: [], most: 39 },
    entries: {
      'transmit-buffers/TransmitBuffers#takeBack': 9,
      'priorities/TransmitPriorities#fits': 1,
    },
    why: 'a frame is displaced, or another one requested',
  },
  ...[
    { tasks: ['receive'], most: 12_000 },
    { tasks: ['from AGL', 'requests', 'fault look', 'transmit'], most: 4_000 },
  ].map((one) => ({
    ...{ ...one, entries: {} },
    nanosOf: ['program/runSteps', 'e2e/e2eOf', 'e2e-check/resultOf'],
    why: "programs and checks of a rule take 2 us, and those of the locked wall's for each frame that they make as much",
  })),
];

/** Functions that run only where the line of INT is wired, so in no step in which `receive` has asked by READ STATUS. */
export const WITH_LINE: readonly string[] = ['spi0/Spi0#transferByByte'];

/** A step of a task clocks more bytes on SPI than that only if it enters the function. */
export interface ByteFact {
  readonly task: string;
  readonly spiBytes: number;
  /** One of them. */
  readonly functions: readonly string[];
  readonly why: string;
}

/** READ STATUS where the line of INT is not wired counts. */
export const BYTE_FACTS: readonly ByteFact[] = [
  {
    task: 'receive',
    spiBytes: 24,
    functions: ['slot/TransmitSlot#load', 'slot/TransmitSlot#loadWindow'],
    why: 'RX STATUS, READ of the length, RTS, READ RX BUFFER, READ STATUS twice; all else is for an answer that is loaded',
  },
  {
    task: 'transmit',
    spiBytes: 14,
    functions: ['slot/TransmitSlot#load'],
    why: 'TXP of three buffers; READ STATUS where the line of INT is not wired',
  },
  {
    task: 'fault look',
    spiBytes: 14,
    functions: ['answers/UrgentAnswers#prepare'],
    why: 'a full look has 10, and READ STATUS where the line is in doubt; a kept answer has 14',
  },
  {
    task: 'requests',
    spiBytes: 2,
    functions: ['slot/TransmitSlot#load'],
    why: 'the answer of a new table',
  },
];

/** All bytes on SPI that a step clocks in a function. */
export const BYTES_IN: readonly {
  readonly task: string;
  readonly function: string;
  readonly spiBytes: number;
  readonly why: string;
}[] = [
  {
    ...{ task: 'receive', function: 'spi0/Spi0#transferByByte', spiBytes: 4 },
    why: 'READ STATUS twice',
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
    tasks: ['transmit'],
    functions: ['slot/TransmitSlot#load', 'transmit-buffers/TransmitBuffers#takeBack'],
    why: 'a frame is loaded, or another one displaced',
  },
  {
    tasks: ['session'],
    functions: ['transport-device/TransportDevice#layOut', 'virtqueue-device/VirtqueueDevice#take'],
    why: 'a step lays the header out, or serves a queue',
  },
  {
    tasks: ['receive'],
    functions: ['slot/TransmitSlot#loadWindow', 'agl-gate/askWallForAnswer'],
    why: 'a table whose answer has a window is refused beside a locked wall (status 75)',
  },
  {
    tasks: ['receive'],
    functions: ['slot/TransmitSlot#loadWindow', 'slot/TransmitSlot#load'],
    why: 'behind an answer with a window the same request is read',
  },
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
