// SPDX-License-Identifier: MIT
/**
 * F1 to F20: software filters as SocketCAN has them (linux/can.h, struct can_filter).
 *
 * Four frames of identifier 0x123: data and remote, 11 and 29 bits. Expected sets: those of the kernel's own
 * test of CAN_RAW filters (tools/testing/selftests/net/can), computed here from nothing but its table.
 */
import assert from 'node:assert/strict';
import type { EngineName } from '../../twin/engine/engine.ts';
import { MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';

const DATA_11 = '123#';
const DATA_29 = '00000123#';
const REMOTE_11 = '123#R';
const REMOTE_29 = '00000123#R';
const ALL = [DATA_11, REMOTE_11, DATA_29, REMOTE_29];

/** Sends the four frames and gives those that reached AGL. */
async function passedBy(engine: EngineName, filters: readonly string[]): Promise<string[]> {
  const list = filters.map((filter) => `'${filter}'`).join(', ');
  const rules = `version: 1\nfilters: [${list}]\nrules: []\n`;
  let passed: string[] = [];
  await withRig({ engine, rules }, (rig) => {
    for (const extended of [false, true]) {
      for (const remote of [false, true]) {
        rig.send({ identifier: 0x123, extended, remote });
        rig.run(MILLISECOND);
      }
    }
    rig.run(10 * MILLISECOND);
    assert.equal(rig.sentByOthers.length, 4);
    passed = rig.agl.map(({ frame }) => textOf(frame));
  });
  return passed;
}

/** Name, filter, and what passes. */
const CASES: readonly (readonly [name: string, filter: string, passes: readonly string[]])[] = [
  ['F1', '123:7FF', ALL],
  ['F2', '80000123:7FF', ALL],
  ['F3', '40000123:7FF', ALL],
  ['F4', 'C0000123:7FF', ALL],
  ['F5', '123:800007FF', [DATA_11, REMOTE_11]],
  ['F6', '80000123:800007FF', [DATA_29, REMOTE_29]],
  ['F7', '40000123:800007FF', [DATA_11, REMOTE_11]],
  ['F8', 'C0000123:800007FF', [DATA_29, REMOTE_29]],
  ['F9', '123:400007FF', [DATA_11, DATA_29]],
  ['F10', '80000123:400007FF', [DATA_11, DATA_29]],
  ['F11', '40000123:400007FF', [REMOTE_11, REMOTE_29]],
  ['F12', 'C0000123:400007FF', [REMOTE_11, REMOTE_29]],
  ['F13', '123:C00007FF', [DATA_11]],
  ['F14', '80000123:C00007FF', [DATA_29]],
  ['F15', '40000123:C00007FF', [REMOTE_11]],
  ['F16', 'C0000123:C00007FF', [REMOTE_29]],
  ['F17', '123:DFFFFFFF', [DATA_11]],
  ['F18', '80000123:DFFFFFFF', [DATA_29]],
];
const ON_BOTH = ['F1', 'F6', 'F11', 'F16', 'F18'];

for (const [name, filter, passes] of CASES) {
  const declare = ON_BOTH.includes(name) ? onBoth : onWasm;
  declare(`${name} filter ${filter} passes ${passes.join(' ')}`, async (engine) => {
    assert.deepEqual(await passedBy(engine, [filter]), passes);
  });
}

onBoth('F19 an inverted filter passes the complement', async (engine) => {
  assert.deepEqual(await passedBy(engine, ['123~C00007FF']), [REMOTE_11, DATA_29, REMOTE_29]);
  assert.deepEqual(await passedBy(engine, ['123~7FF']), []);
  assert.deepEqual(await passedBy(engine, ['124~7FF']), ALL);
});

onWasm('F20 two filters that overlap: a frame passes if any takes it, and once', async (engine) => {
  const filters = ['123:800007FF', '123:C00007FF', '80000123:C00007FF'];
  assert.deepEqual(await passedBy(engine, filters), [DATA_11, REMOTE_11, DATA_29]);
});
