// SPDX-License-Identifier: MIT
/**
 * `receive: single`: RTS is the first and only byte on SPI before the answer, on the word of INT.
 *
 * Source: DS20001801J, table 12-1 (RTS of TXB2 is 0x84), and ISO 11898-1: after a frame the bus stays free for
 * three bits.
 */
import assert from 'node:assert/strict';
import type { Rig } from '../../lab/rig/rig.ts';
import { MICROSECOND, linesOf, MILLISECOND, onBoth, textOf, withLines, withRig } from './case.ts';

const CELL = 'canwarden';
const RTS_2 = 0x84;
const READ_STATUS = 0xa0;
const RX_STATUS = 0xb0;
const READ_RX_BUFFER_0 = 0x90;
const READ = 0x03;
/** The full look at the fault state reads from here to EFLG. */
const CNF3 = 0x28;
const INTERMISSION_BITS = 3;
/** READ STATUS looks for other frames so often at least (docs/rules.md), on a free bus. */
const LOOKS_MICROS = 16;
/** Until the loop comes round: a look at INT is at most so far off (docs/timing-budget.md). */
const ROUND_NANOS = 900;
/** A request that comes when READ STATUS is due has its RTS within that (docs/timing-budget.md, single, idle). */
const ANSWERED_NANOS = 2_200;
const REQUESTS = 300;
/** INT believed for nothing so often is not believed any more (docs/rules.md). */
const UNASKED_MAXIMUM = 4;

const rulesFor = (match: string): string => `version: 1
receive: single
rules:
  - name: request
    match: { ${match}, remote: any }
    answer: { id: 0x011, data: [0x01, 0x02] }
    forward: true
`;
const OPTIONS = { bitrate: 1_000_000, oscillatorHertz: 16_000_000 } as const;

/** The first bytes of the transactions since INT fell, without polls that were broken off. */
function firstBytes(rig: Rig): number[] {
  return rig.mosi.map(([first]) => first);
}

/** Sends one request; gives the answers, what AGL got, and the first bytes on SPI from INT on. */
function ask(rig: Rig, request: Parameters<Rig['send']>[0]) {
  rig.run(3 * MILLISECOND);
  rig.forget();
  rig.send(request);
  rig.run(3 * MILLISECOND);
  const bytes = firstBytes(rig);
  return {
    answers: rig.sentBy(CELL).map(textOf),
    forwarded: rig.agl.map(({ frame }) => textOf(frame)),
    fromAnswer: bytes.slice(bytes.indexOf(RTS_2)),
    withRxStatus: bytes.includes(RX_STATUS),
  };
}

for (const [kind, match, requests] of [
  [
    'a standard identifier',
    'id: 0x010',
    [
      [{ identifier: 0x010 }, '010#'],
      [{ identifier: 0x010, data: [1, 2, 3, 4, 5, 6, 7, 8] }, '010#0102030405060708'],
      [{ identifier: 0x010, remote: true, dlc: 4 }, '010#R4'],
    ],
  ],
  [
    'an extended identifier',
    'id: 0x18DA10F1, extended: true',
    [
      [{ identifier: 0x18da10f1, extended: true, data: [7] }, '18DA10F1#07'],
      [{ identifier: 0x18da10f1, extended: true, remote: true, dlc: 0 }, '18DA10F1#R'],
    ],
  ],
] as const) {
  onBoth(
    `single, ${kind}: data and remote frames of any length, one byte before each answer`,
    (engine) =>
      withRig({ engine, ...OPTIONS, rules: rulesFor(match) }, (rig) => {
        for (const [request, text] of requests) {
          const seen = ask(rig, request);
          assert.deepEqual(seen.answers, ['011#0102'], text);
          assert.deepEqual(seen.forwarded, [text]);
          assert.deepEqual(seen.fromAnswer.slice(0, 3), [RTS_2, READ_STATUS, READ_RX_BUFFER_0]);
          assert.equal(seen.withRxStatus, false);
        }
      }),
  );
}

onBoth('single: other frames, also of the other kind of identifier, are not answered', (engine) =>
  withRig({ engine, ...OPTIONS, rules: rulesFor('id: 0x010') }, (rig) => {
    for (const request of [{ identifier: 0x011 }, { identifier: 0x010, extended: true }]) {
      const seen = ask(rig, request);
      assert.deepEqual(seen.answers, []);
      assert.equal(seen.forwarded.length, 1);
    }
  }),
);

onBoth(
  'single: requests back to back at 1 Mbit/s, each answered, the first in the first slot',
  (engine) =>
    withRig({ engine, ...OPTIONS, rules: rulesFor('id: 0x010') }, (rig) => {
      rig.run(3 * MILLISECOND);
      const ends: number[] = [];
      const starts: number[] = [];
      rig.board.bus.onFrame(({ frame, startNanos, endNanos }) => {
        if (frame.identifier === 0x010) ends.push(endNanos);
        else starts.push(startNanos);
      });
      for (let index = 0; index < 8; index++) rig.send({ identifier: 0x010, data: [index] });
      rig.run(5 * MILLISECOND);
      assert.equal(ends.length, 8);
      assert.equal(starts.length, 8, 'one answer each');
      // The second request is stronger than the first answer, so that one waits for the last of them.
      const between = starts[0] - ends[7];
      assert.ok(between <= INTERMISSION_BITS * rig.board.bus.bitNanos + 10, `${between} ns`);
      assert.equal(rig.agl.length, 8, 'and each reached AGL');
    }),
);

