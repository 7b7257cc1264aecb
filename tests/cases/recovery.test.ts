// SPDX-License-Identifier: MIT
/** A chip that resets itself, an INT wire that lies, a wrong crystal: noticed, told, and lived with. */
import assert from 'node:assert/strict';
import { declaredStepBound } from '../../scripts/build/task-bounds.ts';
import type { WireFault } from '../../twin/bus/attempt.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { WasmEngine } from '../../twin/engine/wasm.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { makeRig, bringUp } from '../../lab/rig/open-rig.ts';
import type { Board } from '../../twin/board/board.ts';
import { linesOf, MILLISECOND, onBoth, onWasm, textOf, withLines, withRig } from './case.ts';
import { CAN_ERR_CNT, CAN_ERR_RESTARTED } from './disturbance.ts';

// Both answers wait in the chip and have to be loaded again.
const RULES = `version: 1
rules:
  - { name: one, match: { id: 0x100 }, answer: { id: 0x700, data: [1] } }
  - { name: two, match: { id: 0x101 }, answer: { id: 0x701, data: [2] } }
`;

const CANSTAT = 0x0e;
const CANSTAT_OPMOD = 0xe0;
const CNF2 = 0x29;
const CNF2_SAM = 0x40;

/** One request, answered and forwarded. */
const ANSWERING = `version: 1
rules: [{ name: status, match: { id: 0x1A0 }, answer: { id: 0x1A1, data: [0x01, 0xA5] }, forward: true }]
`;

/** How many lines the cell has printed with this status number. */
function countOf(rig: Rig, status: number): number {
  return linesOf(rig).match(new RegExp(`\\(status ${status}\\)$`, 'gm'))?.length ?? 0;
}

onBoth('brown-out: the chip is set up again, AGL told, and frames flow as before', (engine) =>
  withLines({ engine, rules: ANSWERING, settings: 'errors=1' }, (rig) => {
    rig.send({ identifier: 0x101 });
    rig.run(5 * MILLISECOND);
    rig.board.clock.schedule(rig.now + MILLISECOND, (nanos) => rig.board.chip.brownOut(nanos));
    rig.run(50 * MILLISECOND);
    assert.equal(rig.register(CANSTAT) & CANSTAT_OPMOD, 0, 'normal mode again');
    assert.match(linesOf(rig), /lost its settings/);
    assert.equal(countOf(rig, 53), 1);
    assert.ok(rig.lines.includes('canwarden: the MCP2515 is back on the bus, counters kept'));
    assert.deepEqual(
      rig.errors.map(({ classes }) => classes),
      [CAN_ERR_RESTARTED | CAN_ERR_CNT],
    );
    rig.send({ identifier: 0x1a0 });
    rig.run(5 * MILLISECOND);
    rig.sendFromAgl({ identifier: 0x103 });
    rig.run(20 * MILLISECOND);
    assert.deepEqual(
      rig.agl.map(({ frame }) => textOf(frame)),
      ['101#', '1A0#'],
    );
    assert.deepEqual(rig.sentBy('canwarden').map(textOf), ['1A1#01A5', '103#']);
  }),
);

onBoth('errors=0: AGL is not told of a chip that lost its settings', (engine) =>
  withLines({ engine }, (rig) => {
    rig.board.chip.reset(rig.now);
    rig.run(30 * MILLISECOND);
    assert.equal(countOf(rig, 53), 1);
    assert.deepEqual(rig.errors, []);
  }),
);

onWasm(
  'a crystal that starts slowly: the cell waits for it, at its start and after a brown-out',
  async (engine) => {
    // Some milliseconds are usual. Microchip asks for no SPI before; what it would read is not said.
    for (const readableInStartUp of [false, true]) {
      const faults = { crystalStartNanos: 8 * MILLISECOND, readableInStartUp };
      const beforeBoot = ({ chip, clock }: Board): void => chip.brownOut(clock.now);
      await withLines({ engine, faults, beforeBoot }, (rig) => {
        const { chip, clock } = rig.board;
        clock.schedule(rig.now + MILLISECOND, (nanos) => chip.brownOut(nanos));
        rig.run(100 * MILLISECOND);
        assert.doesNotMatch(linesOf(rig), /does not come back/);
        rig.send({ identifier: 0x102 });
        rig.run(20 * MILLISECOND);
        assert.deepEqual(
          rig.agl.map(({ frame }) => textOf(frame)),
          ['102#'],
        );
      });
    }
  },
);

onWasm('brown-out at any moment of the traffic: reception comes back each time', (engine) =>
  withLines({ engine, bitrate: 1_000_000 }, (rig) => {
    for (let round = 0; round < 20; round++) {
      for (let index = 0; index < 10; index++) rig.send({ identifier: 0x200 + index });
      const at = rig.now + 50_000 + 13_700 * round;
      rig.board.clock.schedule(at, (nanos) => rig.board.chip.brownOut(nanos));
      rig.run(60 * MILLISECOND);
      rig.forget();
      rig.send({ identifier: 0x300 + round });
      rig.run(10 * MILLISECOND);
      assert.deepEqual(
        rig.agl.map(({ frame }) => frame.identifier),
        [0x300 + round],
      );
    }
  }),
);

