// SPDX-License-Identifier: MIT
/**
 * The oracle's matching, programs, counters, rates and directions, worked out by hand: among them the cases
 * F19, F20 and U2, U3, U8.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DataCondition, Rule, Step } from '../../rules/model.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import { answerOf, fieldOf, ruleOf, tableOf } from './oracle-model.ts';

const data = (identifier: number, ...bytes: number[]) => makeFrame({ identifier, data: bytes });

/** Whether a rule with this match takes the frame. */
function takes(match: Partial<Rule['match']>, frame = data(0x123)): boolean {
  return new RuleOracle(tableOf(ruleOf({}, match))).feed(frame).rule !== undefined;
}

/** The answer to 0x123 with these bytes, made by the steps from eight zero bytes. */
function answered(steps: readonly Step[], ...bytes: number[]): string {
  const answer = answerOf([0, 0, 0, 0, 0, 0, 0, 0], steps);
  const { toBus } = new RuleOracle(tableOf(ruleOf({ answer }))).feed(data(0x123, ...bytes));
  return toBus.map(formatFrame).join(' ');
}

describe('identifiers', () => {
  const identifiers = [
    { first: 0x100, last: 0x10f },
    { first: 0x200, last: 0x200 },
  ];
  const inverted = [
    { first: 0, last: 0xff },
    { first: 0x110, last: 0x1ff },
    { first: 0x201, last: 0x7ff },
  ];
  const asked = [0xff, 0x100, 0x10f, 0x110, 0x1ff, 0x200, 0x201];
  const taken = (match: Partial<Rule['match']>) => asked.filter((id) => takes(match, data(id)));

  it('lists and ranges, beside the mask', () => {
    assert.deepEqual(taken({ identifier: 0, mask: 0, identifiers }), [0x100, 0x10f, 0x200]);
    assert.deepEqual(taken({ identifier: 0x100, mask: 0x70f, identifiers }), [0x100]);
  });
  it('case F19: inverted, the complement, of its own form', () => {
    const match = { identifier: 0, mask: 0, identifiers: inverted };
    assert.deepEqual(taken(match), [0xff, 0x110, 0x1ff, 0x201]);
    assert.ok(!takes(match, makeFrame({ identifier: 0xff, extended: true })));
  });
  it('case F20: of two overlapping rules the first decides', () => {
    const wide = ruleOf({ name: 'wide' }, { identifier: 0x100, mask: 0x700 });
    const narrow = ruleOf({ name: 'narrow' });
    const ruleFor = (...rules: Rule[]) => new RuleOracle(tableOf(...rules)).feed(data(0x123)).rule;
    assert.equal(ruleFor(wide, narrow)?.name, 'wide');
    assert.equal(ruleFor(narrow, wide)?.name, 'narrow');
  });
});

describe('conditions', () => {
  const inverted = false;
  const range = (field: DataCondition & { kind: 'range' }): DataCondition[][] => [[field]];
  const between = (minimum: bigint, maximum: bigint, field = fieldOf(0, 8)) =>
    range({ kind: 'range', field, minimum, maximum, inverted });

  it('case U2: hit and miss on the first data byte', () => {
    const conditions = between(0x10n, 0x12n);
    const hits = [0x0f, 0x10, 0x12, 0x13].map((byte) => takes({ conditions }, data(0x123, byte)));
    assert.deepEqual(hits, [false, true, true, false]);
  });
  it('signed and big-endian fields', () => {
    // Bytes 0 and 1, byte 0 first: 0xff38 = -200.
    const field = fieldOf(48, 16, { bigEndian: true, signed: true });
    assert.ok(takes({ conditions: between(-200n, -200n, field) }, data(0x123, 0xff, 0x38)));
    assert.ok(!takes({ conditions: between(-199n, 0n, field) }, data(0x123, 0xff, 0x38)));
    const unsigned = { ...field, signed: false };
    assert.ok(takes({ conditions: between(65336n, 65336n, unsigned) }, data(0x123, 0xff, 0x38)));
  });
  it('bits, sets, inverted, and one of several', () => {
    const bits: DataCondition = { kind: 'bits', value: 0x0100n, mask: 0xff00n, inverted };
    assert.ok(takes({ conditions: [[bits]] }, data(0x123, 0x55, 0x01)));
    assert.ok(!takes({ conditions: [[bits]] }, data(0x123, 0x01, 0x55)));
    const set: DataCondition = { kind: 'set', field: fieldOf(4, 4), values: [1, 9], inverted };
    assert.ok(takes({ conditions: [[set]] }, data(0x123, 0x97)));
    assert.ok(!takes({ conditions: [[{ ...set, inverted: true }]] }, data(0x123, 0x97)));
    assert.ok(takes({ conditions: [[bits, set]] }, data(0x123, 0x97)));
    assert.ok(!takes({ conditions: [[bits], [set]] }, data(0x123, 0x97)));
  });
  it('bytes beyond the length are 0; a remote frame has no data', () => {
    const match = { conditions: between(0n, 0n, fieldOf(56, 8)) };
    assert.ok(takes(match, data(0x123, 1)));
    const remote = makeFrame({ identifier: 0x123, remote: true, dlc: 8 });
    assert.ok(!takes({ ...match, remote: 'any' }, remote));
    assert.ok(takes({ remote: 'any' }, remote));
  });
  it('the least and the most length', () => {
    const match = { minimumLength: 2, maximumLength: 3 };
    const lengths = [1, 2, 3, 4].filter((length) =>
      takes(match, data(0x123, ...new Uint8Array(length))),
    );
    assert.deepEqual(lengths, [2, 3]);
  });
});

