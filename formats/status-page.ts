// SPDX-License-Identifier: MIT
/**
 * The status page of the cell, layout version 2, and the requests of AGL: the place of each field.
 *
 * Made from it are the AssemblyScript constants of the same names, the words that `canwarden
 * status` shows for numbers, and the tables of docs/status-page.md. The twin reads it directly.
 *
 * All numbers are little-endian, offsets in bytes.
 */
import { CELL_COUNTERS } from './counters.ts';

export interface Field {
  /** Offset in bytes from the start of the table's subject: page, histogram, task or requests. */
  readonly at: number;
  readonly bytes: number;
  /** How many of the field follow each other; absent: 1. */
  readonly times?: number;
  readonly what: string;
  /** Words for the field's values, from 0. */
  readonly words?: readonly string[];
}

/** Constants other than offsets. */
export const NUMBERS = {
  /** Size of each of the two sections. */
  CONTROL_SECTION_BYTES: 0x20000,
  /** "CWST". */
  PAGE_MAGIC: 0x54535743,
  PAGE_VERSION: 2,
  /** Readers know it, too: its trace has 1024 records, and it has no latencies. */
  PAGE_VERSION_OLDEST: 1,
  /** The head is copied in one piece. */
  PAGE_HEAD_OFFSET: 0x10,
  PAGE_HEAD_BYTES: 0xf0,
  FIRMWARE_VERSION_BYTES: 16,
  PAGE_COUNTERS: 128,
  /** Number of the first counter of the link to AGL. */
  PAGE_LINK_COUNTERS_FIRST: CELL_COUNTERS,
  PAGE_HISTOGRAMS: 3,
  /** Distance from one histogram to the next. */
  PAGE_HISTOGRAM_DISTANCE: 0x180,
  HISTOGRAM_BUCKETS: 80,
  PAGE_TASKS_MAXIMUM: 24,
  PAGE_TASK_BYTES: 64,
  TASK_NAME_BYTES: 16,
  /** Of numbers for each rule. */
  PAGE_RULE_HITS: 512,
  PAGE_RULE_NAMES_BYTES: 0x1800,
  PAGE_LIVE_VALUES_BYTES: 64,
  PAGE_STATUSES: 128,
  STATUS_ENTRY_BYTES: 8,
  /**
   * In an entry's first word: how often the status was reported. The byte above has its sentence.
   */
  STATUS_TIMES_MASK: 0xffffff,
  STATUS_SENTENCE_SHIFT: 24,
  /** In an entry: offset of the value in the sentence. */
  STATUS_VALUE_OFFSET: 4,
  /** The ways of an answer, and what the bus takes: numbers of the latency histograms. */
  LATENCY_SINGLE: 0,
  LATENCY_FILTER: 1,
  LATENCY_STAGED: 2,
  LATENCY_WINDOW: 3,
  LATENCY_READ: 4,
  LATENCY_BUS: 5,
  LATENCY_WAYS: 5,
  LATENCY_HISTOGRAMS: 6,
  LATENCY_RULE_BYTES: 12,
  /** A power of two. */
  TRACE_CAPACITY: 512,
  TRACE_CAPACITY_MAXIMUM: 1024,
  TRACE_RECORD_BYTES: 16,
  /** A power of two. */
  RECORDER_CAPACITY: 4096,
  RECORDER_ENTRY_BYTES: 24,
  /** "CWRQ". */
  REQUEST_MAGIC: 0x51525743,
  REQUEST_VERSION: 1,
  /** kind: a new rule table, in the format of rules.bin. */
  REQUEST_RULE_TABLE: 1,
  /**
   * kind: live values. The payload has their bytes, the argument is the number of the first one.
   */
  REQUEST_LIVE_VALUES: 2,
  /** kind: the latencies begin anew. No payload. */
  REQUEST_RESET_LATENCY: 3,
} as const;

const N = NUMBERS;

export const FAULT_STATES = ['active', 'warning', 'passive', 'bus-off'] as const;
export const LINK_ROLES = ['none', 'front-end', 'back-end'] as const;
export const SESSIONS = ['no peer', 'negotiating', 'running'] as const;
export const RULES_SOURCES = ['built-in', 'loaded at start', 'by request'] as const;
export const TASK_TRIGGERS = ['line', 'queue', 'timer', 'always'] as const;
export const HISTOGRAM_WORDS = ['static', 'computed', 'steps'] as const;
export const LATENCY_WORDS = ['single', 'filter', 'staged', 'window', 'read', 'bus'] as const;

