// SPDX-License-Identifier: MIT
/**
 * Layout of rules.bin, format 2, where it is more than format 1 (formats/rule-image.ts).
 *
 * A rule matches by the same fields as in format 1, and by conditions beside them. Which rules are
 * tried for a frame, and in which order, an index of identifiers says: a list of rule numbers for
 * each standard identifier, for single extended ones, and for each range of the others. The first that
 * matches decides.
 *
 * Answers and modified frames are made by steps: a program without jumps, with one 64-bit signed
 * accumulator, on a target frame.
 *
 * The sections follow the header in the order of SECTIONS_2, each as long as its count says, without
 * gaps. The end is filled with zeros to a multiple of 8. All integers are little-endian.
 */
import type { Field } from './status-page.ts';

export const RULE_NUMBERS_2 = {
  RULES_VERSION_2: 2,
  RULES_HEADER_BYTES_2: 64,
  /** The most rules of a table of format 2. */
  RULES_MAXIMUM_2: 512,
  /** The largest image. */
  RULES_IMAGE_BYTES_MAXIMUM: 0x10000,
  ACTION_BYTES: 32,
  CONDITION_BYTES: 24,
  STEP_BYTES: 16,
  /** A CRC-8 table of 256 bytes, and 16 data identifiers of profile 16U8. */
  CHECKSUM_TABLE_BYTES: 272,
  TIMER_BYTES: 32,
  /** Identifiers with 11 bits; two bytes each make an index. */
  STANDARD_IDENTIFIERS: 2048,
  /** The most slots of the table of keys, and its buckets. */
  KEY_SLOTS_MAXIMUM: 2048,
  KEY_BUCKETS: 512,
  /** The bucket of a key is its product, 32 bits, shifted right by the first; its place in the bucket, by the second. */
  KEY_BUCKET_SHIFT: 23,
  KEY_PLACE_SHIFT: 12,
  /** Bit of a key: an identifier of AGL's frames. */
  KEY_FROM_AGL: 0x20000000,
  /** Key of an empty slot. */
  KEY_NONE: 0xffffffff,
  /** Displacement of a bucket without a key. */
  BUCKET_EMPTY: 0xffff,
  /** Ends a list of rule numbers. */
  LIST_END: 0xffff,
  /** Bytes that the names of all rules may have, each with the 0 behind it. */
  RULE_NAMES_BYTES_MAXIMUM: 0x1800,
  /** The most steps of one program, and actions of one rule. */
  PROGRAM_STEPS_MAXIMUM: 32,
  RULE_ACTIONS_MAXIMUM: 4,
  /** The most conditions of one rule. */
  RULE_CONDITIONS_MAXIMUM: 16,

  /** The most frames of the safe state. */
  SAFE_FRAMES_MAXIMUM: 32,

  /** Header flag: frames of AGL's that no rule takes do not reach the bus. */
  RULES_FLAG_AGL_DENY: 0x8,
  /** Header flag: beside a table that is loaded later, the rules about frames of AGL's stay in force. */
  RULES_FLAG_WALL_LOCKED: 0x10,
  /** Rule flag: the rule is about frames of AGL's, else about frames of the bus. */
  RULE_FROM_AGL: 0x4,
  /** Rule flag: no remote frame has the identifiers that the rule matches. */
  RULE_NEVER_REMOTE: 0x8,
  /** Rule flag: a timer sends its answer, and no frame matches it. */
  RULE_TIMED: 0x10,
  /** Bit of `interval`: the other bits are bit times of the bus, else microseconds. */
  INTERVAL_IN_BITS: 0x80000000,
  /** Action: one more answer. */
  ACTION_ANSWER: 1,
  /** Action: the forwarded frame is changed by the steps. At most one in a rule. */
  ACTION_MODIFY: 2,
  /**
   * Action, the first of its rule: the check of an E2E profile. Its only step writes the checksum that the frame must
   * have. Fields: length: of the frame; reserved0: the largest allowed gap of counters; reserved1: bits 0 to 7 the
   * largest counter, bit 8: the allowed gap is one wider, and grows with each frame that is not accepted (profiles 1
   * and 2), bit 9: four bits of the frame have a value; reserved2: bits 0 to 5 the first of them, bits 8 to 11 the
   * value; identifier: four bits for each result, from 0 on: ok, some lost, initial, repeated, wrong sequence, error:
   * 0 as the rule says, 1 dropped, 2 + n: forwarded as action n, an ACTION_REPLACE, changes it, and not answered. The
   * seventh result is no new data: no frame came in time, and 2 + n makes one of zeros.
   */
  ACTION_CHECK: 8,
  /** Action: changes a forwarded frame by its steps for some results of the check. length: 0 a mark, 1 a substitute. */
  ACTION_REPLACE: 9,
  /**
   * Action, the last of its rule: what the rule remembers of its frames. Fields: length: bit 0: a frame is forwarded
   * only if its data differs under the mask `data`; bit 1: or its length; reserved0: number of the watch; identifier: the
   * shortest time between two forwarded frames, in us, or 0.
   */
  ACTION_WATCH: 10,
  /** The most rules with a watch, and flags of ACTION_WATCH. */
  WATCHES_MAXIMUM: 128,
  WATCH_CHANGES: 0x1,
  WATCH_LENGTH: 0x2,
  /** Action of a rule about frames of the bus: a request of diagnosis goes to AGL (TIMER_PENDING). No other fields. */
  ACTION_PENDING: 16,
  /** Action of a rule about frames of AGL's: its answer. No other fields. */
  ACTION_ANSWERED: 17,
  /**
   * Action of a rule about frames of the bus: while AGL is not there, this answer takes the place of all others, and
   * the frame is not forwarded. length ANSWER_NONE: no answer. No steps.
   */
  ACTION_WITHOUT_AGL: 18,
  ANSWER_NONE: 0xfe,

  /** Timer: a frame that is sent again and again. */
  TIMER_CYCLIC: 1,
  /** Timer, only the first one: when the safe state begins and ends. */
  TIMER_SAFE_STATE: 2,
  /**
   * Timer: frames of `rule`, which has a watch, do not come for `interval`. `count` and `next` are the rules, from 1, whose
   * answers tell so, and that they are back; 0: none.
   */
  TIMER_TIMEOUT: 3,
  /** Timer flag: it runs only while the safe state stands. */
  TIMER_IN_SAFE_STATE: 0x1,
  /** Timer flag: it does not run while the safe state stands. */
  TIMER_UNLESS_SAFE_STATE: 0x2,
  /** Flag of TIMER_SAFE_STATE: it never ends. */
  TIMER_UNTIL_NEVER: 0x4,
  /**
   * Timer: what a client of diagnosis hears while AGL works on its request: a negative response 0x78, and in the end
   * 0x10. At most one.
   */
  TIMER_PENDING: 8,
  /** Flag of TIMER_PENDING: nothing is sent when AGL is not there any more. */
  TIMER_SILENT: 0x20,
  /** The longest interval and phase of a timer, in us. */
  TIMER_MICROS_MAXIMUM: 0x7fffffff,

  /** Condition: minimum <= field <= maximum, both signed 64 bits. */
  CONDITION_RANGE: 1,
  /** Condition: (data & maximum) == minimum. */
  CONDITION_BITS: 2,
  /** Condition: bit number `field` of minimum is set. The field has at most 6 bits. */
  CONDITION_SET: 3,
  /** Condition flag: true where it would be false. */
  CONDITION_INVERTED: 0x1,
  /** Condition flag: this or the next one. The last of a rule does not have it. */
  CONDITION_OR_NEXT: 0x2,
  /** Condition and step flag: the field lies in the data with byte 0 as the most significant. */
  FIELD_BIG_ENDIAN: 0x4,
  /** Condition and step flag: the field's highest bit is its sign. */
  FIELD_SIGNED: 0x8,

  /** A = field of the request's data. */
  STEP_LOAD_REQUEST: 1,
  /** A = field of the target's data. */
  STEP_LOAD_TARGET: 2,
  /** A = (number of the request's identifier >> shift), width bits. */
  STEP_LOAD_IDENTIFIER: 3,
  /** A = length of the request, 0 to 8. */
  STEP_LOAD_LENGTH: 4,
  /** A = field of the 8 live values from number `word` on; those beyond the last are 0. */
  STEP_LOAD_LIVE: 5,
  /** A = the rule's counter; then the counter is (counter + word) modulo (value + 1). */
  STEP_LOAD_COUNTER: 6,
  /** A = value. */
  STEP_LOAD_CONSTANT: 7,
  /** A += value, A *= value: modulo 2^64. The compiler sees to it that they do not overflow. */
  STEP_ADD: 8,
  STEP_MULTIPLY: 9,
  /** A /= value, 1 or more; rounded to the nearest, halves away from zero. */
  STEP_DIVIDE: 10,
  /** A = the larger of A and value; the smaller. Signed. */
  STEP_AT_LEAST: 11,
  STEP_AT_MOST: 12,
  /** The field of the target's data = A. */
  STEP_STORE: 13,
  /** width bits of the target's identifier from shift on = A. */
  STEP_STORE_IDENTIFIER: 14,
  /** The target's data &=, |=, ^=, = value. Bytes beyond the length are 0 at the end. */
  STEP_AND_DATA: 15,
  STEP_OR_DATA: 16,
  STEP_XOR_DATA: 17,
  STEP_SET_DATA: 18,
  /** The same of the length, with the lowest byte of word. Above 8 at the end: no frame. */
  STEP_AND_LENGTH: 19,
  STEP_OR_LENGTH: 20,
  STEP_XOR_LENGTH: 21,
  STEP_SET_LENGTH: 22,
  /** The same of the identifier word (can_id: bit 31 extended, bit 30 remote), with word. */
  STEP_AND_IDENTIFIER: 23,
  STEP_OR_IDENTIFIER: 24,
  STEP_XOR_IDENTIFIER: 25,
  STEP_SET_IDENTIFIER: 26,
  /** can-gw's XOR checksum: bytes of value are from, to, result (signed, negative from the end), initial value. */
  STEP_CHECKSUM_XOR: 27,
  /**
   * can-gw's CRC-8: bytes of value are from, to, result, initial value, final XOR, profile
   * (0 none, 1 1U8, 2 16U8, 3 SFFID_XOR), data of 1U8; word is the number of the table.
   */
  STEP_CHECKSUM_CRC8: 28,
  /**
   * CRC-8 of AUTOSAR's E2E profiles 1, 2, 11 and 22, of all bytes but its own, into the byte that begins with bit
   * shift; width is the number of the counter's lowest bit, word that of the table. Bytes of value: initial value for
   * an even counter, for an odd one, final XOR, 1: the data identifier of that counter follows the bytes.
   */
  STEP_CHECKSUM_E2E8: 29,
  /** CRC-16 of E2E profile 5, likewise, into two bytes from bit shift on, the lower first; word is the data identifier. */
  STEP_CHECKSUM_E2E16: 30,
} as const;

