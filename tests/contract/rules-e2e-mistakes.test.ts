// SPDX-License-Identifier: MIT
/** Every mistake in `protect` and `check` is named with `file:line:column` and a reason, and no table comes out. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseRules } from '../../rules/language/parse.ts';
import { answering, type Mistakes, oneRule, refuses } from './rules-text.ts';

/** An answer of eight bytes. */
const protecting = (words: string, more = 'length: 8') =>
  answering(`answer: { id: 0x1, ${more}, protect: { ${words} } }`);
const LIST = '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xA, 0xB, 0xC, 0xD, 0xE, 0xF]';

const MISTAKES: Mistakes = {
  'r.yaml:5:44 protect has no "profile"': protecting('data-id: 0x1'),
  'r.yaml:5:55 profile 4 is not one of 1, 2, 5, 11, 22: its header does not fit into a CAN frame':
    protecting('profile: 4, data-id: 0x1'),
  'r.yaml:5:55 profile 3 is not one of 1, 2, 5, 11, 22': protecting('profile: 3, data-id: 0x1'),
  'r.yaml:5:44 protect has no "data-id"\nr.yaml:5:58 unknown key "dataid" in protect; did you mean "data-id"?':
    protecting('profile: 1, dataid: 0x1'),
  'r.yaml:5:72 profile 5 has no mode; it has data-id, offset': protecting(
    'profile: 5, data-id: 0x1, mode: low',
  ),
  'r.yaml:5:79 mode must be both or nibble (got "low")': protecting(
    'profile: 11, data-id: 0x1, mode: low',
  ),
  'r.yaml:5:78 mode must be both or alternating or low or nibble; did you mean "alternating"? (got "alternate")':
    protecting('profile: 1, data-id: 0x1, mode: alternate'),
  'r.yaml:5:67 data-id 0x10000 is above 0xFFFF, the largest': protecting(
    'profile: 5, data-id: 0x10000',
  ),
  'r.yaml:5:67 data-id 0x1234 is above 0xFFF, the largest with mode: nibble': protecting(
    'profile: 1, data-id: 0x1234, mode: nibble',
  ),
  'r.yaml:5:68 data-ids has 2 bytes; it must have 16': protecting(
    'profile: 2, data-ids: [0x1, 0x2]',
  ),
  'r.yaml:5:72 nibble-offset is for mode: nibble, and the mode is both: remove it': protecting(
    'profile: 1, data-id: 0x1, nibble-offset: 12',
  ),
  'r.yaml:5:84 crc-offset is in bits: it must be a multiple of 8 (got 4)': protecting(
    'profile: 1, data-id: 0x1, crc-offset: 4',
  ),
  'r.yaml:5:88 counter-offset is in bits, and the last one of a frame is 63 (got 64)': protecting(
    'profile: 1, data-id: 0x1, counter-offset: 64',
  ),
  'r.yaml:5:44 the counter of protect is in bits 4 to 7, and the CRC is there, too': protecting(
    'profile: 1, data-id: 0x1, counter-offset: 4',
  ),
  'r.yaml:5:44 the data-id nibble of protect is in bits 8 to 11, and the counter is there, too':
    protecting('profile: 1, data-id: 0x1, mode: nibble, nibble-offset: 8'),
  'r.yaml:5:44 protect with profile 5 writes up to byte 2, and the frame has 2 bytes': protecting(
    'profile: 5, data-id: 0x1',
    'length: 2',
  ),
  'r.yaml:5:44 protect with profile 22 writes up to byte 8, and the frame has 8 bytes': protecting(
    'profile: 22, offset: 56, data-ids: ' + LIST,
  ),
  'r.yaml:5:58 protect needs one length: the checksum is over the whole frame; give the answer a length of its own':
    protecting('profile: 1, data-id: 0x1', 'length: same-as-request'),
  'r.yaml:5:24 protect needs one length: the checksum is over the whole frame; match one length, or set it':
    answering('modify: { protect: { profile: 1, data-id: 0x1 } }'),
  'r.yaml:5:31 data byte 0 has bits where protect writes the CRC; write ~, or 0 in these bits':
    protecting('profile: 1, data-id: 0x1', 'data: [0x12, 0, 0x34]'),
  'r.yaml:5:34 data byte 1 has bits where protect writes the counter; write ~, or 0 in these bits':
    protecting('profile: 1, data-id: 0x1', 'data: [~, 0x31, 0x34]'),
  'r.yaml:5:72 the CRC of protect and live both write bit 0, in byte 0': protecting(
    'profile: 1, data-id: 0x1',
    'length: 8, live: [{ from: 0, to: 0 }]',
  ),
  'r.yaml:5:96 the counter of protect and checksum both write bit 8, in byte 1': protecting(
    'profile: 1, data-id: 0x1',
    'length: 8, checksum: { kind: xor, from: 2, to: 7, result: 1 }',
  ),
  'r.yaml:5:75 protect counts by itself: remove the other counter': protecting(
    'profile: 1, data-id: 0x1',
    'length: 8, counter: { to: 16, count: 4 }',
  ),
};

