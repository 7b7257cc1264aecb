// SPDX-License-Identifier: MIT
/**
 * The image on other emulations of the board than the twin: it may rely on the datasheets, not on how the
 * twin does it. Figures of time do not hold there; every frame and every answer does. Slow devices:
 * tests/system/slow-devices.test.ts.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TimingModel } from '../../twin/machine/timing-model.ts';
import { type Rig } from '../../lab/rig/rig.ts';
import { type RigOptions, makeRig, openRig, bringUp } from '../../lab/rig/open-rig.ts';
import type { SpiTransaction } from '../../lab/rig/spi-transactions.ts';
import type { Spi0Behaviour } from '../../twin/soc/spi0-behaviour.ts';
import { TWO_ANSWERS } from '../rule-tables.ts';

const MILLISECOND = 1_000_000;

/**
 * A machine emulator that counts one nanosecond for each instruction and nothing for devices, as QEMU does
 * with -icount shift=0. An exit to the hypervisor is its instructions. Its counter has 62.5 MHz.
 */
const COUNTED: TimingModel = {
  nanosPerInstruction: 1,
  deviceReadNanos: 0,
  deviceWriteNanos: 0,
  trappedAccessNanos: 530,
  interruptExitNanos: 800,
  wakeUpNanos: 0,
  hypercallNanos: 600,
  counterReadNanos: 0,
  wasmImportNanos: 0,
  counterHertz: 62_500_000,
};

/** The same with a counter of 1 GHz, which newer emulators have. */
const COUNTED_FAST: TimingModel = { ...COUNTED, counterHertz: 1_000_000_000 };

/** Device registers that a process beside the emulator answers: 20 microseconds an access. */
const VERY_SLOW: TimingModel = { ...COUNTED, deviceReadNanos: 20_000, deviceWriteNanos: 20_000 };

/** SPI0 of QEMU's raspi4b: every byte at once, FIFOs of 1,024 bytes, CLEAR bits that stay. */
const AT_ONCE: Partial<Spi0Behaviour> = { clocksPerByte: 0, fifoBytes: 1024, clearsReadBack: true };

type Emulation = Pick<RigOptions, 'timing' | 'spi0'>;

const EMULATIONS: readonly (readonly [what: string, emulation: Emulation])[] = [
  ['bytes exchanged at once, FIFOs of 1,024 bytes', { spi0: AT_ONCE }],
  ['bytes exchanged at once, DONE with the write', { spi0: { clocksPerByte: 0 } }],
  ['FIFOs of 16 bytes', { spi0: { fifoBytes: 16 } }],
  ['DONE some reads late', { spi0: { doneLateReads: 5 } }],
  ['RXD some reads late, and later than DONE', { spi0: { ...AT_ONCE, receiveLateReads: 3 } }],
  ['one nanosecond an instruction, SPI0 in its own time', { timing: COUNTED }],
  ['one nanosecond an instruction, bytes at once', { timing: COUNTED, spi0: AT_ONCE }],
  ['a counter of 1 GHz', { timing: COUNTED_FAST, spi0: AT_ONCE }],
  ['an SPI0 at a quarter of its speed', { timing: COUNTED, spi0: { clocksPerByte: 36 } }],
];

/** A machine whose core is taken away while its counter goes on. */
const JUMPING: typeof EMULATIONS = [
  ['SPI0 in its own time', {}],
  ['bytes at once', { timing: COUNTED, spi0: AT_ONCE }],
];

/** What a cell says that takes the machine's slowness for a fault of bus, chip or line. */
const FALSE_ALARM = /status (2[0-9]|7[0-9])\)|MCP2515|bus-off|INT is|stopped by a fault/;

const REQUESTS = 20;

/**
 * Requests of both kinds, forwarded frames, and frames of AGL's, some at a time. `apartNanos`: so long
 * between the frames of the bus, for a cell that cannot keep up with its pace. `before`: told of each frame.
 */
function exchange(rig: Rig, apartNanos = 0, before = () => {}): void {
  for (let index = 0; index < REQUESTS; index++) {
    for (const frame of [
      { identifier: 0x1a0, data: [index] },
      { identifier: 0x2b0, data: [index, 0x99] },
      { identifier: 0x100 + index, data: [1, 2, 3, 4, 5, 6, 7, index] },
    ]) {
      before();
      rig.send(frame);
      rig.run(apartNanos);
    }
    rig.sendFromAgl({ identifier: 0x600 + index, data: [index, 0x77] });
    rig.run(10 * MILLISECOND);
  }
  rig.run(50 * MILLISECOND);
}

