// SPDX-License-Identifier: MIT
/**
 * A weak answer that waits never holds back a strong frame of the cell: not an answer, not a frame of AGL's,
 * not when the waiting list is full.
 *
 * A flood of 0x300 keeps answer 0x7A1 from the bus. Answer 0x101 and AGL's 0x010 would win against the flood
 * at once. Each must start within one frame and S of the end of its request; AGL's, of its place in the ring.
 */
import assert from 'node:assert/strict';
import { COUNTER, namedCounters } from '../../lab/page/counters.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { MICROSECOND, MILLISECOND, onBoth, onWasm, withRig } from './case.ts';

const WEAK = 0x7a1;
const STRONG = 0x101;
const ASKS_WEAK = 0x050;
const ASKS_STRONG = 0x100;
const STATIC = 'data: [0x11, 0x11]';
const COMPUTED = 'length: 8, data: [0x11], copy: [{ from: 0, to: 1, count: 1 }]';
/** What keeps the weak answer waiting: a static one has the filter, and the chip's first buffer. */
const KINDS = { computed: COMPUTED, 'static with the filter': STATIC } as const;
const FLOODS = [10, 400];

/** 8 bytes and all stuff bits that can be, with the intermission (ISO 11898-1): 135 bits at 500 kbit/s. */
const FRAME_NANOS = 270 * MICROSECOND;
/** What the executive promises at SPI 10 MHz, abort and reload included. */
const S_NANOS = 60 * MICROSECOND;
/** The bridge of the twin wakes 30 us after a frame was given and takes 21 us for it (docs/timing-budget.md). */
const BRIDGE_NANOS = 51 * MICROSECOND;

function rulesWith(weakAnswer: string): string {
  const match = weakAnswer === STATIC ? '' : ', data: [~]';
  return `version: 1
rules:
  - { name: low, match: { id: 0x050${match} }, answer: { id: 0x7A1, ${weakAnswer} } }
  - { name: high, match: { id: 0x100, data: [~] }, answer: { id: 0x101, ${COMPUTED.replace('0x11', '0x22')} } }
`;
}

/** The flood takes the bus, and the weak answer waits in the chip. */
function floodWithWeakAnswer(rig: Rig, frames: number): void {
  const data = [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77];
  for (let index = 0; index < frames; index++) rig.send({ identifier: 0x300, data });
  rig.send({ identifier: ASKS_WEAK, data: [1] }, 100 * MICROSECOND);
  const isAnswerDue = () => rig.sentByOthers.some(({ identifier }) => identifier === ASKS_WEAK);
  assert.ok(rig.runUntil(isAnswerDue, 5 * MILLISECOND, 5 * MICROSECOND));
  rig.run(150 * MICROSECOND);
}

function startOf(rig: Rig, identifier: number): number {
  const record = rig.wire.find(({ frame }) => frame.identifier === identifier);
  assert.ok(record, `0x${identifier.toString(16)} was on the bus`);
  return record.startNanos;
}

function endOf(rig: Rig, identifier: number): number {
  const record = rig.wire.find(({ frame }) => frame.identifier === identifier);
  assert.ok(record, `0x${identifier.toString(16)} was on the bus`);
  return record.endNanos;
}

function assertInTime(nanos: number, mostNanos: number, what: string): void {
  assert.ok(nanos >= 0 && nanos <= mostNanos, `${what} starts ${nanos / 1000} us after it was due`);
}

for (const [kind, weakAnswer] of Object.entries(KINDS)) {
  for (const frames of FLOODS) {
    onBoth(`0x101 does not wait behind 0x7A1 (${kind}) for a flood of ${frames}`, (engine) =>
      withRig({ engine, rules: rulesWith(weakAnswer) }, (rig) => {
        floodWithWeakAnswer(rig, frames);
        rig.send({ identifier: ASKS_STRONG, data: [7] });
        rig.run(frames * FRAME_NANOS + 5 * MILLISECOND);
        const waited = startOf(rig, STRONG) - endOf(rig, ASKS_STRONG);
        assertInTime(waited, FRAME_NANOS + S_NANOS, 'the strong answer');
        assert.equal(rig.sentBy('canwarden').length, 2, 'each answer once');
        assert.ok(startOf(rig, WEAK) > startOf(rig, STRONG), 'and the weak one after it');
      }),
    );
  }

  onBoth(`0x010 of AGL does not wait behind 0x7A1 (${kind})`, (engine) =>
    withRig({ engine, rules: rulesWith(weakAnswer) }, (rig) => {
      floodWithWeakAnswer(rig, 100);
      const givenNanos = rig.now;
      rig.sendFromAgl({ identifier: 0x010, data: [1, 2, 3] });
      rig.run(100 * FRAME_NANOS + 5 * MILLISECOND);
      const waited = startOf(rig, 0x010) - givenNanos - BRIDGE_NANOS;
      assert.ok(waited <= FRAME_NANOS + S_NANOS, `0x010 starts ${waited / 1000} us late`);
      assert.equal(rig.sentBy('canwarden').length, 2, 'each frame once');
    }),
  );
}

