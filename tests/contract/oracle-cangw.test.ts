// SPDX-License-Identifier: MIT
/**
 * Cases G1 to G8 of the oracle: what can-gw makes of a frame, worked out by hand.
 *
 * Source: linux/can/gw.h, net/can/gw.c.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Step } from '../../rules/model.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { bytesOf, modified, ruleOf, tableOf } from './oracle-model.ts';

type Crc8 = Extract<Step, { kind: 'checksum-crc8' }>;

/** The table of a CRC-8, bit by bit, highest first. */
function crcTable(polynomial: number): number[] {
  return Array.from({ length: 256 }, (_, index) => {
    let sum = index;
    for (let bit = 0; bit < 8; bit += 1) sum = ((sum << 1) ^ (sum & 0x80 ? polynomial : 0)) & 0xff;
    return sum;
  });
}

function crc8(parts: Partial<Crc8> = {}): Crc8 {
  return {
    ...{ kind: 'checksum-crc8', from: 0, to: 6, result: 7, initial: 0xff, finalXor: 0xff },
    ...{ table: crcTable(0x1d), profile: 'none', profileData: [] },
    ...parts,
  };
}

function xor(from: number, to: number, result: number, initial = 0): Step {
  return { kind: 'checksum-xor', from, to, result, initial };
}

/** The CRC of bytes, by its definition: the remainder of a long division. */
function crcOf(bytes: readonly number[], polynomial: number): number {
  let sum = 0xff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = ((sum << 1) ^ (sum & 0x80 ? polynomial : 0)) & 0xff;
  }
  return sum ^ 0xff;
}

const hexOf = (...bytes: number[]): string => Buffer.from(bytes).toString('hex').toUpperCase();
const FULL = '0102030405060708';

describe('case G1: one modification', () => {
  const cases: readonly [string, Step, string][] = [
    ['AND I', { kind: 'and-identifier', value: 0x70f }, '103#01020304'],
    ['OR I', { kind: 'or-identifier', value: 0x400 }, '523#01020304'],
    ['XOR I', { kind: 'xor-identifier', value: 0x7ff }, '6DC#01020304'],
    ['SET I', { kind: 'set-identifier', value: 0x80012345 }, '00012345#01020304'],
    ['AND L', { kind: 'and-length', value: 3 }, '123#'],
    ['OR L', { kind: 'or-length', value: 2 }, '123#010203040000'],
    ['XOR L', { kind: 'xor-length', value: 5 }, '123#01'],
    ['SET L', { kind: 'set-length', value: 2 }, '123#0102'],
    ['AND D', { kind: 'and-data', value: bytesOf('ff00ff00ff00ff00') }, '123#01000300'],
    ['OR D', { kind: 'or-data', value: bytesOf('8000000000000001') }, '123#81020304'],
    ['XOR D', { kind: 'xor-data', value: bytesOf('ffffffffffffffff') }, '123#FEFDFCFB'],
    ['SET D', { kind: 'set-data', value: bytesOf('1122334455667788') }, '123#11223344'],
  ];
  for (const [name, step, expected] of cases) {
    it(name, () => assert.equal(modified([step], '01020304'), expected));
  }

  it('makes a remote frame of a data frame, and another way round', () => {
    const flip: Step = { kind: 'xor-identifier', value: 0x40000000 };
    assert.equal(modified([flip], '0102'), '123#R2');
    const oracle = new RuleOracle(tableOf(ruleOf({ modify: [flip] }, { remote: true })));
    const { forwarded } = oracle.feed(makeFrame({ identifier: 0x123, remote: true, dlc: 3 }));
    assert.deepEqual(forwarded, makeFrame({ identifier: 0x123, data: [0, 0, 0] }));
  });

  it('masks the number of an identifier that has lost its extended bit', () => {
    const strip: Step = { kind: 'and-identifier', value: 0x1fffffff };
    assert.equal(modified([strip], '', { identifier: 0x18da_f110, extended: true }), '110#');
  });
});

it('case G2: the steps are carried out in their order, AND, OR, XOR, SET', () => {
  const steps: Step[] = [
    { kind: 'and-data', value: bytesOf('0f0f0f0f0f0f0f0f') },
    { kind: 'or-data', value: bytesOf('3000000000000000') },
    { kind: 'xor-data', value: bytesOf('ff00000000000000') },
    { kind: 'set-length', value: 1 },
  ];
  // (0xa5 & 0x0f | 0x30) ^ 0xff = 0x35 ^ 0xff = 0xca.
  assert.equal(modified(steps, 'a5a5'), '123#CA');
  assert.equal(modified([...steps, { kind: 'set-data', value: 0x77n }], 'a5a5'), '123#77');
});

it('case G3: a frame whose length comes out above 8 is deleted', () => {
  const oracle = new RuleOracle(tableOf(ruleOf({ modify: [{ kind: 'set-length', value: 16 }] })));
  const verdict = oracle.feed(makeFrame({ identifier: 0x123, data: [1] }));
  assert.deepEqual([verdict.forwarded, verdict.drop, verdict.toAgl], [undefined, 'deleted', []]);
  assert.equal(modified([{ kind: 'xor-length', value: 1 }], FULL), undefined);
});

