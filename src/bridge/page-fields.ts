/**
 * Fields inside the parts of the status page, as its reader needs them besides layout.ts.
 *
 * Source: docs/status-page.md, layout version 1.
 * Does not: hold values. Offsets are in bytes, numbers little-endian.
 */
import {
  HEAD_ERROR_COUNTERS,
  PAGE_STATUSES,
  PAGE_STATUSES_OFFSET,
  STATUS_ENTRY_BYTES,
} from '../page/layout';

/** What a reader copies at once: everything up to the statuses. */
export const SNAPSHOT_BYTES: u32 = PAGE_STATUSES_OFFSET + PAGE_STATUSES * STATUS_ENTRY_BYTES;

export const TRANSMIT_ERRORS: u32 = HEAD_ERROR_COUNTERS;
export const RECEIVE_ERRORS: u32 = HEAD_ERROR_COUNTERS + 1;
/** 0 none, 1 front-end, 2 back-end. */
export const LINK_ROLE: u32 = HEAD_ERROR_COUNTERS + 2;

// What was said of a status: how often, and its sentence above.
export const STATUS_TIMES_MASK: u32 = 0xffffff;
export const STATUS_SENTENCE_SHIFT: u32 = 24;
export const STATUS_VALUE_OFFSET: u32 = 4;

// A histogram.
export const HISTOGRAM_MINIMUM_OFFSET: u32 = 0x04;
export const HISTOGRAM_MAXIMUM_OFFSET: u32 = 0x08;
export const HISTOGRAM_BUCKETS_OFFSET: u32 = 0x18;

// A task.
export const TASK_NAME_BYTES: u32 = 16;
export const TASK_PRIORITY: u32 = 16;
/** 0 line, 1 queue, 2 timer, 3 always. */
export const TASK_TRIGGER: u32 = 17;
export const TASK_PERIOD_MICROS: u32 = 20;
export const TASK_BOUND_TICKS: u32 = 24;
export const TASK_RUNS: u32 = 28;
export const TASK_WORST_TICKS: u32 = 32;
export const TASK_MISSES: u32 = 36;
