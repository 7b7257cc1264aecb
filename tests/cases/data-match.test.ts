// SPDX-License-Identifier: MIT
/**
 * Requests that the chip's filters tell by their first two data bytes (DS20001801J, section 4.5.1).
 *
 * What a filter makes of a frame without those bytes the data sheet leaves open, so every case runs on a
 * chip that refuses such frames and on one that takes them: the cell must do the same on both.
 */
import assert from 'node:assert/strict';
import type { EngineName } from '../../twin/engine/engine.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { MICROSECOND, MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';

const CELL = 'canwarden';
// DS20001801J, table 12-1; RXB0DLC is at 0x65.
const RX_STATUS = 0xb0;
const READ = 0x03;
const RXB0DLC = 0x65;
/** CNF3 and TEC, with which a look at the fault state begins to read. */
const LOOK = [0x28, 0x1c];
const RTS_2 = 0x84;
const RTS_1 = 0x82;
const READ_RX_BUFFER_0 = 0x90;
const READ_RX_BUFFER_1 = 0x94;

const RULES = `version: 1
rules:
  - name: open
    match: { id: 0x123, data: [0x02, 0x10] }
    answer: { id: 0x701, data: [0x01] }
  - name: close
    match: { id: 0x123, data: [0x02, 0x11] }
    answer: { id: 0x702, data: [0x02] }
`;

/** Sends one request; gives the answers that went out and the first bytes of each transaction. */
function ask(rig: Rig, request: Parameters<Rig['send']>[0]) {
  rig.run(3 * MILLISECOND);
  rig.forget();
  rig.send(request);
  rig.run(3 * MILLISECOND);
  return {
    answers: rig.sentBy(CELL).map(textOf),
    forwarded: rig.agl.map(({ frame }) => textOf(frame)),
    mosi: rig.mosi.map((bytes) => [...bytes]),
  };
}

async function onEachChip(engine: EngineName, use: (rig: Rig) => void): Promise<void> {
  for (const missingDataMatches of [false, true]) {
    await withRig({ engine, rules: RULES, faults: { missingDataMatches } }, use);
  }
}

onBoth(
  'a request told by its data bytes is answered after 6 SPI bytes in 3 transactions',
  (engine) =>
    onEachChip(engine, (rig) => {
      for (const [data, answer, rts] of [
        [[0x02, 0x10], '701#01', RTS_2],
        [[0x02, 0x11, 0xff], '702#02', RTS_1],
      ] as const) {
        const { answers, forwarded, mosi } = ask(rig, { identifier: 0x123, data: [...data] });
        assert.deepEqual(answers, [answer]);
        assert.deepEqual(forwarded, [], 'the rule keeps the request');
        // A look at the fault state, every 10 ms, may come just before.
        const first = mosi.findIndex(([instruction]) => instruction === RX_STATUS);
        assert.ok(mosi.slice(0, first).every(([read, at]) => read === READ && LOOK.includes(at)));
        const service = mosi.slice(first);
        assert.deepEqual(service.slice(0, 3), [[RX_STATUS, 0], [READ, RXB0DLC, 0], [rts]]);
        assert.equal(service[3][0], READ_RX_BUFFER_0);
      }
    }),
);

onBoth('frames too short for the data bytes are not answered, and reach AGL', (engine) =>
  onEachChip(engine, (rig) => {
    // Before each: a good request, so that its bytes are left over wherever the chip keeps them.
    for (const [data, text] of [
      [[], '123#'],
      [[0x02], '123#02'],
      [[0x02, 0x12], '123#0212'],
      [[0x03, 0x10], '123#0310'],
    ] as const) {
      assert.deepEqual(ask(rig, { identifier: 0x123, data: [0x02, 0x10] }).answers, ['701#01']);
      const { answers, forwarded } = ask(rig, { identifier: 0x123, data: [...data] });
      assert.deepEqual(answers, []);
      assert.deepEqual(forwarded, [text]);
    }
    for (const form of [
      { remote: true, dlc: 2 },
      { extended: true, data: [0x02, 0x10] },
    ]) {
      assert.deepEqual(ask(rig, { identifier: 0x123, ...form }).answers, []);
    }
  }),
);

onWasm('a length code above 8 has all bytes', (engine) =>
  onEachChip(engine, (rig) => {
    const data = [0x02, 0x10, 0, 0, 0, 0, 0, 0];
    assert.deepEqual(ask(rig, { identifier: 0x123, dlc: 15, data }).answers, ['701#01']);
  }),
);

onWasm(
  'requests that follow each other are answered each, whichever buffer they lie in',
  (engine) =>
    onEachChip(engine, (rig) => {
      rig.forget();
      for (let index = 0; index < 40; index++) {
        rig.send({
          identifier: 0x123,
          data: index % 3 === 2 ? [0x02] : [0x02, 0x10 + (index % 3)],
        });
      }
      // Less than two frames: requests roll over to RXB1, and none is lost.
      for (let at = 1; at < 6; at++) rig.stall(rig.now + at * MILLISECOND, 180 * MICROSECOND);
      rig.run(40 * MILLISECOND);
      assert.equal(rig.board.chip.overflowCount, 0);
      const asked = rig.sentByOthers.map(textOf);
      const expected = { '123#0210': '701#01', '123#0211': '702#02' } as Record<string, string>;
      const wanted = asked.flatMap((text) => expected[text] ?? []);
      assert.equal(wanted.length, 27);
      const answers = rig.sentBy(CELL).map(textOf);
      assert.deepEqual(answers.toSorted(), wanted.toSorted());
      const short = asked.filter((text) => text === '123#02');
      assert.deepEqual(
        rig.agl.map(({ frame }) => textOf(frame)),
        short,
      );
      const rolledOver = rig.mosi.filter(([first]) => first === READ_RX_BUFFER_1).length;
      assert.ok(rolledOver > 0, 'RXB1 was in it');
    }),
);
