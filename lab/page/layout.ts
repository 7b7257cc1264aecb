/**
 * Where things lie in the two sections of the control link. Source: docs/status-page.md.
 *
 * Little-endian; offsets in bytes.
 * Does not: share a number with src/page; tests/contract compares the two lists.
 */

// The status page: the cell's output section.
export const PAGE_MAGIC = 0x54535743; // "CWST"
export const PAGE_VERSION = 1;
export const PAGE_MAGIC_OFFSET = 0x0000;
export const PAGE_VERSION_OFFSET = 0x0004;
export const PAGE_SEQUENCE_OFFSET = 0x0008;
export const PAGE_HEARTBEAT_OFFSET = 0x000c;
/** Behind it nothing is under the sequence number. */
export const PAGE_LOCKED_END = 0x1f00;

export const HEAD_NOW_TICKS = 0x0010; // 64 bits
export const HEAD_TICKS_PER_SECOND = 0x0018;
export const HEAD_BITRATE = 0x001c;
export const HEAD_FIRMWARE_VERSION = 0x0020;
export const FIRMWARE_VERSION_BYTES = 16;
export const HEAD_RULE_COUNT = 0x0030;
export const HEAD_RULE_HASH = 0x0034;
export const HEAD_RULES_SOURCE = 0x0038;
export const HEAD_LAST_STATUS = 0x003c;
export const HEAD_FAULT_STATE = 0x0040;
export const HEAD_ERROR_COUNTERS = 0x0044; // TEC, REC, then 16 bits: role of the link
export const HEAD_SESSION = 0x0048;
export const HEAD_WORST_STEP_TICKS = 0x004c;
export const HEAD_STEP_BOUND_TICKS = 0x0050;
export const HEAD_FAULT_RESTARTS = 0x0054;
export const HEAD_FAULT_KIND = 0x0058;
export const HEAD_FAULT_SYNDROME = 0x005c;
export const HEAD_FAULT_ADDRESS = 0x0060;
export const HEAD_FAULT_PROGRAM_COUNTER = 0x0064;
export const HEAD_REQUEST_SEQUENCE = 0x0068;
export const HEAD_REQUEST_STATUS = 0x006c;
export const HEAD_REQUEST_DETAIL = 0x0070;
export const HEAD_RULES_AFTER_RESTART = 0x0074;
export const HEAD_FORWARD_WAITING = 0x0078;
export const HEAD_ANSWERS_WAITING = 0x007c;
export const HEAD_TASK_COUNT = 0x0080;
export const HEAD_TASK_BYTES = 0x0084;
export const HEAD_COUNTER_COUNT = 0x0088;
export const HEAD_HISTOGRAM_COUNT = 0x008c;
export const HEAD_FROM_AGL_WAITING = 0x0090;

export const PAGE_COUNTERS_OFFSET = 0x0100;
export const PAGE_COUNTERS = 128;
export const PAGE_HISTOGRAMS_OFFSET = 0x0400;
export const PAGE_HISTOGRAM_DISTANCE = 0x180;
export const PAGE_HISTOGRAMS = 3;
export const HISTOGRAM_BUCKETS = 80;
export const PAGE_TASKS_OFFSET = 0x0900;
export const PAGE_TASK_BYTES = 64;
export const PAGE_TASKS_MAXIMUM = 24;
export const PAGE_RULE_HITS_OFFSET = 0x1000;
export const PAGE_RULE_HITS = 64;
export const PAGE_LIVE_VALUES_OFFSET = 0x1100;
export const PAGE_LIVE_VALUES_BYTES = 64;
/** What was said of each status: times and sentence, value. */
export const PAGE_STATUSES_OFFSET = 0x1200;
export const PAGE_STATUSES = 128;
export const STATUS_ENTRY_BYTES = 8;

export const PAGE_TRACE_HEAD = 0x1f00;
export const PAGE_TRACE_CAPACITY = 0x1f04;
export const PAGE_RECORDER_HEAD = 0x1f08;
export const PAGE_RECORDER_CAPACITY = 0x1f0c;
export const PAGE_TRACE_OFFSET = 0x2000;
export const TRACE_RECORD_BYTES = 16;
export const TRACE_CAPACITY = 1024;
export const PAGE_RECORDER_OFFSET = 0x8000;
export const RECORDER_ENTRY_BYTES = 24;
export const RECORDER_CAPACITY = 4096;

// The requests: root's output section.
export const REQUEST_MAGIC = 0x51525743; // "CWRQ"
export const REQUEST_VERSION = 1;
export const REQUEST_MAGIC_OFFSET = 0x00;
export const REQUEST_VERSION_OFFSET = 0x04;
export const REQUEST_SEQUENCE_OFFSET = 0x08;
export const REQUEST_KIND_OFFSET = 0x0c;
export const REQUEST_BYTES_OFFSET = 0x10;
export const REQUEST_CRC32_OFFSET = 0x14;
export const REQUEST_ARGUMENT_OFFSET = 0x18;
export const REQUEST_PAYLOAD_OFFSET = 0x40;
export const REQUEST_RULE_TABLE = 1;
export const REQUEST_LIVE_VALUES = 2;
