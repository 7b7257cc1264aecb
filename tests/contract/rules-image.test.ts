// SPDX-License-Identifier: MIT
/**
 * rules.bin, format 1: golden bytes written by hand from the table in docs/rules.md, the meaning
 * of a table, and images that must be refused.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileRules } from '../../rules/compile.ts';
import { decodeRules, RulesImageError } from '../../rules/image/decode.ts';
import { encodeRules } from '../../rules/image/encode.ts';
import type { RuleTable } from '../../rules/model.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { inFormat1, sealed } from '../format-1.ts';
import { demandFor } from '../../lab/verify/rule-oracle.ts';

function compile(...rules: string[]): { table: RuleTable; image: Buffer } {
  const text = ['version: 1', 'rules:', ...rules.map((rule) => `  - ${rule}`)].join('\n');
  const { table, image } = compileRules(text, 'r.yaml');
  return { table, image: inFormat1(image) };
}

/** CRC-32 of IEEE 802.3, bit by bit: the polynomial 0x04C11DB7 reflected. */
function crc32(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      remainder = (remainder >>> 1) ^ (remainder % 2 === 0 ? 0 : 0xedb88320);
    }
  }
  return ~remainder >>> 0;
}

describe('the rules image', () => {
  it('knows the check value of its CRC-32', () => {
    assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
  });

  it('has these bytes for one computed extended rule', () => {
    const { image } = compile(
      '{ name: a, match: { id: 0x18DA10F1, extended: true, data: [0x03, { value: 0x20, mask: 0xF0 }] }, ' +
        'answer: { id: 0x18DAF110, extended: true, length: 8, data: [0x03, 0x7F, ~, 0x78], ' +
        'copy: [{ from: 1, to: 2 }] }, forward: true }',
    );
    const expected = Buffer.from(
      [
        '43 57 52 4c', // "CWRL"
        '01 00 20 00', // version 1, header 32 bytes
        '60 00 00 00', // 96 bytes in all
        '00 00 00 00', // CRC, put in below
        '01 00 40 00', // one rule of 64 bytes
        '00 00 00 00', // frames no rule matches are forwarded
        '00 00 00 00 00 00 00 00',
        'f1 10 da 98', // 0x18DA10F1 | extended
        'ff ff ff df', // 29 bits, extended, remote
        '03 20 00 00 00 00 00 00', // data value
        'ff f0 00 00 00 00 00 00', // data mask
        '02 03 08 00', // at least 2 bytes, answer and forward, 8 bytes long
        '10 f1 da 98', // 0x18DAF110 | extended
        '03 7f 00 78 00 00 00 00', // answer data
        'ff ff 01 ff ff ff ff ff', // byte 2 from request byte 1
        '00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00',
      ]
        .join('')
        .replaceAll(' ', ''),
      'hex',
    );
    expected.writeUInt32LE(crc32(expected), 12);
    assert.equal(image.toString('hex'), expected.toString('hex'));
  });

  it('has these bytes for a remote rule, a drop rule and the default drop', () => {
    const { image: written } = compileRules(
      'version: 1\ndefault: drop\nrules:\n' +
        '  - { name: a, match: { id: 0x3C0, remote: true }, answer: { id: 0x3C1, length: same-as-request } }\n' +
        '  - { name: b, match: { id: 0x7F0, mask: 0x7F0 }, action: drop }\n',
      'r.yaml',
    );
    const image = inFormat1(written);
    assert.equal(image.readUInt32LE(20), 1);
    assert.equal(image.readUInt16LE(16), 2);
    const first = image.subarray(32, 96);
    assert.equal(first.readUInt32LE(0), 0x400003c0);
    assert.equal(first.readUInt32LE(4), 0xc00007ff);
    assert.equal(first.toString('hex', 24, 32), '0001ff00c1030000');
    const second = image.subarray(96, 160);
    assert.equal(second.readUInt32LE(0), 0x7f0);
    assert.equal(second.readUInt32LE(4), 0xc00007f0);
    assert.equal(second.toString('hex', 24, 48), `${'00'.repeat(16)}${'ff'.repeat(8)}`);
  });

  it('is 32 bytes for a table without rules', () => {
    assert.equal(inFormat1(encodeRules({ defaultAction: 'forward', rules: [] })).length, 32);
  });

  it('decodes to the table it was made from, but for the names', () => {
    const { table, image } = compile(
      '{ name: a, match: { id: 0x100, mask: 0x700, data: [~, 0x55] }, answer: { id: 0x1, copy: [{ from: 4, to: 1, count: 3 }] }, rate: none }',
      '{ name: b, match: { id: 0x200, remote: true }, answer: { id: 0x200, length: same-as-request, data: [0x1] }, rate: none }',
      '{ name: c, match: { id: 0x1ABCDEF0, mask: 0x1FFFFFF0, extended: true }, action: drop }',
      '{ name: d, match: { id: 0x300 } }',
    );
    const decoded = decodeRules(image);
    assert.deepEqual(
      decoded.rules.map((rule) => rule.name),
      ['rule-1', 'rule-2', 'rule-3', 'rule-4'],
    );
    const renamed = table.rules.map((rule, index) => ({ ...rule, name: `rule-${index + 1}` }));
    assert.deepEqual(decoded, { ...table, rules: renamed });
    assert.deepEqual(inFormat1(encodeRules(decoded)), image);
  });
});

