// SPDX-License-Identifier: MIT
/**
 * The rate of a rule's answers: the default ends a storm of two responders at any bit rate, refused answers are
 * counted for their rule, and a buffer kept for an answer opens again by time.
 *
 * The default (docs/rules.md): one answer in 500 bit times of the bus, 250 at once.
 */
import assert from 'node:assert/strict';
import { COUNTER } from '../../lab/page/counters.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';

const CELL = 'canwarden';
const INTERVAL_BITS = 500;
const BURST = 250;
const READ_STATUS = 0xa0;
const RX_STATUS = 0xb0;

/** Answers 0x300 with 0x301. The other responder answers 0x301 with 0x300. */
function responder(rate = ''): string {
  return `version: 1
rules:
  - { name: quiet, match: { id: 0x200 }, answer: { id: 0x201 } }
  - { name: ours, match: { id: 0x300 }, answer: { id: 0x301, data: [1, 2, 3, 4, 5, 6, 7, 8] }${rate} }
`;
}

/** The other responder has no limit. */
function answerBack(rig: Rig): void {
  rig.board.bus.onFrame(({ frame, outcome }) => {
    if (outcome === 'complete' && frame.identifier === 0x301) {
      rig.send({ identifier: 0x300, data: [8, 7, 6, 5, 4, 3, 2, 1] });
    }
  });
}

for (const bitrate of [125_000, 500_000, 1_000_000]) {
  const onEngines = bitrate === 500_000 ? onBoth : onWasm;
  onEngines(`two responders answer each other at ${bitrate} bit/s: the default ends it`, (engine) =>
    withRig({ engine, rules: responder(), bitrate }, (rig) => {
      rig.forget();
      answerBack(rig);
      rig.send({ identifier: 0x300, data: [8, 7, 6, 5, 4, 3, 2, 1] });
      const isOver = () => rig.now > (rig.wire.at(-1)?.endNanos ?? Infinity) + 10 * MILLISECOND;
      assert.ok(rig.runUntil(isOver, 1_000 * MILLISECOND, MILLISECOND), 'within a second');
      const last = rig.wire.at(-1);
      assert.equal(last?.frame.identifier, 0x300, 'the last request has no answer');
      const answers = rig.sentBy(CELL).length;
      const bits = (last.endNanos - rig.wire[0].startNanos) / rig.bitNanos;
      // At once, and one for each interval that has passed since.
      assert.ok(answers >= BURST && answers <= BURST + bits / INTERVAL_BITS + 1, `${answers}`);
      const page = settledStatusPage(rig.board);
      assert.equal(page?.counters[COUNTER.answersLimited], 1);
      assert.deepEqual(page.rules.refused.slice(0, 2), [0, 1], 'of the second rule');
      // The rule has not lost its answer for good.
      rig.run(10 * INTERVAL_BITS * rig.bitNanos);
      rig.send({ identifier: 0x300 });
      rig.run(3 * MILLISECOND);
      assert.ok(rig.sentBy(CELL).length > answers);
    }),
  );
}

onWasm('two responders without a limit go on', (engine) =>
  withRig({ engine, rules: responder(', rate: none') }, (rig) => {
    answerBack(rig);
    rig.send({ identifier: 0x300 });
    rig.run(600 * MILLISECOND);
    // Each answer and its request have 270 bits at most: 540 us.
    assert.ok(rig.sentBy(CELL).length > 600_000 / 600);
  }),
);

const KEPT = `version: 1
receive: urgent-first
rules:
  - { name: kept, match: { id: 0x010 }, answer: { id: 0x011, data: [1] }, rate: { per-second: 100, burst: 2 } }
`;

/** Instructions from INT on, up to the answer. */
function instructions(rig: Rig): number[] {
  const asked = rig.interruptEdges.find(({ low }) => low)?.nanos ?? 0;
  const since = rig.transactions.filter(({ selectNanos }) => selectNanos >= asked);
  const all = since.map(({ mosi }) => mosi[0]).filter((first) => first !== READ_STATUS);
  return all.slice(0, all.findIndex((first) => [0x81, 0x82, 0x84].includes(first)) + 1);
}

onBoth('a buffer that the rate has closed opens by time, before the next request', (engine) =>
  withRig({ engine, rules: KEPT }, (rig) => {
    rig.run(2 * MILLISECOND);
    for (let index = 0; index < 4; index += 1) rig.send({ identifier: 0x010 });
    rig.run(3 * MILLISECOND);
    assert.equal(rig.sentBy(CELL).length, 2);
    assert.equal(settledStatusPage(rig.board)?.rules.refused[0], 2);
    // One interval is 10 ms.
    rig.run(15 * MILLISECOND);
    rig.forget();
    rig.send({ identifier: 0x010 });
    rig.run(2 * MILLISECOND);
    assert.deepEqual(rig.sentBy(CELL).map(textOf), ['011#01']);
    const [first, ...rest] = instructions(rig);
    assert.equal(first, RX_STATUS);
    assert.equal(rest.length, 1, 'and then RTS, nothing is read');
  }),
);