/** A checked frame of eight bytes. */
const checking = (words: string, ...more: string[]): string =>
  oneRule('match: { id: 0x100, length: 8 }', `check: { ${words} }`, ...more);
const FIVE = 'profile: 5, data-id: 0x1';

const CHECK_MISTAKES: Mistakes = {
  'r.yaml:5:12 check needs the length of the frame: write length in check, or in match': answering(
    `check: { ${FIVE} }`,
  ),
  'r.yaml:5:48 length is 7, and the match takes frames of 8 to 8 bytes': checking(
    `${FIVE}, length: 7`,
  ),
  'r.yaml:5:48 length is 9: a CAN frame has at most 8 bytes': answering(
    `check: { ${FIVE}, length: 9 }`,
  ),
  'r.yaml:5:12 check by profile 5 looks at byte 2, and the frame has 2 bytes': answering(
    `check: { ${FIVE}, length: 2 }`,
  ),
  'r.yaml:5:51 max-delta is 256: for profile 5 it is 1 to 255': checking(`${FIVE}, max-delta: 256`),
  'r.yaml:5:51 max-delta is 0: for profile 5 it is 1 to 255': checking(`${FIVE}, max-delta: 0`),
  'r.yaml:5:46 unknown key "repeat" in on; did you mean "repeated"?': checking(
    `${FIVE}, on: { repeat: pass }`,
  ),
  'r.yaml:5:53 error must be pass or drop or mark or substitute; did you mean "drop"? (got "dropp")':
    checking(`${FIVE}, on: { error: dropp }`),
  'r.yaml:5:53 there is no substitute: write substitute: { set: ... } in check': checking(
    `${FIVE}, on: { error: substitute }`,
  ),
  'r.yaml:5:52 substitute writes byte 4, and the frame has 4 bytes': oneRule(
    'match: { id: 0x100, length: 4 }',
    `check: { ${FIVE}, substitute: { set: { data: [0, 0, 0, 0, 0x1] } } }`,
  ),
  'r.yaml:5:40 rule "a" has a mark, but does not forward the frame: add "forward: true"': checking(
    `${FIVE}, mark: { or: { data: [0x1] } }`,
    'answer: { id: 0x1 }',
  ),
  'r.yaml:6:13 answer needs 4 bytes of the frame, so a shorter one would not be checked: write length in match, and give shorter frames a rule of their own':
    answering(`check: { ${FIVE}, length: 8 }`, 'answer: { id: 0x1, copy: [{ from: 3, to: 0 }] }'),
  'r.yaml:5:12 check by profile 5 looks at byte 2, and the frame has 0 bytes': oneRule(
    'match: { id: 0x100, remote: true }',
    `check: { ${FIVE}, length: 0 }`,
  ),
  'r.yaml:6:13 rule "a" has one counter, which one answer or modify may have': checking(
    `${FIVE}, substitute: { protect: { ${FIVE} } }`,
    'answer: { id: 0x1, length: 8, protect: { profile: 5, data-id: 0x1 } }',
    'forward: true',
  ),
  'r.yaml:6:5 rule "a" has "action: drop" and "check": remove one of them': checking(
    FIVE,
    'action: drop',
  ),
};

refuses('a mistake in end-to-end protection', { ...MISTAKES, ...CHECK_MISTAKES });

it('zeros where the profile of protect writes are no mistake, nor are the other four bits of the counter', () => {
  const text = protecting('profile: 1, data-id: 0x1', 'data: [0, 0x30, 0x34]');
  assert.deepEqual(parseRules(text, 'r.yaml').diagnostics, []);
});
