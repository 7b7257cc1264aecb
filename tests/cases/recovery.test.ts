/** A chip that resets itself, an INT wire that lies, a wrong crystal: noticed, told, and lived with. */
import assert from 'node:assert/strict';
import { declaredStepBound } from '../../scripts/bench/bounds.ts';
import type { WireFault } from '../../twin/bus/attempt.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { WasmEngine } from '../../twin/engine/wasm.ts';
import { makeBench } from '../../lab/rig/rig.ts';
import { bringUp } from '../../lab/rig/phases.ts';
import type { Board } from '../../twin/board/board.ts';
import { linesOf, MILLISECOND, onBoth, onWasm, textOf, withLines } from './case.ts';
import { CAN_ERR_RESTARTED } from './disturbance.ts';

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

onBoth('brown-out: the chip is set up again, AGL told, and frames flow as before', (engine) =>
  withLines({ engine, settings: 'errors=1' }, (bench) => {
    bench.send({ identifier: 0x101 });
    bench.run(5 * MILLISECOND);
    bench.board.clock.schedule(bench.now + MILLISECOND, (nanos) =>
      bench.board.chip.brownOut(nanos),
    );
    bench.run(50 * MILLISECOND);
    assert.equal(bench.register(CANSTAT) & CANSTAT_OPMOD, 0, 'normal mode again');
    assert.match(linesOf(bench), /lost its settings.*status \d+/);
    assert.ok(bench.errors.some(({ classes }) => classes & CAN_ERR_RESTARTED));
    bench.send({ identifier: 0x102 });
    bench.sendFromAgl({ identifier: 0x103 });
    bench.run(20 * MILLISECOND);
    assert.deepEqual(
      bench.agl.map(({ frame }) => textOf(frame)),
      ['101#', '102#'],
    );
    assert.deepEqual(bench.sentBy('canwarden').map(textOf), ['103#']);
  }),
);

onWasm(
  'a crystal that starts slowly: the cell waits for it, at its start and after a brown-out',
  async (engine) => {
    // Some milliseconds are usual. Microchip asks for no SPI before; what it would read is not said.
    for (const readableInStartUp of [false, true]) {
      const faults = { crystalStartNanos: 8 * MILLISECOND, readableInStartUp };
      const beforeBoot = ({ chip, clock }: Board): void => chip.brownOut(clock.now);
      await withLines({ engine, faults, beforeBoot }, (bench) => {
        const { chip, clock } = bench.board;
        clock.schedule(bench.now + MILLISECOND, (nanos) => chip.brownOut(nanos));
        bench.run(100 * MILLISECOND);
        assert.doesNotMatch(linesOf(bench), /does not come back/);
        bench.send({ identifier: 0x102 });
        bench.run(20 * MILLISECOND);
        assert.deepEqual(
          bench.agl.map(({ frame }) => textOf(frame)),
          ['102#'],
        );
      });
    }
  },
);

onWasm('brown-out at any moment of the traffic: reception comes back each time', (engine) =>
  withLines({ engine, bitrate: 1_000_000 }, (bench) => {
    for (let round = 0; round < 20; round++) {
      for (let index = 0; index < 10; index++) bench.send({ identifier: 0x200 + index });
      const at = bench.now + 50_000 + 13_700 * round;
      bench.board.clock.schedule(at, (nanos) => bench.board.chip.brownOut(nanos));
      bench.run(60 * MILLISECOND);
      bench.forget();
      bench.send({ identifier: 0x300 + round });
      bench.run(10 * MILLISECOND);
      assert.deepEqual(
        bench.agl.map(({ frame }) => frame.identifier),
        [0x300 + round],
      );
    }
  }),
);

onWasm('brown-out: no step of the repair takes longer than the declared bound', (engine) =>
  withLines({ engine, rules: RULES }, async (bench) => {
    const { machine, engine: wasm, clock, chip } = bench.board;
    if (!(wasm instanceof WasmEngine)) throw new Error('steps are seen by the wasm engine');
    const bound = (await declaredStepBound()).micros(10_000_000) * 1_000;
    let idleNanos: number | undefined;
    let longest = 0;
    machine.onIdle = () => (idleNanos = clock.now);
    wasm.onStep = (startNanos) => {
      longest = Math.max(longest, (idleNanos ?? clock.now) - startNanos);
      idleNanos = undefined;
    };
    for (let round = 0; round < 5; round++) {
      clock.schedule(bench.now + 100_000 * round, (nanos) => chip.brownOut(nanos));
      bench.run(50 * MILLISECOND);
      assert.equal(bench.register(CANSTAT) & CANSTAT_OPMOD, 0, 'normal mode again');
    }
    assert.ok(longest > 0 && longest <= bound, `${longest} ns, bound ${bound} ns`);
    bench.forget();
    for (const identifier of [0x100, 0x101]) bench.send({ identifier });
    bench.run(10 * MILLISECOND);
    assert.deepEqual(bench.sentBy('canwarden').map(textOf), ['700#01', '701#02']);
  }),
);

