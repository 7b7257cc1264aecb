// SPDX-License-Identifier: MIT
/**
 * Rules that remember the frames before: `timeout`, `changes`, `throttle`, and the notices of them. docs/rules.md, "What
 * a rule remembers", describes it.
 *
 * Sources: `linux/can/bcm.h` and `net/can/bcm.c`: RX_SETUP with a content mask, RX_CHECK_DLC, timeout with
 * RX_ANNOUNCE_RESUME, throttle; TX_SETUP with TX_COUNTEVT. tests/linux/bcm.test.ts compares with the kernel itself.
 */
import assert from 'node:assert/strict';
import { COUNTER } from '../../lab/page/counters.ts';
import { RequestWriter, ruleTableRequest } from '../../lab/page/requests.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { compileRules } from '../../rules/compile.ts';
import { MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';

/** One frame of 8 bytes with all stuff bits at 500 kbit/s, S, and the time of a step. */
const LATE_NANOS = 135 * 2_000 + 60_000 + 40_000;

const NOTICES =
  'missing: { frame: { id: 0x7A0, data: [1] } }, returned: { to: agl, frame: { id: 0x7A1, data: [2] } }';

/** Frames of the cell on the wire with that identifier: when each began. */
function sentOf(rig: Rig, identifier: number): number[] {
  return rig.wire
    .filter(({ sender, outcome }) => sender === 'canwarden' && outcome === 'complete')
    .filter(({ frame }) => frame.identifier === identifier)
    .map(({ startNanos }) => startNanos);
}

function aglOf(rig: Rig): string[] {
  return rig.agl.map(({ frame }) => textOf(frame));
}

function counters(rig: Rig): Record<keyof typeof COUNTER, number> {
  const page = settledStatusPage(rig.board);
  assert.ok(page);
  return Object.fromEntries(
    Object.entries(COUNTER).map(([name, number]) => [name, page.counters[number]]),
  ) as Record<keyof typeof COUNTER, number>;
}

onBoth('B4 a message that does not come is told once, and its return', (engine) => {
  const rules = `version: 1
rules: [{ name: speed, match: { id: 0x200 }, timeout: { after: 40ms, ${NOTICES} } }]
`;
  return withRig({ engine, rules }, (rig) => {
    // The rig takes longer to open than the timeout.
    rig.send({ identifier: 0x200, data: [9] });
    rig.run(5 * MILLISECOND);
    rig.forget();
    const before = counters(rig);
    for (let count = 0; count < 4; count += 1) {
      rig.send({ identifier: 0x200, data: [count] });
      rig.run(35 * MILLISECOND);
    }
    assert.deepEqual(sentOf(rig, 0x7a0), [], 'while it comes');
    const last = rig.wire.findLast(({ frame }) => frame.identifier === 0x200)?.endNanos ?? NaN;
    rig.run(60 * MILLISECOND);
    const told = sentOf(rig, 0x7a0);
    assert.equal(told.length, 1, 'once');
    const late = told[0] - last - 40 * MILLISECOND;
    assert.ok(late >= 0 && late <= LATE_NANOS, `${late} ns after its time`);
    rig.forget();
    rig.send({ identifier: 0x200, data: [9] });
    rig.run(5 * MILLISECOND);
    assert.deepEqual(aglOf(rig), ['200#09', '7A1#02']);
    rig.run(50 * MILLISECOND);
    assert.equal(sentOf(rig, 0x7a0).length, 1, 'and again');
    const seen = counters(rig);
    assert.equal(seen.messagesMissing - before.messagesMissing, 2);
    assert.equal(seen.messagesReturned - before.messagesReturned, 1);
  });
});

onWasm('B2 only what changes under a mask is forwarded', (engine) => {
  const rules = `version: 1
rules:
  - { name: door, match: { id: 0x300 }, changes: [0xF0, ~, 0x01] }
  - { name: any, match: { id: 0x301 }, changes: { data: all, length: true } }
  - { name: asked, match: { id: 0x302 }, answer: { id: 0x303, data: [1] }, forward: true, changes: all }
`;
  return withRig({ engine, rules }, (rig) => {
    const send = (identifier: number, ...data: number[]): void => {
      rig.send({ identifier, data });
      rig.run(2 * MILLISECOND);
    };
    send(0x300, 0x12, 0x34, 0x56);
    send(0x300, 0x1f, 0xff, 0xfe); // bits that do not count
    send(0x300, 0x22, 0x34, 0x56);
    send(0x300, 0x22, 0x34, 0x57);
    send(0x301, 0x00);
    send(0x301, 0x00, 0x00);
    send(0x301, 0x00, 0x00);
    send(0x302, 0x01);
    send(0x302, 0x01);
    const forwarded = ['300#123456', '300#223456', '300#223457', '301#00', '301#0000', '302#01'];
    assert.deepEqual(aglOf(rig), forwarded);
    assert.equal(sentOf(rig, 0x303).length, 2, 'answers do not depend on it');
    assert.equal(counters(rig).forwardUnchanged, 3);
  });
});

onBoth('B3 at most one frame in an interval, the latest when it ends', (engine) => {
  const rules = `version: 1
rules: [{ name: fast, match: { id: 0x200 }, throttle: 31ms }]
`;
  return withRig({ engine, rules }, (rig) => {
    for (let count = 0; count < 20; count += 1) {
      rig.send({ identifier: 0x200, data: [count] });
      rig.run(4 * MILLISECOND);
    }
    rig.run(80 * MILLISECOND);
    const times = rig.agl.map(({ nanos }) => nanos);
    // At 0, 31, 62, ... ms what came last before, until nothing new has come.
    const came = rig.wire.map(({ endNanos }) => endNanos);
    const slots = Array.from({ length: 6 }, (_, slot) => came[0] + slot * 31 * MILLISECOND);
    const latest = slots.map((slot) => came.filter((nanos) => nanos <= slot).length - 1);
    const expected = latest.filter((frame, slot) => frame !== latest[slot - 1]);
    assert.ok(expected.length >= 4);
    assert.deepEqual(
      rig.agl.map(({ frame }) => frame.data[0]),
      expected,
    );
    times.forEach((nanos, index) => {
      const late = nanos - times[0] - index * 31 * MILLISECOND;
      assert.ok(Math.abs(late) < MILLISECOND, `${index}: ${late} ns`);
    });
    rig.forget();
    rig.send({ identifier: 0x200, data: [0x55] });
    rig.run(2 * MILLISECOND);
    assert.deepEqual(aglOf(rig), ['200#55'], 'at once after a pause');
    assert.equal(counters(rig).forwardThrottled, 20 - expected.length);
  });
});

onBoth('B1 the end of a count is told, after its last frame', (engine) => {
  const rules = `version: 1
cyclic:
  - { name: a, every: 5ms, count: 3, then: 40ms, frame: { id: 0x100, data: [1] }, ended: { to: agl, frame: { id: 0x7A2 } } }
  - { name: b, every: 5ms, count: 2, frame: { id: 0x110 }, ended: { frame: { id: 0x111 } } }
`;
  return withRig({ engine, rules }, (rig) => {
    rig.run(60 * MILLISECOND);
    assert.deepEqual(aglOf(rig), ['7A2#']);
    const [end] = sentOf(rig, 0x111);
    assert.equal(sentOf(rig, 0x111).length, 1);
    assert.ok(end > sentOf(rig, 0x110)[1] && sentOf(rig, 0x110).length === 2);
    assert.equal(counters(rig).countsEnded, 2);
  });
});

onWasm('B4 another table begins anew, and what it held is dropped', (engine) => {
  const rules = `version: 1
rules: [{ name: speed, match: { id: 0x200 }, throttle: 500ms, changes: all, timeout: { after: 30ms, ${NOTICES} } }]
`;
  return withRig({ engine, rules }, (rig) => {
    const send = (byte: number): void => {
      rig.send({ identifier: 0x200, data: [byte] });
      rig.run(2 * MILLISECOND);
    };
    send(1);
    send(2);
    assert.equal(sentOf(rig, 0x7a0).length, 1, 'before the first one came');
    const writer = new RequestWriter(rig.board.control?.requests ?? assert.fail());
    writer.write(ruleTableRequest(compileRules(rules, 'r.yaml').image));
    rig.run(20 * MILLISECOND);
    send(2);
    assert.deepEqual(aglOf(rig), ['200#01', '7A1#02', '200#02']);
    assert.equal(sentOf(rig, 0x7a0).length, 1, 'its time began with the table');
    const seen = counters(rig);
    assert.equal(seen.forwardThrottled, 1);
    rig.forget();
    rig.run(60 * MILLISECOND);
    assert.equal(sentOf(rig, 0x7a0).length, 1);
  });
});

onWasm('P1 a protected message that does not come is no new data', (engine) => {
  const rules = `version: 1
rules:
  - name: torque
    match: { id: 0x210, length: 8 }
    forward: true
    timeout: 20ms
    check: { profile: 5, data-id: 0x1234, substitute: { set: { data: [0xEE, 0xEE] } } }
`;
  return withRig({ engine, rules }, (rig) => {
    rig.run(70 * MILLISECOND);
    assert.deepEqual(aglOf(rig), ['210#EEEE000000000000']);
    assert.equal(counters(rig).checkNoNewData, 1);
  });
});
