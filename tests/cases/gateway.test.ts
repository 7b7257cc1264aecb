// SPDX-License-Identifier: MIT
/**
 * G1 to G8: frames that the cell changes on their way, as the kernel's gateway does (linux/can/gw.h,
 * net/can/gw.c).
 *
 * Each case is one rule of one table. Expected frames are worked out by hand.
 */
import assert from 'node:assert/strict';
import { compileRules } from '../../rules/compile.ts';
import type { OracleFrame } from '../../rules/oracle/frame.ts';
import { readFrameText } from '../../rules/oracle/frame-text.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { COUNTER } from '../../lab/page/counters.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';

/** What `modify` makes of a frame. Without an outcome it is deleted. */
interface Change {
  readonly modify: string;
  readonly data: string;
  /** The whole frame, or its data behind the identifier that came in. */
  readonly out: string | undefined;
}

const change = (modify: string, data: string, out?: string): Change => ({ modify, data, out });
const FIRST = 0x100;

/** Each change is a rule for one identifier, from 0x100 on. */
function tableOf(changes: readonly Change[]): string {
  const rules = changes.map(
    ({ modify }, index) =>
      `  - { name: r${index}, match: { id: ${FIRST + index}, remote: any }, forward: true, modify: ${modify} }`,
  );
  return ['version: 1', 'rules:', ...rules, ''].join('\n');
}

function frameOf(text: string): OracleFrame {
  const frame = readFrameText(text);
  assert.ok(frame, text);
  return frame;
}

function send(rig: Rig, text: string): void {
  rig.send(frameOf(text));
  rig.run(MILLISECOND);
}

/** Sends a frame for each rule, and compares what AGL gets and what the oracle says. */
function changesFrames(name: string, changes: readonly Change[], declare = onWasm): void {
  const rules = tableOf(changes);
  const oracle = new RuleOracle(compileRules(rules, 'r.yaml').table);
  declare(name, (engine) =>
    withRig({ engine, rules }, (rig) => {
      for (const [index, { modify, data, out }] of changes.entries()) {
        const identifier = (FIRST + index).toString(16).toUpperCase();
        rig.forget();
        send(rig, `${identifier}#${data}`);
        const seen = rig.agl.map(({ frame }) => textOf(frame));
        const whole = out === undefined || out.includes('#') ? out : `${identifier}#${out}`;
        const expected = whole === undefined ? [] : [whole];
        const said = oracle.feed(frameOf(`${identifier}#${data}`)).toAgl.map(textOf);
        assert.deepEqual(said, expected, `the oracle: ${modify} of ${data}`);
        assert.deepEqual(seen, expected, `${modify} of ${data}`);
      }
    }),
  );
}

const FF = '[255, 255, 255, 255, 255, 255, 255, 255]';
const DIGITS = '3132333435363738';
/** A sum over eight bytes and one of the profile, into byte 0. */
const NINE = 'from: 0, to: 7, result: 0, profile: 1u8, profile-data: [0x39]';
const SAME = 'or: { length: 0 }';

changesFrames(
  'G1 one modification of identifier, length or data',
  [
    change('{ and: { id: 0x70F } }', '0102', '100#0102'),
    change('{ or: { id: 0x400 } }', '0102', '501#0102'),
    change('{ xor: { id: 0x7FF } }', '0102', '6FD#0102'),
    change('{ set: { id: 0x80012345 } }', '0102', '00012345#0102'),
    change('{ and: { length: 3 } }', '01020304', ''),
    change('{ or: { length: 2 } }', '01020304', '010203040000'),
    change('{ xor: { length: 5 } }', '01020304', '01'),
    change('{ set: { length: 2 } }', '01020304', '0102'),
    change('{ and: { data: [255, 0, 255] } }', '01020304', '01000304'),
    change('{ or: { data: [0x80] } }', '01020304', '81020304'),
    change(`{ xor: { data: ${FF} } }`, '01020304', 'FEFDFCFB'),
    change('{ set: { data: [17, 34, 51, 68, 85, 102, 119, 136] } }', '0102', '1122'),
    change('{ xor: { id: 0x40000000 } }', '0102', '10C#R2'),
    change('{ xor: { id: 0x40000000 } }', 'R3', '10D#000000'),
  ],
  onBoth,
);

// (0xa5 & 0x0f | 0x30) ^ 0xff = 0xca.
changesFrames('G2 all four: AND, OR, XOR, SET, whatever their order in the file', [
  change(
    '{ set: { length: 1 }, xor: { data: [255] }, or: { data: [0x30] }, and: { data: [0x0F] } }',
    'A5A5',
    'CA',
  ),
  change(
    '{ and: { data: [0] }, or: { data: [1] }, xor: { data: [3] }, set: { data: [7] } }',
    'A5',
    '07',
  ),
]);