describe('an image that is not a rule table', () => {
  const { image } = compile(
    '{ name: a, match: { id: 0x100, data: [0x11] }, answer: { id: 0x101, data: [0x1, ~], copy: [{ from: 0, to: 1 }] } }',
    '{ name: b, match: { id: 0x102 }, action: drop }',
  );

  function refused(bytes: Uint8Array, reason: RegExp): void {
    assert.throws(
      () => decodeRules(bytes),
      (error) => error instanceof RulesImageError && reason.test(error.message),
      `not refused with ${reason.source}`,
    );
  }

  /** The image with one byte changed and the CRC made to fit. */
  function changed(offset: number, value: number): Buffer {
    const copy = Buffer.from(image);
    copy.writeUInt8(value, offset);
    return sealed(copy);
  }

  it('is refused at every length shorter than the whole, and one byte longer', () => {
    for (let length = 0; length < image.length; length += 1) {
      refused(image.subarray(0, length), /expected \d+ bytes/);
    }
    refused(Buffer.concat([image, Buffer.alloc(1)]), /^file at offset 0x0: expected 160 bytes/);
  });

  it('is refused when any single bit differs', () => {
    for (let bit = 0; bit < 8 * image.length; bit += 1) {
      const copy = Buffer.from(image);
      copy[bit >> 3] ^= 1 << (bit & 7);
      assert.throws(() => decodeRules(copy), RulesImageError, `bit ${bit}`);
    }
  });

  it('is refused with the field that is wrong', () => {
    refused(changed(0, 0x42), /^magic at offset 0x0: expected 0x4c525743/);
    refused(changed(4, 3), /^version at offset 0x4: expected 1 or 2, got 3/);
    refused(changed(6, 64), /^header size at offset 0x6/);
    refused(changed(8, 0), /^total size for 2 rules at offset 0x8: expected 0xa0/);
    refused(changed(16, 65), /^rule count at offset 0x10: expected at most 64, got 65/);
    refused(changed(18, 32), /^rule size at offset 0x12/);
    refused(changed(20, 8), /^flags at offset 0x14/);
    refused(changed(24, 1), /^total size for 2 rules and 1 filter at offset 0x8: expected 0xa8/);
    refused(changed(24, 33), /^filter count at offset 0x18: expected at most 32, got 33/);
    refused(changed(26, 1), /^header: unused byte at offset 0x1a/);
    const wrongSum = Buffer.from(image);
    wrongSum.writeUInt8(image.readUInt8(12) ^ 1, 12);
    refused(wrongSum, /^CRC-32 at offset 0xc/);
  });

  it('is refused with the rule that is wrong', () => {
    refused(changed(32 + 1, 0x09), /^rule-1 identifier at offset 0x20: expected at most 0x7ff/);
    refused(changed(32 + 7, 0x40), /^rule-1 mask at offset 0x24: expected bit 31 set/);
    refused(changed(32 + 5, 0x06), /^rule-1 identifier at offset 0x20: expected no bits outside/);
    refused(changed(32 + 9, 0x01), /^rule-1 data byte 1 at offset 0x29: expected no bits outside/);
    refused(changed(32 + 17, 0xff), /^rule-1 length at offset 0x38: expected more than 1/);
    refused(changed(32 + 24, 9), /^rule-1 length at offset 0x38: expected at most 8, got 9/);
    refused(changed(32 + 25, 4), /^rule-1 flags at offset 0x39/);
    refused(changed(32 + 26, 9), /^rule-1 answer length at offset 0x3a/);
    refused(changed(32 + 27, 3), /^rule-1 path/);
    refused(changed(32 + 31, 0x40), /^rule-1 answer identifier at offset 0x3c/);
    refused(changed(32 + 41, 1), /^rule-1 answer source 1 at offset 0x49: .* below the minimum/);
    refused(changed(32 + 63, 1), /^rule-1: unused byte at offset 0x5f/);
    refused(changed(96 + 32, 1), /^rule-2 answer: unused byte at offset 0x80/);
    refused(changed(96 + 40, 0), /^rule-2 answer source 0 at offset 0x88/);
  });

  it('is refused when two rules match one frame', () => {
    refused(changed(96, 0x00), /^rule-2 at offset 0x60: expected no frame in common with rule-1/);
  });
});

