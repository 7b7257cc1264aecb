// SPDX-License-Identifier: MIT
/**
 * A trap of the cell while Linux's virtio_can waits for the end of a START or STOP, which it does without a
 * limit: the next life answers. Expected: docs/decisions/0010-role.md.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { LinuxPeer } from '../../lab/peers/linux/linux-peer.ts';
import type { RigOptions } from '../../lab/rig/open-rig.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { MILLISECOND } from './case.ts';
import { complete, exchange, withLinux } from './linux-rig.ts';

/** The cell traps now, whatever it is at and whatever its memory holds. */
function trap(rig: Rig): void {
  const { engine } = rig.board;
  assert.ok(engine.takeException);
  engine.takeException();
}

const RESTARTED: Partial<RigOptions> = { trapsExpected: true };

/** One of Linux's threads begins, the cell traps a moment later; did the thread come to its end? */
function trapUnder(rig: Rig, linux: LinuxPeer, thread: Generator<number, unknown>): boolean {
  let isDone = false;
  trap(rig);
  linux.run(thread, () => (isDone = true));
  rig.runUntil(() => isDone, 200 * MILLISECOND);
  return isDone;
}

it('a STOP that is open when the cell traps is answered by its next life (ARM64 image)', () =>
  withLinux(
    'image',
    (rig, linux) => {
      assert.ok(trapUnder(rig, linux, linux.down()), '`ip link set can0 down` waits for ever');
      rig.run(50 * MILLISECOND);
      assert.equal(linux.transport?.status, 0x4f, 'and the driver is to be bound anew');
      complete(rig, linux, linux.unbind(), linux.bind(), linux.up());
      rig.run(10 * MILLISECOND);
      exchange(rig, 0x600);
    },
    RESTARTED,
  ));

it('a START that is open when the cell traps fails, and waits for nobody (ARM64 image)', () =>
  withLinux(
    'image',
    (rig, linux, can) => {
      complete(rig, linux, linux.down());
      let isUp: boolean | undefined;
      const raise = function* raise(): Generator<number, void> {
        isUp = yield* can.open();
      };
      assert.ok(trapUnder(rig, linux, raise()), '`ip link set can0 up` waits for ever');
      assert.equal(isUp, false);
      rig.run(50 * MILLISECOND);
      assert.equal(linux.transport?.status, 0x4f);
    },
    RESTARTED,
  ));

it('after the third trap in ten seconds nobody answers, and nobody is held (ARM64 image)', () =>
  withLinux(
    'image',
    (rig, linux, can) => {
      for (let count = 0; count < 3; count += 1) {
        trap(rig);
        rig.run(8 * MILLISECOND);
      }
      assert.ok(
        rig.runUntil(() => can.isBroken, 20 * MILLISECOND),
        'Linux learns that it is gone',
      );
      complete(rig, linux, linux.down());
    },
    RESTARTED,
  ));
