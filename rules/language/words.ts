// SPDX-License-Identifier: MIT
/**
 * The words of a rules file: the keys of each of its maps, what each means, and what its value looks like.
 *
 * The parser takes the keys from here, and the JSON Schema (rules/schema.ts) is made of it, so an editor
 * offers what the parser knows. docs/rules.md has the whole meaning.
 * Does not: check values; each parser file does.
 */
import { RULE_NUMBERS_2 } from '../../formats/rule-image-2.ts';
import {
  DATA_BYTES,
  LIVE_VALUES,
  MAXIMUM_FILTERS,
  MAXIMUM_RULES,
  SAFE_FRAMES_MAXIMUM,
} from '../model.ts';
import type { Shape } from './shapes.ts';
import { DIAGNOSIS } from '../diagnosis/words.ts';
import { checkWords, PROTECT } from './words-e2e.ts';
import { CHANGES, MASK, noticeWords, timeoutWords } from './words-watch.ts';
import {
  BYTE,
  DURATION,
  FRAME,
  FRAME_OUT,
  IDENTIFIER,
  integer,
  listOf,
  map,
  NOTHING,
  NUMBER,
  oneOf,
  oneOrMore,
  TEXT,
  TRUE_OR_FALSE,
  VALUE,
  words,
} from './shapes.ts';

/** One key of a map. */
export interface Word {
  /** For people: what it says. */
  readonly what: string;
  readonly value: Shape;
  /** The map must have it. */
  readonly isNeeded?: true;
}

export type Words = Readonly<Record<string, Word>>;

/** The keys of a map, in their order. */
export function keysOf(words: Words): string[] {
  return Object.keys(words);
}

export const SIDES = ['bus', 'agl'] as const;
export const AGL_STATES = ['there', 'gone', 'silent'] as const;
export const DEFAULTS = ['forward', 'drop'] as const;
export const RECEIVE_WORDS = ['auto', 'shared', 'urgent-first', 'single', 'window'] as const;
export const ACTIONS = ['drop'] as const;
export const AGL_DEFAULTS = ['allow', 'deny'] as const;
export const WALLS = ['open', 'locked'] as const;
export const CHECKSUM_KINDS = ['crc8', 'xor', 'sae-j1850', 'autosar'] as const;
/** Kinds that need nothing beside their name. */
export const NAMED_CHECKSUMS = ['sae-j1850', 'autosar'] as const;
export const CHECKSUM_PROFILES = ['1u8', '16u8', 'sffid-xor'] as const;

const ADDRESS = integer(0, 0xff);
const PRIORITY = integer(0, 7);
const PGN = integer(0, 0x3ffff);
const LENGTH = integer(0, DATA_BYTES);
const POSITION = integer(-DATA_BYTES, DATA_BYTES - 1);

/** A J1939 identifier in a match. */
const J1939: Words = {
  pgn: {
    what: 'J1939: parameter group number, or a list. Of PDU1 (PF below 240) the low byte is 0.',
    value: oneOrMore(PGN),
  },
  source: { what: 'J1939: source address, or a list.', value: oneOrMore(ADDRESS) },
  destination: {
    what: 'J1939: destination address, or a list; 0xFF is everybody. For PDU1 only.',
    value: oneOrMore(ADDRESS),
  },
  priority: {
    what: 'J1939: priority, 0 to 7, or a list. Left out: any.',
    value: oneOrMore(PRIORITY),
  },
};

// prettier-ignore
export const MASKED: Words = {
  id: { what: 'The identifier; no bits outside the mask.', value: IDENTIFIER, isNeeded: true },
  mask: { what: 'The identifier bits that are compared.', value: IDENTIFIER },
};
// prettier-ignore
export const RANGE: Words = {
  from: { what: 'The first identifier of the range.', value: IDENTIFIER, isNeeded: true },
  to: { what: 'The last identifier of the range.', value: IDENTIFIER, isNeeded: true },
};
const TEST = oneOf(IDENTIFIER, map('masked identifier', MASKED), map('range', RANGE));
// prettier-ignore
const NOT_IDENTIFIERS: Words = {
  not: { what: 'All identifiers but these.', value: oneOrMore(TEST), isNeeded: true },
};

