// SPDX-License-Identifier: MIT
/**
 * The cell's status page, decoded.
 *
 * Source: formats/status-page.ts.
 * Does not: wait for the cell. A page in the middle of a refresh counts as absent.
 */
import { type Histogram, readHistogram } from './histogram.ts';
import {
  FAULT_STATES,
  LINK_ROLES,
  NUMBERS,
  PAGE,
  RULES_SOURCES,
  SESSIONS,
  TASK,
  TASK_TRIGGERS,
} from '../../formats/status-page.ts';

/** One row of the task table. Times are in ticks of the counter. */
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
  /** The sentence that was said last, and the value in it. */
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
    /** CRC-32 of the table in force. 0: the built-in table. */
    readonly hash: number;
    readonly source: (typeof RULES_SOURCES)[number];
    /** Rules whose requests use the chip's filters only after a restart. */
    readonly afterRestart: number;
    readonly hits: readonly number[];
    /** Answers refused by the rate. */
    readonly refused: readonly number[];
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
    /** Number of the refused rule, from 1. 0: none. */
    readonly detail: number;
  };
  readonly counters: readonly number[];
  /** Frames without an outcome yet: frames for AGL, frames from AGL, and answers. */
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
  /**
   * What the cell has said about each status, by status number. Statuses that it has not mentioned
   * are absent.
   */
  readonly said: ReadonlyMap<number, Said>;
}

/** The page contains something that the layout does not allow. */
export class StatusPageError extends Error {
  constructor(what: string, value: number | string) {
    super(`status page: ${what} is ${value}`);
    this.name = 'StatusPageError';
  }
}

/**
 * Decodes the cell's output section. Undefined: there is no page (no magic), or the cell is in the
 * middle of a refresh. Throws StatusPageError if the page violates the layout.
 */
export function readStatusPage(section: Buffer): StatusPage | undefined {
  const sequence = section.readUInt32LE(PAGE.PAGE_SEQUENCE_OFFSET.at);
  if (
    section.readUInt32LE(PAGE.PAGE_MAGIC_OFFSET.at) !== NUMBERS.PAGE_MAGIC ||
    sequence % 2 !== 0
  ) {
    return undefined;
  }
  const page = Buffer.from(section.subarray(0, PAGE.PAGE_RECORDER_OFFSET.at));
  if (section.readUInt32LE(PAGE.PAGE_SEQUENCE_OFFSET.at) !== sequence) return undefined;
  // The version, and the half word behind it, which is zero.
  expect(page, PAGE.PAGE_VERSION_OFFSET.at, NUMBERS.PAGE_VERSION, 'the layout version');
  expect(page, PAGE.HEAD_TASK_BYTES.at, NUMBERS.PAGE_TASK_BYTES, 'the size of a task');
  expect(page, PAGE.HEAD_COUNTER_COUNT.at, NUMBERS.PAGE_COUNTERS, 'the number of counters');
  expect(page, PAGE.HEAD_HISTOGRAM_COUNT.at, NUMBERS.PAGE_HISTOGRAMS, 'the number of histograms');
  return { sequence, ...decode(page) };
}

