// SPDX-License-Identifier: MIT
/**
 * rules.bin, format 2: golden bytes written by hand from formats/rule-image-2.ts, its index against the rules
 * one by one, random tables there and back, and images that must be refused.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { decodeRules, RulesImageError } from '../../rules/image/decode.ts';
import { encodeRules } from '../../rules/image/encode.ts';
import { sectionsOf } from '../../rules/image/decode-2.ts';
import type { RuleMatch, RuleTable } from '../../rules/model.ts';
import { randomOf, randomTable } from './rules-random.ts';
import { tableOf } from './rules-text.ts';

const TABLES = 400;
const IDENTIFIERS = 300;

const TABLE: RuleTable = {
  ...tableOf(
    'version: 1\ndefault: drop\nrules:\n' +
      '  - { name: a, match: { id: 0x101 }, action: drop }\n' +
      '  - { name: bc, match: { id: 0x100, mask: 0x7FE } }\n' +
      '  - { name: d, match: { id: 0x18FEF100, mask: 0x1FFFFF00, extended: true } }\n',
  ),
};

/** Single extended identifiers of the bus and of AGL, and a range. */
const keyed = encodeRules(
  tableOf(
    'version: 1\nrules:\n' +
      '  - { name: a, match: { id: 0x18FEF100, extended: true }, action: drop }\n' +
      '  - { name: b, match: { id: { from: 0x100, to: 0x1FF }, extended: true } }\n' +
      '  - { name: c, from: agl, match: { id: 0x18FEF100, extended: true } }\n' +
      '  - { name: d, match: { id: 0x180, extended: true } }\n',
  ),
);

/** The rules that the image's index lists for an identifier, read by the words of the format alone. */
function listed(image: Buffer, isAgl: boolean, extended: boolean, identifier: number): number[] {
  const { starts, counts } = sectionsOf(image);
  const side = isAgl ? 'agl' : 'bus';
  let word = 0;
  if (!extended) {
    const isThere = counts[`${side}Index`] === 1;
    word = isThere ? image.readUInt16LE(starts[`${side}Index`] + 2 * identifier) : 0;
  } else {
    const key = keyWord(image, isAgl ? identifier + 2 ** 29 : identifier);
    if (key !== undefined) word = key;
    const ranges = key === undefined ? counts[`${side}RangeStarts`] : 0;
    for (let range = 0; range < ranges; range += 1) {
      if (image.readUInt32LE(starts[`${side}RangeStarts`] + 4 * range) > identifier) break;
      word = image.readUInt16LE(starts[`${side}RangeLists`] + 2 * range);
    }
  }
  const rules = [];
  for (let at = word; ; at += 1) {
    const rule = image.readUInt16LE(starts.lists + 2 * at);
    if (rule === 0xffff) return rules;
    rules.push(rule);
  }
}

/** The word of the list of a key, as docs/rules.md says how it is found. */
function keyWord(image: Buffer, key: number): number | undefined {
  const { starts, counts } = sectionsOf(image);
  if (counts.keys === 0) return undefined;
  const product = Number((BigInt(key) * BigInt(image.readUInt32LE(56))) % 2n ** 32n);
  const [bucket, place] = [Math.floor(product / 2 ** 23), Math.floor(product / 2 ** 12)];
  const displacement = image.readUInt16LE(starts.keyDisplacements + 2 * bucket);
  const slot = (place + displacement) % counts.keys;
  if (displacement === 0xffff || image.readUInt32LE(starts.keys + 4 * slot) !== key)
    return undefined;
  return image.readUInt16LE(starts.keyLists + 2 * slot);
}

function passes({ identifier, mask, identifiers }: RuleMatch, number: number): boolean {
  const isIn = identifiers?.some(({ first, last }) => number >= first && number <= last) ?? true;
  return isIn && ((number ^ identifier) & mask) === 0;
}

