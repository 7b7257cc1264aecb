// SPDX-License-Identifier: MIT
/**
 * The check of protected frames: for each profile a row of frames, and what the specification says about each.
 *
 * Source: AUTOSAR PRS E2E Protocol R20-11. Profiles 1 and 2: MaxDeltaCounterInit, SyncCounterInit 0: the allowed gap is
 * one wider, grows with each frame that is not accepted, and a wrong sequence does not change the last counter.
 * Profiles 5, 11 and 22: MaxDeltaCounter, and each frame that is right sets the last counter.
 */
import assert from 'node:assert/strict';
import { COUNTER } from '../../lab/page/counters.ts';
import { ruleTableRequest, RequestWriter } from '../../lab/page/requests.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { compileRules } from '../../rules/compile.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';
import { frameText, protectedData, type Protection } from './e2e.ts';

const LIST = Array.from({ length: 16 }, (_, index) => 0x30 + index);
const PAYLOAD = [0, 0, 0, 0x11, 0x22, 0x33, 0x44, 0x55];
const FIRST = 0x200;

/** `bad`: a flipped bit. `short`: seven bytes. `nibble`: another data identifier, with the checksum of the right one. */
type Sent = number | `bad ${number}` | `short ${number}` | `nibble ${number}`;
type Result = 'ok' | 'some-lost' | 'initial' | 'repeated' | 'wrong-sequence' | 'error';

interface Row extends Protection {
  readonly words: string;
  readonly frames: readonly (readonly [Sent, Result])[];
}

const ROWS: readonly Row[] = [
  {
    ...{ profile: 1, dataId: 0x123, words: 'data-id: 0x123, max-delta: 1' },
    frames: [
      ['bad 4', 'error'],
      [5, 'initial'],
      [6, 'ok'],
      [6, 'repeated'],
      [8, 'some-lost'],
      ['bad 9', 'error'],
      // The gap is 4, and 3 may be: 1, one for this frame, one for the bad one.
      [12, 'wrong-sequence'],
      [12, 'some-lost'],
      [0, 'wrong-sequence'],
      [14, 'some-lost'],
      [0, 'ok'],
      // A counter that the profile does not have.
      [15, 'error'],
      ['short 1', 'error'],
    ],
  },
  {
    ...{ profile: 2, dataIds: LIST, words: `data-ids: [${LIST.join(', ')}], max-delta: 0` },
    frames: [
      [15, 'initial'],
      [0, 'ok'],
      [2, 'wrong-sequence'],
      [2, 'some-lost'],
      [2, 'repeated'],
      ['bad 3', 'error'],
      [5, 'some-lost'],
    ],
  },
  {
    ...{ profile: 5, dataId: 0x1234, words: 'data-id: 0x1234, max-delta: 2' },
    frames: [
      [5, 'initial'],
      [6, 'ok'],
      [6, 'repeated'],
      [8, 'some-lost'],
      ['bad 9', 'error'],
      [11, 'wrong-sequence'],
      [12, 'ok'],
      [255, 'wrong-sequence'],
      [0, 'ok'],
      ['short 1', 'error'],
    ],
  },
  {
    ...{ profile: 11, dataId: 0x123, mode: 'nibble', words: 'data-id: 0x123, mode: nibble' },
    frames: [
      [14, 'initial'],
      [0, 'ok'],
      [2, 'wrong-sequence'],
      [3, 'ok'],
      ['nibble 4', 'error'],
      [4, 'ok'],
    ],
  },
  {
    ...{ profile: 22, dataIds: LIST, words: `data-ids: [${LIST.join(', ')}], max-delta: 3` },
    frames: [
      [15, 'initial'],
      [0, 'ok'],
      [3, 'some-lost'],
      [7, 'wrong-sequence'],
      [8, 'ok'],
      [8, 'repeated'],
    ],
  },
];

/** Each result has a way of its own, or a counter. */
const ON = 'on: { some-lost: mark, repeated: drop, wrong-sequence: substitute, error: drop }';
const CHANGES = 'mark: { or: { data: [0, 0, 0, 0x80] } }, substitute: { set: { data: [1, 2, 3] } }';

const rulesOf = (rows: readonly Row[]): string => `version: 1
default: drop
rules:${rows
  .map(
    ({ profile, words }, index) => `
  - name: row-${index}
    match: { id: ${FIRST + index} }
    check: { profile: ${profile}, length: 8, ${words}, ${ON}, ${CHANGES} }`,
  )
  .join('')}
`;