/** Why a frame of AGL's was refused: `a` of its record in the trace (src/responder/refusal.ts). */
export const REFUSALS = [
  'refused',
  'which no rule is about',
  'of a length that no rule takes',
  'with data that no rule takes',
  'more often than its rule says',
] as const;

/** The page: the cell's output section. */
// prettier-ignore
export const PAGE = {
  PAGE_MAGIC_OFFSET: { at: 0x0000, bytes: 4, what: 'magic "CWST" (0x54535743), written last at start' },
  PAGE_VERSION_OFFSET: { at: 0x0004, bytes: 4, what: 'layout version, 2' },
  PAGE_SEQUENCE_OFFSET: { at: 0x0008, bytes: 4, what: 'sequence: odd while 0x000c to 0x1eff and 0x6000 to 0x7fff are being rewritten' },
  PAGE_HEARTBEAT_OFFSET: { at: 0x000c, bytes: 4, what: 'heartbeat: one more with each refresh' },
  HEAD_NOW_TICKS: { at: 0x0010, bytes: 8, what: 'the counter at the refresh' },
  HEAD_TICKS_PER_SECOND: { at: 0x0018, bytes: 4, what: 'ticks per second' },
  HEAD_BITRATE: { at: 0x001c, bytes: 4, what: 'bit rate; 0: `bitrate=auto` has not found it yet' },
  HEAD_FIRMWARE_VERSION: { at: 0x0020, bytes: N.FIRMWARE_VERSION_BYTES, what: 'firmware version, text, the rest zero' },
  HEAD_RULE_COUNT: { at: 0x0030, bytes: 4, what: 'rules in force' },
  HEAD_RULE_HASH: { at: 0x0034, bytes: 4, what: 'their CRC-32, as in the header of `rules.bin`; 0: the built-in table' },
  HEAD_RULES_SOURCE: { at: 0x0038, bytes: 4, what: 'where they came from', words: RULES_SOURCES },
  HEAD_LAST_STATUS: { at: 0x003c, bytes: 4, what: 'the last status number said ([troubleshooting.md](troubleshooting.md)); 80: the cell was shut down, and this page is its last' },
  HEAD_FAULT_STATE: { at: 0x0040, bytes: 4, what: 'fault confinement', words: FAULT_STATES },
  HEAD_TRANSMIT_ERRORS: { at: 0x0044, bytes: 1, what: 'TEC, read every 10 ms' },
  HEAD_RECEIVE_ERRORS: { at: 0x0045, bytes: 1, what: 'REC, read every 10 ms' },
  HEAD_LINK_ROLE: { at: 0x0046, bytes: 2, what: 'role of the data link', words: LINK_ROLES },
  HEAD_SESSION: { at: 0x0048, bytes: 4, what: 'session with AGL', words: SESSIONS },
  HEAD_WORST_STEP_TICKS: { at: 0x004c, bytes: 4, what: 'longest step so far' },
  HEAD_STEP_BOUND_TICKS: { at: 0x0050, bytes: 4, what: 'bound of a step' },
  HEAD_FAULT_RESTARTS: { at: 0x0054, bytes: 4, what: 'faults of the cell: restarts in place' },
  HEAD_FAULT_KIND: { at: 0x0058, bytes: 4, what: 'of the last fault: its status' },
  HEAD_FAULT_SYNDROME: { at: 0x005c, bytes: 4, what: 'of the last fault: syndrome (ESR_EL1)' },
  HEAD_FAULT_ADDRESS: { at: 0x0060, bytes: 4, what: 'of the last fault: address' },
  HEAD_FAULT_PROGRAM_COUNTER: { at: 0x0064, bytes: 4, what: 'of the last fault: program counter' },
  HEAD_REQUEST_SEQUENCE: { at: 0x0068, bytes: 4, what: 'the request finished last: its sequence' },
  HEAD_REQUEST_STATUS: { at: 0x006c, bytes: 4, what: 'its status, 0: done' },
  HEAD_REQUEST_DETAIL: { at: 0x0070, bytes: 4, what: 'the refused rule counted from 1, or 0' },
  HEAD_RULES_AFTER_RESTART: { at: 0x0074, bytes: 4, what: "rules in force whose requests go by the chip's filters only after a restart" },
  HEAD_FORWARD_WAITING: { at: 0x0078, bytes: 4, what: "under way now: frames that wait for AGL's ring, or that `throttle` holds" },
  HEAD_ANSWERS_WAITING: { at: 0x007c, bytes: 4, what: 'under way now: answers that wait or are in the chip' },
  HEAD_TASK_COUNT: { at: 0x0080, bytes: 4, what: 'tasks' },
  HEAD_TASK_BYTES: { at: 0x0084, bytes: 4, what: 'bytes of a task, 64' },
  HEAD_COUNTER_COUNT: { at: 0x0088, bytes: 4, what: 'counters, 128' },
  HEAD_HISTOGRAM_COUNT: { at: 0x008c, bytes: 4, what: 'histograms, 3' },
  HEAD_FROM_AGL_WAITING: { at: 0x0090, bytes: 4, what: "under way now: frames of AGL's that are held or in the chip" },
  HEAD_REAL_BITRATE: { at: 0x0094, bytes: 4, what: 'what the crystal makes of the bit rate, bit/s; 0: the chip is not set up' },
  HEAD_REORDER_BOUND_TICKS: { at: 0x0098, bytes: 4, what: 'bound of the time from a decision, or from taking a frame of AGL, until the cell takes part in arbitration with it if it is the strongest' },
  HEAD_CRYSTAL_HERTZ: { at: 0x009c, bytes: 4, what: 'the crystal as `osc=auto` has measured it, in hertz; 0: it was not measured' },
  HEAD_SAMPLE_POINT: { at: 0x00a0, bytes: 4, what: 'sample point, in thousandths of a bit; 0: the chip is not set up' },
  HEAD_LATENCY_HISTOGRAMS: { at: 0x00a4, bytes: 4, what: 'latency histograms, 6; 0: the cell has none' },
  HEAD_LATENCY_RESETS: { at: 0x00a8, bytes: 4, what: 'times that the latencies began anew by request' },
  HEAD_LATENCY_MISSED: { at: 0x00ac, bytes: 4, what: 'times that are in no latency histogram: too many came at once' },
  PAGE_COUNTERS_OFFSET: { at: 0x0100, bytes: 4, times: N.PAGE_COUNTERS, what: 'counters, see "Counters and sums"' },
  PAGE_HISTOGRAMS_OFFSET: { at: 0x0400, bytes: N.PAGE_HISTOGRAM_DISTANCE, times: N.PAGE_HISTOGRAMS, what: 'histograms' },
  PAGE_TASKS_OFFSET: { at: 0x0900, bytes: N.PAGE_TASK_BYTES, times: N.PAGE_TASKS_MAXIMUM, what: 'tasks' },
  PAGE_LATENCY_BUS_OFFSET: { at: 0x0f00, bytes: 0x158, what: 'latency histogram 5, `bus`; not under the sequence number' },
  PAGE_LIVE_VALUES_OFFSET: { at: 0x1100, bytes: N.PAGE_LIVE_VALUES_BYTES, what: 'live values' },
  PAGE_STATUSES_OFFSET: { at: 0x1200, bytes: N.STATUS_ENTRY_BYTES, times: N.PAGE_STATUSES, what: 'what was said of each status, by number, since the cell started' },
  PAGE_RULE_REFUSED_OFFSET: { at: 0x1600, bytes: 4, times: N.PAGE_RULE_HITS, what: 'how many answers of each rule in force its `rate` has refused' },
  // The sequence number does not cover the rest: two rings, each with its head.
  PAGE_TRACE_HEAD: { at: 0x1f00, bytes: 4, what: 'trace: records ever written' },
  PAGE_TRACE_CAPACITY: { at: 0x1f04, bytes: 4, what: 'its capacity, 512' },
  PAGE_RECORDER_HEAD: { at: 0x1f08, bytes: 4, what: 'recorder: frames ever written' },
  PAGE_RECORDER_CAPACITY: { at: 0x1f0c, bytes: 4, what: 'its capacity, 4096' },
  PAGE_TRACE_OFFSET: { at: 0x2000, bytes: N.TRACE_RECORD_BYTES, times: N.TRACE_CAPACITY, what: 'trace' },
  PAGE_LATENCY_RULES_OFFSET: { at: 0x4000, bytes: N.LATENCY_RULE_BYTES, times: N.PAGE_RULE_HITS, what: 'latencies of each rule in force' },
  PAGE_LATENCY_OFFSET: { at: 0x5800, bytes: 0x158, times: N.LATENCY_WAYS, what: 'latency histograms 0 to 4, of the ways' },
  PAGE_RULE_HITS_OFFSET: { at: 0x6000, bytes: 4, times: N.PAGE_RULE_HITS, what: 'how often each rule in force has matched' },
  PAGE_RULE_NAMES_OFFSET: { at: 0x6800, bytes: N.PAGE_RULE_NAMES_BYTES, what: 'their names in the same order, each with a 0 behind it; empty: the table has none' },
  PAGE_RECORDER_OFFSET: { at: 0x8000, bytes: N.RECORDER_ENTRY_BYTES, times: N.RECORDER_CAPACITY, what: 'recorder' },
} as const satisfies Record<string, Field>;

