// SPDX-License-Identifier: MIT
/**
 * The cell as the virtio-can device of Linux's own drivers (virtio_ivshmem, virtio_can), as
 * lab/peers/linux plays them: bind and unbind, the interface up and down, bus-off.
 * Expected: what those drivers wait for and demand; virtio 1.4, "CAN Device".
 */
import assert from 'node:assert/strict';
import type { LinuxPeer } from '../../lab/peers/linux/linux-peer.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { loadFirmware } from '../../lab/rig/firmware.ts';
import { shutDown, type ShutdownOutcome } from '../../twin/board/cell-control.ts';
import { MICROSECOND, MILLISECOND, onBoth, onWasm } from './case.ts';
import { ALTERNATING, failNextSends } from './disturbance.ts';
import { complete, driveOff, exchange, fromCell, withLinux } from './linux-rig.ts';

/** A busy Linux: its threads go on so long after they may. */
const SLOW_NANOS = 2 * MILLISECOND;

onBoth('unbinding resets and takes the queues down in state 0, and comes to its end', (engine) =>
  withLinux(engine, (rig, linux) => {
    exchange(rig, 0x100);
    complete(rig, linux, linux.down(), linux.unbind(), linux.bind(), linux.up());
    rig.run(10 * MILLISECOND);
    exchange(rig, 0x200);
  }),
);

onWasm('a hundred times unbound and bound again, it is as on the first day', (engine) =>
  withLinux(engine, (rig, linux) => {
    const freeChunks = linux.transport?.freeChunks;
    for (let round = 0; round < 100; round += 1) {
      complete(rig, linux, linux.down(), linux.unbind(), linux.bind(), linux.up());
    }
    rig.run(10 * MILLISECOND);
    exchange(rig, 0x300);
    assert.equal(linux.transport?.freeChunks, freeChunks);
    // START's answer is announced twice; 99,900 of 100,000 would make Linux switch the line off.
    assert.ok((linux.transport?.unhandledInterrupts ?? 0) <= 1);
  }),
);

onBoth('the interface lowered with a full ring goes on sending when it is raised again', (engine) =>
  withLinux(engine, (rig, linux, can) => {
    // A bus so full of the highest priority that no frame of AGL's can win.
    for (let count = 0; count < 150; count += 1) rig.send({ identifier: 0, data: [1, 2, 3, 4] });
    rig.run(MILLISECOND);
    for (let count = 0; count < 200; count += 1) rig.sendFromAgl({ identifier: 0x700 });
    rig.run(2 * MILLISECOND);
    assert.equal(can.inFlight, 128, 'as many as virtio_can has in flight at most');
    complete(rig, linux, linux.down());
    assert.equal(can.inFlight, 0, 'STOP gives all of them back before it ends');
    assert.deepEqual([can.sent, can.refused], [0, 128]);
    rig.run(60 * MILLISECOND);

    rig.forget();
    complete(rig, linux, linux.up());
    rig.run(60 * MILLISECOND);
    assert.deepEqual(fromCell(rig), Array<number>(72).fill(0x700), 'those that had to wait');
    assert.equal(can.sent, 72);
  }),
);

onWasm('frames that come before the polling begins are not forgotten', (engine) =>
  withLinux(
    engine,
    (rig, linux) => {
      complete(rig, linux, linux.down());
      for (let count = 0; count < 30; count += 1) {
        rig.send({ identifier: 0x400 + count }, count * MILLISECOND);
      }
      complete(rig, linux, linux.up());
      rig.run(40 * MILLISECOND);
      assert.equal(rig.agl.at(-1)?.frame.identifier, 0x41d);
      assert.ok(rig.agl.length >= 22, `${rig.agl.length} of 30, START comes in the middle`);
    },
    {},
    SLOW_NANOS,
  ),
);

