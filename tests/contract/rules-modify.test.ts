// SPDX-License-Identifier: MIT
/** `modify:` and its checksums: what a rule makes of a frame on its way, and what is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileRules, RulesError } from '../../rules/compile.ts';
import { formatDiagnostic } from '../../rules/diagnostics.ts';
import { decodeRules } from '../../rules/image/decode.ts';
import { readFrameText, writeFrameText } from '../../rules/oracle/frame-text.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import type { RuleTable } from '../../rules/model.ts';

const fileWith = (modify: string, more = ''): string =>
  `version: 1\nrules:\n  - name: a\n    match: { id: 0x123 }\n${more}    modify: ${modify}\n`;

function through({ rules, ...rest }: RuleTable, frame: string): string {
  const asked = readFrameText(frame);
  assert.ok(asked);
  const { toAgl, toBus } = new RuleOracle({ rules, ...rest }).feed(asked, rules[0].from ?? 'bus');
  return [...toAgl, ...toBus].map(writeFrameText).join(' ');
}

/** What the rule makes of the frame, by the table and by its image. */
function modified(modify: string, frame: string, more = ''): string {
  const { table, image } = compileRules(fileWith(modify, more), 'r.yaml');
  const outcome = through(table, frame);
  assert.equal(through(decodeRules(image), frame), outcome, 'the image says the same');
  return outcome;
}

/** All errors and warnings of a file. */
function said(text: string): string[] {
  try {
    return compileRules(text, 'r.yaml').warnings.map(formatDiagnostic);
  } catch (error) {
    assert.ok(error instanceof RulesError);
    return error.message.split('\n');
  }
}

describe('modify', () => {
  it('is carried out in the order AND, OR, XOR, SET', () => {
    const words =
      '{ set: { length: 2 }, xor: { data: [0xFF] }, and: { data: [0x0F] }, or: { data: [0x30] } }';
    // (0xa5 & 0x0f | 0x30) ^ 0xff = 0xca.
    assert.equal(modified(words, '123#A5A5A5'), '123#CAA5');
  });
  it('leaves bytes alone that it does not write', () => {
    assert.equal(modified('{ and: { data: [0xF0] } }', '123#AABB'), '123#A0BB');
    assert.equal(modified('{ set: { data: [0x01, 0x02] } }', '123#AABBCC'), '123#0102CC');
    const eight = '{ set: { data: [1, 2, 3, 4, 5, 6, 7, 8] } }';
    assert.equal(modified(eight, '123#AABBCC'), '123#010203');
  });
  it('changes the identifier as can_id', () => {
    assert.equal(modified('{ set: { id: 0x80012345 } }', '123#01'), '00012345#01');
    assert.equal(modified('{ xor: { id: 0x40000000 } }', '123#01'), '123#R1');
  });
  it('changes frames of AGL on their way to the bus', () => {
    assert.equal(modified('{ or: { length: 2 } }', '123#01', '    from: agl\n'), '123#010000');
  });
  it('is followed by checksums: SAE-J1850 has 0x4B for "123456789", AUTOSAR 0xDF', () => {
    for (const [kind, sum] of [
      ['sae-j1850', '4B'],
      ['autosar', 'DF'],
      ['crc8, polynomial: 0x2F, init: 0xFF, xor: 0xFF', 'DF'],
    ]) {
      const nine = `kind: ${kind}, from: 0, to: 7, result: 0, profile: 1u8, profile-data: [0x39]`;
      assert.equal(
        modified(`{ or: { length: 0 }, checksum: { ${nine} } }`, '123#3132333435363738'),
        `123#${sum}32333435363738`,
      );
    }
  });
  it('puts the checksum into the last byte, over all before it, if nothing else is said', () => {
    const words = '{ set: { data: [1, 2] }, checksum: [autosar, { kind: xor, to: 1, result: 2 }] }';
    // CRC-8/AUTOSAR of 01 02 00, by long division: 0x65; 1 ^ 2 = 3.
    assert.equal(modified(words, '123#00000000'), '123#01020365');
  });

  const mistakes: readonly [string, string][] = [
    [
      '{}',
      'r.yaml:5:13 modify changes nothing: a checksum is computed only where something is changed',
    ],
    ['{ checksum: autosar }', 'modify changes nothing'],
    ['{ nand: { id: 1 } }', 'unknown key "nand" in modify; did you mean "and"?'],
    ['{ and: { dlc: 1 } }', 'unknown key "dlc" in and; known: id, length, data'],
    ['{ or: { id: 0x100000000 } }', 'r.yaml:5:25 id 0x100000000 is above 32 bits'],
    ['{ or: { id: 0x20000000 } }', 'id 0x20000000 has bit 29, which only error frames have'],
    ['{ or: { length: 256 } }', 'length 256 is above 255'],
    ['{ set: { length: 9 } }', 'warning: length 9 is above 8: every frame is deleted'],
    ['{ or: { data: [1, 2, 3, 4, 5, 6, 7, 8, 9] } }', 'data has 9 entries; at most 8 fit'],
    ['{ or: { data: [0x100] } }', 'data byte 0 is 256: a byte is at most 255 (0xFF)'],
  ];
  const sums: readonly [string, string][] = [
    ['crc32', 'checksum must be sae-j1850 or autosar'],
    ['{ from: 0 }', 'checksum has no "kind"'],
    ['{ kind: crc8 }', 'checksum: a CRC needs its polynomial or its table of 256 bytes'],
    ['{ kind: xor, from: 0, to: 8 }', 'to must be a whole number from -8 to 7 (got 8)'],
    ['{ kind: xor, polynomial: 0x1D }', 'polynomial is for kind: crc8; remove it'],
    ['{ kind: autosar, polynomial: 0x1D }', 'kind: autosar has its polynomial: remove one of them'],
    ['{ kind: crc8, table: [1] }', 'table has 1 bytes; it must have 256'],
    ['{ kind: autosar, profile: 1u8 }', 'profile 1u8 needs profile-data: a byte'],
    ['{ kind: autosar, profile: 2u8 }', 'profile must be 1u8 or 16u8 or sffid-xor'],
    [
      '{ kind: autosar, profile: 16u8, profile-data: [1] }',
      'profile-data has 1 bytes; it must have 16',
    ],
    ['{ kind: autosar, profile-data: [1] }', 'profile-data is for profile: 1u8 and profile: 16u8'],
    [
      '{ kind: xor, from: 0, to: 3, result: 3 }',
      'warning: checksum is over itself: byte 3 is from 0 to 3',
    ],
  ];
  const all = [
    ...mistakes,
    ...sums.map(([sum, reason]) => [`{ or: { length: 0 }, checksum: ${sum} }`, reason] as const),
  ];
  for (const [modify, reason] of all) {
    it(`has a word about ${modify}`, () => {
      const lines = said(fileWith(modify));
      assert.ok(
        lines.some((line) => line.includes(reason)),
        lines.join('\n') || 'nothing',
      );
    });
  }
  it('needs a rule that forwards', () => {
    const [line] = said(fileWith('{ or: { id: 1 } }', '    answer: { id: 0x124 }\n'));
    assert.equal(
      line,
      'r.yaml:6:5 rule "a" changes the frame on its way, but does not forward it: add "forward: true"',
    );
  });
});
