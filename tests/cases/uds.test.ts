// SPDX-License-Identifier: MIT
/**
 * P2: the front of a diagnostic server, by the words of examples/uds-front.
 *
 * Sources: ISO 14229-1 (0x3E TesterPresent, negative response 0x7F, codes 0x10 to 0x13, 0x21, 0x78; 0x11 and 0x12 never to
 * a functional request); ISO 15765-2 (a first frame 0x1n, flow control 0x30 within N_As + N_Br: less than 25 ms, 0x32:
 * overflow); SAE J1979 (service 01, PID 00).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { BridgeHost } from '../../twin/agl/bridge-host.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { COUNTER } from '../../lab/page/counters.ts';
import { RequestWriter, ruleTableRequest } from '../../lab/page/requests.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { compileRules } from '../../rules/compile.ts';
import { MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';

const RULES = readFileSync('examples/uds-front/rules.yaml', 'utf8');
/** The same with waits of 25 ms and then 50 ms. */
const QUICK = RULES.replace('{ at-most: 3 }', '{ every: 50ms, at-most: 3 }');
const PHYSICAL = 0x7e0;
const FUNCTIONAL = 0x7df;
const PADDING = 0xcc;
const FLOW_CONTROL_NANOS = 25 * MILLISECOND;
/** A frame of 8 bytes at 500 kbit/s, and S; AGL is looked for once a millisecond. */
const LATE_NANOS = 1.6 * MILLISECOND;

/** Eight bytes. */
function padded(bytes: readonly number[]): number[] {
  return [...bytes, ...Array.from({ length: 8 - bytes.length }, () => PADDING)];
}

/** What the cell answers. */
function ask(rig: Rig, identifier: number, bytes: readonly number[]): string[] {
  rig.forget();
  rig.send({ identifier, data: padded(bytes) });
  rig.run(2 * MILLISECOND);
  return rig.sentBy('canwarden').map(textOf);
}

function answer(bytes: readonly number[]): string {
  return `7E8#${Buffer.from(padded(bytes)).toString('hex').toUpperCase()}`;
}

function pending(service: number): string {
  return answer([3, 0x7f, service, 0x78]);
}

/** When each frame of the cell began, after the end of the last request on the wire. */
function waits(rig: Rig): [number, string][] {
  const asked = rig.wire.filter(({ sender }) => sender !== 'canwarden').at(-1)?.endNanos ?? NaN;
  return rig.wire
    .filter(({ sender, outcome }) => sender === 'canwarden' && outcome === 'complete')
    .map(({ frame, startNanos }) => [startNanos - asked, textOf(frame)]);
}

/** The frames, each at most so late. */
function expectWaits(rig: Rig, expected: readonly (readonly [number, string])[]): void {
  const got = waits(rig);
  assert.deepEqual(
    got.map(([, text]) => text),
    expected.map(([, text]) => text),
  );
  got.forEach(([nanos, text], index) => {
    const late = nanos - expected[index][0] * MILLISECOND;
    assert.ok(late >= 0 && late <= LATE_NANOS, `${text} is ${late} ns late`);
  });
}

function open(engine: EngineName, rules: string, use: (rig: Rig) => void): Promise<void> {
  return withRig({ engine, rules }, (rig) => {
    rig.run(40 * MILLISECOND);
    use(rig);
  });
}

onBoth(
  'P2: 3E 00 has 7E 00; an unknown service 7F SID 11; a first frame 30 00 00 in time',
  (engine) =>
    open(engine, RULES, (rig) => {
      assert.deepEqual(ask(rig, PHYSICAL, [0x02, 0x3e, 0x00]), [answer([0x02, 0x7e, 0x00])]);
      assert.deepEqual(ask(rig, PHYSICAL, [0x02, 0x85, 0xff]), [answer([0x03, 0x7f, 0x85, 0x11])]);
      const first = [0x10, 0x14, 0x2e, 0xf1, 0x90, 0x57, 0x56, 0x30];
      assert.deepEqual(ask(rig, PHYSICAL, first), [answer([0x30, 0x00, 0x00])]);
      const [request, reply] = rig.wire;
      assert.ok(reply.startNanos - request.endNanos < FLOW_CONTROL_NANOS);
      assert.equal(rig.agl.length, 1, 'AGL takes the transfer');
    }),
);

