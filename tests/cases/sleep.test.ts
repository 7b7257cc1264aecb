// SPDX-License-Identifier: MIT
/**
 * sleep=SECONDS: the chip sleeps on a quiet bus, wakes by the bus or by AGL, and what that costs.
 *
 * Expected: DS20001801J, section 10.2 (the frame that wakes the chip is not received; it wakes into
 * listen-only mode after 128 oscillator periods), register 10-2 (OPMOD), 7-2 (WAKIF).
 */
import assert from 'node:assert/strict';
import { LogNode } from '../../twin/bus/log-node.ts';
import type { SiliconOptions } from '../../twin/chip/mcp2515/options.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import {
  linesOf,
  MICROSECOND,
  MILLISECOND,
  onBoth,
  onWasm,
  textOf,
  withRig,
  withLines,
} from './case.ts';

const CANCTRL = 0x0f;
const REQOP = 0xe0;
const CANSTAT = 0x0e;
const CANINTE = 0x2b;
const CANINTE_WAKIE = 0x40;
const CANINTF = 0x2c;
const CANINTF_WAKIF = 0x40;
const OPMOD_SLEEP = 0x20;
const OPMOD_NORMAL = 0x00;
const SECOND = 1000 * MILLISECOND;
const SLEEP = { settings: 'sleep=1 errors=1' };

function mode(rig: Rig): number {
  return rig.register(CANSTAT) & 0xe0;
}

function received(rig: Rig): string[] {
  return rig.agl.map(({ frame }) => textOf(frame));
}

/** Another node that acknowledges, so that a frame for the sleeping cell is sent once. */
function addWitness({ board: { clock, bus } }: Rig): void {
  new LogNode({ clock, bus, name: 'witness' });
}

onBoth('sleep=1: the chip sleeps one second after the last frame, not before', (engine) =>
  withLines({ engine, ...SLEEP }, (rig) => {
    rig.run(500 * MILLISECOND);
    rig.send({ identifier: 0x100 });
    rig.run(600 * MILLISECOND);
    rig.sendFromAgl({ identifier: 0x101 });
    rig.run(990 * MILLISECOND);
    assert.equal(mode(rig), OPMOD_NORMAL, 'a frame sent counts as one received');
    rig.run(30 * MILLISECOND);
    assert.equal(mode(rig), OPMOD_SLEEP);
    assert.match(linesOf(rig), /asleep: nothing on the bus for 1 s/);
    rig.run(3 * SECOND);
    assert.equal(mode(rig), OPMOD_SLEEP, 'and stays so');
    assert.deepEqual(received(rig), ['100#']);
    assert.deepEqual(rig.sentBy('canwarden').map(textOf), ['101#']);
  }),
);

onBoth('the frame that wakes the chip is lost and said; those after it are received', (engine) =>
  withLines({ engine, ...SLEEP }, (rig) => {
    addWitness(rig);
    rig.run(1200 * MILLISECOND);
    for (let round = 0; round < 3; round++) {
      assert.equal(mode(rig), OPMOD_SLEEP);
      rig.forget();
      rig.send({ identifier: 0x200, data: [1, 2, 3, 4] });
      rig.send({ identifier: 0x201 }, MILLISECOND);
      rig.send({ identifier: 0x202 }, 2 * MILLISECOND);
      rig.run(20 * MILLISECOND);
      assert.deepEqual(received(rig), ['201#', '202#']);
      assert.equal(mode(rig), OPMOD_NORMAL);
      assert.equal(rig.register(CANINTE) & CANINTE_WAKIE, 0);
      assert.equal(rig.register(CANINTF) & CANINTF_WAKIF, 0);
      rig.run(1200 * MILLISECOND);
    }
    const told = rig.lines.filter((line) => line.includes('lost by that'));
    assert.equal(told.length, 3);
  }),
);