onBoth('bus-off reaches the interface, and START leads out of it', (engine) =>
  withLinux(
    engine,
    (rig, linux, can) => {
      failNextSends(rig, 32);
      rig.sendFromAgl(ALTERNATING);
      rig.sendFromAgl({ identifier: 0x200 });
      assert.ok(rig.runUntil(() => can.state === 'bus-off', 20 * MILLISECOND));
      rig.run(5 * MILLISECOND);
      assert.deepEqual([can.sent, can.refused, can.inFlight], [0, 2, 0]);
      rig.run(60 * MILLISECOND);
      complete(rig, linux, can.restart());
      rig.run(10 * MILLISECOND);
      assert.equal(can.state, 'active');
      exchange(rig, 0x210);
    },
    { settings: 'restart-ms=20' },
  ),
);

onWasm('START while the controller is still bus-off: the interface learns of it again', (engine) =>
  withLinux(
    engine,
    (rig, linux, can) => {
      driveOff(rig, can);
      complete(rig, linux, can.restart());
      rig.run(20 * MILLISECOND);
      assert.deepEqual([can.state, can.busOffs], ['bus-off', 2]);

      complete(rig, linux, linux.down(), linux.up());
      rig.run(20 * MILLISECOND);
      assert.deepEqual([can.state, can.busOffs], ['bus-off', 3]);
    },
    { settings: 'restart-ms=500' },
    SLOW_NANOS,
  ),
);

onWasm('Linux so busy that it goes on 12 ms after START still learns of a bus-off', (engine) =>
  withLinux(
    engine,
    (rig, linux, can) => {
      driveOff(rig, can);
      for (let round = 0; round < 2; round += 1) {
        complete(rig, linux, can.restart());
        rig.run(120 * MILLISECOND);
        assert.deepEqual([can.state, can.busOffs], ['bus-off', 2 + round]);
      }
    },
    { settings: 'restart-ms=1000' },
    12 * MILLISECOND,
  ),
);

onWasm('virtio_can unloaded and loaded again on the transport that stays', (engine) =>
  withLinux(engine, (rig, linux) => {
    for (let round = 0; round < 3; round += 1) {
      complete(rig, linux, linux.down(), linux.reload(), linux.up());
    }
    rig.run(10 * MILLISECOND);
    exchange(rig, 0x400);
  }),
);

onBoth('a session that the cell gave up ends for Linux, which can bind again', (engine) =>
  withLinux(engine, (rig, linux, can) => {
    linux.corruptTransmitRing();
    assert.ok(
      rig.runUntil(() => can.isBroken, 20 * MILLISECOND),
      'the cell leaves',
    );
    complete(rig, linux, linux.unbind(), linux.bind(), linux.up());
    rig.run(10 * MILLISECOND);
    exchange(rig, 0x410);
  }),
);

onBoth(
  'a cell that went away says so in the device status, and the helper’s order heals it',
  (engine) =>
    withLinux(engine, (rig, linux) => {
      const { can, transport } = linux;
      assert.ok(can && transport);
      linux.corruptTransmitRing();
      assert.ok(rig.runUntil(() => can.isBroken, 20 * MILLISECOND));
      rig.run(5 * MILLISECOND);
      // DEVICE_NEEDS_RESET (virtio 1.4, 2.1): /sys/bus/virtio/devices/virtio0/status shows 0x4f.
      assert.equal(transport.status, 0x4f);
      // Of a broken device the STOP is not sent, so nobody waits for it.
      complete(rig, linux, linux.down(), linux.unbind());
      rig.run(5 * MILLISECOND);
      complete(rig, linux, linux.bind(), linux.up());
      rig.run(10 * MILLISECOND);
      assert.equal(linux.transport?.status, 0x0f);
      exchange(rig, 0x412);
    }),
);

onWasm(
  'a START fails while the cell’s own setting keeps the chip off, and nothing flaps',
  (engine) =>
    withLinux(
      engine,
      (rig, linux, can) => {
        driveOff(rig, can);
        // What Linux's restart-ms 100 does.
        for (let round = 0; round < 3; round += 1) {
          rig.run(100 * MILLISECOND);
          complete(rig, linux, can.restart());
          rig.run(20 * MILLISECOND);
          assert.deepEqual([can.state, can.busOffs], ['bus-off', 1]);
        }
        complete(rig, linux, linux.down());
        let isUp = true;
        linux.run(
          (function* open() {
            isUp = yield* can.open();
          })(),
        );
        rig.run(20 * MILLISECOND);
        assert.equal(isUp, false, 'ip link set can0 up ends with an error');
      },
      { settings: 'restart-ms=0' },
    ),
);