describe('what a table says about a frame', () => {
  const { table } = compile(
    '{ name: static, match: { id: 0x100, data: [0x02] }, answer: { id: 0x101, data: [0x0A] } }',
    '{ name: copied, match: { id: 0x200, mask: 0x7F0 }, forward: true, answer: { id: 0x300, data: [0x01], copy: [{ from: 1, to: 2 }] } }',
    '{ name: echo, match: { id: 0x400, remote: true }, answer: { id: 0x401, length: same-as-request, data: [1, 2, 3, 4, 5, 6, 7, 8] } }',
    '{ name: noise, match: { id: 0x700, mask: 0x700 }, action: drop }',
  );

  /** The decision on one frame, short. */
  function decision(
    identifier: number,
    data: number[],
    kind: { extended?: boolean; remote?: boolean; dlc?: number } = {},
  ): [string | null, number[] | null, boolean] {
    const { rule, answer, forward } = demandFor(table, makeFrame({ identifier, data, ...kind }));
    return [rule?.name ?? null, answer ? [...answer.data] : null, forward];
  }

  it('answers when identifier and data fit', () => {
    assert.deepEqual(decision(0x100, [2, 0xff]), ['static', [0x0a], false]);
  });

  it('forwards by default when data differ, or are missing', () => {
    assert.deepEqual(decision(0x100, [3]), [null, null, true]);
    assert.deepEqual(decision(0x100, []), [null, null, true]);
  });

  it('tells standard, extended and remote frames apart', () => {
    assert.deepEqual(decision(0x100, [2], { extended: true }), [null, null, true]);
    assert.deepEqual(decision(0x100, [], { remote: true, dlc: 1 }), [null, null, true]);
    assert.deepEqual(decision(0x400, [1, 2]), [null, null, true]);
  });

  it('copies request bytes and fills the rest', () => {
    assert.deepEqual(decision(0x20c, [9, 8, 7]), ['copied', [1, 0, 8], true]);
    assert.deepEqual(decision(0x20c, [9]), [null, null, true]);
  });

  it('answers as long as the request asks, 8 bytes for the codes above 8', () => {
    assert.deepEqual(decision(0x400, [], { remote: true, dlc: 3 }), ['echo', [1, 2, 3], false]);
    assert.deepEqual(decision(0x400, [], { remote: true, dlc: 15 })[1]?.length, 8);
  });

  it('drops on purpose', () => {
    assert.deepEqual(decision(0x77f, [1]), ['noise', null, false]);
  });
});