const ROWS: readonly (readonly [number, number[], number[] | undefined])[] = [
  [FUNCTIONAL, [0x02, 0x3e, 0x00], [0x02, 0x7e, 0x00]],
  [PHYSICAL, [0x02, 0x3e, 0x80], undefined],
  [FUNCTIONAL, [0x02, 0x3e, 0x80], undefined],
  [PHYSICAL, [0x02, 0x3e, 0x01], [0x03, 0x7f, 0x3e, 0x12]],
  [PHYSICAL, [0x02, 0x3e, 0x81], [0x03, 0x7f, 0x3e, 0x12]],
  [FUNCTIONAL, [0x02, 0x3e, 0x01], undefined],
  [PHYSICAL, [0x01, 0x3e], [0x03, 0x7f, 0x3e, 0x13]],
  // PIDs 05, 0C and 0D: bits 27, 20 and 19 of 32.
  [FUNCTIONAL, [0x02, 0x01, 0x00], [0x06, 0x41, 0x00, 0x08, 0x18, 0x00, 0x00]],
  [FUNCTIONAL, [0x02, 0x01, 0x05], [0x03, 0x41, 0x05, 0x7b]],
  [FUNCTIONAL, [0x02, 0x01, 0x06], undefined],
  [PHYSICAL, [0x02, 0x01, 0x06], [0x03, 0x7f, 0x01, 0x12]],
  [PHYSICAL, [0x03, 0x22, 0xf1, 0x8c], [0x07, 0x62, 0xf1, 0x8c, 0x30, 0x31, 0x32, 0x33]],
  [FUNCTIONAL, [0x02, 0x85, 0xff], undefined],
];
for (const withoutAgl of [false, true]) {
  onWasm(`P2: each answer of the front, ${withoutAgl ? 'without' : 'with'} AGL`, (engine) =>
    withRig({ engine, rules: RULES, withoutAgl }, (rig) => {
      rig.run(40 * MILLISECOND);
      for (const [identifier, request, expected] of ROWS) {
        const got = ask(rig, identifier, request);
        assert.deepEqual(got, expected === undefined ? [] : [answer(expected)], request.join());
      }
      const served = ask(rig, PHYSICAL, [0x02, 0x10, 0x03]);
      assert.deepEqual(served, withoutAgl ? [answer([0x03, 0x7f, 0x10, 0x21])] : []);
      const long = ask(rig, PHYSICAL, [0x10, 0x14, 0x2e, 0xf1, 0x90, 0x57, 0x56, 0x30]);
      assert.deepEqual(long, [answer([withoutAgl ? 0x32 : 0x30, 0x00, 0x00])]);
      assert.equal(rig.agl.length, withoutAgl ? 0 : 1, 'the last one');
    }),
  );
}