describe('programs', () => {
  const load = (width: number, shift = 0): Step => ({
    kind: 'load-request',
    field: fieldOf(shift, width),
  });
  const store = (shift: number, width: number, bigEndian = false): Step => ({
    kind: 'store',
    field: fieldOf(shift, width, { bigEndian }),
  });
  const value = (kind: 'add' | 'multiply' | 'divide' | 'at-least' | 'at-most', number: bigint) =>
    ({ kind, value: number }) as const;

  it('case U3: each byte one more', () => {
    const steps = [0, 8].flatMap((shift) => [load(8, shift), value('add', 1n), store(shift, 8)]);
    assert.equal(answered(steps, 0x01, 0xff), '124#0200000000000000');
  });
  it('divides to the nearest, halves away from zero', () => {
    const signed: Step = { kind: 'load-request', field: fieldOf(0, 8, { signed: true }) };
    const halved = (byte: number) =>
      answered([signed, value('divide', 2n), store(0, 8)], byte).slice(4, 6);
    // 5 / 2 = 2.5 -> 3; -5 / 2 -> -3 = 0xfd; -4 / 2 = -2.
    assert.deepEqual([5, 0xfb, 0xfc, 4].map(halved), ['03', 'FD', 'FE', '02']);
    assert.equal(answered([load(8), value('divide', 3n), store(0, 8)], 5).slice(4, 6), '02');
  });
  it('saturates, signed', () => {
    const signed: Step = { kind: 'load-request', field: fieldOf(0, 8, { signed: true }) };
    const kept = (byte: number) =>
      answered([signed, value('at-least', -2n), value('at-most', 3n), store(0, 8)], byte);
    assert.deepEqual(
      [0x80, 0x02, 0x7f].map((byte) => kept(byte).slice(4, 6)),
      ['FE', '02', '03'],
    );
  });
  it('wraps at 64 bits', () => {
    const big: Step = { kind: 'load-constant', value: 2n ** 63n - 1n };
    assert.equal(answered([big, value('add', 1n), store(0, 64)]), '124#0000000000000080');
    const all = { shift: 0, width: 64, bigEndian: true, signed: false };
    assert.equal(
      answered([big, value('multiply', 2n), { kind: 'store', field: all }]),
      '124#FFFFFFFFFFFFFFFE',
    );
  });
  it('stores big-endian and touches no other bit', () => {
    // Bits 52 to 59: the low half of byte 0 and the high half of byte 1.
    assert.equal(answered([load(8), store(52, 8, true)], 0xab), '124#0AB0000000000000');
  });
  it('reads and writes the identifier: reply to the source address', () => {
    const steps: Step[] = [
      { kind: 'set-identifier', value: 0x98daf100 },
      { kind: 'load-identifier', shift: 0, width: 8 },
      { kind: 'store-identifier', shift: 8, width: 8 },
      { kind: 'load-length' },
      store(0, 8),
      { kind: 'set-length', value: 1 },
    ];
    const rule = ruleOf({ answer: answerOf([], steps) }, { extended: true, mask: 0 });
    const request = makeFrame({ identifier: 0x18da00f9, extended: true, data: [1, 2, 3] });
    const { toBus } = new RuleOracle(
      tableOf({ ...rule, match: { ...rule.match, identifier: 0 } }),
    ).feed(request);
    assert.deepEqual(toBus.map(formatFrame), ['18DAF900#03']);
  });
  it('reads live values; those beyond the last are 0', () => {
    const live: Step = { kind: 'load-live', field: fieldOf(0, 16), first: 63 };
    const oracle = new RuleOracle(
      tableOf(ruleOf({ answer: answerOf([9, 9], [live, store(0, 16)]) })),
    );
    oracle.live[63] = 0xee;
    assert.deepEqual(oracle.feed(data(0x123)).toBus.map(formatFrame), ['124#EE00']);
  });
  it('reads back what it has stored', () => {
    const steps: Step[] = [
      load(8),
      store(0, 8),
      { kind: 'load-target', field: fieldOf(0, 4) },
      store(8, 8),
    ];
    assert.equal(answered(steps, 0x5a), '124#5A0A000000000000');
  });
});

