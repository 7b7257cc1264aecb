// SPDX-License-Identifier: MIT
/**
 * Answers with bytes of their request, by hardware filter: only those bytes are read before the answer, and only what
 * changes is written.
 *
 * DS20001801J: table 12-1 (instructions), register map 11-1: RXB0DLC 0x65, TXB2D1 0x57, TXB1D0 0x46.
 */
import assert from 'node:assert/strict';
import type { Rig } from '../../lab/rig/rig.ts';
import { it } from 'node:test';
import { MICROSECOND, MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';

const CELL = 'canwarden';
const RX_STATUS = 0xb0;
const READ = 0x03;
const RXB0DLC = 0x65;
const WRITE = 0x02;
const TXB2D1 = 0x57;
const RTS_2 = 0x84;
const READ_RX_BUFFER_0 = 0x90;

const COPY =
  '{ name: gear, match: { id: 0x2B0, data: [~, ~] }, answer: { id: 0x2B1, length: 8, data: [0x50, ~, ~, 0xEE], copy: [{ from: 0, to: 1, count: 2 }] }, forward: true }';

function file(...rules: string[]): string {
  return `version: 1\nrules: [${rules.join(', ')}]\n`;
}

function answersOf(rig: Rig): string[] {
  return rig.sentBy(CELL).map(textOf);
}

/** The transactions from the first that begins with `first` on. */
function serviceOf(rig: Rig, ...first: number[]): number[][] {
  const all = rig.mosi.map((bytes) => [...bytes]);
  return all.slice(all.findIndex((bytes) => first.every((byte, index) => bytes[index] === byte)));
}

onBoth(
  'two bytes are copied with 12 SPI bytes: RX STATUS, READ, WRITE, RTS; the request is read afterwards, whole',
  (engine) =>
    withRig({ engine, rules: file(COPY) }, (rig) => {
      for (const [data, answer] of [
        [[0x11, 0x22], '2B1#501122EE00000000'],
        [[0x33, 0x44, 0x55, 0x66], '2B1#503344EE00000000'],
      ] as const) {
        rig.run(3 * MILLISECOND);
        rig.forget();
        rig.send({ identifier: 0x2b0, data: [...data] });
        rig.run(3 * MILLISECOND);
        assert.deepEqual(answersOf(rig), [answer]);
        assert.deepEqual(
          rig.agl.map(({ frame }) => textOf(frame)),
          [`2B0#${Buffer.from(data).toString('hex').toUpperCase()}`],
        );
        const service = serviceOf(rig, RX_STATUS);
        assert.deepEqual(service.slice(0, 4), [
          [RX_STATUS, 0],
          [READ, RXB0DLC, 0, 0, 0],
          [WRITE, TXB2D1, ...data.slice(0, 2)],
          [RTS_2],
        ]);
        assert.equal(service[4][0], READ_RX_BUFFER_0);
      }
    }),
);

onBoth('with "remote: never" INT is the request: 10 bytes, no RX STATUS', (engine) =>
  withRig(
    { engine, rules: file(COPY.replace('id: 0x2B0,', 'id: 0x2B0, remote: never,')) },
    (rig) => {
      rig.run(3 * MILLISECOND);
      rig.forget();
      rig.send({ identifier: 0x2b0, data: [0x77, 0x88] });
      rig.run(3 * MILLISECOND);
      assert.deepEqual(answersOf(rig), ['2B1#507788EE00000000']);
      const service = serviceOf(rig, READ, RXB0DLC);
      assert.deepEqual(service.slice(0, 3), [
        [READ, RXB0DLC, 0, 0, 0],
        [WRITE, TXB2D1, 0x77, 0x88],
        [RTS_2],
      ]);
      assert.ok(!service.some(([instruction]) => instruction === RX_STATUS));
    },
  ),
);

onBoth(
  'a frame that is too short, remote, or of another form is not answered, and reaches AGL',
  (engine) =>
    withRig({ engine, rules: file(COPY) }, (rig) => {
      rig.send({ identifier: 0x2b0, data: [1, 2] });
      rig.run(3 * MILLISECOND);
      rig.forget();
      rig.send({ identifier: 0x2b0, data: [9] });
      rig.send({ identifier: 0x2b0, remote: true, data: [] });
      rig.send({ identifier: 0x2b0, extended: true, data: [3, 4] });
      rig.run(5 * MILLISECOND);
      assert.deepEqual(answersOf(rig), []);
      assert.equal(rig.agl.length, 3);
    }),
);

onBoth(
  'extended identifiers: the answer begins with what changes, so LOAD TX BUFFER writes it',
  (engine) =>
    withRig(
      {
        engine,
        rules: file(
          '{ name: far, match: { id: 0x18DA10F1, extended: true, data: [~, ~, ~] }, answer: { id: 0x18DAF110, extended: true, length: 3, data: [~, 0x7F, ~], copy: [{ from: 2, to: 0, count: 1 }, { from: 1, to: 2, count: 1 }] } }',
        ),
      },
      (rig) => {
        rig.run(3 * MILLISECOND);
        rig.forget();
        rig.send({ identifier: 0x18da10f1, extended: true, data: [0xa1, 0xa2, 0xa3, 0xa4] });
        rig.run(3 * MILLISECOND);
        assert.deepEqual(answersOf(rig), ['18DAF110#A37FA2']);
        // LOAD TX BUFFER, TXB2 from D0: 0x45 (table 12-1).
        assert.deepEqual(serviceOf(rig, RX_STATUS).slice(0, 3), [
          [RX_STATUS, 0],
          [READ, RXB0DLC, 0, 0, 0, 0],
          [0x45, 0xa3, 0x7f, 0xa2],
        ]);
      },
    ),
);

const TWO = [
  '{ name: one, match: { id: 0x100, data: [~] }, answer: { id: 0x101, length: 2, data: [0xA0], copy: [{ from: 0, to: 1 }] } }',
  '{ name: two, match: { id: 0x110, data: [~] }, answer: { id: 0x111, length: 2, data: [0xB0], copy: [{ from: 0, to: 1 }] } }',
];
const KEPT =
  '{ name: kept, match: { id: 0x110, data: [~] }, answer: { id: 0x111, data: [0xB0, 0xB1] } }';

onBoth(
  'two filters: two such rules, or one beside a static answer, each with a buffer',
  async (engine) => {
    await withRig({ engine, rules: file(...TWO) }, (rig) => {
      rig.send({ identifier: 0x100, data: [1] });
      rig.send({ identifier: 0x110, data: [2] });
      rig.send({ identifier: 0x100, data: [3] });
      rig.run(5 * MILLISECOND);
      assert.deepEqual(answersOf(rig).toSorted(), ['101#A001', '101#A003', '111#B002']);
    });
    await withRig({ engine, rules: file(TWO[0], KEPT) }, (rig) => {
      rig.send({ identifier: 0x110, data: [2] });
      rig.send({ identifier: 0x100, data: [1] });
      rig.send({ identifier: 0x110, data: [4] });
      rig.run(5 * MILLISECOND);
      assert.deepEqual(answersOf(rig).toSorted(), ['101#A001', '111#B0B1', '111#B0B1']);
    });
  },
);

/** Requests back to back, while the bus keeps the answers back: identifiers 0x050 win against 0x2B1. */
function flood(rig: Rig, requests: number): void {
  rig.run(3 * MILLISECOND);
  rig.forget();
  for (let number = 1; number <= requests; number++) {
    rig.send({ identifier: 0x050, data: [1, 2, 3, 4, 5, 6, 7, 8] });
    rig.send({ identifier: 0x2b0, data: [number, 0xff - number] });
  }
  rig.run(requests * 2 * MILLISECOND);
}

onBoth(
  'answers that have to wait leave in the order of their requests, each with its own bytes',
  (engine) =>
    withRig({ engine, rules: file(COPY) }, (rig) => {
      flood(rig, 12);
      const wanted = Array.from({ length: 12 }, (_, index) => {
        const pair = [index + 1, 0xfe - index].map((byte) => byte.toString(16).padStart(2, '0'));
        return `2B1#50${pair.join('').toUpperCase()}EE00000000`;
      });
      assert.deepEqual(answersOf(rig), wanted);
    }),
);

onWasm(
  'two requests in the chip at once: RXB0, and rolled over to RXB1, are answered in their order',
  () =>
    withRig({ engine: 'wasm', rules: file(COPY), bitrate: 1_000_000 }, (rig) => {
      rig.run(3 * MILLISECOND);
      rig.forget();
      // The cell stands still while both come.
      rig.stall(rig.now, 400 * MICROSECOND);
      for (const byte of [1, 2]) rig.send({ identifier: 0x2b0, data: [byte, byte] });
      rig.run(3 * MILLISECOND);
      assert.deepEqual(answersOf(rig), ['2B1#500101EE00000000', '2B1#500202EE00000000']);
    }),
);

onWasm('a rate that is used up closes the way, and opens it again', () =>
  withRig(
    {
      engine: 'wasm',
      rules: file(
        COPY.replace('forward: true', 'forward: true, rate: { per-second: 20, burst: 1 }'),
      ),
    },
    (rig) => {
      for (const byte of [1, 2]) {
        rig.send({ identifier: 0x2b0, data: [byte, byte] });
        rig.run(3 * MILLISECOND);
      }
      rig.run(60 * MILLISECOND);
      rig.forget();
      for (const byte of [3, 4]) {
        rig.send({ identifier: 0x2b0, data: [byte, byte] });
        rig.run(3 * MILLISECOND);
      }
      assert.deepEqual(answersOf(rig), ['2B1#500303EE00000000']);
    },
  ),
);

it('image: the longest time from INT to RTS, two bytes copied, idle: 14 us', () =>
  withRig({ engine: 'image', rules: file(COPY) }, (rig) => {
    for (let round = 0; round < 20; round++) {
      rig.run(1 * MILLISECOND + round * 137);
      rig.forget();
      rig.send({ identifier: 0x2b0, data: [round, 1] });
      rig.run(2 * MILLISECOND);
      const fall = rig.interruptEdges.find(({ low }) => low);
      const sent = rig.transactions.find(({ mosi: [first] }) => first === RTS_2);
      assert.ok(fall !== undefined && sent !== undefined);
      const micros = (sent.lastByteNanos - fall.nanos) / MICROSECOND;
      assert.ok(micros <= 14, `${micros} us`);
    }
  }));
