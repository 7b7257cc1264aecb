// SPDX-License-Identifier: MIT
/**
 * U1 to U8: answers of the cell, by what is seen on SPI and on the bus.
 *
 * Source: DS20001801J, table 12-1: RX STATUS 0xB0, READ RX BUFFER 0x90 and 0x94, LOAD TX BUFFER 0x40 to 0x45,
 * RTS 0x81, 0x82, 0x84.
 */
import assert from 'node:assert/strict';
import type { RuleTable, Step } from '../../rules/model.ts';
import { compileRules } from '../../rules/compile.ts';
import { encodeRules } from '../../rules/image/encode.ts';
import { COUNTER } from '../../lab/page/counters.ts';
import { RequestWriter, ruleTableRequest } from '../../lab/page/requests.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';

const CELL = 'canwarden';
const RX_STATUS = 0xb0;
const READ_STATUS = 0xa0;
const READS = [0x90, 0x94];
const RTS = [0x81, 0x82, 0x84];
/** RX STATUS and RTS. */
const STATIC_BYTES = 3;
/** A READ RX BUFFER that had begun, and the READ STATUS after it. */
const BEGUN_BYTES = 14 + 2;
/** At 500 kbit/s: a frame of 8 bytes with every stuff bit, and the intermission. */
const FRAME_NANOS = 270_000;

const STATIC = `version: 1
receive: urgent-first
rules:
  - { name: static, match: { id: 0x010 }, answer: { id: 0x011, data: [0x11, 0x22] } }
`;

/** Sends a request, and gives the transactions from INT to the first RTS, those after it, and the answers. */
function ask(rig: Rig, request: Parameters<Rig['send']>[0]) {
  rig.run(3 * MILLISECOND);
  rig.forget();
  rig.send(request);
  rig.run(3 * MILLISECOND);
  const asked = rig.interruptEdges.find(({ low }) => low)?.nanos ?? 0;
  const since = rig.transactions.filter(({ selectNanos }) => selectNanos >= asked);
  const all = since.map(({ mosi }) => mosi).filter(([first]) => first !== READ_STATUS);
  const sent = all.findIndex(([first]) => RTS.includes(first));
  return {
    answers: rig.sentBy(CELL).map(textOf),
    before: all.slice(0, sent + 1),
    after: all.slice(sent + 1),
  };
}

const bytesIn = (transactions: readonly (readonly number[])[]): number =>
  transactions.reduce((sum, { length }) => sum + length, 0);

onBoth('U1 a static answer leaves after three bytes, and the request is read after it', (engine) =>
  withRig({ engine, rules: STATIC }, (rig) => {
    const { answers, before, after } = ask(rig, { identifier: 0x010, data: [1, 2, 3] });
    assert.deepEqual(answers, ['011#1122']);
    assert.deepEqual(
      before.map(([first]) => first),
      [RX_STATUS, before[1][0]],
    );
    assert.equal(bytesIn(before), STATIC_BYTES);
    assert.ok(READS.includes(after[0][0]), 'the readout is next');
  }),
);

onWasm('U2 an answer by the first data byte: hit and miss', (engine) => {
  const rules = `version: 1
rules:
  - { name: a, match: { id: 0x123, data: [{ value: 0x20, mask: 0xF0 }] }, answer: { id: 0x124, length: 1, copy: [{ from: 0, to: 0 }] } }
`;
  return withRig({ engine, rules }, (rig) => {
    const answered = (...data: number[]) => ask(rig, { identifier: 0x123, data }).answers;
    assert.deepEqual(answered(0x20), ['124#20']);
    assert.deepEqual(answered(0x2f, 1), ['124#2F']);
    assert.deepEqual([answered(0x30), answered(), answered(0x02)], [[], [], []]);
    assert.equal(ask(rig, { identifier: 0x124, data: [0x20] }).answers.length, 0);
  });
});