onBoth('single: no other look keeps READ STATUS from a frame without INT for longer', (engine) =>
  withRig({ engine, ...OPTIONS, bitrate: 500_000, rules: rulesFor('id: 0x010') }, (rig) => {
    rig.run(3 * MILLISECOND);
    rig.forget();
    // Full looks at the fault state are 10 ms apart. Each request makes the next READ STATUS come at another moment.
    for (let count = 0; count < REQUESTS; count++) {
      rig.send({ identifier: 0x010 });
      rig.run(10 * MILLISECOND + ((count * 37) % 1_000) * 23);
    }
    // READ STATUS follows RTS at once, so that RTS counts as one.
    const looks = rig.transactions.filter(({ mosi: [first] }) =>
      [READ_STATUS, RTS_2].includes(first),
    );
    assert.ok(rig.mosi.some(([first, register]) => first === READ && register === CNF3));
    assert.ok(looks.length >= (REQUESTS * 10_000) / 18, `${looks.length} looks`);
    for (const [index, { mosi, selectNanos }] of looks.entries()) {
      if (index === 0) continue;
      const between = selectNanos - looks[index - 1].selectNanos;
      const late = mosi[0] === RTS_2 ? ANSWERED_NANOS : ROUND_NANOS;
      assert.ok(between <= LOOKS_MICROS * MICROSECOND + late, `${between} ns at ${selectNanos}`);
    }
  }),
);

onBoth(
  'single: INT low for nothing sends one answer each time, and after four is not believed',
  (engine) =>
    withLines({ engine, ...OPTIONS, rules: rulesFor('id: 0x010') }, (rig) => {
      for (let times = 1; times <= UNASKED_MAXIMUM + 2; times++) {
        rig.run(3 * MILLISECOND);
        rig.board.interruptWire.hold('low');
        rig.run(20 * MICROSECOND);
        rig.board.interruptWire.hold(undefined);
        rig.run(3 * MILLISECOND);
        assert.equal(rig.sentBy(CELL).length, Math.min(times, UNASKED_MAXIMUM), `after ${times}`);
      }
      assert.match(linesOf(rig), /INT was low 4 times without a request.* \(status 68\)/);
      const seen = ask(rig, { identifier: 0x010 });
      assert.deepEqual(seen.answers, ['011#0102']);
      assert.equal(seen.withRxStatus, true, 'RX STATUS tells from now on');
    }),
);

onBoth(
  'two filters, any frame for the stronger: a remote frame for the other is not answered',
  (engine) => {
    const rules = `version: 1
receive: urgent-first
rules:
  - { name: strong, match: { id: 0x348, remote: any }, answer: { id: 0x5DD, data: [1] } }
  - { name: weak, match: { id: 0x3F4 }, answer: { id: 0x711, data: [2] } }
`;
    return withRig({ ...OPTIONS, engine, rules }, (rig) => {
      const remote = { remote: true, dlc: 0 };
      assert.deepEqual(ask(rig, { identifier: 0x348, ...remote }).answers, ['5DD#01']);
      assert.deepEqual(ask(rig, { identifier: 0x3f4, ...remote }).answers, []);
      assert.deepEqual(ask(rig, { identifier: 0x3f4 }).answers, ['711#02']);
    });
  },
);

for (const any of [[], ['strong'], ['weak'], ['strong', 'weak']]) {
  onBoth(
    `two filters, any frame for ${any.join(' and ') || 'none'}: each request has its answer`,
    (engine) => {
      const kind = (name: string): string => (any.includes(name) ? ', remote: any' : '');
      const rules = `version: 1
rules:
  - { name: strong, match: { id: 0x348${kind('strong')} }, answer: { id: 0x5DD, data: [1] } }
  - { name: weak, match: { id: 0x3F4${kind('weak')} }, answer: { id: 0x711, data: [2] } }
`;
      return withRig({ ...OPTIONS, engine, rules }, (rig) => {
        const answersTo = (request: Parameters<Rig['send']>[0]) => ask(rig, request).answers;
        assert.deepEqual(answersTo({ identifier: 0x348 }), ['5DD#01']);
        assert.deepEqual(answersTo({ identifier: 0x3f4 }), ['711#02']);
        const remote = { remote: true, dlc: 0 };
        const strong = answersTo({ identifier: 0x348, ...remote });
        assert.deepEqual(strong, any.includes('strong') ? ['5DD#01'] : []);
        const weak = answersTo({ identifier: 0x3f4, ...remote });
        assert.deepEqual(weak, any.includes('weak') ? ['711#02'] : []);
      });
    },
  );
}