describe('state', () => {
  const counting: Step[] = [
    { kind: 'load-counter', increment: 4, maximum: 9 },
    { kind: 'store', field: fieldOf(0, 8) },
  ];
  const counter = ruleOf({ answer: answerOf([0], counting) });
  const first = (oracle: RuleOracle, micros = 0) =>
    oracle
      .feed(data(0x123), 'bus', micros)
      .toBus.map(({ data: [byte] }) => byte)
      .join();

  it('counts from 0 in steps, beyond the maximum from the begin', () => {
    const oracle = new RuleOracle(tableOf(counter));
    const seen = Array.from({ length: 6 }, () => first(oracle));
    assert.deepEqual(seen, ['0', '4', '8', '2', '6', '0']);
  });
  it('survives a new table where name, answer and maximum are the same', () => {
    const old = new RuleOracle(tableOf(counter));
    first(old);
    assert.equal(
      first(new RuleOracle(tableOf(ruleOf({ name: 'new' }, { identifier: 7 }), counter), old)),
      '4',
    );
    const renamed = { ...counter, name: 'other' };
    assert.equal(first(new RuleOracle(tableOf(renamed), old)), '0');
    const wider = counting.map((step) => ('maximum' in step ? { ...step, maximum: 15 } : step));
    const other = { ...counter, answer: answerOf([0], wider) };
    assert.equal(first(new RuleOracle(tableOf(other), old)), '0');
  });
  it('case U8: a burst, then one for each interval; what is refused does not count', () => {
    const rate = { intervalMicros: 1000, burst: 3 };
    const oracle = new RuleOracle(tableOf({ ...counter, rate }));
    const times = [0, 1, 2, 3, 999, 1000, 1001, 2000, 9000, 9001, 9002, 9003];
    assert.deepEqual(
      times.map((micros) => first(oracle, micros)),
      ['0', '4', '8', '', '', '2', '', '6', '0', '4', '8', ''],
    );
    const refused = oracle.feed(data(0x123), 'bus', 9004);
    assert.deepEqual(refused.answers, [{ kind: 'limited' }]);
    assert.ok(refused.forwarded, 'forwarding has no limit');
  });
  it('a storm of requests gets the stated share at most', () => {
    const rate = { intervalMicros: 1000, burst: 250 };
    const oracle = new RuleOracle(tableOf({ ...counter, rate }));
    let sent = 0;
    for (let micros = 0; micros < 1_000_000; micros += 50) sent += first(oracle, micros) ? 1 : 0;
    // 250 at once and one more for each whole interval of the second.
    assert.equal(sent, 250 + 999);
  });
});

describe('several answers, and both directions', () => {
  const answer = answerOf([1]);
  const moreAnswers = [{ ...answerOf([2]), identifier: 0x700 }, answerOf([3])];

  it('answers in the order of the rule, then forwards', () => {
    const oracle = new RuleOracle(tableOf(ruleOf({ answer, moreAnswers })));
    const { toBus, toAgl } = oracle.feed(data(0x123, 9));
    assert.deepEqual(toBus.map(formatFrame), ['124#01', '700#02', '124#03']);
    assert.deepEqual(toAgl.map(formatFrame), ['123#09']);
  });
  it('answers AGL, and sends its frame to the bus', () => {
    const oracle = new RuleOracle(tableOf(ruleOf({ answer, from: 'agl' })));
    const { toBus, toAgl } = oracle.feed(data(0x123, 9), 'agl');
    assert.deepEqual(
      [toBus, toAgl].map((frames) => frames.map(formatFrame)),
      [['123#09'], ['124#01']],
    );
    assert.equal(oracle.feed(data(0x123, 9)).rule, undefined, 'not for frames of the bus');
  });
  it('sends frames of AGL that no rule takes, whatever the default', () => {
    const oracle = new RuleOracle(tableOf(ruleOf({ forward: false, from: 'agl' })));
    assert.deepEqual(oracle.feed(data(0x7ff), 'agl').toBus.map(formatFrame), ['7FF#']);
    const dropped = oracle.feed(data(0x123), 'agl');
    assert.deepEqual([dropped.toBus, dropped.drop], [[], 'rule']);
  });
});