onBoth(
  'of 20 weak answers and a strong one, the strong one is not the one that is dropped',
  (engine) =>
    withRig({ engine, rules: rulesWith(COMPUTED) }, (rig) => {
      floodWithWeakAnswer(rig, 100);
      for (let index = 2; index <= 20; index++) {
        rig.send({ identifier: ASKS_WEAK, data: [index] }, index * FRAME_NANOS);
      }
      rig.send({ identifier: ASKS_STRONG, data: [7] }, 23 * FRAME_NANOS);
      rig.run(130 * FRAME_NANOS + 5 * MILLISECOND);
      const waited = startOf(rig, STRONG) - endOf(rig, ASKS_STRONG);
      assertInTime(waited, FRAME_NANOS + S_NANOS, 'the strong answer');
      const weak = rig.sentBy('canwarden').filter(({ identifier }) => identifier === WEAK);
      const counted = weak.map(({ data }) => data[1]);
      assert.deepEqual(
        counted,
        counted.toSorted((left, right) => left - right),
        'the weak ones in order',
      );
      assert.ok(weak.length >= 16, `${weak.length} weak answers were sent`);
      const dropped = settledStatusPage(rig.board)?.counters[COUNTER.answersDropped];
      assert.equal(dropped, 20 - weak.length, 'what was dropped is counted');
    }),
);

onWasm(
  'what delays an answer is counted, by the names of summary.json and canwarden status',
  (engine) => {
    const rules = rulesWith(COMPUTED).replace('rules:', 'receive: shared\nrules:');
    return withRig({ engine, rules }, (rig) => {
      floodWithWeakAnswer(rig, 60);
      // Three weak answers are in the chip, and the fourth waits behind the cell's own.
      for (let index = 2; index <= 4; index++) {
        rig.send({ identifier: ASKS_WEAK, data: [index] }, index * FRAME_NANOS);
      }
      // The strong one has no buffer: it waits, and the last weak one in the chip is taken back for it.
      rig.send({ identifier: ASKS_STRONG, data: [7] }, 10 * FRAME_NANOS);
      rig.run(80 * FRAME_NANOS + 5 * MILLISECOND);
      const page = settledStatusPage(rig.board);
      assert.ok(page);
      const counted = namedCounters(page.counters);
      const { answers_sent, answers_delayed, answers_resent, answers_dropped } = counted;
      assert.deepEqual(
        { answers_sent, answers_delayed, answers_resent, answers_dropped },
        { answers_sent: 5, answers_delayed: 2, answers_resent: 1, answers_dropped: undefined },
      );
      // Four weak ones waited for the flood in the chip; the one that was taken back did twice.
      const { answers_delayed_by_bus: byBus } = counted;
      assert.ok(byBus >= 4 && byBus <= 6, `${byBus} delayed by the bus`);
    });
  },
);

onBoth(
  "agl-order=identifier: AGL's frames by strength, those of one identifier as they came",
  (engine) =>
    withRig({ engine, settings: 'agl-order=identifier' }, (rig) => {
      for (let index = 0; index < 10; index++) rig.send({ identifier: 0x001, data: [index] });
      const given = [0x700, 0x400, 0x500, 0x100, 0x400, 0x200];
      given.forEach((identifier, index) => rig.sendFromAgl({ identifier, data: [index] }));
      rig.run(20 * MILLISECOND);
      const sent = rig.sentBy('canwarden').map(({ identifier, data }) => [identifier, data[0]]);
      const sorted = [
        [0x100, 3],
        [0x200, 5],
        [0x400, 1],
        [0x400, 4],
        [0x500, 2],
        [0x700, 0],
      ];
      assert.deepEqual(sent, sorted);
    }),
);