const SIZES = RULE_NUMBERS_2;

/** The header. Its first 26 bytes are those of format 1. */
// prettier-ignore
export const RULES_HEADER_2 = {
  actionCount: { at: 26, bytes: 2, what: 'number of actions' },
  conditionCount: { at: 28, bytes: 2, what: 'number of conditions' },
  stepCount: { at: 30, bytes: 2, what: 'number of steps' },
  busRangeCount: { at: 32, bytes: 2, what: 'number of ranges of extended identifiers, for frames of the bus; 0: no rule for them' },
  aglRangeCount: { at: 34, bytes: 2, what: 'the same for frames of AGL' },
  listWords: { at: 36, bytes: 2, what: 'words of the lists; word 0 is the empty list' },
  checksumTableCount: { at: 38, bytes: 2, what: 'number of CRC-8 tables' },
  nameBytes: { at: 40, bytes: 2, what: 'bytes of the names' },
  aglIndexes: { at: 42, bytes: 2, what: '1: there is an index of standard identifiers for frames of AGL; 0: no rule is about them' },
  decisionNanos: { at: 44, bytes: 2, what: 'the longest time of a decision, in ns, as the compiler computed it' },
  alarmRule: { at: 46, bytes: 2, what: 'the rule whose answers tell of refused frames of AGL, from 1; 0: none' },
  timerCount: { at: 48, bytes: 2, what: 'number of timers' },
  keySlots: { at: 50, bytes: 2, what: 'slots of the table of keys, a power of two, at most 2048; 0: there is none' },
  keyBuckets: { at: 52, bytes: 2, what: 'buckets of that table: 512, or 0 without one' },
  reserved3: { at: 54, bytes: 2, what: 'zero' },
  keyMultiplier: { at: 56, bytes: 4, what: 'what a key is multiplied by; 0 without a table' },
  reserved4: { at: 60, bytes: 4, what: 'zero' },
} as const satisfies Record<string, Field>;