onWasm('brown-out: no step of the repair takes longer than the declared bound', (engine) =>
  withLines({ engine, rules: RULES }, (rig) => {
    const { machine, engine: wasm, clock, chip } = rig.board;
    if (!(wasm instanceof WasmEngine)) throw new Error('steps are seen by the wasm engine');
    const bound = declaredStepBound().micros(10_000_000) * 1_000;
    let idleNanos: number | undefined;
    let longest = 0;
    machine.onIdle = () => (idleNanos = clock.now);
    wasm.onStep = (startNanos) => {
      longest = Math.max(longest, (idleNanos ?? clock.now) - startNanos);
      idleNanos = undefined;
    };
    for (let round = 0; round < 5; round++) {
      clock.schedule(rig.now + 100_000 * round, (nanos) => chip.brownOut(nanos));
      rig.run(50 * MILLISECOND);
      assert.equal(rig.register(CANSTAT) & CANSTAT_OPMOD, 0, 'normal mode again');
    }
    assert.ok(longest > 0 && longest <= bound, `${longest} ns, bound ${bound} ns`);
    rig.forget();
    for (const identifier of [0x100, 0x101]) rig.send({ identifier });
    rig.run(10 * MILLISECOND);
    assert.deepEqual(rig.sentBy('canwarden').map(textOf), ['700#01', '701#02']);
  }),
);

onBoth('a bus that is dominant at the start is joined when it is free', async (engine) => {
  const rig = await makeRig({ engine, rules: RULES, settings: 'console=on' });
  // From the first frame's bit 30 on, for 120 ms at 500 kbit/s; joining takes 11 recessive bits.
  let isFirst = true;
  rig.board.bus.onAttempt((): readonly WireFault[] => {
    if (!isFirst) return [];
    isFirst = false;
    return [{ kind: 'stuck-dominant', bit: 30, bits: 60_000 }];
  });
  rig.send({ identifier: 0x555, data: [0xaa] });
  bringUp(rig.board);
  assert.match(rig.lines[0] ?? '', /does not join the bus; tried again.*\(status 24\)$/);
  assert.match(rig.lines[1] ?? '', /canwarden: ready, .*, not on the bus yet$/);
  assert.notEqual(rig.register(CANSTAT) & CANSTAT_OPMOD, 0, 'not on the bus');
  rig.run(300 * MILLISECOND);
  assert.match(linesOf(rig), /the MCP2515 is back on the bus/);
  assert.equal(rig.lines.filter((line) => line.includes('(status 24)')).length, 1);
  rig.forget();
  rig.send({ identifier: 0x100 });
  rig.run(10 * MILLISECOND);
  assert.deepEqual(rig.sentBy('canwarden').map(textOf), ['700#01']);
  assert.equal(rig.board.communication.cellState, 0, 'running');
  rig.close();
});

for (const [level, what, status, says] of [
  ['high', 'frames are found by looking', 54, /INT is not asserted/],
  ['low', 'no frame is lost', 55, /INT is asserted though/],
] as const) {
  onBoth(`INT stuck ${level}: ${what}, and the line is given up with a word`, (engine) =>
    withLines({ engine }, (rig) => {
      rig.board.interruptWire.hold(level);
      const sent = Array.from({ length: 20 }, (_, index) => 0x100 + index);
      for (const identifier of sent) {
        rig.send({ identifier });
        rig.run(8 * MILLISECOND);
      }
      assert.deepEqual(
        rig.agl.map(({ frame }) => frame.identifier),
        sent,
      );
      assert.match(linesOf(rig), says);
      assert.equal(countOf(rig, status), 1);
    }),
  );
}

const MANY_ANSWERS = `version: 1
rules:
  - { name: static, match: { id: 0x100 }, answer: { id: 0x010, data: [0xA5, 1] }, rate: none }
  - { name: one, match: { id: 0x101, data: [~, ~] }, answer: { id: 0x011, length: 2, copy: [{ from: 0, to: 0, count: 2 }] }, rate: none }
  - { name: two, match: { id: 0x102, data: [~, ~] }, answer: { id: 0x012, length: 2, copy: [{ from: 0, to: 0, count: 2 }] }, rate: none }
`;