onBoth('a bus that is dominant at the start is joined when it is free', async (engine) => {
  const bench = await makeBench({ engine, rules: RULES, settings: 'console=on' });
  // From the first frame's bit 30 on, for 120 ms at 500 kbit/s; joining takes 11 recessive bits.
  let isFirst = true;
  bench.board.bus.onAttempt((): readonly WireFault[] => {
    if (!isFirst) return [];
    isFirst = false;
    return [{ kind: 'stuck-dominant', bit: 30, bits: 60_000 }];
  });
  bench.send({ identifier: 0x555, data: [0xaa] });
  bringUp(bench.board);
  assert.match(bench.lines[0] ?? '', /does not join the bus; tried again.*\(status 24\)$/);
  assert.match(bench.lines[1] ?? '', /canwarden: ready, .*, not on the bus yet$/);
  assert.notEqual(bench.register(CANSTAT) & CANSTAT_OPMOD, 0, 'not on the bus');
  bench.run(300 * MILLISECOND);
  assert.match(linesOf(bench), /the MCP2515 is back on the bus/);
  assert.equal(bench.lines.filter((line) => line.includes('(status 24)')).length, 1);
  bench.forget();
  bench.send({ identifier: 0x100 });
  bench.run(10 * MILLISECOND);
  assert.deepEqual(bench.sentBy('canwarden').map(textOf), ['700#01']);
  assert.equal(bench.board.communication.cellState, 0, 'running');
  bench.close();
});

onWasm(
  'INT stuck high: frames are found by looking, and the line is given up with a word',
  (engine) =>
    withLines({ engine }, (bench) => {
      bench.board.interruptWire.hold('high');
      for (let index = 0; index < 20; index++) {
        bench.send({ identifier: 0x100 + index });
        bench.run(4 * MILLISECOND);
      }
      assert.equal(bench.agl.length, 20);
      assert.match(linesOf(bench), /INT is not asserted.*status \d+/);
    }),
);

onWasm('INT stuck low: no frame is lost, and the line is given up with a word', (engine) =>
  withLines({ engine }, (bench) => {
    bench.board.interruptWire.hold('low');
    for (let index = 0; index < 20; index++) {
      bench.send({ identifier: 0x100 + index });
      bench.run(4 * MILLISECOND);
    }
    assert.equal(bench.agl.length, 20);
    assert.match(linesOf(bench), /INT is asserted though.*status \d+/);
  }),
);

onWasm('a wrong osc= is named: only errors on the bus, and which crystals to try', (engine) =>
  // The HAT has 8 MHz, the command line says 16 MHz: the chip runs at half the rate.
  withLines(
    { engine, oscillatorHertz: 8_000_000, commandLine: 'bitrate=500000 osc=16000000' },
    (bench) => {
      const { clock, bus } = bench.board;
      new LogNode({ clock, bus, name: 'witness' });
      for (let index = 0; index < 800; index++)
        bench.send({ identifier: 0x100 }, index * MILLISECOND);
      bench.run(1500 * MILLISECOND);
      assert.equal(bench.agl.length, 0);
      assert.match(linesOf(bench), /only errors.* osc=8000000 osc=12000000.*status \d+/);
    },
  ),
);

onWasm('listen-only: everything is received, nothing acknowledged or sent', (engine) =>
  withLines({ engine, settings: 'mode=listen-only' }, (bench) => {
    bench.send({ identifier: 0x123 });
    bench.run(2 * MILLISECOND);
    assert.ok(
      bench.wire.every(({ acknowledged }) => !acknowledged),
      'alone with a listener',
    );
    const { clock, bus } = bench.board;
    new LogNode({ clock, bus, name: 'witness' });
    bench.run(20 * MILLISECOND);
    bench.sendFromAgl({ identifier: 0x124 });
    bench.run(20 * MILLISECOND);
    assert.ok(bench.agl.some(({ frame }) => textOf(frame) === '123#'));
    assert.deepEqual(bench.sentBy('canwarden'), []);
  }),
);

onWasm('loopback: what AGL sends comes back to it, and the bus sees nothing', (engine) =>
  withLines({ engine, settings: 'mode=loopback' }, (bench) => {
    bench.sendFromAgl({ identifier: 0x123, data: [1, 2] });
    bench.run(20 * MILLISECOND);
    assert.deepEqual(
      bench.agl.map(({ frame }) => textOf(frame)),
      ['123#0102'],
    );
    assert.deepEqual(bench.wire, []);
  }),
);

onWasm('triple=1 samples three times, triple=0 once', async (engine) => {
  for (const [triple, expected] of [
    [0, 0],
    [1, CNF2_SAM],
  ]) {
    await withLines({ engine, settings: `triple=${triple}` }, (bench) => {
      assert.equal(bench.register(CNF2) & CNF2_SAM, expected);
    });
  }
});

onWasm('erratum 5 switched on in the chip: no frame of the cell is sent twice', (engine) =>
  withLines({ engine, faults: { erratum5: true } }, (bench) => {
    for (let index = 0; index < 30; index++) bench.sendFromAgl({ identifier: 0x100 + index });
    bench.run(50 * MILLISECOND);
    assert.equal(bench.sentBy('canwarden').length, 30);
  }),
);

onWasm('overload frames of another node delay frames and cost none', (engine) =>
  withLines({ engine }, (bench) => {
    const { bus, sender } = bench.board;
    for (let index = 0; index < 20; index++) {
      bus.requestOverload(sender);
      bench.send({ identifier: 0x100 + index });
      bench.sendFromAgl({ identifier: 0x400 + index });
      bench.run(3 * MILLISECOND);
    }
    assert.equal(bench.agl.length, 20);
    assert.equal(bench.sentBy('canwarden').length, 20);
    assert.ok(bench.wire.every(({ outcome }) => outcome === 'complete'));
  }),
);