onWasm('back to back with the one that wakes, only what the start-up covers is lost', (engine) =>
  withRig({ engine, ...SLEEP }, (rig) => {
    addWitness(rig);
    rig.run(1200 * MILLISECOND);
    rig.forget();
    for (let index = 0; index < 40; index++) rig.send({ identifier: 0x300 + index });
    rig.run(50 * MILLISECOND);
    const got = rig.agl.map(({ frame }) => frame.identifier - 0x300);
    const first = got[0];
    // 8 us of the oscillator at 16 MHz, some SPI, and 11 recessive bits, which each frame ends with.
    assert.ok(first >= 1 && first <= 2, `the first one received is frame ${first}`);
    assert.deepEqual(
      got,
      Array.from({ length: 40 - first }, (_, index) => first + index),
    );
  }),
);

onWasm(
  'a sender that is alone repeats the frame until the cell is awake: nothing is lost',
  (engine) =>
    withRig({ engine, ...SLEEP }, (rig) => {
      rig.run(1200 * MILLISECOND);
      rig.forget();
      rig.send({ identifier: 0x210 });
      rig.run(20 * MILLISECOND);
      assert.deepEqual(received(rig), ['210#']);
    }),
);

onBoth('AGL wakes the chip, and its frame is sent', (engine) =>
  withLines({ engine, ...SLEEP }, (rig) => {
    addWitness(rig);
    rig.run(1200 * MILLISECOND);
    assert.equal(mode(rig), OPMOD_SLEEP);
    rig.sendFromAgl({ identifier: 0x400, data: [7] });
    rig.run(5 * MILLISECOND);
    assert.deepEqual(rig.sentBy('canwarden').map(textOf), ['400#07']);
    assert.match(linesOf(rig), /awake: AGL has a frame for the bus/);
    rig.run(1200 * MILLISECOND);
    assert.equal(mode(rig), OPMOD_SLEEP);
  }),
);

onWasm('int=spi: without the line the chip is asked every millisecond', (engine) =>
  withRig({ engine, settings: 'sleep=1 int=spi' }, (rig) => {
    addWitness(rig);
    rig.run(1200 * MILLISECOND);
    assert.equal(mode(rig), OPMOD_SLEEP);
    rig.send({ identifier: 0x220 });
    rig.send({ identifier: 0x221 }, 2 * MILLISECOND);
    rig.run(20 * MILLISECOND);
    assert.deepEqual(received(rig), ['221#']);
  }),
);

onWasm('a frame at any moment of falling asleep is received, or wakes the chip', (engine) =>
  withLines({ engine, ...SLEEP }, (rig) => {
    addWitness(rig);
    let missed = 0;
    for (let round = 0; round < 30; round++) {
      rig.forget();
      rig.send({ identifier: 0x500 });
      rig.run(2 * MILLISECOND);
      const asleep = rig.runUntil(() => mode(rig) === OPMOD_SLEEP, 2 * SECOND, MICROSECOND * 50);
      assert.ok(asleep, `round ${round}`);
      // Woken again, and a frame around the moment at which it will fall asleep.
      rig.send({ identifier: 0x501 });
      rig.run(2 * MILLISECOND);
      rig.forget();
      rig.send({ identifier: 0x502 }, 990 * MILLISECOND + round * 400 * MICROSECOND);
      rig.send({ identifier: 0x503 }, 1010 * MILLISECOND);
      rig.run(1020 * MILLISECOND);
      const got = received(rig);
      assert.equal(got.at(-1), '503#', `round ${round}: ${got.join(' ')}`);
      missed += 2 - got.length;
      assert.equal(mode(rig), OPMOD_NORMAL);
    }
    const wakes = rig.lines.filter((line) => line.includes('lost by that')).length;
    assert.equal(wakes, 30 + missed, 'each frame that is missing was said');
  }),
);

/**
 * What the data sheet leaves open about WAKIF and REQOP: with each answer the cell sleeps with a WAKIF that
 * stood before, is woken by AGL and by the bus, and is in the mode to run in afterwards.
 */
