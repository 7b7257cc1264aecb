// SPDX-License-Identifier: MIT
/**
 * Staged answers: a counter, a checksum and live values wait in the transmit buffer, and RTS sends them after one
 * SPI byte (`single`) or three (`urgent-first`). Whenever requests come, each has one answer, in their order, and no
 * number is sent twice.
 *
 * Source: DS20001801J, table 12-1: RTS of TXB2 0x84, RX STATUS 0xB0, READ STATUS 0xA0, READ RX BUFFER 0x90.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { EngineName } from '../../twin/engine/engine.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { MICROSECOND, MILLISECOND, onBoth, onWasm, withLines, withRig } from './case.ts';
import {
  answersOf,
  ask,
  REQUEST,
  stagedAnswer,
  stagedAnswers,
  stagedRule,
  stagedRules,
} from './staged.ts';

const RTS_2 = 0x84;
const RX_STATUS = 0xb0;
const READ_STATUS = 0xa0;
const FAST = { bitrate: 1_000_000, oscillatorHertz: 16_000_000 } as const;
/** On the module the counter starts over once. */
const REQUESTS: Record<EngineName, number> = { wasm: 17, image: 3 };

/** The first bytes on SPI since INT fell, up to RTS. */
function wayOf(rig: Rig): number[] {
  const fall = rig.interruptEdges.find(({ low }) => low)?.nanos ?? 0;
  const since = rig.transactions.filter(({ selectNanos }) => selectNanos >= fall);
  const first = since.map(({ mosi }) => mosi[0]).filter((byte) => byte !== READ_STATUS);
  return first.slice(0, first.indexOf(RTS_2) + 1);
}

for (const [receive, way] of [
  ['single', [RTS_2]],
  ['urgent-first', [RX_STATUS, RTS_2]],
  ['auto', [RTS_2]],
] as const) {
  onBoth(`staged, ${receive}: each request has the next number, and RTS sends it`, (engine) =>
    withRig({ engine, ...FAST, rules: stagedRules(receive) }, (rig) => {
      rig.run(3 * MILLISECOND);
      for (let number = 0; number < REQUESTS[engine]; number++) {
        assert.deepEqual(ask(rig), [stagedAnswer(number)]);
        assert.deepEqual(wayOf(rig), way, `number ${number}`);
      }
    }),
  );
}

onWasm(
  'staged: requests back to back, stronger than their answers: each answered in order',
  (engine) =>
    withRig({ engine, ...FAST, rules: stagedRules('single') }, (rig) => {
      rig.run(3 * MILLISECOND);
      for (let index = 0; index < 8; index++) rig.send({ identifier: REQUEST, data: [index] });
      rig.run(6 * MILLISECOND);
      assert.deepEqual(answersOf(rig), stagedAnswers(8));
    }),
);

onWasm(
  'staged: requests that keep both receive buffers full, all answers in order',
  async (engine) => {
    for (const receive of ['single', 'urgent-first', 'shared']) {
      await withRig({ engine, rules: stagedRules(receive) }, (rig) => {
        for (let index = 0; index < 60; index++) rig.send({ identifier: REQUEST });
        // Answers are weaker than requests: at most 32 wait, so there are pauses.
        for (let index = 0; index < 3; index++) rig.run(20 * MILLISECOND);
        const answers = answersOf(rig);
        assert.ok(answers.length >= 34, `${answers.length}`);
        assert.deepEqual(answers.slice(0, 34), stagedAnswers(34), receive);
      });
    }
  },
);

/** A second request at every moment from the end of the first until the next answer is staged. */
async function sweep(engine: EngineName, stepMicros: number): Promise<void> {
  for (const receive of ['single', 'urgent-first']) {
    for (const [bitrate, fromAgl] of [
      [1_000_000, 0],
      [500_000, 3],
    ]) {
      const options = { engine, bitrate, oscillatorHertz: 16_000_000, rules: stagedRules(receive) };
      await withRig(options, (rig) => {
        rig.run(3 * MILLISECOND);
        let number = 0;
        for (let micros = 0; micros < 400; micros += stepMicros) {
          rig.forget();
          for (let frame = 0; frame < fromAgl; frame++) {
            rig.sendFromAgl({ identifier: 0x700 + frame, data: [frame] });
          }
          for (let index = 0; index < 3; index++) {
            rig.send({ identifier: REQUEST, data: [index] }, index * micros * MICROSECOND);
          }
          rig.run(4 * MILLISECOND);
          const answers = answersOf(rig).filter((text) => text.startsWith('011'));
          assert.deepEqual(answers, stagedAnswers(3, number), `${receive}, ${micros} us apart`);
          number += 3;
        }
      });
    }
  }
}