describe('an image of format 2', () => {
  const image = encodeRules(TABLE);

  it('has these bytes in its header', () => {
    // 64 + 3 rules of 64 + index of 4096 + 3 ranges of 6 + lists of 6 words + names "a", "bc", "d" of 7.
    const total = 64 + 3 * 64 + 4096 + 3 * 6 + 6 * 2 + 7;
    assert.equal(image.length, Math.ceil(total / 8) * 8);
    const expected = Buffer.alloc(64);
    expected.write('CWRL');
    expected.writeUInt16LE(2, 4);
    expected.writeUInt16LE(64, 6);
    expected.writeUInt32LE(image.length, 8);
    expected.writeUInt32LE(image.readUInt32LE(12), 12);
    expected.writeUInt16LE(3, 16);
    expected.writeUInt16LE(64, 18);
    expected.writeUInt32LE(1, 20);
    expected.writeUInt16LE(3, 32);
    expected.writeUInt16LE(6, 36);
    expected.writeUInt16LE(7, 40);
    expected.writeUInt16LE(image.readUInt16LE(44), 44);
    assert.equal(image.toString('hex', 0, 64), expected.toString('hex'));
    const covered = Buffer.from(image);
    covered.writeUInt32LE(0, 12);
    assert.equal(image.readUInt32LE(12), crc32(covered));
  });

  it('lists rules in order, shares the ends of lists, and has word 0 as the empty list', () => {
    const { starts } = sectionsOf(image);
    const words = Array.from({ length: 6 }, (_, at) => image.readUInt16LE(starts.lists + 2 * at));
    assert.deepEqual(words, [0xffff, 0, 1, 0xffff, 2, 0xffff]);
  });

  it('has single extended identifiers as keys, and no ranges but for other rules', () => {
    const { starts, counts } = sectionsOf(keyed);
    // 4 slots for each key and more: two for the bus, as all of 0x180's frames are b's, one for AGL.
    assert.deepEqual([counts.keys, counts.keyLists, counts.keyDisplacements], [4, 4, 512]);
    assert.deepEqual([keyed.readUInt16LE(50), keyed.readUInt16LE(52)], [4, 512]);
    assert.notEqual(keyed.readUInt32LE(56), 0);
    const firsts = [0, 1, 2].map((range) => keyed.readUInt32LE(starts.busRangeStarts + 4 * range));
    assert.deepEqual([counts.busRangeStarts, firsts], [3, [0, 0x100, 0x200]]);
    assert.equal(counts.aglRangeStarts, 0);
    const rulesOf = (identifier: number, isAgl = false) => listed(keyed, isAgl, true, identifier);
    assert.deepEqual(rulesOf(0x18fef100), [0]);
    assert.deepEqual(rulesOf(0x18fef100, true), [2]);
    assert.deepEqual([rulesOf(0x17f), rulesOf(0x180), rulesOf(0x181)], [[1], [1, 3], [1]]);
    assert.deepEqual([rulesOf(0x18fef101), rulesOf(0x180, true)], [[], []]);
  });

  it('names its rules', () => {
    const { starts } = sectionsOf(image);
    assert.equal(image.toString('latin1', starts.names, starts.names + 7), 'a\0bc\0d\0');
  });
});

describe('random tables', () => {
  it('come back from their images, names included, and give the same image again', () => {
    for (let seed = 0; seed < TABLES; seed += 1) {
      const table = randomTable(randomOf(seed));
      const image = encodeRules(table);
      const decoded = decodeRules(image);
      assert.deepEqual(decoded, table, `seed ${seed}`);
      assert.equal(encodeRules(decoded).equals(image), true, `seed ${seed}`);
    }
  });

  it('have in the list of an identifier each rule that matches it, and of standard ones no other', () => {
    for (let seed = 0; seed < TABLES / 4; seed += 1) {
      const random = randomOf(seed);
      const table = randomTable(random);
      const image = encodeRules(table);
      for (let round = 0; round < IDENTIFIERS; round += 1) {
        const extended = random(2) === 1;
        const isAgl = random(2) === 1;
        const near = 0xff + random(18);
        const identifier = random(4) === 0 ? near : random(extended ? 2 ** 29 : 2 ** 11);
        const rules = listed(image, isAgl, extended, identifier);
        const wanted = table.rules.flatMap(({ match, from }, number) => {
          const isMine = (from === 'agl') === isAgl && match.extended === extended;
          return isMine && passes(match, identifier) ? [number] : [];
        });
        const missing = wanted.filter((number) => !rules.includes(number));
        assert.deepEqual(missing, [], `seed ${seed}`);
        if (!extended) assert.deepEqual(rules, wanted, `seed ${seed}`);
      }
    }
  });
});