/** A histogram. */
// prettier-ignore
export const HISTOGRAM = {
  HISTOGRAM_COUNT_OFFSET: { at: 0, bytes: 4, what: 'times counted' },
  HISTOGRAM_MINIMUM_OFFSET: { at: 4, bytes: 4, what: 'shortest' },
  HISTOGRAM_MAXIMUM_OFFSET: { at: 8, bytes: 4, what: 'longest' },
  HISTOGRAM_SUM_OFFSET: { at: 16, bytes: 8, what: 'sum' },
  HISTOGRAM_BUCKETS_OFFSET: { at: 24, bytes: 4, times: N.HISTOGRAM_BUCKETS, what: 'buckets' },
} as const satisfies Record<string, Field>;

/** Latencies of a rule. Count and sum stand still when the sum would no longer fit. */
// prettier-ignore
export const LATENCY_RULE = {
  LATENCY_RULE_COUNT: { at: 0, bytes: 4, what: 'answers in the sum' },
  LATENCY_RULE_MAXIMUM: { at: 4, bytes: 4, what: 'longest' },
  LATENCY_RULE_SUM: { at: 8, bytes: 4, what: 'sum; it stands still, with the count, when it is full' },
} as const satisfies Record<string, Field>;

/** A task. */
// prettier-ignore
export const TASK = {
  TASK_NAME: { at: 0, bytes: N.TASK_NAME_BYTES, what: 'name, text, the rest zero' },
  TASK_PRIORITY: { at: 16, bytes: 1, what: 'priority, 0 first' },
  TASK_TRIGGER: { at: 17, bytes: 1, what: 'trigger', words: TASK_TRIGGERS },
  TASK_PERIOD_MICROS: { at: 20, bytes: 4, what: 'period in microseconds, of a timer' },
  TASK_BOUND_TICKS: { at: 24, bytes: 4, what: 'bound of one run' },
  TASK_RUNS: { at: 28, bytes: 4, what: 'runs' },
  TASK_WORST_TICKS: { at: 32, bytes: 4, what: 'longest run' },
  TASK_MISSES: { at: 36, bytes: 4, what: 'runs over the bound' },
  TASK_TOTAL_TICKS: { at: 40, bytes: 8, what: 'sum of all runs' },
} as const satisfies Record<string, Field>;