onWasm('P2: a front that is silent without AGL, and masks up to PID 61', (engine) => {
  const rules = RULES.replace('without-agl: refuse', 'without-agl: silent').replace(
    '0x0D: { live: 2 }',
    '0x61: [1]\n    0x20: [9]\n    0x21: { live: 2 }',
  );
  assert.throws(() => compileRules(rules, 'r.yaml'), /PID 0x20 has the mask/);
  const right = rules.replace('    0x20: [9]\n', '');
  return withRig({ engine, rules: right, withoutAgl: true }, (rig) => {
    rig.run(40 * MILLISECOND);
    assert.deepEqual(ask(rig, PHYSICAL, [0x02, 0x10, 0x03]), []);
    assert.deepEqual(ask(rig, PHYSICAL, [0x10, 0x14, 0x2e, 0xf1, 0x90, 0x57, 0x56, 0x30]), []);
    // 05 and 0C, and 20: the last bit. 21, and 40. 60. 61.
    for (const [base, mask] of [
      [0x00, [0x08, 0x10, 0x00, 0x01]],
      [0x20, [0x80, 0x00, 0x00, 0x01]],
      [0x40, [0x00, 0x00, 0x00, 0x01]],
      [0x60, [0x80, 0x00, 0x00, 0x00]],
    ] as const) {
      assert.deepEqual(ask(rig, FUNCTIONAL, [2, 1, base]), [answer([6, 0x41, base, ...mask])]);
    }
    assert.deepEqual(ask(rig, FUNCTIONAL, [2, 1, 0x80]), []);
  });
});

onBoth('P2: response pending until AGL answers, and no longer than the table says', (engine) =>
  open(engine, QUICK, (rig) => {
    ask(rig, PHYSICAL, [0x04, 0x31, 0x01, 0x02, 0x03]);
    rig.run(90 * MILLISECOND);
    expectWaits(rig, [
      [25, pending(0x31)],
      [75, pending(0x31)],
    ]);
    rig.sendFromAgl({ identifier: 0x7e8, data: padded([0x04, 0x71, 1, 2, 3]) });
    rig.forget();
    rig.run(200 * MILLISECOND);
    assert.deepEqual(rig.sentBy('canwarden').map(textOf), [answer([0x04, 0x71, 1, 2, 3])]);

    // AGL never answers.
    ask(rig, PHYSICAL, [0x02, 0x10, 0x03]);
    rig.run(400 * MILLISECOND);
    expectWaits(rig, [
      [25, pending(0x10)],
      [75, pending(0x10)],
      [125, pending(0x10)],
      [175, answer([3, 0x7f, 0x10, 0x10])],
    ]);
    const counters = settledStatusPage(rig.board)?.counters ?? [];
    assert.equal(counters[COUNTER.responsesGivenUp], 1);
    assert.equal(counters[COUNTER.deadlineMisses], 0);
  }),
);

onWasm(
  'P2: a new request takes the place of the one that waits; one with 80 waits for nothing',
  (engine) =>
    open(engine, QUICK, (rig) => {
      ask(rig, PHYSICAL, [0x02, 0x10, 0x03]);
      rig.run(10 * MILLISECOND);
      ask(rig, PHYSICAL, [0x04, 0x31, 0x01, 0x02, 0x03]);
      rig.run(40 * MILLISECOND);
      expectWaits(rig, [[25, pending(0x31)]]);
      ask(rig, PHYSICAL, [0x02, 0x10, 0x83]);
      rig.run(100 * MILLISECOND);
      expectWaits(rig, []);
      // AGL's own 78 puts off the cell's.
      ask(rig, PHYSICAL, [0x02, 0x27, 0x01]);
      rig.run(8 * MILLISECOND);
      const asked = rig.wire[0].endNanos;
      const own = rig.now;
      rig.sendFromAgl({ identifier: 0x7e8, data: padded([3, 0x7f, 0x27, 0x78]) });
      rig.run(55 * MILLISECOND);
      const shift = (own - asked) / MILLISECOND;
      expectWaits(rig, [
        [shift, pending(0x27)],
        [shift + 50, pending(0x27)],
      ]);
    }),
);

const LONG = [
  [0x10, 0x14, 0x2e, 0xf1, 0x90, 1, 2, 3],
  [0x21, 4, 5, 6, 7, 8, 9, 10],
  [0x22, 11, 12, 13, 14, 15, 16, 17],
];

