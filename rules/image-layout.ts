/**
 * Layout of rules.bin, format 1: what the compiler writes and the cell reads at 0x100000.
 *
 * The table for people is in docs/rules.md. All integers little-endian. Identifiers are in can_id
 * form: bit 31 extended, bit 30 remote.
 */

/** "CWRL" as the bytes lie in the file. */
export const RULES_MAGIC = 0x4c525743;
export const RULES_FORMAT_VERSION = 1;

/** Header: offsets of its fields. */
export const RULES_HEADER = {
  magic: 0,
  version: 4,
  headerBytes: 6,
  totalBytes: 8,
  /** CRC-32 of IEEE 802.3 over the whole image with this field as zero. */
  crc32: 12,
  ruleCount: 16,
  ruleBytes: 18,
  flags: 20,
  filterCount: 24,
  reserved: 26,
  size: 32,
} as const;

/** Header flag: frames that no rule matches are dropped, not forwarded. */
export const RULES_FLAG_DROP_UNMATCHED = 0x1;
/** Header flags, bits 2..1: 0 the cell chooses, 1 both receive buffers for all, 2 RXB0 for requests. */
export const RULES_FLAG_RECEIVE_SHIFT = 1;
export const RULES_FLAG_RECEIVE_MASK = 0x6;
export const RECEIVE_LAYOUTS = [undefined, 'shared', 'urgent-first'] as const;

/** One rule: offsets of its fields. */
export const RULE_RECORD = {
  matchIdentifier: 0,
  matchMask: 4,
  /** Byte i of the frame is bits 8i .. 8i+7, so the eight bytes lie in frame order. */
  dataValue: 8,
  dataMask: 16,
  minimumLength: 24,
  flags: 25,
  answerLength: 26,
  /** 0: recognised by reading the frame; 1, 2: by hardware filter RXF0, RXF1. */
  path: 27,
  answerIdentifier: 28,
  answerData: 32,
  answerSource: 40,
  reserved: 48,
  size: 64,
} as const;

/** One filter, behind the rules: offsets of its fields. */
export const FILTER_RECORD = { identifier: 0, mask: 4, size: 8 } as const;
/** Bit of a filter's identifier: what would not pass passes (CAN_INV_FILTER). */
export const FILTER_INVERTED = 0x20000000;

export const RULE_FLAG_ANSWER = 0x1;
export const RULE_FLAG_FORWARD = 0x2;
/** answerLength: as long as the request. */
export const ANSWER_LENGTH_SAME = 0xff;
/** answerSource: the byte of answerData, nothing is copied. */
export const ANSWER_SOURCE_NONE = 0xff;

export const CAN_ID_EXTENDED = 0x80000000;
export const CAN_ID_REMOTE = 0x40000000;
