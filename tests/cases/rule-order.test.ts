// SPDX-License-Identifier: MIT
/**
 * A rule's answers never overtake each other, also if they have different identifiers: a later strong one leaves behind
 * the earlier weak one, and then at once. What other rules answer goes by strength, as ever.
 *
 * A flood of 0x300 keeps the weak answer from the bus, and the strong one would win against it.
 */
import assert from 'node:assert/strict';
import type { Rig } from '../../lab/rig/rig.ts';
import { MICROSECOND, MILLISECOND, onBoth, onWasm, withRig } from './case.ts';

const [WEAK, STRONG, MIDDLE, STRONGEST] = [0x7a1, 0x101, 0x401, 0x011];
const COPY = 'length: 8, copy: [{ from: 0, to: 0, count: 1 }]';
/** Two answers to one request; a rule of each kind beside it: between the two, stronger, and with an identifier of theirs. */
const RULES = `version: 1
rules:
  - name: several
    match: { id: 0x050, data: [~] }
    answer: [{ id: 0x7A1, ${COPY} }, { id: 0x101, ${COPY} }]
  - { name: middle, match: { id: 0x060, data: [~] }, answer: { id: 0x401, ${COPY} } }
  - { name: strongest, match: { id: 0x070, data: [~] }, answer: { id: 0x011, ${COPY} } }
  - { name: equal, match: { id: 0x080, data: [~] }, answer: { id: 0x101, ${COPY} } }
`;
/** The answer has the priority of its request (SAE J1939-21): an identifier that is computed. */
const J1939 = `version: 1
rules:
  - name: reply
    match: { pgn: 0xEA00, destination: 0x21, data: [~] }
    answer: { pgn: 0xEB00, source: 0x21, destination: request-source, priority: request, ${COPY} }
`;

/** 8 bytes and all stuff bits that can be, with the intermission (ISO 11898-1): 135 bits at 500 kbit/s; 160 with 29 bits. */
const FRAME_NANOS = 270 * MICROSECOND;
/** What the executive promises at SPI 10 MHz. */
const S_NANOS = 60 * MICROSECOND;
const LONG = [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77];

function flood(rig: Rig, frames: number, identifier = 0x300): void {
  for (let index = 0; index < frames; index++) rig.send({ identifier, data: LONG });
}

/** What the cell sent: identifier and first byte, with when each began and ended. */
function answersOf(rig: Rig) {
  return rig.wire
    .filter(({ sender }) => sender === 'canwarden')
    .map(({ frame, startNanos, endNanos }) => ({
      what: `${frame.identifier.toString(16)}#${frame.data[0]}`,
      ...{ startNanos, endNanos },
    }));
}

function orderOf(rig: Rig): string[] {
  return answersOf(rig).map(({ what }) => what);
}

function textOf(identifier: number, number: number): string {
  return `${identifier.toString(16)}#${number}`;
}

onBoth(
  'the strong answer of a rule waits for the weak one before it, and leaves behind it',
  (engine) =>
    withRig({ engine, rules: RULES }, (rig) => {
      flood(rig, 12);
      rig.send({ identifier: 0x050, data: [1] }, 100 * MICROSECOND);
      rig.run(10 * MILLISECOND);
      assert.deepEqual(orderOf(rig), [textOf(WEAK, 1), textOf(STRONG, 1)]);
      const [weak, strong] = answersOf(rig);
      assert.ok(strong.startNanos - weak.endNanos <= S_NANOS, 'without a gap');
    }),
);

onBoth('so it is for several requests, and nothing is lost or doubled', (engine) =>
  withRig({ engine, rules: RULES }, (rig) => {
    flood(rig, 30);
    for (let index = 1; index <= 6; index++) {
      rig.send({ identifier: 0x050, data: [index] }, index * FRAME_NANOS);
    }
    rig.run(30 * MILLISECOND);
    const wanted = [1, 2, 3, 4, 5, 6].flatMap((each) => [textOf(WEAK, each), textOf(STRONG, each)]);
    assert.deepEqual(orderOf(rig), wanted);
  }),
);

