/**
 * The cell's status page, decoded.
 *
 * Source: docs/status-page.md, layout version 1.
 * Does not: wait for the cell; a page in the middle of a refresh is none.
 */
import { type Histogram, readHistogram } from './histogram.ts';
import * as at from './layout.ts';

/** Where the rule table in force came from, by number. */
export const RULES_SOURCES = ['built-in', 'loaded at start', 'by request'] as const;
export const FAULT_STATES = ['active', 'warning', 'passive', 'bus-off'] as const;
export const LINK_ROLES = ['none', 'front-end', 'back-end'] as const;
export const SESSIONS = ['no peer', 'negotiating', 'running'] as const;
export const TASK_TRIGGERS = ['line', 'queue', 'timer', 'always'] as const;

/** One row of the task table; times in ticks of the counter. */
export interface TaskRow {
  readonly name: string;
  readonly priority: number;
  readonly trigger: (typeof TASK_TRIGGERS)[number];
  readonly periodMicros: number;
  readonly boundTicks: number;
  readonly runs: number;
  readonly worstTicks: number;
  readonly misses: number;
  readonly totalTicks: bigint;
}

export interface Said {
  readonly times: number;
  /** Which of its sentences, and the value in it, the last time. */
  readonly sentence: number;
  readonly value: number;
}

export interface StatusPage {
  readonly sequence: number;
  readonly heartbeat: number;
  readonly nowTicks: bigint;
  readonly ticksPerSecond: number;
  readonly bitrate: number;
  readonly firmwareVersion: string;
  readonly rules: {
    readonly count: number;
    /** CRC-32 of the table in force; 0 of the built-in one. */
    readonly hash: number;
    readonly source: (typeof RULES_SOURCES)[number];
    /** Rules whose requests go by the chip's filters only after a restart. */
    readonly afterRestart: number;
    readonly hits: readonly number[];
  };
  readonly lastStatus: number;
  readonly faultState: (typeof FAULT_STATES)[number];
  readonly transmitErrors: number;
  readonly receiveErrors: number;
  readonly linkRole: (typeof LINK_ROLES)[number];
  readonly session: (typeof SESSIONS)[number];
  readonly worstStepTicks: number;
  readonly stepBoundTicks: number;
  readonly fault: {
    readonly restarts: number;
    readonly kind: number;
    readonly syndrome: number;
    readonly address: number;
    readonly programCounter: number;
  };
  /** The request that was finished last. */
  readonly request: {
    readonly sequence: number;
    readonly status: number;
    /** Number of the refused rule from 1; 0: none. */
    readonly detail: number;
  };
  readonly counters: readonly number[];
  /** Frames that have not ended yet: for AGL, of AGL's, and answers. */
  readonly underWay: {
    readonly forAgl: number;
    readonly fromAgl: number;
    readonly answers: number;
  };
  readonly histograms: {
    readonly staticAnswers: Histogram;
    readonly computedAnswers: Histogram;
    readonly steps: Histogram;
  };
  readonly tasks: readonly TaskRow[];
  readonly liveValues: Uint8Array;
  /** What the cell has said of each status, by number; those that it has not said are left out. */
  readonly said: ReadonlyMap<number, Said>;
}

/** The page says something that the layout does not allow. */
export class StatusPageError extends Error {
  constructor(what: string, value: number | string) {
    super(`status page: ${what} is ${value}`);
    this.name = 'StatusPageError';
  }
}

/**
 * Decodes the cell's output section. Undefined: there is no page (no magic), or the cell is in the
 * middle of a refresh. Throws StatusPageError for what the layout does not allow.
 */
export function readStatusPage(section: Buffer): StatusPage | undefined {
  const sequence = section.readUInt32LE(at.PAGE_SEQUENCE_OFFSET);
  if (section.readUInt32LE(at.PAGE_MAGIC_OFFSET) !== at.PAGE_MAGIC || sequence % 2 !== 0) {
    return undefined;
  }
  const page = Buffer.from(section.subarray(0, at.PAGE_LOCKED_END));
  if (section.readUInt32LE(at.PAGE_SEQUENCE_OFFSET) !== sequence) return undefined;
  // Version and the half word behind it, which is zero.
  expect(page, at.PAGE_VERSION_OFFSET, at.PAGE_VERSION, 'the layout version');
  expect(page, at.HEAD_TASK_BYTES, at.PAGE_TASK_BYTES, 'the size of a task');
  expect(page, at.HEAD_COUNTER_COUNT, at.PAGE_COUNTERS, 'the number of counters');
  expect(page, at.HEAD_HISTOGRAM_COUNT, at.PAGE_HISTOGRAMS, 'the number of histograms');
  return { sequence, ...decode(page) };
}