function dataOf(row: Row, sent: Sent): number[] {
  const counter = Number(String(sent).replace(/\D+/, ''));
  const data = protectedData(row, PAYLOAD, counter);
  if (typeof sent === 'number') return data;
  if (sent.startsWith('short')) return data.slice(0, 7);
  if (sent.startsWith('bad')) return [...data.slice(0, 7), data[7] ^ 0x10];
  return protectedData({ ...row, dataId: 0x223 }, PAYLOAD, counter);
}

/** What AGL gets. */
function forwardedOf(index: number, data: readonly number[], result: Result): string[] {
  const [identifier, all] = [FIRST + index, [...data]];
  if (result === 'repeated' || result === 'error') return [];
  if (result === 'some-lost') all[3] |= 0x80;
  if (result === 'wrong-sequence') all.splice(0, 3, 1, 2, 3);
  return [frameText(identifier, all)];
}

const COUNTED: Partial<Record<Result, number>> = {
  'some-lost': COUNTER.checkSomeLost,
  repeated: COUNTER.checkRepeated,
  'wrong-sequence': COUNTER.checkWrongSequence,
  error: COUNTER.checkError,
};

/** Plays the rows side by side, and compares what AGL got and what the cell has counted. */
function play(rig: Rig, rows: readonly Row[], most: number, isCounted: boolean): void {
  rig.run(2 * MILLISECOND);
  const all: Result[] = [];
  for (let step = 0; step < most; step++) {
    rig.forget();
    const expected: string[] = [];
    for (const [index, row] of rows.entries()) {
      const frame = row.frames.at(step);
      if (frame === undefined || step >= row.frames.length) continue;
      const [sent, result] = frame;
      const data = dataOf(row, sent);
      rig.send({ identifier: FIRST + index, data });
      expected.push(...forwardedOf(index, data, result));
      all.push(result);
    }
    rig.run(2 * MILLISECOND);
    const got = rig.agl.map(({ frame }) => textOf(frame));
    assert.deepEqual(got.sort(), expected.sort(), `frame ${step}`);
  }
  // A page takes the image a while.
  if (!isCounted) return;
  const page = settledStatusPage(rig.board);
  for (const [result, counter] of Object.entries(COUNTED) as [Result, number][]) {
    const seen = all.filter((one) => one === result).length;
    assert.equal(page?.counters[counter], seen, result);
  }
  const notPassed = rows.map(({ frames }) => {
    const played = frames.slice(0, most);
    return played.filter(([, result]) => !['ok', 'initial'].includes(result)).length;
  });
  assert.deepEqual(page?.rules.refused.slice(0, rows.length), notPassed);
}

const MOST: Record<EngineName, number> = { wasm: 13, image: 5 };

onBoth(
  'P1 check: ok, some lost, initial, repeated, wrong sequence, error, by each profile',
  (engine) =>
    withRig({ engine, rules: rulesOf(ROWS) }, (rig) =>
      play(rig, ROWS, MOST[engine], engine === 'wasm'),
    ),
);

const FIVE = { profile: 5, dataId: 0x1234 } as const;
const PROTECT_FIVE = 'protect: { profile: 5, data-id: 0x1234 }';

/** Sends data to the identifier, and gives what reaches AGL. */
function forwarded(rig: Rig, identifier: number, data: readonly number[]): string[] {
  rig.forget();
  rig.send({ identifier, data: [...data] });
  rig.run(MILLISECOND);
  return rig.agl.map(({ frame }) => textOf(frame));
}

onWasm('P1 check: what goes on, or a substitute, is protected anew by one counter', (engine) => {
  const rules = `version: 1
rules:
  - name: speed
    match: { id: 0x200 }
    check: { profile: 1, data-id: 0x123, length: 8, substitute: { set: { data: [0, 0, 0, 0xFF] }, ${PROTECT_FIVE} } }
    modify: { set: { length: 8 }, ${PROTECT_FIVE} }
`;
  const one = { profile: 1, dataId: 0x123 } as const;
  return withRig({ engine, rules }, (rig) => {
    rig.run(2 * MILLISECOND);
    const good = (counter: number): number[] => protectedData(one, PAYLOAD, counter);
    const bad = [...good(2).slice(0, 7), 0];
    const rows = [good(0), good(1), bad, good(1), good(2)];
    for (const [index, data] of rows.entries()) {
      const isBad = index === 2 || index === 3;
      const payload = isBad ? [0, 0, 0, 0xff, ...data.slice(4)] : data;
      const expected = frameText(0x200, protectedData(FIVE, payload, index));
      assert.deepEqual(forwarded(rig, 0x200, data), [expected], `frame ${index}`);
    }
  });
});