function assertComplete(rig: Rig): void {
  const sent = rig.sentBy('canwarden');
  const first = (identifier: number) =>
    sent.filter((frame) => frame.identifier === identifier).map(({ data }) => [...data]);
  const indices = Array.from({ length: REQUESTS }, (_, index) => index);
  assert.equal(first(0x1a1).length, REQUESTS, 'static answers');
  assert.deepEqual(
    first(0x2b1),
    indices.map((index) => [0x50, index, 0x99, 0, 0, 0, 0, 0]),
    'computed answers',
  );
  assert.deepEqual(
    sent.filter(({ identifier }) => identifier >= 0x600).map(({ data }) => data[0]),
    indices,
    'frames of AGL on the bus',
  );
  const forwarded = rig.agl.map(({ frame }) => frame.identifier);
  assert.deepEqual(
    forwarded.filter((identifier) => identifier < 0x1a0),
    indices.map((index) => 0x100 + index),
    'frames of the bus at AGL',
  );
}

/** What the cell says of chip, bus and line, which in most emulations is nothing. */
const alarms = (rig: Rig): string[] => rig.lines.filter((line) => FALSE_ALARM.test(line));

describe('the image on another emulation of the board', () => {
  for (const [what, emulation] of EMULATIONS) {
    it(`answers, forwards and sends with ${what}`, async () => {
      const rig = await openRig({
        ...{ engine: 'image', rules: TWO_ANSWERS, settings: 'console=on' },
        ...emulation,
      });
      try {
        exchange(rig);
        assertComplete(rig);
        assert.deepEqual(alarms(rig), []);
      } finally {
        rig.close();
      }
    });
  }

  it('answers, forwards and sends where each access to a device takes 20 us', async () => {
    const rig = await openRig({ engine: 'image', rules: TWO_ANSWERS, timing: VERY_SLOW });
    exchange(rig, 10 * MILLISECOND);
    assertComplete(rig);
    assert.deepEqual(alarms(rig), []);
    rig.close();
  });

  for (const [what, emulation] of JUMPING) {
    it(`answers, forwards and sends with a clock that jumps, ${what}`, async () => {
      const rig = await openRig({ engine: 'image', rules: TWO_ANSWERS, ...emulation });
      let jumps = 0;
      exchange(rig, MILLISECOND, () => {
        // What the jump before has left is done first: the chip has room for two frames.
        rig.run(3 * MILLISECOND);
        // Somewhere between the start of the frame and the end of its answer; 1 to 300 ms.
        const afterNanos = (jumps * 7_919) % 700_000;
        rig.stall(rig.now + afterNanos, (1 + ((jumps * 53) % 300)) * MILLISECOND);
        jumps += 1;
      });
      assert.equal(jumps, 3 * REQUESTS);
      assertComplete(rig);
      assert.deepEqual(alarms(rig), []);
      rig.close();
    });
  }

  it('does all of it, and says so once, where GPIO inputs always read 0', async () => {
    const rig = await openRig({
      ...{ engine: 'image', rules: TWO_ANSWERS, settings: 'console=on' },
      beforeBoot: ({ interruptWire }) => interruptWire.hold('low'),
    });
    exchange(rig);
    assertComplete(rig);
    assert.equal(alarms(rig).length, 1, rig.lines.join('\n'));
    assert.match(alarms(rig)[0] ?? '', /INT is asserted though nothing waits.*\(status 55\)$/);
    rig.close();
  });
});

// MCP2515, DS20001801J: READ, and the registers that are looked at.
const READ = 0x03;
const CANSTAT = 0x0e;
const CNF3 = 0x28;

const isRead = ({ mosi }: SpiTransaction, address: number): boolean =>
  mosi[0] === READ && mosi[1] === address;

describe('an image whose core stands still for 20 ms', () => {
  it('starts, whenever that is between a look at the mode of the chip and what follows from it', async () => {
    const rig = await makeRig({ engine: 'image', withoutAgl: true, settings: 'console=on' });
    let held = 0;
    rig.onTransaction = (transaction) => {
      if (!isRead(transaction, CANSTAT)) return;
      held += 1;
      rig.stallUntil(rig.now + 20 * MILLISECOND);
    };
    bringUp(rig.board);
    rig.run(100 * MILLISECOND);
    assert.ok(held >= 3, `configuration mode, on the bus or not yet: ${held} looks`);
    assert.match(rig.lines.join('\n'), /canwarden: ready/);
    assert.deepEqual(alarms(rig), []);
    rig.close();
  });

  it('does not blame the INT line for frames that come in meanwhile', async () => {
    const rig = await openRig({ engine: 'image', settings: 'console=on' });
    let looks = 0;
    rig.onTransaction = (transaction) => {
      // The run comes back only when the cell has nothing to do, which may be never while this goes on.
      if (looks === 20 || !isRead(transaction, CNF3)) return;
      rig.send({ identifier: 0x100 + looks, data: [looks] });
      looks += 1;
      rig.stallUntil(rig.now + 20 * MILLISECOND);
    };
    assert.ok(rig.runUntil(() => looks === 20, 2_000 * MILLISECOND));
    rig.onTransaction = undefined;
    rig.run(20 * MILLISECOND);
    assert.equal(rig.agl.length, 20);
    assert.deepEqual(alarms(rig), []);
    rig.close();
  });
});