/** As canfdtest's other side: identifier and each byte one more. */
function echoTable(): RuleTable {
  const plusOne: Step = { kind: 'add', value: 1n };
  const steps: Step[] = [
    { kind: 'load-identifier', shift: 0, width: 11 },
    plusOne,
    { kind: 'store-identifier', shift: 0, width: 11 },
  ];
  for (let byte = 0; byte < 8; byte += 1) {
    const field = { shift: 8 * byte, width: 8, bigEndian: false, signed: false };
    steps.push({ kind: 'load-request', field }, plusOne, { kind: 'store', field });
  }
  const eight = Array.from({ length: 8 }, () => 0);
  const answer = {
    ...({ identifier: 0, extended: false, length: 'same-as-request', steps } as const),
    ...{ data: eight, source: eight.map(() => null) },
  };
  const match = {
    ...{ identifier: 0x200, mask: 0x7ff, extended: false, remote: false, minimumLength: 0 },
    data: eight.map(() => ({ value: 0, mask: 0 })),
  };
  const rules = [{ name: 'echo', match, answer, forward: false, rate: 'none' as const }];
  return { defaultAction: 'forward', rules };
}

onWasm(
  'U3 a computed answer for each of 1,000 requests, none before its request',
  async (engine) => {
    await withRig({ engine, rules: encodeRules(echoTable()) }, (rig) => {
      for (let round = 0; round < 1_000; round += 1) {
        rig.forget();
        const data = Uint8Array.from({ length: round % 9 }, (_, index) => round * 7 + index);
        rig.send({ identifier: 0x200, data });
        rig.run(2 * FRAME_NANOS);
        const complete = rig.wire.filter(({ outcome }) => outcome === 'complete');
        const expected = Buffer.from(data.map((byte) => byte + 1))
          .toString('hex')
          .toUpperCase();
        assert.deepEqual(
          complete.map(({ sender, frame }) => `${sender} ${textOf(frame)}`).slice(1),
          [`${CELL} 201#${expected}`],
        );
      }
      const { before } = ask(rig, { identifier: 0x200, data: [1, 2, 3, 4, 5, 6, 7, 8] });
      // READ RX BUFFER 14, LOAD TX BUFFER 9 or with the header 14, RTS 1.
      assert.ok(bytesIn(before) <= 29, `${bytesIn(before)} bytes`);
    });
  },
);

onBoth('U4 two requests back to back are both answered, in order', (engine) =>
  withRig({ engine, rules: encodeRules(echoTable()) }, (rig) => {
    rig.forget();
    rig.send({ identifier: 0x200, data: [1] });
    rig.send({ identifier: 0x200, data: [2] });
    rig.run(3 * MILLISECOND);
    assert.deepEqual(rig.sentBy(CELL).map(textOf), ['201#02', '201#03']);
  }),
);

onBoth(
  'U5 among 64 forwarded frames an answer waits for one readout and its look at most',
  (engine) =>
    withRig({ engine, rules: STATIC }, (rig) => {
      rig.forget();
      for (let index = 0; index < 64; index += 1) {
        rig.send({ identifier: 0x300 + index, data: [index, 0, 0, 0, 0, 0, 0, 0] });
      }
      // 64 frames of at least 111 bits take 14 ms.
      for (let index = 0; index < 8; index += 1) {
        rig.send({ identifier: 0x010 }, index * 1_570_000 + 400_000);
      }
      rig.run(30 * MILLISECOND);
      assert.equal(rig.agl.length, 64);
      assert.equal(rig.sentBy(CELL).length, 8);
      const requests = rig.wire.filter(({ frame }) => frame.identifier === 0x010);
      for (const { endNanos } of requests) {
        // A frame is good one bit before its end.
        const goodNanos = endNanos - rig.bitNanos;
        const later = rig.transactions.filter(({ deselectNanos }) => deselectNanos > goodNanos);
        const until = later.findIndex(({ mosi: [first] }) => RTS.includes(first));
        const bytes = bytesIn(later.slice(0, until + 1).map(({ mosi }) => mosi));
        assert.ok(
          until >= 0 && bytes <= STATIC_BYTES + BEGUN_BYTES,
          `${bytes} bytes to the answer`,
        );
      }
    }),
);

onWasm(
  'U6 without AGL requests are answered as before, and what is not forwarded is counted',
  (engine) =>
    withRig({ engine, rules: STATIC, withoutAgl: true }, (rig) => {
      for (let index = 0; index < 100; index += 1) rig.send({ identifier: 0x300, data: [index] });
      rig.run(40 * MILLISECOND);
      const { answers, before } = ask(rig, { identifier: 0x010 });
      assert.deepEqual(answers, ['011#1122']);
      assert.equal(bytesIn(before), STATIC_BYTES);
      rig.run(30 * MILLISECOND);
      const page = settledStatusPage(rig.board);
      assert.equal(page?.counters[COUNTER.forwarded], 0);
      assert.equal(page?.counters[COUNTER.received], 101);
    }),
);