function decode(page: Buffer): Omit<StatusPage, 'sequence'> {
  const word = (offset: number): number => page.readUInt32LE(offset);
  const histogram = (index: number): Histogram =>
    readHistogram(page.subarray(at.PAGE_HISTOGRAMS_OFFSET + index * at.PAGE_HISTOGRAM_DISTANCE));
  return {
    heartbeat: word(at.PAGE_HEARTBEAT_OFFSET),
    nowTicks: page.readBigUInt64LE(at.HEAD_NOW_TICKS),
    ticksPerSecond: word(at.HEAD_TICKS_PER_SECOND),
    bitrate: word(at.HEAD_BITRATE),
    firmwareVersion: text(page, at.HEAD_FIRMWARE_VERSION, at.FIRMWARE_VERSION_BYTES),
    rules: {
      count: word(at.HEAD_RULE_COUNT),
      hash: word(at.HEAD_RULE_HASH),
      source: nameOf(RULES_SOURCES, word(at.HEAD_RULES_SOURCE), 'the source of the rules'),
      afterRestart: word(at.HEAD_RULES_AFTER_RESTART),
      hits: words(page, at.PAGE_RULE_HITS_OFFSET, at.PAGE_RULE_HITS),
    },
    lastStatus: word(at.HEAD_LAST_STATUS),
    faultState: nameOf(FAULT_STATES, word(at.HEAD_FAULT_STATE), 'the fault state'),
    transmitErrors: page.readUInt8(at.HEAD_ERROR_COUNTERS),
    receiveErrors: page.readUInt8(at.HEAD_ERROR_COUNTERS + 1),
    linkRole: nameOf(LINK_ROLES, page.readUInt16LE(at.HEAD_ERROR_COUNTERS + 2), 'the role'),
    session: nameOf(SESSIONS, word(at.HEAD_SESSION), 'the session'),
    worstStepTicks: word(at.HEAD_WORST_STEP_TICKS),
    stepBoundTicks: word(at.HEAD_STEP_BOUND_TICKS),
    fault: {
      restarts: word(at.HEAD_FAULT_RESTARTS),
      kind: word(at.HEAD_FAULT_KIND),
      syndrome: word(at.HEAD_FAULT_SYNDROME),
      address: word(at.HEAD_FAULT_ADDRESS),
      programCounter: word(at.HEAD_FAULT_PROGRAM_COUNTER),
    },
    request: {
      sequence: word(at.HEAD_REQUEST_SEQUENCE),
      status: word(at.HEAD_REQUEST_STATUS),
      detail: word(at.HEAD_REQUEST_DETAIL),
    },
    underWay: {
      forAgl: word(at.HEAD_FORWARD_WAITING),
      fromAgl: word(at.HEAD_FROM_AGL_WAITING),
      answers: word(at.HEAD_ANSWERS_WAITING),
    },
    counters: words(page, at.PAGE_COUNTERS_OFFSET, at.PAGE_COUNTERS),
    histograms: {
      staticAnswers: histogram(0),
      computedAnswers: histogram(1),
      steps: histogram(2),
    },
    tasks: tasksOf(page),
    liveValues: Uint8Array.from(
      page.subarray(
        at.PAGE_LIVE_VALUES_OFFSET,
        at.PAGE_LIVE_VALUES_OFFSET + at.PAGE_LIVE_VALUES_BYTES,
      ),
    ),
    said: saidOf(page),
  };
}

function saidOf(page: Buffer): Map<number, Said> {
  const said = new Map<number, Said>();
  for (let status = 0; status < at.PAGE_STATUSES; status++) {
    const offset = at.PAGE_STATUSES_OFFSET + status * at.STATUS_ENTRY_BYTES;
    const times = page.readUIntLE(offset, 3);
    if (times === 0) continue;
    said.set(status, {
      times,
      sentence: page.readUInt8(offset + 3),
      value: page.readUInt32LE(offset + 4),
    });
  }
  return said;
}

function tasksOf(page: Buffer): TaskRow[] {
  const count = page.readUInt32LE(at.HEAD_TASK_COUNT);
  if (count > at.PAGE_TASKS_MAXIMUM) throw new StatusPageError('the number of tasks', count);
  return Array.from({ length: count }, (_, index) => {
    const row = page.subarray(at.PAGE_TASKS_OFFSET + index * at.PAGE_TASK_BYTES);
    return {
      name: text(row, 0, 16),
      priority: row.readUInt8(16),
      trigger: nameOf(TASK_TRIGGERS, row.readUInt8(17), `the trigger of task ${index}`),
      periodMicros: row.readUInt32LE(20),
      boundTicks: row.readUInt32LE(24),
      runs: row.readUInt32LE(28),
      worstTicks: row.readUInt32LE(32),
      misses: row.readUInt32LE(36),
      totalTicks: row.readBigUInt64LE(40),
    };
  });
}

function expect(page: Buffer, offset: number, expected: number, what: string): void {
  const found = page.readUInt32LE(offset);
  if (found !== expected) throw new StatusPageError(what, found);
}

function nameOf<Name extends string>(names: readonly Name[], value: number, what: string): Name {
  const name = names[value];
  if (name === undefined) throw new StatusPageError(what, value);
  return name;
}

function words(page: Buffer, offset: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => page.readUInt32LE(offset + 4 * index));
}

/** Characters up to the first NUL; a page whose text is not ASCII is damaged. */
function text(page: Buffer, offset: number, bytes: number): string {
  const [characters = ''] = page.toString('latin1', offset, offset + bytes).split('\0');
  if (!/^[ -~]*$/.test(characters)) throw new StatusPageError('a name', JSON.stringify(characters));
  return characters;
}