describe('case G4: the XOR checksum', () => {
  const cases: readonly [string, Step, string, string][] = [
    ['from the begin', xor(0, 2, 3, 0xf0), '01020400', hexOf(1, 2, 4, 0xf7)],
    ['from the end', xor(-4, -2, -1), '01020400', hexOf(1, 2, 4, 7)],
    ['mixed', xor(0, -2, -1), 'aa5500', hexOf(0xaa, 0x55, 0xff)],
    ['downwards', xor(2, 0, 3), '01020400', hexOf(1, 2, 4, 7)],
    ['over itself', xor(0, 1, 0), '0102', hexOf(3, 2)],
    ['beyond the end counts 0, and its result is not seen', xor(0, 5, 7), '0102', '0102'],
    ['beyond the end into the frame', xor(0, 7, 0), '0102', hexOf(3, 2)],
    ['before the begin', xor(-3, -1, -1), '0102', '0102'],
  ];
  for (const [name, step, data, expected] of cases) {
    it(name, () => assert.equal(modified([step], data), `123#${expected}`));
  }

  it('counts from the end of the modified frame', () => {
    const steps: Step[] = [{ kind: 'set-length', value: 3 }, xor(0, -2, -1)];
    assert.equal(modified(steps, '0102040810'), '123#010203');
  });
});

describe('case G5: the CRC-8 checksum', () => {
  const digits = Buffer.from('12345678').toString('hex');
  const nine: Partial<Crc8> = { to: 7, result: 0, profile: '1u8', profileData: [0x39] };
  const last = '32333435363738';

  // The check values of the catalogue: CRC of "123456789"; the ninth is the byte of profile 1U8.
  it('has the check value of SAE-J1850, 0x4B', () => {
    assert.equal(modified([crc8(nine)], digits), `123#4B${last}`);
  });
  it('has the check value of AUTOSAR, 0xDF', () => {
    assert.equal(modified([crc8({ ...nine, table: crcTable(0x2f) })], digits), `123#DF${last}`);
  });

  it('adds the byte that byte 1 chooses, with profile 16U8', () => {
    const profileData = Array.from({ length: 16 }, (_, index) => 0xa0 + index);
    const step = crc8({ from: 1, to: 3, result: 0, profile: '16u8', profileData });
    const expected = crcOf([0x35, 2, 3, 0xa5], 0x1d);
    assert.equal(modified([step], '00350203'), `123#${hexOf(expected, 0x35, 2, 3)}`);
  });

  it('adds both bytes of the identifier in one, with profile SFFID_XOR', () => {
    const step = crc8({ from: 0, to: 1, result: 2, profile: 'sffid-xor' });
    const expected = crcOf([1, 2, 0x01 ^ 0x23], 0x1d);
    assert.equal(modified([step], '010200'), `123#${hexOf(1, 2, expected)}`);
    const moved: Step[] = [{ kind: 'set-identifier', value: 0x456 }, step];
    const second = crcOf([1, 2, 0x04 ^ 0x56], 0x1d);
    assert.equal(modified(moved, '010200'), `456#${hexOf(1, 2, second)}`);
  });

  it('counts from the end, and downwards, in that order of the bytes', () => {
    const up = crcOf([1, 2, 3], 0x1d);
    assert.equal(
      modified([crc8({ from: -4, to: -2, result: -1 })], '01020300'),
      `123#${hexOf(1, 2, 3, up)}`,
    );
    const down = crcOf([3, 2, 1], 0x1d);
    assert.notEqual(up, down);
    assert.equal(
      modified([crc8({ from: -2, to: 0, result: 3 })], '01020300'),
      `123#${hexOf(1, 2, 3, down)}`,
    );
    assert.equal(modified([crc8({ from: -4, to: -2, result: -1 })], '010203'), '123#010203');
  });

  it('comes before the XOR checksum as it stands in the steps', () => {
    const crc = crcOf([1, 2], 0x1d);
    const steps = [crc8({ from: 0, to: 1, result: 2 }), xor(0, 2, 3)];
    assert.equal(modified(steps, '01020000'), `123#${hexOf(1, 2, crc, 1 ^ 2 ^ crc)}`);
  });
});

it('case G7: what was handled, dropped and deleted is told apart', () => {
  const table = tableOf(
    ruleOf({ name: 'handled' }),
    ruleOf({ name: 'dropped', forward: false }, { identifier: 0x200 }),
    ruleOf({ name: 'deleted', modify: [{ kind: 'or-length', value: 0xf }] }, { identifier: 0x300 }),
  );
  const oracle = new RuleOracle(table);
  const seen = [0x123, 0x200, 0x300, 0x400].map((identifier) => {
    const { rule, drop } = oracle.feed(makeFrame({ identifier }));
    return [rule?.name, drop];
  });
  assert.deepEqual(seen, [
    ['handled', undefined],
    ['dropped', 'rule'],
    ['deleted', 'deleted'],
    [undefined, 'default'],
  ]);
});

it('case G8: without a modification the frame goes on as it came, its length code too', () => {
  const frame = makeFrame({ identifier: 0x123, dlc: 12, data: Buffer.from(FULL, 'hex') });
  const same = new RuleOracle(tableOf(ruleOf())).feed(frame).forwarded;
  assert.deepEqual(same, frame);
  const steps: Step[] = [{ kind: 'or-length', value: 0 }];
  const changed = new RuleOracle(tableOf(ruleOf({ modify: steps }))).feed(frame).forwarded;
  assert.deepEqual(changed, { ...frame, dlc: 8 });
});