/** The requests: the root cell's output section. */
// prettier-ignore
export const REQUEST = {
  REQUEST_MAGIC_OFFSET: { at: 0x00, bytes: 4, what: 'magic "CWRQ" (0x51525743)' },
  REQUEST_VERSION_OFFSET: { at: 0x04, bytes: 4, what: 'layout version, 1' },
  REQUEST_SEQUENCE_OFFSET: { at: 0x08, bytes: 4, what: 'sequence, not 0, written last' },
  REQUEST_KIND_OFFSET: { at: 0x0c, bytes: 4, what: 'kind: 1 rule table, 2 live values, 3 latencies begin anew' },
  REQUEST_BYTES_OFFSET: { at: 0x10, bytes: 4, what: 'bytes of the payload' },
  REQUEST_CRC32_OFFSET: { at: 0x14, bytes: 4, what: 'CRC-32 of the payload' },
  REQUEST_ARGUMENT_OFFSET: { at: 0x18, bytes: 4, what: "argument; of live values the first one's number, 0 to 63" },
  REQUEST_HEARTBEAT_OFFSET: { at: 0x20, bytes: 4, what: "the bridge's heartbeat: another number at least every 5 ms while it has a CPU" },
  REQUEST_HEARTBEAT_LIMIT_OFFSET: { at: 0x24, bytes: 4, what: 'milliseconds without one after which the bridge is dead, 50 to 10000; 0: it keeps none' },
  REQUEST_PAYLOAD_OFFSET: { at: 0x40, bytes: 0x1ffc0, what: 'payload; of a rule table the whole `rules.bin`' },
} as const satisfies Record<string, Field>;

/** Words for numbers. The key is the name of the function that returns them on the AGL side. */
export const PAGE_WORDS = {
  faultStateWord: FAULT_STATES,
  linkRoleWord: LINK_ROLES,
  sessionStateWord: SESSIONS,
  rulesSourceWord: RULES_SOURCES,
  triggerWord: TASK_TRIGGERS,
  histogramWord: HISTOGRAM_WORDS,
  latencyWord: LATENCY_WORDS,
  refusalWord: REFUSALS,
} as const;