onBoth('an identifier that is computed makes no difference', (engine) =>
  withRig({ engine, rules: J1939 }, (rig) => {
    // To another node: weaker than the requests, stronger than the weak answer.
    for (let index = 0; index < 20; index++) {
      rig.send({ identifier: 0x18ea4050, extended: true, data: LONG });
    }
    rig.send({ identifier: 0x18ea2131, extended: true, data: [1] }, FRAME_NANOS);
    rig.send({ identifier: 0x08ea2132, extended: true, data: [2] }, 3 * FRAME_NANOS);
    rig.run(20 * MILLISECOND);
    assert.deepEqual(orderOf(rig), ['18eb3121#1', '8eb3221#2']);
  }),
);

onBoth('the answers of other rules go by strength, before and between them', (engine) =>
  withRig({ engine, rules: RULES }, (rig) => {
    flood(rig, 20);
    rig.send({ identifier: 0x050, data: [1] }, FRAME_NANOS);
    rig.send({ identifier: 0x060, data: [2] }, 3 * FRAME_NANOS);
    rig.send({ identifier: 0x070, data: [3] }, 5 * FRAME_NANOS);
    rig.run(20 * MILLISECOND);
    const wanted = [
      [STRONGEST, 3],
      [MIDDLE, 2],
      [WEAK, 1],
      [STRONG, 1],
    ];
    assert.deepEqual(
      orderOf(rig),
      wanted.map(([identifier, number]) => textOf(identifier, number)),
    );
    const request = rig.wire.find(({ frame }) => frame.identifier === 0x070);
    const waited = answersOf(rig)[0].startNanos - (request?.endNanos ?? 0);
    assert.ok(waited <= FRAME_NANOS + S_NANOS, `${waited} ns`);
  }),
);

onBoth('when the weak one has left, the strong one has its own strength again', (engine) =>
  withRig({ engine, rules: RULES }, (rig) => {
    flood(rig, 10);
    rig.send({ identifier: 0x050, data: [1] }, FRAME_NANOS);
    const hasLeft = () => rig.wire.some(({ frame }) => frame.identifier === WEAK);
    assert.ok(
      rig.runUntil(() => rig.board.sender.pendingCount === 0, 20 * MILLISECOND, MICROSECOND),
    );
    // The weak one is on the wire, and everything else comes meanwhile.
    rig.run(40 * MICROSECOND);
    flood(rig, 10);
    rig.send({ identifier: 0x060, data: [2] });
    assert.ok(rig.runUntil(hasLeft, 5 * MILLISECOND, MICROSECOND));
    rig.run(10 * MILLISECOND);
    const [weak, strong] = answersOf(rig);
    assert.deepEqual([weak.what, strong.what], [textOf(WEAK, 1), textOf(STRONG, 1)]);
    assert.ok(strong.startNanos - weak.endNanos <= FRAME_NANOS + S_NANOS);
  }),
);

onBoth('an answer of another rule with the same identifier keeps its place behind it', (engine) =>
  withRig({ engine, rules: RULES }, (rig) => {
    flood(rig, 20);
    rig.send({ identifier: 0x050, data: [1] }, FRAME_NANOS);
    rig.send({ identifier: 0x080, data: [2] }, 3 * FRAME_NANOS);
    rig.run(20 * MILLISECOND);
    assert.deepEqual(orderOf(rig), [textOf(WEAK, 1), textOf(STRONG, 1), textOf(STRONG, 2)]);
  }),
);

onWasm('a full list keeps the order of what it does not drop', (engine) =>
  withRig({ engine, rules: RULES }, (rig) => {
    flood(rig, 60);
    for (let index = 1; index <= 20; index++) {
      rig.send({ identifier: 0x050, data: [index] }, index * FRAME_NANOS);
    }
    rig.run(60 * MILLISECOND);
    const sent = orderOf(rig).map((text) => Number(text.split('#')[1]));
    assert.deepEqual(
      sent,
      sent.toSorted((left, right) => left - right),
    );
    assert.ok(sent.length >= 32, `${sent.length} were sent`);
  }),
);