onWasm(
  'INT stuck low: answers that wait leave as soon as the bus is free, not when INT is',
  (engine) =>
    withRig({ engine, rules: MANY_ANSWERS }, (rig) => {
      rig.run(5 * MILLISECOND);
      rig.board.interruptWire.hold('low');
      // Nobody acknowledges: an error-passive sender repeats a request that the cell has, until more answers
      // than may wait are owed. Shorter than the 80 ms after which INT is given up.
      let isDeaf = true;
      rig.board.bus.onAttempt((): readonly WireFault[] =>
        isDeaf ? [{ kind: 'no-acknowledge' }] : [],
      );
      for (let index = 0; index < 10; index++) {
        rig.send({ identifier: 0x100 + (index % 3), data: [1, index] }, index * MILLISECOND);
      }
      rig.run(10 * MILLISECOND);
      isDeaf = false;
      rig.run(15 * MILLISECOND);
      rig.send({ identifier: 0x101, data: [7, 7] });
      rig.run(5 * MILLISECOND);
      assert.equal(textOf(rig.sentBy('canwarden').at(-1)!), '011#0707');
    }),
);

onBoth('a wrong osc= is named, and a crystal that cannot make the rate is not proposed', (engine) =>
  withLines(
    {
      engine,
      ...{ bitrate: 1_000_000, oscillatorHertz: 12_000_000 },
      commandLine: 'bitrate=1000000 osc=16000000',
    },
    (rig) => {
      for (let index = 0; index < 100; index++) {
        rig.send({ identifier: 0x100 }, index * 10 * MILLISECOND);
      }
      rig.run(1_000 * MILLISECOND);
      assert.match(linesOf(rig), /no frame at 1000000 bit\/s .* try osc=12000000, or/);
      assert.equal(countOf(rig, 50), 1);
      assert.equal(rig.agl.length, 0);
    },
  ),
);

onWasm('a wrong osc= is named: only errors on the bus, and which crystals to try', (engine) =>
  // The HAT has 8 MHz, the command line says 16 MHz: the chip runs at half the rate.
  withLines(
    { engine, oscillatorHertz: 8_000_000, commandLine: 'bitrate=500000 osc=16000000' },
    (rig) => {
      const { clock, bus } = rig.board;
      new LogNode({ clock, bus, name: 'witness' });
      for (let index = 0; index < 800; index++)
        rig.send({ identifier: 0x100 }, index * MILLISECOND);
      rig.run(1500 * MILLISECOND);
      assert.equal(rig.agl.length, 0);
      assert.match(linesOf(rig), /only errors.* osc=8000000 osc=12000000.*status \d+/);
    },
  ),
);

onBoth('listen-only: everything is received, nothing acknowledged or sent', (engine) =>
  withLines({ engine, rules: ANSWERING, settings: 'mode=listen-only' }, (rig) => {
    assert.match(rig.lines[0], /listen-only: nothing is sent \(status 57\)$/);
    rig.send({ identifier: 0x1a0 });
    rig.run(2 * MILLISECOND);
    assert.ok(
      rig.wire.every(({ acknowledged }) => !acknowledged),
      'alone with a listener',
    );
    const { clock, bus } = rig.board;
    new LogNode({ clock, bus, name: 'witness' });
    rig.run(20 * MILLISECOND);
    rig.sendFromAgl({ identifier: 0x124 });
    rig.run(20 * MILLISECOND);
    assert.ok(rig.agl.length > 0);
    assert.ok(rig.agl.every(({ frame }) => textOf(frame) === '1A0#'));
    assert.deepEqual(rig.sentBy('canwarden'), []);
  }),
);

onBoth('loopback: what AGL sends comes back to it, and the bus sees nothing', (engine) =>
  withLines({ engine, settings: 'mode=loopback' }, (rig) => {
    rig.sendFromAgl({ identifier: 0x123, data: [1, 2] });
    rig.run(20 * MILLISECOND);
    assert.deepEqual(
      rig.agl.map(({ frame }) => textOf(frame)),
      ['123#0102'],
    );
    assert.deepEqual(rig.wire, []);
  }),
);

onBoth('triple=1 samples three times, triple=0 once', async (engine) => {
  for (const [triple, expected] of [
    [0, 0],
    [1, CNF2_SAM],
  ]) {
    await withLines({ engine, settings: `triple=${triple}` }, (rig) => {
      assert.equal(rig.register(CNF2) & CNF2_SAM, expected);
    });
  }
});

onWasm('erratum 5 switched on in the chip: no frame of the cell is sent twice', (engine) =>
  withLines({ engine, faults: { erratum5: true } }, (rig) => {
    for (let index = 0; index < 30; index++) rig.sendFromAgl({ identifier: 0x100 + index });
    rig.run(50 * MILLISECOND);
    assert.equal(rig.sentBy('canwarden').length, 30);
  }),
);

onWasm('overload frames of another node delay frames and cost none', (engine) =>
  withLines({ engine }, (rig) => {
    const { bus, sender } = rig.board;
    for (let index = 0; index < 20; index++) {
      bus.requestOverload(sender);
      rig.send({ identifier: 0x100 + index });
      rig.sendFromAgl({ identifier: 0x400 + index });
      rig.run(3 * MILLISECOND);
    }
    assert.equal(rig.agl.length, 20);
    assert.equal(rig.sentBy('canwarden').length, 20);
    assert.ok(rig.wire.every(({ outcome }) => outcome === 'complete'));
  }),
);