// prettier-ignore
export const BYTE_MASK: Words = {
  value: { what: 'What the compared bits must be.', value: BYTE, isNeeded: true },
  mask: { what: 'The bits that are compared.', value: BYTE, isNeeded: true },
};
// prettier-ignore
export const BYTE_RANGE: Words = {
  min: { what: 'The smallest value.', value: BYTE, isNeeded: true },
  max: { what: 'The largest value.', value: BYTE, isNeeded: true },
};
// prettier-ignore
export const BYTE_CHOICE: Words = {
  any: { what: 'One of these values.', value: listOf(BYTE, 256, 1), isNeeded: true },
};
const BYTE_SET = oneOf(
  BYTE,
  map('masked byte', BYTE_MASK),
  map('byte range', BYTE_RANGE),
  map('byte choice', BYTE_CHOICE),
);
// prettier-ignore
export const NOT_BYTES: Words = {
  not: { what: 'None of what this says.', value: BYTE_SET, isNeeded: true },
};

// prettier-ignore
export const LENGTHS: Words = {
  min: { what: 'The shortest length.', value: LENGTH },
  max: { what: 'The longest length.', value: LENGTH },
};

// prettier-ignore
export const VALUE_RANGE: Words = {
  min: { what: 'The smallest physical value.', value: NUMBER },
  max: { what: 'The largest physical value.', value: NUMBER },
};
const VALUES = oneOf(oneOrMore(VALUE), map('value range', VALUE_RANGE));
// prettier-ignore
const NOT_VALUES: Words = {
  not: { what: 'None of these values.', value: VALUES, isNeeded: true },
};

// prettier-ignore
export const MATCH: Words = {
  id: { what: 'The identifier, 0 to 0x7FF, or with `extended: true` 0 to 0x1FFFFFFF; a list of identifiers, ranges and masks; or { not: ... }.', value: oneOf(oneOrMore(TEST), map('all identifiers but', NOT_IDENTIFIERS)) },
  mask: { what: 'The identifier bits that are compared. Left out: all.', value: IDENTIFIER },
  extended: { what: '`true`: a 29-bit identifier.', value: TRUE_OR_FALSE },
  remote: { what: '`true`: a remote frame. `any`: data and remote frames alike, of any length; then there is no `data`. `never`: as `false`, and no remote frame has these identifiers.', value: oneOf(TRUE_OR_FALSE, words('any', 'never')) },
  message: { what: "Instead of `id`: a message of the table's DBC files.", value: TEXT },
  length: { what: 'The length, 0 to 8, or { min, max }. Left out: at least what `data` lists.', value: oneOf(LENGTH, map('lengths', LENGTHS)) },
  data: { what: 'Up to 8 bytes, each a value, `~` for any, { value, mask }, { min, max }, { any } or { not }.', value: listOf(oneOf(NOTHING, BYTE_SET, map('all bytes but', NOT_BYTES)), DATA_BYTES) },
  signals: { what: 'Signals of `message`, each with a physical value, a word of its value table, a list, { min, max } or { not }.', value: map('matched signals', {}, oneOf(VALUES, map('all values but', NOT_VALUES))) },
  ...J1939,
};