it('staged: three requests at any distance, none lost, no number twice', () => sweep('wasm', 7));
it('staged: three requests at any distance (ARM64 image)', () => sweep('image', 131));

onBoth('staged: two staged rules side by side, each with its own numbers', (engine) => {
  const rules = `version: 1
receive: urgent-first
rules:${stagedRule('strong', '0x010', '0x011')}${stagedRule('weak', '0x020', '0x021')}
`;
  return withRig({ engine, rules }, (rig) => {
    rig.run(3 * MILLISECOND);
    for (let number = 0; number < 6; number++) {
      rig.forget();
      rig.send({ identifier: 0x010 });
      rig.send({ identifier: 0x020 }, number * 90 * MICROSECOND);
      rig.run(3 * MILLISECOND);
      assert.deepEqual(answersOf(rig).sort(), [
        stagedAnswer(number),
        stagedAnswer(number, 0, '021'),
      ]);
    }
  });
});

onWasm('staged: beside a constant answer with the other filter', (engine) => {
  const rules = `version: 1
receive: urgent-first
rules:${stagedRule('state', '0x020', '0x021')}
  - { name: constant, match: { id: 0x010 }, answer: { id: 0x011, data: [0xA5] } }
`;
  return withRig({ engine, rules }, (rig) => {
    rig.run(3 * MILLISECOND);
    for (let number = 0; number < 4; number++) {
      rig.forget();
      rig.send({ identifier: 0x020 });
      rig.send({ identifier: 0x010 });
      rig.run(3 * MILLISECOND);
      assert.deepEqual(answersOf(rig).sort(), ['011#A5', stagedAnswer(number, 0, '021')]);
    }
  });
});

onWasm('staged: a rate that is used up closes the buffer, and takes no number', (engine) =>
  withRig(
    { engine, rules: stagedRules('single', '\n    rate: { per-second: 50, burst: 3 }') },
    (rig) => {
      rig.run(3 * MILLISECOND);
      // One in 20 ms; three at once. A question takes 3 ms.
      const burst = Array.from({ length: 5 }, () => ask(rig)).flat();
      assert.deepEqual(burst, stagedAnswers(3));
      rig.run(10 * MILLISECOND);
      assert.deepEqual(ask(rig), [stagedAnswer(3)], 'after 25 ms');
      assert.deepEqual(ask(rig), [], 'the next one after 40 ms');
      rig.run(70 * MILLISECOND);
      assert.deepEqual([ask(rig), ask(rig)].flat(), stagedAnswers(2, 4));
    },
  ),
);

onBoth('staged: an answer without a counter, whose request is forwarded with one', (engine) => {
  const modify = '{ protect: { profile: 11, data-id: 0x123 } }';
  const answer = '{ id: 0x011, data: [0x5A], live: [{ from: 0, to: 1 }] }';
  const match = '{ id: 0x010, length: 8 }';
  const rules = `version: 1
receive: urgent-first
rules: [{ name: state, match: ${match}, answer: ${answer}, forward: true, modify: ${modify} }]
`;
  return withRig({ engine, rules }, (rig) => {
    rig.run(20 * MILLISECOND);
    for (let index = 0; index < 5; index++) {
      rig.send({ identifier: REQUEST, data: Array(8).fill(0xff) }, index * MILLISECOND);
    }
    rig.run(20 * MILLISECOND);
    assert.deepEqual(answersOf(rig), Array(5).fill('011#5A00'));
    // PRS E2E Protocol, profile 11: the counter is the lower half of byte 1, and moves on by one with each frame.
    const counters = rig.agl.map(({ frame }) => frame.data[1] & 0xf);
    assert.deepEqual(counters, [0, 1, 2, 3, 4]);
  });
});

onWasm('staged: INT low for nothing sends a number that nobody asked for', (engine) =>
  withLines({ engine, ...FAST, rules: stagedRules('single') }, (rig) => {
    rig.run(3 * MILLISECOND);
    rig.board.interruptWire.hold('low');
    rig.run(20 * MICROSECOND);
    rig.board.interruptWire.hold(undefined);
    rig.run(3 * MILLISECOND);
    assert.deepEqual(answersOf(rig), [stagedAnswer(0)]);
    assert.deepEqual(ask(rig), [stagedAnswer(1)]);
  }),
);
