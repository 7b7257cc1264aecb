// SPDX-License-Identifier: MIT
/**
 * The ring suite for the bridge: what must hold between it and a minimal peer that shares no code with
 * it, in both roles. ring.test.ts has the same of the cell.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { BridgeRig } from './bridge-rig.ts';
import { EXCHANGED_ROLES } from '../../lab/rig/roles.ts';

/** Setting a session up takes some 40 register writes, looked at every 10 us, and 5 ms after START. */
const SESSION_MILLIS = 100;

const EVERY_KIND: readonly CanFrame[] = [
  makeFrame({ identifier: 0x123 }),
  makeFrame({ identifier: 0x7ef, data: [1, 2, 3, 4, 5, 6, 7, 8] }),
  makeFrame({ identifier: 0, extended: true }),
  makeFrame({ identifier: 0x1fffffff, extended: true, data: [0xff] }),
  makeFrame({ identifier: 0x321, remote: true }),
  makeFrame({ identifier: 0x322, remote: true, dlc: 8 }),
  makeFrame({ identifier: 0x18daf110, extended: true, remote: true, dlc: 3 }),
];

function numbered(identifier: number, count: number): CanFrame[] {
  return Array.from({ length: count }, (_, index) =>
    makeFrame({ identifier, data: [index >> 8, index & 0xff] }),
  );
}

const ROLES = [
  { role: 'back-end', options: {} },
  { role: 'front-end', options: EXCHANGED_ROLES },
] as const;

for (const { role, options } of ROLES) {
  describe(`the ring between a ${role} bridge and a minimal peer`, () => {
    /** A rig whose session runs: one frame has come through each way. */
    function running(): BridgeRig {
      const rig = new BridgeRig(options);
      rig.bridge.start();
      rig.peer.start();
      connect(rig);
      return rig;
    }

    function connect(rig: BridgeRig): void {
      rig.atPeer.length = 0;
      rig.atInterface.length = 0;
      rig.bridge.send(makeFrame({ identifier: 1 }));
      rig.peer.send(makeFrame({ identifier: 2 }));
      const isThrough = (): boolean => rig.atPeer.length > 0 && rig.atInterface.length > 0;
      rig.until('a session', isThrough, SESSION_MILLIS);
      rig.atPeer.length = 0;
      rig.atInterface.length = 0;
    }

    function assertContent(rig: BridgeRig): void {
      assert.deepEqual(rig.failures, []);
      assert.deepEqual(rig.peer.problems, []);
    }

    it('carries every kind of frame both ways, unchanged', () => {
      const rig = running();
      for (const frame of EVERY_KIND) {
        assert.ok(rig.bridge.send(frame));
        assert.ok(rig.peer.send(frame));
      }
      rig.until('all frames', () => rig.atPeer.length === EVERY_KIND.length, 20);
      rig.until('all frames', () => rig.atInterface.length === EVERY_KIND.length, 20);
      assert.deepEqual(rig.atPeer, EVERY_KIND);
      assert.deepEqual(rig.atInterface, EVERY_KIND);
      assertContent(rig);
    });

    it('goes round its ring many times, both ways at once, in order', () => {
      const rig = running();
      const fromBridge = numbered(0x100, 2000);
      const fromPeer = numbered(0x200, 2000);
      for (const frame of fromBridge) rig.bridge.send(frame);
      for (const frame of fromPeer) rig.peer.send(frame);
      const isThrough = (): boolean =>
        rig.atPeer.length >= fromBridge.length && rig.atInterface.length >= fromPeer.length;
      rig.until('all frames', isThrough, 500);
      assert.deepEqual(rig.atPeer, fromBridge);
      assert.deepEqual(rig.atInterface, fromPeer);
      assertContent(rig);
    });

    it('begins a new session whenever the peer died and came back', () => {
      const rig = running();
      for (let round = 0; round < 3; round += 1) {
        rig.peer.stop();
        rig.run(7);
        rig.peer.start();
        connect(rig);
        const frames = numbered(0x300 + round, 100);
        for (const frame of frames) rig.peer.send(frame);
        rig.until('all frames', () => rig.atInterface.length === frames.length, 50);
        assert.deepEqual(rig.atInterface, frames);
      }
      assertContent(rig);
    });

    it('begins a new session whenever it was killed and started again', () => {
      const rig = running();
      for (let round = 0; round < 3; round += 1) {
        rig.bridge.stop();
        rig.run(3);
        rig.bridge.start();
        connect(rig);
        const frames = numbered(0x400 + round, 100);
        for (const frame of frames) rig.bridge.send(frame);
        rig.until('all frames', () => rig.atPeer.length === frames.length, 50);
        assert.deepEqual(rig.atPeer, frames);
      }
      assertContent(rig);
    });

    it('keeps what comes from the interface while nobody is at the other end', () => {
      const rig = new BridgeRig(options);
      const frames = numbered(0x500, 50);
      rig.bridge.start();
      for (const frame of frames) rig.bridge.send(frame);
      rig.run(50);
      assert.equal(rig.bridge.pendingCount, frames.length);
      rig.peer.start();
      rig.until('all frames', () => rig.atPeer.length === frames.length, SESSION_MILLIS);
      assert.deepEqual(rig.atPeer, frames);
      assertContent(rig);
    });
  });
}