function decode(page: Buffer): Omit<StatusPage, 'sequence'> {
  const word = (offset: number): number => page.readUInt32LE(offset);
  const histogram = (index: number): Histogram =>
    readHistogram(
      page.subarray(PAGE.PAGE_HISTOGRAMS_OFFSET.at + index * NUMBERS.PAGE_HISTOGRAM_DISTANCE),
    );
  return {
    heartbeat: word(PAGE.PAGE_HEARTBEAT_OFFSET.at),
    nowTicks: page.readBigUInt64LE(PAGE.HEAD_NOW_TICKS.at),
    ticksPerSecond: word(PAGE.HEAD_TICKS_PER_SECOND.at),
    bitrate: word(PAGE.HEAD_BITRATE.at),
    firmwareVersion: text(page, PAGE.HEAD_FIRMWARE_VERSION.at, NUMBERS.FIRMWARE_VERSION_BYTES),
    rules: {
      count: word(PAGE.HEAD_RULE_COUNT.at),
      hash: word(PAGE.HEAD_RULE_HASH.at),
      source: nameOf(RULES_SOURCES, word(PAGE.HEAD_RULES_SOURCE.at), 'the source of the rules'),
      afterRestart: word(PAGE.HEAD_RULES_AFTER_RESTART.at),
      hits: words(page, PAGE.PAGE_RULE_HITS_OFFSET.at, NUMBERS.PAGE_RULE_HITS),
      refused: words(page, PAGE.PAGE_RULE_REFUSED_OFFSET.at, NUMBERS.PAGE_RULE_HITS),
    },
    lastStatus: word(PAGE.HEAD_LAST_STATUS.at),
    faultState: nameOf(FAULT_STATES, word(PAGE.HEAD_FAULT_STATE.at), 'the fault state'),
    transmitErrors: page.readUInt8(PAGE.HEAD_TRANSMIT_ERRORS.at),
    receiveErrors: page.readUInt8(PAGE.HEAD_RECEIVE_ERRORS.at),
    linkRole: nameOf(LINK_ROLES, page.readUInt16LE(PAGE.HEAD_LINK_ROLE.at), 'the role'),
    session: nameOf(SESSIONS, word(PAGE.HEAD_SESSION.at), 'the session'),
    worstStepTicks: word(PAGE.HEAD_WORST_STEP_TICKS.at),
    stepBoundTicks: word(PAGE.HEAD_STEP_BOUND_TICKS.at),
    fault: {
      restarts: word(PAGE.HEAD_FAULT_RESTARTS.at),
      kind: word(PAGE.HEAD_FAULT_KIND.at),
      syndrome: word(PAGE.HEAD_FAULT_SYNDROME.at),
      address: word(PAGE.HEAD_FAULT_ADDRESS.at),
      programCounter: word(PAGE.HEAD_FAULT_PROGRAM_COUNTER.at),
    },
    request: {
      sequence: word(PAGE.HEAD_REQUEST_SEQUENCE.at),
      status: word(PAGE.HEAD_REQUEST_STATUS.at),
      detail: word(PAGE.HEAD_REQUEST_DETAIL.at),
    },
    underWay: {
      forAgl: word(PAGE.HEAD_FORWARD_WAITING.at),
      fromAgl: word(PAGE.HEAD_FROM_AGL_WAITING.at),
      answers: word(PAGE.HEAD_ANSWERS_WAITING.at),
    },
    counters: words(page, PAGE.PAGE_COUNTERS_OFFSET.at, NUMBERS.PAGE_COUNTERS),
    histograms: {
      staticAnswers: histogram(0),
      computedAnswers: histogram(1),
      steps: histogram(2),
    },
    tasks: tasksOf(page),
    liveValues: Uint8Array.from(
      page.subarray(
        PAGE.PAGE_LIVE_VALUES_OFFSET.at,
        PAGE.PAGE_LIVE_VALUES_OFFSET.at + NUMBERS.PAGE_LIVE_VALUES_BYTES,
      ),
    ),
    said: saidOf(page),
  };
}

function saidOf(page: Buffer): Map<number, Said> {
  const said = new Map<number, Said>();
  for (let status = 0; status < NUMBERS.PAGE_STATUSES; status++) {
    const offset = PAGE.PAGE_STATUSES_OFFSET.at + status * NUMBERS.STATUS_ENTRY_BYTES;
    const times = page.readUInt32LE(offset) & NUMBERS.STATUS_TIMES_MASK;
    if (times === 0) continue;
    said.set(status, {
      times,
      sentence: page.readUInt32LE(offset) >>> NUMBERS.STATUS_SENTENCE_SHIFT,
      value: page.readUInt32LE(offset + NUMBERS.STATUS_VALUE_OFFSET),
    });
  }
  return said;
}

function tasksOf(page: Buffer): TaskRow[] {
  const count = page.readUInt32LE(PAGE.HEAD_TASK_COUNT.at);
  if (count > NUMBERS.PAGE_TASKS_MAXIMUM) throw new StatusPageError('the number of tasks', count);
  return Array.from({ length: count }, (_, index) => {
    const row = page.subarray(PAGE.PAGE_TASKS_OFFSET.at + index * NUMBERS.PAGE_TASK_BYTES);
    return {
      name: text(row, TASK.TASK_NAME.at, TASK.TASK_NAME.bytes),
      priority: row.readUInt8(TASK.TASK_PRIORITY.at),
      trigger: nameOf(
        TASK_TRIGGERS,
        row.readUInt8(TASK.TASK_TRIGGER.at),
        `the trigger of task ${index}`,
      ),
      periodMicros: row.readUInt32LE(TASK.TASK_PERIOD_MICROS.at),
      boundTicks: row.readUInt32LE(TASK.TASK_BOUND_TICKS.at),
      runs: row.readUInt32LE(TASK.TASK_RUNS.at),
      worstTicks: row.readUInt32LE(TASK.TASK_WORST_TICKS.at),
      misses: row.readUInt32LE(TASK.TASK_MISSES.at),
      totalTicks: row.readBigUInt64LE(TASK.TASK_TOTAL_TICKS.at),
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

/** The characters up to the first NUL. Throws StatusPageError if the text is not ASCII. */
function text(page: Buffer, offset: number, bytes: number): string {
  const [characters = ''] = page.toString('latin1', offset, offset + bytes).split('\0');
  if (!/^[ -~]*$/.test(characters)) throw new StatusPageError('a name', JSON.stringify(characters));
  return characters;
}