/** What a rule has instead of the two zero fields of format 1. Zeros mean the same as there. */
// prettier-ignore
export const RULE_RECORD_2 = {
  conditionFirst: { at: 48, bytes: 2, what: 'number of its first condition' },
  conditionCount: { at: 50, bytes: 1, what: 'number of conditions; all must hold' },
  lengthLimit: { at: 51, bytes: 1, what: 'the frame must be shorter than this; 0: any length' },
  stepFirst: { at: 52, bytes: 2, what: 'number of the first step of the answer' },
  stepCount: { at: 54, bytes: 1, what: 'number of steps, carried out after data and sources' },
  actionCount: { at: 55, bytes: 1, what: 'number of actions' },
  actionFirst: { at: 56, bytes: 2, what: 'number of its first action' },
  burst: { at: 58, bytes: 2, what: 'answers that may follow each other without a pause, 1 or more with an interval' },
  interval: { at: 60, bytes: 4, what: 'the mean interval of answers is at least this, in us, or with bit 31 in bit times of the bus; 0: no limit' },
} as const satisfies Record<string, Field>;

/** One action. */
// prettier-ignore
export const ACTION_RECORD = {
  kind: { at: 0, bytes: 1, what: '1 answer, 2 modify the forwarded frame, 8 check it, 9 replace it by what the check says, 10 watch, 16 a request of diagnosis for AGL, 17 its answer, 18 what is answered without AGL; the other fields are those of an answer' },
  length: { at: 1, bytes: 1, what: 'of an answer: length 0 to 8, or 0xff: as the request; of 18 also 0xfe: no answer' },
  stepCount: { at: 2, bytes: 1, what: 'number of steps' },
  reserved0: { at: 3, bytes: 1, what: 'zero' },
  stepFirst: { at: 4, bytes: 2, what: 'number of the first step' },
  reserved1: { at: 6, bytes: 2, what: 'zero' },
  identifier: { at: 8, bytes: 4, what: 'of an answer: identifier, can_id form' },
  reserved2: { at: 12, bytes: 4, what: 'zero' },
  data: { at: 16, bytes: 8, what: 'of an answer: data' },
  sources: { at: 24, bytes: 8, what: 'of an answer: sources of the data, as in a rule' },
} as const satisfies Record<string, Field>;

