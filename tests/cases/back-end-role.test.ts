// SPDX-License-Identifier: MIT
/**
 * The cell as the virtio-can device, with a driver that shares no code with it: STOP while a frame is
 * in the chip, bus-off, frames right after START. Expected: virtio 1.4, "CAN Device".
 */
import assert from 'node:assert/strict';
import { MinimalPeer } from '../../lab/peers/minimal/minimal-peer.ts';
import { type Rig } from '../../lab/rig/rig.ts';
import { openRig } from '../../lab/rig/open-rig.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { EXCHANGED_ROLES } from '../../lab/rig/roles.ts';
import { MILLISECOND, onBoth, onWasm } from './case.ts';
import { ALTERNATING, failNextSends } from './disturbance.ts';

const START = 0x0201;
const STOP = 0x0202;
/** Bit 0 of the configuration's status, and the event byte of the transport header. */
const CONFIG_STATUS = 0x4c;
const BUS_OFF = 1;
const CONFIG_EVENT = 0x40;
const REFUSED = 'a frame was refused';

async function withDriver(
  engine: EngineName,
  use: (rig: Rig, driver: MinimalPeer, section: Buffer) => void,
  settings = '',
): Promise<void> {
  let driver: MinimalPeer | undefined;
  let section: Buffer = Buffer.alloc(0);
  const rig = await openRig({
    engine,
    settings,
    ...EXCHANGED_ROLES,
    makePeer: (surroundings) => {
      ({ section } = surroundings);
      driver = new MinimalPeer(surroundings);
      return driver;
    },
  });
  try {
    assert.ok(driver);
    const { controls } = driver;
    assert.ok(rig.runUntil(() => controls.length === 1, 50 * MILLISECOND));
    assert.deepEqual([controls[0].type, controls[0].result], [START, 0]);
    use(rig, driver, section);
  } finally {
    rig.close();
  }
}

/** Sends a control message and waits for its end. */
function control(rig: Rig, driver: MinimalPeer, type: number): void {
  const count = driver.controls.length;
  driver.control(type);
  assert.ok(rig.runUntil(() => driver.controls.length > count, 10 * MILLISECOND));
  assert.deepEqual([driver.controls[count].type, driver.controls[count].result], [type, 0]);
}

const identifiersOfCell = (rig: Rig): number[] =>
  rig.sentBy(rig.board.chip.name).map(({ identifier }) => identifier);

onBoth('STOP refuses the frame in the chip, and takes it back; START goes on', (engine) =>
  withDriver(engine, (rig, driver) => {
    rig.run(10 * MILLISECOND);
    // A bus so full of the highest priority that the frame of AGL cannot win.
    for (let count = 0; count < 200; count += 1) {
      rig.send({ identifier: 0, data: [1, 2, 3, 4, 5, 6, 7, 8] });
    }
    rig.run(MILLISECOND);
    rig.sendFromAgl({ identifier: 0x7ff, data: [1] });
    rig.run(2 * MILLISECOND);
    assert.deepEqual(driver.problems, [], 'it waits in the chip');
    control(rig, driver, STOP);
    rig.run(MILLISECOND);
    assert.deepEqual(driver.problems, [REFUSED]);
    rig.sendFromAgl({ identifier: 0x100 });
    rig.run(60 * MILLISECOND);
    assert.deepEqual(identifiersOfCell(rig), [], 'nothing while stopped, not even what was loaded');

    const stoppedNanos = rig.now;
    rig.send({ identifier: 0x300 }, 0);
    rig.run(5 * MILLISECOND);
    assert.ok(
      rig.agl.every(({ nanos }) => nanos < stoppedNanos),
      'a stopped one hears nothing',
    );
    control(rig, driver, START);
    rig.run(10 * MILLISECOND);
    assert.deepEqual(identifiersOfCell(rig), [0x100]);
    rig.send({ identifier: 0x301 }, 0);
    rig.run(5 * MILLISECOND);
    assert.equal(rig.agl.at(-1)?.frame.identifier, 0x301);
    assert.deepEqual(driver.problems, [REFUSED]);
  }),
);

onBoth('bus-off is a status bit and an event, refuses what waits, and ends with START', (engine) =>
  withDriver(
    engine,
    (rig, driver, section) => {
      rig.run(10 * MILLISECOND);
      section.writeUInt8(0, CONFIG_EVENT);
      assert.equal(section.readUInt16LE(CONFIG_STATUS), 0);
      failNextSends(rig, 32);
      rig.sendFromAgl(ALTERNATING);
      rig.sendFromAgl({ identifier: 0x200 });
      assert.ok(
        rig.runUntil(() => section.readUInt16LE(CONFIG_STATUS) === BUS_OFF, 20 * MILLISECOND),
      );
      assert.equal(section.readUInt8(CONFIG_EVENT), 1);
      rig.run(5 * MILLISECOND);
      assert.deepEqual(
        driver.problems,
        [REFUSED, REFUSED],
        'the one in the chip, the one behind it',
      );
      assert.deepEqual(identifiersOfCell(rig), []);

      // The cell goes back on the bus by itself; for the driver it stays off until START.
      rig.run(60 * MILLISECOND);
      assert.equal(section.readUInt16LE(CONFIG_STATUS), BUS_OFF);
      control(rig, driver, START);
      assert.equal(section.readUInt16LE(CONFIG_STATUS), 0);
      rig.sendFromAgl({ identifier: 0x201 });
      rig.run(10 * MILLISECOND);
      assert.deepEqual(identifiersOfCell(rig), [0x201]);
      assert.equal(driver.problems.length, 2);
    },
    'restart-ms=20',
  ),
);

onWasm('frames wait 5 ms after START, until the driver polls', (engine) =>
  withDriver(engine, (rig, driver) => {
    rig.run(10 * MILLISECOND);
    control(rig, driver, STOP);
    control(rig, driver, START);
    const startNanos = driver.controls.at(-1)?.nanos ?? 0;
    for (let count = 0; count < 20; count += 1) {
      rig.send({ identifier: 0x400 + count, data: [count] }, count * MILLISECOND);
    }
    rig.run(30 * MILLISECOND);
    const first = rig.agl.find(({ frame }) => frame.identifier >= 0x400);
    assert.ok(first);
    // The driver looks every 10 us, so it sees the end of START, and a frame, up to that much later.
    assert.ok(
      first.nanos - startNanos > 5 * MILLISECOND - 50_000,
      `${first.nanos - startNanos} ns`,
    );
    assert.ok(first.nanos - startNanos < 8 * MILLISECOND, `${first.nanos - startNanos} ns`);
    assert.equal(rig.agl.at(-1)?.frame.identifier, 0x413);
  }),
);
