/**
 * The ring suite for the bridge: what must hold between it and a minimal peer that shares no code with
 * it, in both roles. ring.test.ts has the same of the cell.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { BridgeBench } from './bridge-bench.ts';
import { asBackEnd, withFrontEndRoot } from './roles.ts';

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
  { role: 'front-end', options: { changeCell: asBackEnd, changeSystem: withFrontEndRoot } },
] as const;

for (const { role, options } of ROLES) {
  describe(`the ring between a ${role} bridge and a minimal peer`, () => {
    /** A bench whose session runs: one frame has come through each way. */
    function running(): BridgeBench {
      const bench = new BridgeBench(options);
      bench.bridge.start();
      bench.peer.start();
      connect(bench);
      return bench;
    }

    function connect(bench: BridgeBench): void {
      bench.atPeer.length = 0;
      bench.atInterface.length = 0;
      bench.bridge.send(makeFrame({ identifier: 1 }));
      bench.peer.send(makeFrame({ identifier: 2 }));
      const isThrough = (): boolean => bench.atPeer.length > 0 && bench.atInterface.length > 0;
      bench.until('a session', isThrough, SESSION_MILLIS);
      bench.atPeer.length = 0;
      bench.atInterface.length = 0;
    }

    function assertContent(bench: BridgeBench): void {
      assert.deepEqual(bench.failures, []);
      assert.deepEqual(bench.peer.problems, []);
    }

    it('carries every kind of frame both ways, unchanged', () => {
      const bench = running();
      for (const frame of EVERY_KIND) {
        assert.ok(bench.bridge.send(frame));
        assert.ok(bench.peer.send(frame));
      }
      bench.until('all frames', () => bench.atPeer.length === EVERY_KIND.length, 20);
      bench.until('all frames', () => bench.atInterface.length === EVERY_KIND.length, 20);
      assert.deepEqual(bench.atPeer, EVERY_KIND);
      assert.deepEqual(bench.atInterface, EVERY_KIND);
      assertContent(bench);
    });

    it('goes round its ring many times, both ways at once, in order', () => {
      const bench = running();
      const fromBridge = numbered(0x100, 2000);
      const fromPeer = numbered(0x200, 2000);
      for (const frame of fromBridge) bench.bridge.send(frame);
      for (const frame of fromPeer) bench.peer.send(frame);
      const isThrough = (): boolean =>
        bench.atPeer.length >= fromBridge.length && bench.atInterface.length >= fromPeer.length;
      bench.until('all frames', isThrough, 500);
      assert.deepEqual(bench.atPeer, fromBridge);
      assert.deepEqual(bench.atInterface, fromPeer);
      assertContent(bench);
    });

    it('begins a new session whenever the peer died and came back', () => {
      const bench = running();
      for (let round = 0; round < 3; round += 1) {
        bench.peer.stop();
        bench.run(7);
        bench.peer.start();
        connect(bench);
        const frames = numbered(0x300 + round, 100);
        for (const frame of frames) bench.peer.send(frame);
        bench.until('all frames', () => bench.atInterface.length === frames.length, 50);
        assert.deepEqual(bench.atInterface, frames);
      }
      assertContent(bench);
    });

    it('begins a new session whenever it was killed and started again', () => {
      const bench = running();
      for (let round = 0; round < 3; round += 1) {
        bench.bridge.stop();
        bench.run(3);
        bench.bridge.start();
        connect(bench);
        const frames = numbered(0x400 + round, 100);
        for (const frame of frames) bench.bridge.send(frame);
        bench.until('all frames', () => bench.atPeer.length === frames.length, 50);
        assert.deepEqual(bench.atPeer, frames);
      }
      assertContent(bench);
    });

    it('keeps what comes from the interface while nobody is at the other end', () => {
      const bench = new BridgeBench(options);
      const frames = numbered(0x500, 50);
      bench.bridge.start();
      for (const frame of frames) bench.bridge.send(frame);
      bench.run(50);
      assert.equal(bench.bridge.pendingCount, frames.length);
      bench.peer.start();
      bench.until('all frames', () => bench.atPeer.length === frames.length, SESSION_MILLIS);
      assert.deepEqual(bench.atPeer, frames);
      assertContent(bench);
    });
  });
}