/** One condition. */
// prettier-ignore
export const CONDITION_RECORD = {
  kind: { at: 0, bytes: 1, what: '1 range, 2 bits, 3 set' },
  flags: { at: 1, bytes: 1, what: 'bit 0 inverted, bit 1 or the next, bit 2 big-endian, bit 3 signed' },
  shift: { at: 2, bytes: 1, what: 'number of the lowest bit of the field' },
  width: { at: 3, bytes: 1, what: 'bits of the field, 1 to 64; shift + width is at most 64' },
  reserved0: { at: 4, bytes: 4, what: 'zero' },
  minimum: { at: 8, bytes: 8, what: 'smallest value; bits: the value, with no bits outside the mask; set: the set' },
  maximum: { at: 16, bytes: 8, what: 'largest value; bits: the mask; set: zero' },
} as const satisfies Record<string, Field>;

/** One step. */
// prettier-ignore
export const STEP_RECORD = {
  kind: { at: 0, bytes: 1, what: 'kind, see the constants STEP_...' },
  flags: { at: 1, bytes: 1, what: 'bit 2 big-endian, bit 3 signed' },
  shift: { at: 2, bytes: 1, what: 'number of the lowest bit of the field' },
  width: { at: 3, bytes: 1, what: 'bits of the field' },
  word: { at: 4, bytes: 4, what: 'see the kinds' },
  value: { at: 8, bytes: 8, what: 'see the kinds' },
} as const satisfies Record<string, Field>;

