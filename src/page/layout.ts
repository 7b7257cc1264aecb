/**
 * Layout of the two sections of the control device: the status page and the requests.
 *
 * Source: docs/status-page.md, layout version 1.
 * Does not: hold values. Offsets are in bytes, numbers little-endian.
 */

/** Bytes of each section. */
export const CONTROL_SECTION_BYTES: u32 = 0x20000;

// The status page: the cell's output section.

/** "CWST". */
export const PAGE_MAGIC: u32 = 0x54535743;
export const PAGE_VERSION: u32 = 1;

export const PAGE_MAGIC_OFFSET: u32 = 0x0000;
export const PAGE_VERSION_OFFSET: u32 = 0x0004;
export const PAGE_SEQUENCE_OFFSET: u32 = 0x0008;
export const PAGE_HEARTBEAT_OFFSET: u32 = 0x000c;

/** The head, copied in one piece. */
export const PAGE_HEAD_OFFSET: u32 = 0x0010;
export const PAGE_HEAD_BYTES: u32 = 0xf0;

// Fields of the head, from the start of the page.
export const HEAD_NOW_TICKS: u32 = 0x0010; // u64
export const HEAD_TICKS_PER_SECOND: u32 = 0x0018;
export const HEAD_BITRATE: u32 = 0x001c;
export const HEAD_FIRMWARE_VERSION: u32 = 0x0020; // 16 characters
export const HEAD_RULE_COUNT: u32 = 0x0030;
export const HEAD_RULE_HASH: u32 = 0x0034;
export const HEAD_RULES_SOURCE: u32 = 0x0038;
export const HEAD_LAST_STATUS: u32 = 0x003c;
export const HEAD_FAULT_STATE: u32 = 0x0040;
export const HEAD_ERROR_COUNTERS: u32 = 0x0044; // u8 TEC, u8 REC, u16 role of the link
export const HEAD_SESSION: u32 = 0x0048;
export const HEAD_WORST_STEP_TICKS: u32 = 0x004c;
export const HEAD_STEP_BOUND_TICKS: u32 = 0x0050;
export const HEAD_FAULT_RESTARTS: u32 = 0x0054;
export const HEAD_FAULT_KIND: u32 = 0x0058;
export const HEAD_FAULT_SYNDROME: u32 = 0x005c;
export const HEAD_FAULT_ADDRESS: u32 = 0x0060;
export const HEAD_FAULT_PROGRAM_COUNTER: u32 = 0x0064;
export const HEAD_REQUEST_SEQUENCE: u32 = 0x0068;
export const HEAD_REQUEST_STATUS: u32 = 0x006c;
export const HEAD_REQUEST_DETAIL: u32 = 0x0070;
export const HEAD_RULES_AFTER_RESTART: u32 = 0x0074;
export const HEAD_FORWARD_WAITING: u32 = 0x0078;
export const HEAD_ANSWERS_WAITING: u32 = 0x007c;
export const HEAD_TASK_COUNT: u32 = 0x0080;
export const HEAD_TASK_BYTES: u32 = 0x0084;
export const HEAD_COUNTER_COUNT: u32 = 0x0088;
export const HEAD_HISTOGRAM_COUNT: u32 = 0x008c;
export const HEAD_FROM_AGL_WAITING: u32 = 0x0090;
/** What the crystal makes of the bit rate, bit/s; 0: an older cell, or the chip is not set up. */
export const HEAD_REAL_BITRATE: u32 = 0x0094;

/** Characters of the firmware version, the rest zero. */
export const FIRMWARE_VERSION_BYTES: u32 = 16;

export const PAGE_COUNTERS_OFFSET: u32 = 0x0100;
export const PAGE_COUNTERS: u32 = 128;
/** Number of the first counter that is of the link to AGL, in the order of LinkCounters. */
export const PAGE_LINK_COUNTERS_FIRST: u32 = 96;

export const PAGE_HISTOGRAMS_OFFSET: u32 = 0x0400;
/** From one histogram to the next. */
export const PAGE_HISTOGRAM_DISTANCE: u32 = 0x180;
export const PAGE_HISTOGRAMS: u32 = 3;

export const PAGE_TASKS_OFFSET: u32 = 0x0900;
export const PAGE_TASK_BYTES: u32 = 64;
export const PAGE_TASKS_MAXIMUM: u32 = 24;

export const PAGE_RULE_HITS_OFFSET: u32 = 0x1000;
export const PAGE_RULE_HITS: u32 = 64;
export const PAGE_LIVE_VALUES_OFFSET: u32 = 0x1100;
export const PAGE_LIVE_VALUES_BYTES: u32 = 64;

/** What was said of each status: u32 times, its sentence in the top byte; u32 the last value. */
export const PAGE_STATUSES_OFFSET: u32 = 0x1200;
export const PAGE_STATUSES: u32 = 128;
export const STATUS_ENTRY_BYTES: u32 = 8;

// Behind the sequence lock: two rings, each with its head, the number of entries ever written.
export const PAGE_TRACE_HEAD: u32 = 0x1f00;
export const PAGE_TRACE_CAPACITY: u32 = 0x1f04;
export const PAGE_RECORDER_HEAD: u32 = 0x1f08;
export const PAGE_RECORDER_CAPACITY: u32 = 0x1f0c;

export const PAGE_TRACE_OFFSET: u32 = 0x2000;
export const TRACE_RECORD_BYTES: u32 = 16;
/** Records in the trace ring; a power of two. */
export const TRACE_CAPACITY: u32 = 1024;

export const PAGE_RECORDER_OFFSET: u32 = 0x8000;
export const RECORDER_ENTRY_BYTES: u32 = 24;
/** Entries in the recorder; a power of two. */
export const RECORDER_CAPACITY: u32 = 4096;

// The requests: the root cell's output section.

/** "CWRQ". */
export const REQUEST_MAGIC: u32 = 0x51525743;
export const REQUEST_VERSION: u32 = 1;

export const REQUEST_MAGIC_OFFSET: u32 = 0x00;
export const REQUEST_VERSION_OFFSET: u32 = 0x04; // u16, u16 zero
export const REQUEST_SEQUENCE_OFFSET: u32 = 0x08;
export const REQUEST_KIND_OFFSET: u32 = 0x0c;
export const REQUEST_BYTES_OFFSET: u32 = 0x10;
export const REQUEST_CRC32_OFFSET: u32 = 0x14;
export const REQUEST_ARGUMENT_OFFSET: u32 = 0x18;
/** One more with each beat of the bridge; after how many milliseconds without one it is dead, 0: it keeps none. */
export const REQUEST_HEARTBEAT_OFFSET: u32 = 0x20;
export const REQUEST_HEARTBEAT_LIMIT_OFFSET: u32 = 0x24;
export const REQUEST_PAYLOAD_OFFSET: u32 = 0x40;

/** kind: a new rule table, as in rules.bin. */
export const REQUEST_RULE_TABLE: u32 = 1;
/** kind: bytes for answers; the argument is the first one's number. */
export const REQUEST_LIVE_VALUES: u32 = 2;