// prettier-ignore
export const COPY: Words = {
  from: { what: 'The first byte of the request, or the number of the first live value.', value: integer(0, LIVE_VALUES - 1), isNeeded: true },
  to: { what: 'The first byte of the answer.', value: integer(0, DATA_BYTES - 1), isNeeded: true },
  count: { what: 'How many bytes. Left out: 1.', value: integer(1, DATA_BYTES) },
};
// prettier-ignore
const BITS: Words = {
  from: { what: 'The first bit of the request: bit n is bit n % 8 of byte n / 8.', value: integer(0, 63), isNeeded: true },
  to: { what: 'The first bit of the answer.', value: integer(0, 63), isNeeded: true },
  count: { what: 'How many bits. Left out: 1.', value: integer(1, 64) },
};
// prettier-ignore
const COUNTER: Words = {
  to: { what: 'The first bit.', value: integer(0, 63), isNeeded: true },
  count: { what: 'How many bits.', value: integer(1, 32), isNeeded: true },
  max: { what: 'The largest number; then it starts over. Left out: all bits set.', value: integer(0, 0xffffffff) },
  step: { what: 'What it grows by. Left out: 1.', value: integer(1, 0xffffffff) },
};
// prettier-ignore
const SIGNAL_COUNTER: Words = {
  max: { what: 'The largest number. Left out: what the signal holds.', value: integer(0, 0xffffffff) },
  step: { what: 'What it grows by. Left out: 1.', value: integer(1, 0xffffffff) },
};
// prettier-ignore
export const SCALED: Words = {
  from: { what: "A signal of the match's message.", value: TEXT, isNeeded: true },
  scale: { what: 'Its physical value times this. Left out: 1.', value: NUMBER },
  offset: { what: 'Plus this. Left out: 0.', value: NUMBER },
  min: { what: 'At least this.', value: NUMBER },
  max: { what: 'At most this.', value: NUMBER },
};
// prettier-ignore
const SIGNAL_LIVE: Words = {
  live: { what: 'The raw value from this live value on, least significant byte first.', value: integer(0, LIVE_VALUES - 1), isNeeded: true },
};
// prettier-ignore
const SIGNAL_COUNTS: Words = {
  counter: { what: "The rule's counter.", value: map('counter of a signal', SIGNAL_COUNTER), isNeeded: true },
};
const SET_SIGNAL = oneOf(
  VALUE,
  map('scaled signal', SCALED),
  map('live signal', SIGNAL_LIVE),
  map('counting signal', SIGNAL_COUNTS),
);

// prettier-ignore
export const CHECKSUM: Words = {
  kind: { what: '`crc8` with `polynomial` or `table`, `xor`, or the CRC-8 `sae-j1850` or `autosar`.', value: words(...CHECKSUM_KINDS), isNeeded: true },
  from: { what: 'The first byte of the sum; -1 is the last byte of the frame. Left out: 0.', value: POSITION },
  to: { what: 'The last byte of the sum. Left out: -2.', value: POSITION },
  result: { what: 'The byte that gets the checksum. Left out: -1.', value: POSITION },
  init: { what: 'The initial value.', value: BYTE },
  xor: { what: 'Of a CRC: what its result is XORed with.', value: BYTE },
  polynomial: { what: 'Of `crc8`: the polynomial, highest bit first.', value: BYTE },
  table: { what: 'Of `crc8`: the table, 256 bytes.', value: listOf(BYTE, 256, 256) },
  profile: { what: 'Of a CRC: one more byte. `1u8` a constant, `16u8` one of 16, chosen by the lower half of byte 1, `sffid-xor` the two lower bytes of the identifier, XORed.', value: words(...CHECKSUM_PROFILES) },
  'profile-data': { what: 'The byte of `1u8`, or the 16 of `16u8`.', value: listOf(BYTE, 16, 1) },
};
const CHECKSUMS = oneOf(words(...NAMED_CHECKSUMS), map('checksum', CHECKSUM));

/** What an answer and `modify` have in common. */
// prettier-ignore
const FIELDS = {
  bits: { what: 'Bits of the request: { from, to, count }, or a list.', value: oneOrMore(map('bits', BITS), 16) },
  signals: { what: 'Signals of the message: a value, a word of the value table, { from: SIGNAL, scale, offset, min, max }, { live } or { counter }.', value: map('set signals', {}, SET_SIGNAL) },
  counter: { what: "The rule's counter: { to, count, max, step }, or a list.", value: oneOrMore(map('counter', COUNTER), 16) },
  checksum: { what: 'A checksum, or a list of at most 4.', value: oneOrMore(CHECKSUMS, 4) },
  protect: { what: "End-to-end protection by one of AUTOSAR's profiles: counter and CRC, written last.", value: map('protect', PROTECT) },
} as const satisfies Words;