describe('a damaged image of format 2', () => {
  /** The image with one byte changed and the CRC made to fit. */
  function changed(image: Buffer, offset: number, value: number): Buffer {
    const copy = Buffer.from(image);
    copy.writeUInt8(value, offset);
    copy.writeUInt32LE(0, 12);
    copy.writeUInt32LE(crc32(copy), 12);
    return copy;
  }

  it('is refused, or is another table that comes back', () => {
    const random = randomOf(1);
    const images = Array.from({ length: 20 }, (_, seed) =>
      encodeRules(randomTable(randomOf(seed))),
    );
    let refused = 0;
    for (let round = 0; round < 4000; round += 1) {
      const image = images[round % images.length];
      const damaged = changed(image, 16 + random(image.length - 16), random(256));
      try {
        decodeRules(damaged);
      } catch (error) {
        assert.ok(error instanceof RulesImageError, String(error));
        refused += 1;
      }
    }
    assert.ok(refused > 100, `${refused}`);
  });

  it('is refused with the place that is wrong', () => {
    const image = encodeRules(TABLE);
    const { starts } = sectionsOf(image);
    const refusals: readonly (readonly [number, number, RegExp])[] = [
      [46, 99, /^rule of the alarm at offset 0x2e: expected at most \d+, got 99/],
      [48, 1, /^total size for/],
      [54, 1, /^header: unused byte at offset 0x36/],
      [64 + 25, 32, /^a flags at offset 0x59: expected 0 to 31/],
      [64 + 25, 16, /^a flags at offset 0x59: expected bit 4 set with a timer/],
      [64 + 48, 1, /^a conditions: first at offset 0x70: expected 0x0, got 0x1/],
      [64 + 50, 1, /^a conditions at offset 0x70: expected at most 16 of 0/],
      [64 + 51, 9, /^a length limit at offset 0x73: expected 0, or above 0 and at most 8, got 9/],
      [64 + 58, 1, /^a burst at offset 0x7a: expected a burst with an interval/],
      [starts.lists, 0, /^lists: word 0/],
      [starts.lists + 2, 9, /^lists: word 1/],
      [starts.busIndex, 99, /^index at offset 0x/],
      [starts.busRangeStarts, 1, /^range 0 at offset 0x/],
      [starts.names, 0, /^names at offset 0x/],
    ];
    for (const [offset, value, reason] of refusals) refuses(image, offset, value, reason);
  });

  it('is refused for a key that no look finds, and for lists of keys beyond the last', () => {
    const { starts } = sectionsOf(keyed);
    const slot = [0, 1, 2, 3].find((at) => keyed.readUInt32LE(starts.keys + 4 * at) === 0x18fef100);
    assert.ok(slot !== undefined);
    refuses(keyed, starts.keys + 4 * slot + 1, 0xf2, /^key \d at offset 0x/);
    refuses(keyed, starts.keys + 4 * slot + 3, 0x58, /^key \d at offset 0x/);
    refuses(keyed, starts.keyLists + 2 * slot, 99, /^index at offset 0x/);
    refuses(keyed, 56, 0, /^key \d at offset 0x/);
  });

  function refuses(image: Buffer, offset: number, value: number, reason: RegExp): void {
    assert.throws(
      () => decodeRules(changed(image, offset, value)),
      (error) => error instanceof RulesImageError && reason.test(error.message),
      reason.source,
    );
  }
});