onBoth(
  'P2: of a long request the wait begins with its last frame; AGL may die in the middle',
  (engine) =>
    open(engine, QUICK, (rig) => {
      const [first, second, third] = LONG;
      assert.deepEqual(ask(rig, PHYSICAL, first), [answer([0x30, 0, 0])]);
      // AGL's own flow control comes too late, and is kept from the bus.
      rig.sendFromAgl({ identifier: 0x7e8, data: padded([0x30, 0, 0]) });
      rig.run(40 * MILLISECOND);
      ask(rig, PHYSICAL, second);
      rig.run(40 * MILLISECOND);
      expectWaits(rig, []);
      ask(rig, PHYSICAL, third);
      rig.run(30 * MILLISECOND);
      expectWaits(rig, [[25, pending(0x2e)]]);
      assert.equal(rig.agl.length, 1, 'all went to AGL');
      rig.sendFromAgl({ identifier: 0x7e8, data: padded([3, 0x6e, 0xf1, 0x90]) });
      rig.run(5 * MILLISECOND);

      // AGL dies after the first frame. The client sends all of it, and hears that nothing became of it.
      ask(rig, PHYSICAL, first);
      rig.board.bridge?.stop();
      rig.run(5 * MILLISECOND);
      ask(rig, PHYSICAL, second);
      ask(rig, PHYSICAL, third);
      rig.run(60 * MILLISECOND);
      expectWaits(rig, [[25, answer([3, 0x7f, 0x2e, 0x10])]]);
      // Another one gets no further than its first frame.
      assert.deepEqual(ask(rig, PHYSICAL, first), [answer([0x32, 0, 0])]);
      rig.run(60 * MILLISECOND);
      assert.equal(rig.sentBy('canwarden').length, 1);
    }),
);

onWasm('P2: an AGL that stands still while a client waits is given up', (engine) =>
  open(engine, QUICK, (rig) => {
    const { bridge } = rig.board;
    assert.ok(bridge instanceof BridgeHost);
    ask(rig, PHYSICAL, [0x02, 0x10, 0x03]);
    bridge.hang();
    rig.run(300 * MILLISECOND);
    // Silent for 100 ms: it counts as gone at 125 ms.
    expectWaits(rig, [
      [25, pending(0x10)],
      [75, pending(0x10)],
      [125, answer([3, 0x7f, 0x10, 0x10])],
    ]);
    assert.deepEqual(ask(rig, PHYSICAL, [0x02, 0x10, 0x03]), [answer([3, 0x7f, 0x10, 0x21])]);
    bridge.goOn();
    rig.run(60 * MILLISECOND);
    assert.deepEqual(ask(rig, PHYSICAL, [0x02, 0x10, 0x03]), []);
  }),
);

onWasm(
  'P2: a swap of tables in the middle does not end the wait; the front stands behind a wall',
  (engine) =>
    open(
      engine,
      QUICK.replace('diagnosis:', 'agl: { default: deny, wall: locked }\ndiagnosis:'),
      (rig) => {
        const { control } = rig.board;
        assert.ok(control);
        ask(rig, PHYSICAL, [0x02, 0x10, 0x03]);
        const image = compileRules(`receive: shared\n${QUICK}`, 'r.yaml').image;
        new RequestWriter(control.requests).write(ruleTableRequest(image));
        rig.run(190 * MILLISECOND);
        assert.equal(settledStatusPage(rig.board)?.request.status, 0);
        const [, second, , fourth] = waits(rig);
        assert.deepEqual(second[1], pending(0x10));
        assert.deepEqual(fourth[1], answer([3, 0x7f, 0x10, 0x10]));
        rig.forget();
        rig.sendFromAgl({ identifier: 0x7e8, data: padded([0x04, 0x71, 1, 2, 3]) });
        rig.sendFromAgl({ identifier: 0x7e9, data: [1] });
        rig.run(5 * MILLISECOND);
        assert.deepEqual(rig.sentBy('canwarden').map(textOf), [answer([0x04, 0x71, 1, 2, 3])]);
      },
    ),
);