onWasm(
  'P1 check: two on one identifier, each with its own counter; answers only what is right',
  (engine) => {
    const rules = `version: 1
rules:
  - name: low
    match: { id: 0x200, length: 8, data: [~, ~, ~, { max: 0x7F, min: 0 }] }
    check: { profile: 5, data-id: 0x1234 }
    answer: { id: 0x201, data: [1] }
    forward: true
  - name: high
    match: { id: 0x200 }
    check: { profile: 5, data-id: 0x4321, length: 8 }
    answer: { id: 0x202, data: [2] }
    forward: true
`;
    const other = { profile: 5, dataId: 0x4321 } as const;
    return withRig({ engine, rules }, (rig) => {
      rig.run(2 * MILLISECOND);
      const low = [0, 0, 0, 1, 0, 0, 0, 0];
      const high = [0, 0, 0, 0xff, 0, 0, 0, 0];
      const rows: [number[], string[]][] = [
        [protectedData(FIVE, low, 7), ['201#01']],
        [protectedData(other, high, 100), ['202#02']],
        [protectedData(FIVE, low, 8), ['201#01']],
        [protectedData(other, high, 101), ['202#02']],
        // The right data identifier for the other rule, and a repeated one.
        [protectedData(other, low, 9), []],
        [protectedData(FIVE, low, 8), []],
        [protectedData(other, high, 102), ['202#02']],
      ];
      for (const [index, [data, answers]] of rows.entries()) {
        const got = forwarded(rig, 0x200, data);
        assert.deepEqual(got, answers.length === 0 ? [] : [frameText(0x200, data)], `${index}`);
        assert.deepEqual(rig.sentBy('canwarden').map(textOf), answers, `frame ${index}`);
      }
    });
  },
);

onWasm(
  'P1 check: a live table keeps the last counter of a rule with the same name and kind',
  (engine) => {
    const table = (name: string, profile: string): string => `version: 1
rules:
  - { name: ${name}, match: { id: 0x200 }, check: { ${profile}, length: 8 } }
`;
    const five = 'profile: 5, data-id: 0x1234';
    return withRig({ engine, rules: table('speed', five) }, (rig) => {
      rig.run(2 * MILLISECOND);
      const writer = new RequestWriter(rig.board.control?.requests ?? Buffer.alloc(0));
      const swap = (text: string): void => {
        writer.write(ruleTableRequest(compileRules(text, 'rules.yaml').image));
        rig.run(5 * MILLISECOND);
      };
      const passes = (counter: number): boolean =>
        forwarded(rig, 0x200, protectedData(FIVE, PAYLOAD, counter)).length === 1;
      assert.equal(passes(7), true);
      swap(table('speed', five).replace('length: 8', 'length: 8, max-delta: 3'));
      assert.equal(passes(7), false, 'repeated, as the swap has kept the counter');
      assert.equal(passes(10), true);
      swap(table('other', five));
      assert.equal(passes(10), true, 'another name begins anew');
      swap(table('other', 'profile: 1, data-id: 0x123'));
      const one = protectedData({ profile: 1, dataId: 0x123 }, PAYLOAD, 10);
      assert.equal(forwarded(rig, 0x200, one).length, 1, 'another kind begins anew');
    });
  },
);

onWasm(
  'P1 check: what AGL sends is checked, by the table and by a locked wall beside another',
  (engine) => {
    const rules = `version: 1
agl: { default: deny, wall: locked }
rules:
  - { name: torque, from: agl, match: { id: 0x300 }, check: { profile: 5, data-id: 0x1234, length: 8 } }
`;
    return withRig({ engine, rules }, (rig) => {
      rig.run(2 * MILLISECOND);
      const sent = (counter: number, flip = 0): number => {
        const data = protectedData(FIVE, PAYLOAD, counter);
        rig.forget();
        rig.sendFromAgl({ identifier: 0x300, data: [...data.slice(0, 7), data[7] ^ flip] });
        rig.run(MILLISECOND);
        return rig.sentBy('canwarden').length;
      };
      assert.deepEqual([sent(1), sent(1), sent(2, 4), sent(2)], [1, 0, 0, 1]);
      const writer = new RequestWriter(rig.board.control?.requests ?? Buffer.alloc(0));
      const open = 'version: 1\nrules: []\n';
      writer.write(ruleTableRequest(compileRules(open, 'rules.yaml').image));
      rig.run(5 * MILLISECOND);
      assert.deepEqual([sent(2), sent(3, 1), sent(3)], [0, 0, 1], 'the wall goes on where it was');
    });
  },
);