// prettier-ignore
export const ANSWER: Words = {
  id: { what: "The answer's identifier; always a data frame.", value: IDENTIFIER },
  extended: { what: '`true`: a 29-bit identifier.', value: TRUE_OR_FALSE },
  message: { what: 'Instead of `id`: a message of a DBC file.', value: TEXT },
  pgn: { what: 'J1939, instead of `id`: parameter group number.', value: PGN },
  source: { what: 'J1939: source address, or whose it is in the request.', value: oneOf(ADDRESS, words('request-source', 'request-destination')) },
  destination: { what: 'J1939: destination address, of PDU1 only, and always.', value: oneOf(ADDRESS, words('request-source', 'request-destination')) },
  priority: { what: 'J1939: priority, or that of the request. Left out: 6.', value: oneOf(PRIORITY, words('request')) },
  length: { what: 'The length, 0 to 8, or `same-as-request`. Left out: that of the message, or up to the last byte that is written.', value: oneOf(LENGTH, words('same-as-request')) },
  data: { what: 'Up to 8 bytes from byte 0; `~` for one that something else fills.', value: listOf(oneOf(NOTHING, BYTE), DATA_BYTES) },
  copy: { what: 'Bytes of the request: a list of { from, to, count }.', value: listOf(map('copy', COPY), DATA_BYTES) },
  live: { what: 'Live values: a list of { from, to, count }.', value: listOf(map('copy', COPY), DATA_BYTES) },
  ...FIELDS,
};

// prettier-ignore
export const CHANGE: Words = {
  id: { what: 'A number of 32 bits: bit 31 extended, bit 30 remote.', value: integer(0, 0xffffffff) },
  length: { what: 'The length, 0 to 255; a frame above 8 is deleted.', value: integer(0, 0xff) },
  data: { what: 'Up to 8 bytes from byte 0; the others stay.', value: listOf(BYTE, DATA_BYTES) },
};
// prettier-ignore
export const MODIFY: Words = {
  and: { what: 'ANDed first.', value: map('change', CHANGE) },
  or: { what: 'ORed after `and`.', value: map('change', CHANGE) },
  xor: { what: 'XORed after `or`.', value: map('change', CHANGE) },
  set: { what: 'Set after `xor`.', value: map('change', CHANGE) },
  ...FIELDS,
};

export const CHECK: Words = checkWords(map('modify', MODIFY));

// prettier-ignore
const RATE: Words = {
  'per-second': { what: 'Answers in a second, in the long run.', value: integer(1, 100_000), isNeeded: true },
  burst: { what: "Answers at once. Left out: a quarter of a second's.", value: integer(1, 0xffff) },
};

// prettier-ignore
export const STEP: Words = {
  in: { what: 'The frame that comes, as candump writes it: 123#0201, 18DAF110#00, 123#R4. Left out: nothing comes, and `out` has what timers have sent since the last such look.', value: FRAME },
  agl: { what: 'Without `in`: AGL ends (`gone`), stands still (`silent`), or is back (`there`). Then `out` may be left out.', value: words(...AGL_STATES) },
  from: { what: 'Where it comes from. Left out: the bus.', value: words(...SIDES) },
  at: { what: 'When it comes, from the begin of the expectation: 10ms.', value: DURATION },
  live: { what: 'Live values that are set before: { 0: 0x11 }.', value: map('live values', {}, BYTE, `^([0-9]|[1-5][0-9]|6[0-${LIVE_VALUES - 61}])$`) },
  out: { what: 'All frames that go out, to AGL with `agl` before them; [] for none.', value: oneOf(FRAME_OUT, listOf(FRAME_OUT, 200)) },
};
const STEPS = oneOf(map('expected frame', STEP), listOf(map('expected frame', STEP), 10_000));
const EXPECT = listOf(STEPS, 10_000);

