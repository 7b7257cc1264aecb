// SPDX-License-Identifier: MIT
/** What the judge expects of a frame: the meaning of rules.yaml, worked out by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileRules } from '../../rules/compile.ts';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { demandFor } from '../../lab/verify/rule-oracle.ts';

const RULES = `
version: 1
rules:
  - name: static
    match: { id: 0x1A0 }
    answer: { id: 0x1A1, data: [0x01, 0xA5] }
  - name: computed
    match: { id: 0x2B0, data: [0x10, { value: 0x02, mask: 0x0F }] }
    answer: { id: 0x18DAF110, extended: true, length: 4, data: [0x50], copy: [{ from: 0, to: 1, count: 2 }] }
    forward: true
  - name: echo
    match: { id: 0x300, mask: 0x7F0 }
    answer: { id: 0x311, length: same-as-request, copy: [{ from: 0, to: 0, count: 3 }] }
  - name: asked
    match: { id: 0x3C0, remote: true }
    answer: { id: 0x3C0, data: [0x11] }
  - name: noise
    match: { id: 0x7F0, mask: 0x7F0 }
    action: drop
`;
const { table } = compileRules(RULES, 'rules.yaml');
const demand = (frame: CanFrame) => demandFor(table, frame);
const data = (identifier: number, ...bytes: number[]) => makeFrame({ identifier, data: bytes });

describe('the rule oracle', () => {
  it('gives a static answer for any data, and keeps the request from AGL', () => {
    const { answer, isStatic, forward, rule } = demand(data(0x1a0, 9, 9, 9));
    assert.deepEqual(answer, data(0x1a1, 0x01, 0xa5));
    assert.deepEqual([isStatic, forward, rule?.name], [true, false, 'static']);
  });

  it('copies request bytes into a computed answer and compares data under masks', () => {
    const { answer, isStatic, forward } = demand(data(0x2b0, 0x10, 0xf2));
    const expected = { identifier: 0x18daf110, extended: true, data: [0x50, 0x10, 0xf2, 0] };
    assert.deepEqual(answer, makeFrame(expected));
    assert.deepEqual([isStatic, forward], [false, true]);
  });

  it('does not match a frame whose data differ or that is too short to have them', () => {
    for (const frame of [data(0x2b0, 0x10, 0x03), data(0x2b0, 0x10), data(0x2b0)]) {
      const { answer, forward } = demand(frame);
      assert.deepEqual([answer, forward], [undefined, true]);
    }
  });

  it('compares only identifier bits under the mask, and answers with the length of the request', () => {
    assert.deepEqual(demand(data(0x30f, 1, 2, 3)).answer, data(0x311, 1, 2, 3));
    const longCode = makeFrame({ identifier: 0x305, dlc: 12, data: [1, 2, 3, 4, 5, 6, 7, 8] });
    assert.deepEqual(demand(longCode).answer, data(0x311, 1, 2, 3, 0, 0, 0, 0, 0));
    assert.equal(demand(data(0x30f, 1, 2)).answer, undefined, 'too short to copy from');
  });

  it('tells remote from data and extended from standard frames', () => {
    const remote = makeFrame({ identifier: 0x3c0, remote: true, dlc: 4 });
    assert.deepEqual(demand(remote).answer, data(0x3c0, 0x11));
    assert.equal(demand(data(0x3c0, 1, 2, 3, 4)).answer, undefined);
    const extended = makeFrame({ identifier: 0x1a0, extended: true });
    assert.equal(demand(extended).answer, undefined);
  });

  it('asks the filters about frames that no rule matches, and then not the default', () => {
    const filters = [
      { identifier: 0x100, mask: 0x700, inverted: false },
      { identifier: 0x80000123, mask: 0x9fffffff, inverted: false },
      { identifier: 0x600, mask: 0xc0000700, inverted: false },
    ];
    const filtered = { ...table, defaultAction: 'drop' as const, filters };
    const isForwarded = (frame: CanFrame): boolean => demandFor(filtered, frame).forward;
    assert.ok(isForwarded(data(0x111)));
    assert.equal(demandFor(filtered, data(0x222)).drop, 'filter');
    assert.ok(isForwarded(makeFrame({ identifier: 0x123, extended: true })));
    assert.ok(!isForwarded(makeFrame({ identifier: 0x222, extended: true })));
    assert.ok(isForwarded(makeFrame({ identifier: 0x655 })));
    assert.ok(!isForwarded(makeFrame({ identifier: 0x655, remote: true })));
    const inverted = filters.map((filter) => ({ ...filter, inverted: true }));
    assert.ok(demandFor({ ...table, filters: inverted }, data(0x222)).forward);
    assert.ok(!demandFor({ ...table, filters: inverted.slice(0, 1) }, data(0x111)).forward);
  });

  it('says why a frame goes nowhere', () => {
    assert.equal(demand(data(0x7f5)).drop, 'rule');
    assert.equal(demandFor({ ...table, defaultAction: 'drop' }, data(0x111)).drop, 'default');
    assert.equal(demand(data(0x111)).drop, undefined);
  });
});
