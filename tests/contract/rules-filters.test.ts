// SPDX-License-Identifier: MIT
/**
 * `filters` of a rules file: candump's notation, its mistakes, the image, and SocketCAN's meaning.
 * F1 to F18: the identifiers and masks of the kernel's test_raw_filter; four forms of 0x123 are asked.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeRules } from '../../rules/image/decode.ts';
import { describeTable } from '../../rules/describe.ts';
import { encodeRules } from '../../rules/image/encode.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { demandFor } from '../../lab/verify/rule-oracle.ts';
import { said, tableOf } from './rules-text.ts';

function fileWith(...filters: string[]): string {
  return `version: 1\nfilters: [${filters.map((text) => `'${text}'`).join(', ')}]\nrules: []\n`;
}

/** Which of 0x123, with RTR, with EFF, with both, are forwarded. */
function passing(...filters: string[]): boolean[] {
  const table = tableOf(fileWith(...filters));
  return [false, true].flatMap((extended) =>
    [false, true].map(
      (remote) => demandFor(table, makeFrame({ identifier: 0x123, extended, remote })).forward,
    ),
  );
}

const CASES: readonly [string, string, string][] = [
  ['F1', '123:7FF', '1111'],
  ['F2', '80000123:7FF', '1111'],
  ['F3', '40000123:7FF', '1111'],
  ['F4', 'C0000123:7FF', '1111'],
  ['F5', '123:800007FF', '1100'],
  ['F6', '80000123:800007FF', '0011'],
  ['F7', '40000123:800007FF', '1100'],
  ['F8', 'C0000123:800007FF', '0011'],
  ['F9', '123:400007FF', '1010'],
  ['F10', '80000123:400007FF', '1010'],
  ['F11', '40000123:400007FF', '0101'],
  ['F12', 'C0000123:400007FF', '0101'],
  ['F13', '123:C00007FF', '1000'],
  ['F14', '80000123:C00007FF', '0010'],
  ['F15', '40000123:C00007FF', '0100'],
  ['F16', 'C0000123:C00007FF', '0001'],
  ['F17', '123:DFFFFFFF', '1000'],
  ['F18', '00000123:DFFFFFFF', '0010'],
];

describe('filters', () => {
  for (const [name, filter, expected] of CASES) {
    it(`${name} ${filter} forwards ${expected} of standard, its remote, extended, its remote`, () => {
      assert.equal(passing(filter).map(Number).join(''), expected);
    });
  }

  it('F19 an inverted one forwards the complement', () => {
    for (const [, filter, expected] of CASES) {
      const complement = [...expected].map((bit) => bit === '0');
      assert.deepEqual(passing(filter.replace(':', '~')), complement, filter);
    }
  });

  it('F20 of overlapping ones any is enough', () => {
    assert.deepEqual(passing('123:C00007FF', '123:800007FF'), [true, true, false, false]);
    assert.deepEqual(passing('123~C00007FF', '123:C00007FF'), [true, true, true, true]);
  });

  it('come after the rules and before the default', () => {
    const table = tableOf(
      "version: 1\ndefault: forward\nfilters: ['200:7FF']\n" +
        'rules:\n  - { name: a, match: { id: 0x100 } }\n',
    );
    const forwards = (identifier: number): boolean =>
      demandFor(table, makeFrame({ identifier })).forward;
    assert.deepEqual([0x100, 0x200, 0x300].map(forwards), [true, true, false]);
  });

  it('lie behind the rules in the image, 8 bytes each', () => {
    const image = encodeRules(tableOf(fileWith('123:7FF', '18DA0000~9FFF0000')));
    assert.equal(image.readUInt16LE(24), 2);
    assert.equal(image.toString('hex', 64, 80), '23010000ff0700000000dab80000ff9f');
  });

  it('survive image and text', () => {
    const table = tableOf(fileWith('123:7FF', '18DA0000~9FFF0000', '40000123:C00007FF'));
    assert.deepEqual(decodeRules(encodeRules(table)), table);
    const text = describeTable(table);
    assert.equal(
      text,
      'any other frame: forward if it passes 123:7FF 98DA0000~9FFF0000 40000123:C00007FF, else drop',
    );
  });

  it('may be left out or empty', () => {
    for (const filters of ['', 'filters:\n', 'filters: []\n']) {
      const table = tableOf(`version: 1\n${filters}rules: []\n`);
      assert.deepEqual(table, { defaultAction: 'forward', rules: [] });
    }
  });

  it('are refused with what is wrong', () => {
    const [notation] = said(fileWith('0x123:0x7FF'));
    assert.match(
      notation,
      /^r.yaml:2:11 filter 1 must be id:mask or id~mask .* \(got "0x123:0x7FF"\)$/,
    );
    const [flag] = said(fileWith('123:7FF', '20000123:7FF'));
    assert.match(flag, /^r.yaml:2:22 filter 2 "20000123:7FF" has bit 29 set/);
    const [kind] = said('version: 1\nfilters: [123]\nrules: []\n');
    assert.match(kind, /^r.yaml:2:11 filter 1 must be text/);
    const many = said(fileWith(...Array.from({ length: 33 }, () => '123:7FF')));
    assert.match(many[0], /filters has 33 entries; at most 32 fit/);
  });

  it('are refused by the decoder with the offset', () => {
    const image = encodeRules(tableOf(fileWith('120:7F0')));
    const damaged = (offset: number, value: number): Buffer => {
      const copy = Buffer.from(image);
      copy.writeUInt32LE(value, offset);
      return copy;
    };
    assert.throws(() => decodeRules(damaged(24, 33)), /filter count at offset 0x18/);
    assert.throws(() => decodeRules(damaged(26, 1)), /size|unused|CRC/);
  });
});