/** A frame that answers no request. */
// prettier-ignore
export const FRAME_WORDS: Words = {
  id: { what: "The frame's identifier; always a data frame.", value: IDENTIFIER },
  extended: ANSWER.extended,
  message: ANSWER.message,
  pgn: ANSWER.pgn,
  source: { what: 'J1939: source address.', value: ADDRESS },
  destination: { what: 'J1939: destination address, of PDU1 only, and always.', value: ADDRESS },
  priority: { what: 'J1939: priority. Left out: 6.', value: PRIORITY },
  length: { what: 'The length, 0 to 8. Left out: that of the message, or up to the last byte that is written.', value: LENGTH },
  data: ANSWER.data,
  live: ANSWER.live,
  signals: { what: 'Signals of the message: a value, a word of the value table, { live } or { counter }.', value: map('signals of a frame', {}, oneOf(VALUE, map('live signal', SIGNAL_LIVE), map('counting signal', SIGNAL_COUNTS))) },
  counter: FIELDS.counter,
  checksum: FIELDS.checksum,
  protect: FIELDS.protect,
};

export const NOTICE: Words = noticeWords(map('frame', FRAME_WORDS), SIDES);
export const TIMEOUT: Words = timeoutWords(map('notice', NOTICE));

// prettier-ignore
export const RULE: Words = {
  name: { what: 'Small letters, digits and -; once in the file.', value: { pattern: '^[a-z0-9-]+$', type: 'string' }, isNeeded: true },
  from: { what: 'Whose frames the rule is about. Answers to AGL go to AGL. Left out: the bus.', value: words(...SIDES) },
  match: { what: 'Which frames.', value: map('match', MATCH), isNeeded: true },
  answer: { what: 'The frame that goes out in reply, or a list of at most 5.', value: oneOrMore(map('answer', ANSWER), 1 + RULE_NUMBERS_2.RULE_ACTIONS_MAXIMUM) },
  rate: { what: 'How many answers: 100/s, { per-second, burst }, or `none`. Left out: one in 500 bit times of the bus, and 250 at once.', value: oneOf(words('none'), { pattern: '^[1-9][0-9]{0,5}/s$', type: 'string' }, map('rate', RATE)) },
  deadline: { what: 'The longest time from the end of the request to the end of the answer, for `explain --bus`: 5ms.', value: DURATION },
  forward: { what: '`true`: the request also goes to the other side. Left out: only without an answer.', value: TRUE_OR_FALSE },
  modify: { what: "What becomes of the forwarded frame, in can-gw's order: and, or, xor, set, checksums.", value: map('modify', MODIFY) },
  check: { what: "Checks the frame by one of AUTOSAR's E2E profiles, before everything else.", value: map('check', CHECK) },
  action: { what: '`drop`: neither answer nor forward.', value: words(...ACTIONS) },
  'without-agl': { what: 'While AGL is not there: this answer instead of all else, or `nothing`.', value: oneOf(words('nothing'), map('answer', ANSWER)) },
  timeout: { what: 'The longest time from one frame to the next: 150ms. Then it counts as missing.', value: oneOf(DURATION, map('timeout', TIMEOUT)) },
  changes: { what: 'Only frames with a change are forwarded: `all` bits count, or these masks of bytes 0, 1, ...', value: oneOf(MASK, map('changes', CHANGES)) },
  throttle: { what: 'From one forwarded frame to the next; of those between the last one goes then: 100ms.', value: DURATION },
  expect: { what: 'What must become of frames, for `npm run rules -- test`.', value: EXPECT },
};

// prettier-ignore
export const CYCLIC: Words = {
  name: RULE.name,
  every: { what: 'From one frame to the next: 10ms.', value: DURATION, isNeeded: true },
  frame: { what: 'The frame.', value: map('frame', FRAME_WORDS), isNeeded: true },
  count: { what: 'So many frames, then `then`, or no more. Left out: without end.', value: integer(1, 0xffffffff) },
  then: { what: 'After `count` frames: from one to the next.', value: DURATION },
  phase: { what: 'From the start of the cell to the first frame. Left out: 0.', value: DURATION },
  ended: { what: 'What tells that `count` frames were sent.', value: map('notice', NOTICE) },
};

