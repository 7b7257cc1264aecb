// SPDX-License-Identifier: MIT
/**
 * Layout of rules.bin, formats 1 and 2. The compiler writes format 2, and the cell reads both at
 * 0x100000. Their header, their rules and their filters have the same records; what format 2 has
 * more is in formats/rule-image-2.ts.
 *
 * Made from it are the constants and the views of the cell (src/responder), the bridge's check of a
 * file, and the tables of docs/rules.md. The compiler uses it directly.
 *
 * All integers are little-endian. Identifiers are in can_id form: bit 31 extended, bit 30 remote.
 */
import type { Field } from './status-page.ts';

export const RULE_NUMBERS = {
  /** "CWRL", in the order of the bytes in the file. */
  RULES_MAGIC: 0x4c525743,
  RULES_VERSION: 1,
  RULES_HEADER_BYTES: 32,
  RULE_BYTES: 64,
  FILTER_BYTES: 8,
  /**
   * The most rules in a table. The cell scans them for each frame, so they are part of the response
   * time.
   */
  RULES_MAXIMUM: 64,
  /** The most filters in a table. The cell scans them for each frame. */
  FILTERS_MAXIMUM: 32,
  /** Header flag: drop the frames that no rule matches. Without it they are forwarded. */
  RULES_FLAG_DROP_UNMATCHED: 0x1,
  /** Header flags: the use of the receive buffers, RECEIVE_... */
  RULES_FLAG_RECEIVE_SHIFT: 1,
  RULES_FLAG_RECEIVE_MASK: 0x6,
  /** Header flag, with RECEIVE_URGENT_FIRST: the file says `window`. The rule of filter RXF0 has bytes of its request. */
  RULES_FLAG_WINDOW: 0x20,
  /** The cell decides how the receive buffers are used. */
  RECEIVE_AUTO: 0,
  /** Both receive buffers take every frame. No rule has a filter. */
  RECEIVE_SHARED: 1,
  /** RXB0 is reserved for frames that the filters recognise, at any load. */
  RECEIVE_URGENT_FIRST: 2,
  /** As RECEIVE_URGENT_FIRST, and INT tells of RXB0 alone. */
  RECEIVE_SINGLE: 3,
  /** Rule flag: send an answer. */
  RULE_ANSWER: 0x1,
  /** Rule flag: forward the frame to AGL. */
  RULE_FORWARD: 0x2,
  /** path: the cell recognises the request by reading the frame. */
  PATH_SOFTWARE: 0,
  /** path: filter RXF0 of the chip recognises the request; the answer is preloaded, but for bytes of the request. */
  PATH_FILTER_0: 1,
  /** path: as PATH_FILTER_0, by filter RXF1. */
  PATH_FILTER_1: 2,
  /** answerLength: the same length as the request. */
  ANSWER_LENGTH_OF_REQUEST: 0xff,
  /** The number of live values. */
  LIVE_VALUES: 64,
  /** answerSources: from here on, LIVE_VALUES numbers are live values. */
  SOURCE_LIVE: 0x80,
  /** answerSources: the byte comes from answerData. */
  SOURCE_OWN: 0xff,
  /** Bit 29 of a filter's identifier, CAN_INV_FILTER: inverts the filter. */
  FILTER_INVERTED: 0x20000000,
} as const;

/** The header. */
// prettier-ignore
export const RULES_HEADER = {
  magic: { at: 0, bytes: 4, what: 'magic 0x4C525743: the bytes "CWRL"' },
  version: { at: 4, bytes: 2, what: 'version 1' },
  headerBytes: { at: 6, bytes: 2, what: 'header bytes 32' },
  totalBytes: { at: 8, bytes: 4, what: 'total bytes: 32 + 64 x rules + 8 x filters' },
  crc32: { at: 12, bytes: 4, what: 'CRC-32 (IEEE 802.3) over all bytes, this field taken as zero' },
  ruleCount: { at: 16, bytes: 2, what: 'number of rules, 0 to 64' },
  ruleBytes: { at: 18, bytes: 2, what: 'bytes of a rule 64' },
  flags: { at: 20, bytes: 4, what: 'flags: bit 0: frames that no rule matches are dropped; bits 2 to 1: receive, 0 `auto`, 1 `shared` (no rule has a path then), 2 `urgent-first` (one has), 3 `single` (one has, and INT alone can tell its request); bit 5, with 2: `window` (and its answer has bytes of the request)' },
  filterCount: { at: 24, bytes: 2, what: 'number of filters, 0 to 32' },
  reserved0: { at: 26, bytes: 2, what: 'zero' },
  reserved1: { at: 28, bytes: 4, what: 'zero' },
} as const satisfies Record<string, Field>;

/** One rule. */
// prettier-ignore
export const RULE_RECORD = {
  matchIdentifier: { at: 0, bytes: 4, what: 'identifier to match; no bits outside the mask' },
  matchMask: { at: 4, bytes: 4, what: 'identifier mask; bit 31 always set, bit 29 never, bit 30 unless the rule matches data and remote frames of any length' },
  dataValue: { at: 8, bytes: 8, what: 'data to match, byte 0 first; no bits outside the mask' },
  dataMask: { at: 16, bytes: 8, what: 'data mask' },
  minimumLength: { at: 24, bytes: 1, what: 'minimum length; 0 for a remote frame' },
  flags: { at: 25, bytes: 1, what: 'bit 0: answer, bit 1: forward; neither: dropped on purpose; bit 3: no remote frame has its identifiers' },
  answerLength: { at: 26, bytes: 1, what: 'answer length 0 to 8; 0xff: as the request' },
  path: { at: 27, bytes: 1, what: 'path: 0 the request is read; 1, 2: filter RXF0, RXF1 recognises it; twice 1: both filters, for one static answer' },
  answerIdentifier: { at: 28, bytes: 4, what: 'answer identifier; bit 30 never' },
  answerData: { at: 32, bytes: 8, what: 'answer data' },
  answerSources: { at: 40, bytes: 8, what: 'for each answer byte: 0 to 7: copy that request byte; 0x80 to 0xbf: live value 0 to 63; 0xff: take it from answer data' },
  reserved1: { at: 48, bytes: 8, what: 'zero' },
  reserved2: { at: 56, bytes: 8, what: 'zero' },
} as const satisfies Record<string, Field>;

/** One filter. The filters follow the rules. */
// prettier-ignore
export const FILTER_RECORD = {
  identifier: { at: 0, bytes: 4, what: '`id` with no bits outside the mask, but bit 29 set for `id~mask`' },
  mask: { at: 4, bytes: 4, what: 'mask, bit 29 clear' },
} as const satisfies Record<string, Field>;