onBoth('G3 a length above 8 deletes the frame', (engine) => {
  const rules = tableOf([
    change('{ set: { length: 16 } }', ''),
    change('{ xor: { length: 1 } }', ''),
  ]);
  return withRig({ engine, rules }, (rig) => {
    rig.forget();
    for (const text of ['100#01', '101#0102030405060708', '101#01']) send(rig, text);
    assert.deepEqual(
      rig.agl.map(({ frame }) => textOf(frame)),
      ['101#'],
    );
  });
});

changesFrames('G4 the XOR checksum, from the begin, from the end, and downwards', [
  change(
    `{ ${SAME}, checksum: { kind: xor, from: 0, to: 2, result: 3, init: 0xF0 } }`,
    '01020400',
    '010204F7',
  ),
  change(
    `{ ${SAME}, checksum: { kind: xor, from: -4, to: -2, result: -1 } }`,
    '01020400',
    '01020407',
  ),
  change(`{ ${SAME}, checksum: { kind: xor, from: 2, to: 0, result: 3 } }`, '01020400', '01020407'),
  change(`{ ${SAME}, checksum: { kind: xor, from: -3, to: -1, result: -1 } }`, '0102', '0102'),
  change('{ set: { length: 3 }, checksum: { kind: xor } }', '0102040810', '010203'),
]);

changesFrames(
  'G5 CRC-8: 0x4B for "123456789" with SAE-J1850, 0xDF with AUTOSAR; the profiles; both ends',
  [
    change(`{ ${SAME}, checksum: { kind: sae-j1850, ${NINE} } }`, DIGITS, `4B${DIGITS.slice(2)}`),
    change(`{ ${SAME}, checksum: { kind: autosar, ${NINE} } }`, DIGITS, `DF${DIGITS.slice(2)}`),
    // The ninth byte is the one that the lower half of byte 1 (0x32) chooses.
    change(
      `{ ${SAME}, checksum: { kind: autosar, from: 0, to: 7, result: 0, profile: 16u8, profile-data: [0, 0, 0x39, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] } }`,
      DIGITS,
      `DF${DIGITS.slice(2)}`,
    ),
    // 0x38 ^ 0x01 is the ninth byte.
    change(
      `{ set: { id: 0x138 }, checksum: { kind: autosar, from: 0, to: 7, result: 0, profile: sffid-xor } }`,
      DIGITS,
      `138#DF${DIGITS.slice(2)}`,
    ),
    // CRC-8/AUTOSAR of 01 02 00: 0x65. Downwards it is that of 00 02 01.
    change(`{ ${SAME}, checksum: autosar }`, '01020000', '01020065'),
    change(
      `{ ${SAME}, checksum: { kind: autosar, from: 2, to: 0, result: 3 } }`,
      '00020100',
      '00020165',
    ),
  ],
  onBoth,
);

onWasm('G6 a frame that two rules would send round is sent once by each', (engine) => {
  const rules = `version: 1
rules:
  - { name: out, match: { id: 0x123 }, forward: true, modify: { set: { id: 0x456 } } }
  - { name: back, from: agl, match: { id: 0x456 }, forward: true, modify: { set: { id: 0x123 } } }
`;
  return withRig({ engine, rules }, (rig) => {
    rig.forget();
    send(rig, '123#01');
    assert.deepEqual(
      rig.agl.map(({ frame }) => textOf(frame)),
      ['456#01'],
    );
    assert.deepEqual(rig.sentBy('canwarden'), []);
    rig.sendFromAgl({ identifier: 0x456, data: Uint8Array.of(2) });
    rig.run(MILLISECOND);
    assert.deepEqual(rig.sentBy('canwarden').map(textOf), ['123#02']);
    assert.equal(rig.agl.length, 1, 'what the cell sends does not come back to it');
    rig.run(20 * MILLISECOND);
    assert.deepEqual([rig.sentBy('canwarden').length, rig.agl.length], [1, 1], 'nor later');
  });
});

onWasm('G7 frames that go on and those that do not are counted apart', (engine) => {
  const rules = `version: 1
rules:
  - { name: handled, match: { id: 0x100 }, forward: true, modify: { or: { data: [1] } } }
  - { name: dropped, match: { id: 0x101 }, action: drop }
`;
  return withRig({ engine, rules }, (rig) => {
    for (const text of ['100#00', '100#00', '101#', '200#']) send(rig, text);
    const page = settledStatusPage(rig.board);
    assert.ok(page);
    assert.equal(page.counters[COUNTER.forwarded], 3);
    assert.deepEqual(page.rules.hits.slice(0, 2), [2, 1]);
  });
});

onWasm(
  'G8 without a modification the frame goes on as it came, with its raw length code',
  (engine) =>
    withRig({ engine, rules: tableOf([change(`{ ${SAME} }`, '')]) }, (rig) => {
      rig.forget();
      send(rig, '200#0102030405060708_C');
      send(rig, '100#0102030405060708_C');
      assert.deepEqual(
        rig.agl.map(({ frame }) => textOf(frame)),
        ['200#0102030405060708_C', '100#0102030405060708'],
      );
    }),
);