/** One timer. The rule that it names has the frame, and is matched by none. */
// prettier-ignore
export const TIMER_RECORD = {
  kind: { at: 0, bytes: 1, what: '1 cyclic; 2, the first one only: when the safe state begins and ends; 3 timeout of a rule with a watch; 8, once: response pending' },
  flags: { at: 1, bytes: 1, what: 'of 1: bit 0: only while the safe state stands; bit 1: not while it stands; of 2: bit 2: it never ends; of 8: bit 5: silent without AGL' },
  rule: { at: 2, bytes: 2, what: 'of 1: number of the rule whose answer it sends; of 2: the rule whose frames end it, from 1; 0: AGL does; of 3: number of the rule' },
  interval: { at: 4, bytes: 4, what: 'from one frame to the next, in us; 1 or more; of 2: silence of the bridge after which AGL is gone; of 3: the timeout' },
  count: { at: 8, bytes: 4, what: 'frames at this interval; 0: without end; of 2: the rule whose frames are heartbeats of AGL, from 1; 0: none; of 3: the rule whose answer tells that a frame is missing, likewise; of 8: how often, 1 to 255' },
  next: { at: 12, bytes: 4, what: 'with a count: the interval from then on, in us; 0: no frame follows; of 2: silence of that rule after which AGL is gone; of 3: the rule whose answer tells that frames are back, from 1; 0: none; of 8: identifier of the answer, can_id form' },
  phase: { at: 16, bytes: 4, what: 'from the start to the first frame, in us; of 2: time that AGL has to come; of 3: zero; of 8: from the request to the first one' },
  ended: { at: 20, bytes: 4, what: 'of 1, with a count: the rule, from 1, whose answer tells that `count` frames were sent; 0: none; of 8: bits 0 to 7 length of the answer, 4 to 8, bits 8 to 15 the byte that pads it' },
  reserved1: { at: 24, bytes: 8, what: 'zero' },
} as const satisfies Record<string, Field>;

/** The sections behind the header, in their order: bytes of one entry, and the field that counts them. */
export const SECTIONS_2 = [
  { name: 'rules', bytes: 64, count: 'ruleCount' },
  { name: 'filters', bytes: 8, count: 'filterCount' },
  { name: 'actions', bytes: SIZES.ACTION_BYTES, count: 'actionCount' },
  { name: 'conditions', bytes: SIZES.CONDITION_BYTES, count: 'conditionCount' },
  { name: 'steps', bytes: SIZES.STEP_BYTES, count: 'stepCount' },
  { name: 'checksumTables', bytes: SIZES.CHECKSUM_TABLE_BYTES, count: 'checksumTableCount' },
  /** The strongest frame first: of timers that are due together it goes first. */
  { name: 'timers', bytes: SIZES.TIMER_BYTES, count: 'timerCount' },
  /**
   * Extended identifiers that have a list of their own, each in the slot (place + displacement of its bucket)
   * modulo the number of slots; and that list. Ranges decide about all others.
   */
  { name: 'keys', bytes: 4, count: 'keySlots' },
  { name: 'keyLists', bytes: 2, count: 'keySlots' },
  { name: 'keyDisplacements', bytes: 2, count: 'keyBuckets' },
  /** For each standard identifier the word of the lists with which its list begins. */
  { name: 'busIndex', bytes: 2 * SIZES.STANDARD_IDENTIFIERS, count: 1 },
  { name: 'aglIndex', bytes: 2 * SIZES.STANDARD_IDENTIFIERS, count: 'aglIndexes' },
  /** The first number of each range, ascending from 0. A range ends before the next. */
  { name: 'busRangeStarts', bytes: 4, count: 'busRangeCount' },
  { name: 'aglRangeStarts', bytes: 4, count: 'aglRangeCount' },
  /** The list of each range. */
  { name: 'busRangeLists', bytes: 2, count: 'busRangeCount' },
  { name: 'aglRangeLists', bytes: 2, count: 'aglRangeCount' },
  /** Rule numbers from 0, ascending, each list ended by LIST_END. */
  { name: 'lists', bytes: 2, count: 'listWords' },
  /** The names of the rules in their order, each with a 0 behind it. */
  { name: 'names', bytes: 1, count: 'nameBytes' },
] as const;