async function sleepsAndWakes(engine: EngineName, faults: SiliconOptions): Promise<void> {
  await withLines({ engine, faults, ...SLEEP }, (rig) => {
    const name = JSON.stringify(faults);
    addWitness(rig);
    rig.run(500 * MILLISECOND);
    rig.board.chip.writeRegister(CANINTF, CANINTF_WAKIF, rig.now);
    rig.run(700 * MILLISECOND);
    assert.equal(mode(rig), OPMOD_SLEEP, name);
    rig.run(100 * MILLISECOND);
    assert.equal(mode(rig), OPMOD_SLEEP, `${name}: and stays so`);
    rig.sendFromAgl({ identifier: 0x400 });
    rig.run(5 * MILLISECOND);
    assert.deepEqual(rig.sentBy('canwarden').map(textOf), ['400#'], name);
    rig.run(1200 * MILLISECOND);
    assert.equal(mode(rig), OPMOD_SLEEP, `${name}: a second time`);
    rig.send({ identifier: 0x200 });
    rig.send({ identifier: 0x201 }, MILLISECOND);
    rig.run(500 * MILLISECOND);
    assert.deepEqual(received(rig), ['201#'], name);
    assert.equal(mode(rig), OPMOD_NORMAL, name);
    assert.equal(rig.register(CANCTRL) & REQOP, 0, `${name}: normal mode is what is asked for`);
    assert.doesNotMatch(linesOf(rig), /status \d+/, name);
  });
}

onBoth('WAKIF that stands keeps the chip awake, and waking changes REQOP: no harm', (engine) =>
  sleepsAndWakes(engine, { standingWakeFlagWakes: true, wakeChangesRequest: true }),
);

onWasm('WAKIF that stands does nothing, and REQOP still reads sleep: no harm', async (engine) => {
  await sleepsAndWakes(engine, { standingWakeFlagWakes: false, wakeChangesRequest: false });
  await sleepsAndWakes(engine, { standingWakeFlagWakes: true, wakeChangesRequest: false });
  await sleepsAndWakes(engine, { standingWakeFlagWakes: false, wakeChangesRequest: true });
});

onWasm('a brown-out while asleep is noticed, and the chip set up again', (engine) =>
  withLines({ engine, ...SLEEP }, (rig) => {
    rig.run(1200 * MILLISECOND);
    rig.board.chip.brownOut(rig.now);
    rig.run(50 * MILLISECOND);
    assert.match(linesOf(rig), /lost its settings.*status \d+/);
    assert.equal(mode(rig), OPMOD_NORMAL);
    rig.send({ identifier: 0x230 });
    rig.run(5 * MILLISECOND);
    assert.deepEqual(received(rig), ['230#']);
  }),
);

onWasm('the cell can be shut down while its chip sleeps', (engine) =>
  withRig({ engine, ...SLEEP }, async (rig) => {
    const { shutDown } = await import('../../twin/board/cell-control.ts');
    rig.run(1200 * MILLISECOND);
    assert.equal(mode(rig), OPMOD_SLEEP);
    assert.equal(shutDown(rig.board), 'approved');
  }),
);

onWasm('sleep=0, and loopback mode: the chip never sleeps', async (engine) => {
  for (const settings of ['sleep=0', 'sleep=1 mode=loopback']) {
    await withRig({ engine, settings }, (rig) => {
      rig.run(3 * SECOND);
      assert.notEqual(mode(rig), OPMOD_SLEEP);
    });
  }
});

onWasm('sleep=1: frames of the table wake the chip: a cyclic one, and a notice', (engine) => {
  const rules = `version: 1
rules: [{ name: speed, match: { id: 0x200 }, timeout: { after: 1500ms, missing: { frame: { id: 0x7A0 } } } }]
cyclic: [{ name: slow, every: 2s, phase: 4s, frame: { id: 0x110 } }]
`;
  return withRig({ engine, ...SLEEP, rules }, (rig) => {
    addWitness(rig);
    rig.send({ identifier: 0x200 });
    rig.run(6.2 * SECOND);
    const sent = rig.wire
      .filter(({ sender, outcome }) => sender === 'canwarden' && outcome === 'complete')
      .map(({ frame, startNanos }) => [
        textOf(frame),
        Math.round(startNanos / (100 * MILLISECOND)),
      ]);
    // The notice 1.5 s after the frame; the cyclic frame at 4 and 6 s.
    assert.deepEqual(sent, [
      ['7A0#', 16],
      ['110#', 40],
      ['110#', 60],
    ]);
  });
});