export const SAFE_ENDS = ['agl', 'never'] as const;
// prettier-ignore
export const SAFE_FRAME: Words = {
  ...CYCLIC,
  every: { what: 'From one frame to the next: 10ms. Left out: it is sent once.', value: DURATION },
  phase: { what: 'From the begin of the safe state to the first frame. Left out: 0.', value: DURATION },
};
// prettier-ignore
export const HEARTBEAT: Words = {
  rule: { what: 'The name of a rule `from: agl`: its frames are heartbeats.', value: TEXT, isNeeded: true },
  within: { what: 'The longest time from one to the next: 100ms.', value: DURATION, isNeeded: true },
};
// prettier-ignore
export const UNTIL_RULE: Words = {
  rule: { what: 'The name of a rule about frames of the bus, of which one ends it.', value: TEXT, isNeeded: true },
};
// prettier-ignore
export const SAFE_STATE: Words = {
  after: { what: "Silence of AGL's bridge after which AGL is gone. Left out: 100ms.", value: DURATION },
  grace: { what: 'From the start of the cell: AGL may still be starting. Left out: 0.', value: DURATION },
  heartbeat: { what: 'Frames of AGL that must keep coming as well.', value: map('heartbeat', HEARTBEAT) },
  until: { what: '`agl`: AGL is back. `never`. Or { rule }: a frame that this rule takes. Left out: agl.', value: oneOf(words(...SAFE_ENDS), map('until', UNTIL_RULE)) },
  frames: { what: "The frames. AGL's own with their identifiers are refused meanwhile.", value: listOf(map('safe-state frame', SAFE_FRAME), SAFE_FRAMES_MAXIMUM, 1), isNeeded: true },
};

// prettier-ignore
export const ALARM: Words = {
  answer: { what: 'The frame that goes to the bus.', value: map('answer', ANSWER), isNeeded: true },
  every: { what: 'At most once in this time. Left out: 1s.', value: DURATION },
};
// prettier-ignore
export const AGL: Words = {
  default: { what: '`allow`: frames of AGL that no rule takes go to the bus. `deny`: they do not. Left out: allow.', value: words(...AGL_DEFAULTS) },
  wall: { what: '`locked`: a table that is loaded later may let no other frames of AGL through. Left out: open.', value: words(...WALLS) },
  alarm: { what: 'A frame that tells of a refused one.', value: map('alarm', ALARM) },
};

/** A table with one of them does something without rules as well. */
export const RULELESS = ['filters', 'agl', 'cyclic', 'safe-state', 'diagnosis'] as const;
// prettier-ignore
export const TABLE: Words = {
  version: { what: 'The version of the language: 1.', value: { const: 1 }, isNeeded: true },
  dbc: { what: 'DBC files for `message` and `signals`: one, or a list of at most 16.', value: oneOrMore(TEXT, 16) },
  default: { what: '`forward`: frames that no rule matches go to AGL. `drop`: they do not. Left out: forward.', value: words(...DEFAULTS) },
  filters: { what: "Which frames that no rule matches go to AGL, in candump's notation: 100:7FF, 7E0~7F8.", value: oneOf(NOTHING, listOf({ pattern: '^[0-9a-fA-F]{1,8}[:~][0-9a-fA-F]{1,8}$', type: 'string' }, MAXIMUM_FILTERS)) },
  receive: { what: "How the chip's two receive buffers are used. Left out: the cell decides.", value: words(...RECEIVE_WORDS) },
  agl: { what: 'What AGL may send.', value: map('agl', AGL) },
  cyclic: { what: 'Frames that the cell sends by itself, again and again.', value: oneOf(NOTHING, listOf(map('cyclic frame', CYCLIC), MAXIMUM_RULES)) },
  'safe-state': { what: 'Frames that the cell sends while AGL is gone.', value: map('safe-state', SAFE_STATE) },
  diagnosis: { what: 'The front of a diagnostic server: what the cell answers, and what AGL does.', value: map('diagnosis', DIAGNOSIS) },
  rules: { what: 'The rules. The first that matches a frame decides. May be left out beside filters, agl, cyclic, safe-state or diagnosis.', value: oneOf(NOTHING, listOf(map('rule', RULE), MAXIMUM_RULES)) },
  expect: { what: 'What must become of frames, for `npm run rules -- test`.', value: EXPECT },
};