onWasm(
  'U7 while a table is replaced every frame sees the old one or the new one whole',
  (engine) => {
    const tables = ['1', '2'].map(
      (mark) => `version: 1
rules:
  - { name: a, match: { id: 0x010 }, answer: { id: 0x011, length: 2, data: [0x${mark}0, ~], copy: [{ from: 0, to: 1 }] } }
  - { name: b, match: { id: 0x020 }, answer: { id: 0x021, length: 2, data: [0x${mark}1, ~], copy: [{ from: 0, to: 1 }] } }
`,
    );
    return withRig({ engine, rules: tables[0] }, (rig) => {
      const { control, clock } = rig.board;
      assert.ok(control);
      const writer = new RequestWriter(control.requests);
      rig.forget();
      for (let index = 0; index < 200; index += 1) {
        rig.send({ identifier: index % 2 === 0 ? 0x010 : 0x020, data: [index] }, index * 400_000);
      }
      const { image } = compileRules(tables[1], 'r.yaml');
      clock.schedule(clock.now + 20 * MILLISECOND, () => writer.write(ruleTableRequest(image)));
      rig.run(100 * MILLISECOND);
      const answers = rig.sentBy(CELL);
      assert.equal(answers.length, 200);
      const marks = answers.map(({ data: [mark] }) => mark);
      const change = marks.findIndex((mark) => mark >= 0x20);
      assert.ok(change > 40 && change < 200, `the table is replaced at answer ${change}`);
      answers.forEach(({ identifier, data }, index) => {
        const rule = index % 2;
        const table = index < change ? 0x10 : 0x20;
        assert.deepEqual([identifier, ...data], [rule === 0 ? 0x011 : 0x021, table + rule, index]);
      });
    });
  },
);

onBoth('U8 a storm of requests gets no more answers than the rate allows', (engine) => {
  const table = echoTable();
  const rate = { intervalMicros: 2_000, burst: 10 };
  const rules = encodeRules({ ...table, rules: table.rules.map((rule) => ({ ...rule, rate })) });
  return withRig({ engine, rules }, (rig) => {
    rig.forget();
    // One request in 400 us, for 50 ms.
    for (let index = 0; index < 125; index += 1) {
      rig.send({ identifier: 0x200, data: [index] }, index * 400_000);
    }
    rig.run(100 * MILLISECOND);
    const answers = rig.sentBy(CELL).length;
    // 10 at once, and one for each whole interval of the 49.6 ms from the first request to the last.
    assert.ok(answers === 34 || answers === 35, `${answers} answers`);
    const page = settledStatusPage(rig.board);
    assert.equal(page?.counters[COUNTER.answersLimited], 125 - answers);
  });
});

onWasm(
  'two filters whose answers have one identifier: each answer leaves, whoever asks',
  async () => {
    const rules = `version: 1
rules:
  - { name: one, match: { id: 0x020 }, answer: { id: 0x721, data: [1] }, rate: none }
  - { name: two, match: { id: 0x024 }, answer: { id: 0x721, data: [2] }, rate: none }
`;
    // Requests come while answers wait in the list and in buffers; AGL's frame takes the third one.
    for (const asked of [
      [0x24, 0x24, 0x24, 0x24],
      [0x20, 0x24, 0x24, 0x24],
      [0x24, 0x24, 0x20, 0x24],
      [0x20, 0x20, 0x24, 0x20],
    ]) {
      for (const fromAgl of [undefined, 0x100, 0x7f0]) {
        await withRig({ engine: 'wasm', rules }, (rig) => {
          rig.run(3 * MILLISECOND);
          if (fromAgl !== undefined) rig.sendFromAgl({ identifier: fromAgl });
          for (const identifier of asked) {
            rig.send({ identifier });
            rig.send({ identifier: 0x001 });
          }
          rig.run(10 * MILLISECOND);
          const answers = rig.sentBy('canwarden').filter(({ identifier }) => identifier === 0x721);
          assert.deepEqual(
            answers.map(({ data }) => data[0]),
            rig.sentByOthers
              .filter(({ identifier }) => identifier !== 0x001)
              .map(({ identifier }) => (identifier === 0x020 ? 1 : 2)),
            `${asked.join()} beside ${fromAgl}`,
          );
        });
      }
    }
  },
);