/** `jailhouse cell shutdown`, with Linux standing still until the cell has replied. */
function shutDownUnder(rig: Rig, linux: LinuxPeer): ShutdownOutcome {
  linux.standStill();
  const outcome = shutDown(rig.board);
  linux.goOn();
  return outcome;
}

onBoth(
  'a shutdown while ip link set waits is refused once, and nobody waits for ever',
  async (engine) => {
    const outcomes: string[] = [];
    for (const micros of [5, 25, 40, 60, 100, 1_000]) {
      await withLinux(engine, (rig, linux) => {
        let isDone = false;
        linux.run(linux.down(), () => (isDone = true));
        rig.run(micros * MICROSECOND);
        const first = shutDownUnder(rig, linux);
        outcomes.push(first);
        rig.run(10 * MILLISECOND);
        assert.ok(isDone, `${micros} us after its beginning: the answer to STOP wakes nobody`);
        if (first !== 'denied') return;
        assert.ok(rig.board.communication.cellState === 0, 'the cell goes on meanwhile');
        assert.equal(shutDownUnder(rig, linux), 'approved');
      });
    }
    assert.ok(outcomes.includes('denied'));
  },
);

onWasm('a second shutdown within five seconds is granted whatever Linux does', (engine) =>
  withLinux(engine, (rig, linux) => {
    for (const expected of ['denied', 'approved']) {
      linux.run(linux.down());
      rig.run(25 * MICROSECOND);
      assert.equal(shutDownUnder(rig, linux), expected);
    }
  }),
);

onWasm('unbound with the interface up Linux waits for ever, the cell does not', (engine) =>
  withLinux(engine, (rig, linux) => {
    let isDone = false;
    linux.run(linux.unbind(), () => (isDone = true));
    rig.run(50 * MILLISECOND);
    assert.equal(isDone, false);
    linux.stop();
    linux.start();
    assert.ok(rig.runUntil(() => linux.can?.isOpen === true, 100 * MILLISECOND));
    rig.run(10 * MILLISECOND);
    exchange(rig, 0x420);
  }),
);

onBoth('a core that sleeps wakes for every kick and every register write of Linux', (engine) =>
  withLinux(
    engine,
    (rig, linux) => {
      for (let round = 0; round < 5; round += 1) {
        rig.run(20 * MILLISECOND);
        exchange(rig, 0x430 + 2 * round);
      }
      complete(rig, linux, linux.down());
      rig.run(20 * MILLISECOND);
      complete(rig, linux, linux.unbind());
      rig.run(20 * MILLISECOND);
      complete(rig, linux, linux.bind(), linux.up());
      rig.run(20 * MILLISECOND);
      exchange(rig, 0x440);
      assert.ok(linux.longestAcknowledgeNanos <= 20_000, `${linux.longestAcknowledgeNanos} ns`);
      assert.deepEqual(
        rig.lines.filter((line) => line.includes('the cell polls')),
        [],
      );
    },
    {
      settings: 'idle=wfi',
      firmware: loadFirmware(engine, { idle: 'wfi' }),
    },
  ),
);

onWasm('Linux that dies and boots again over its own garbage finds a clean header', (engine) =>
  withLinux(engine, (rig, linux) => {
    for (let round = 0; round < 5; round += 1) {
      rig.send({ identifier: 0x123 });
      rig.sendFromAgl({ identifier: 0x124 });
      // Each time a little later, somewhere in the setting up of the session.
      linux.stop();
      rig.run(round * 37_000);
      linux.start();
      rig.run(100_000 + round * 90_000);
    }
    assert.ok(rig.runUntil(() => linux.can?.isOpen === true, 100 * MILLISECOND));
    rig.run(30 * MILLISECOND);
    exchange(rig, 0x500);
  }),
);
