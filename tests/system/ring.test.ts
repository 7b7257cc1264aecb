// SPDX-License-Identifier: MIT
/**
 * The ring suite: what must hold between the cell and whoever is at the other end of the link, in both
 * roles, with the built bridge, with a minimal peer that shares no code with the firmware, and, where the
 * cell is the device, with Linux's own driver as lab/peers/linux plays it.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LinuxPeer } from '../../lab/peers/linux/linux-peer.ts';
import { MinimalPeer } from '../../lab/peers/minimal/minimal-peer.ts';
import type { ScenarioResult } from '../../lab/play/scenario.ts';
import { cellLines, framesOf, logOf, play, type PlayOptions } from './play.ts';
import { EXCHANGED_ROLES } from '../../lab/rig/roles.ts';

/** Linux spins while it waits; facts and design ask for an answer within this. */
const ACKNOWLEDGE_LIMIT_NANOS = 20_000;

const FRONT_END = { role: 'front-end', options: {} };
const BACK_END = {
  role: 'back-end',
  options: EXCHANGED_ROLES,
};
interface RingPair {
  readonly role: string;
  readonly options: PlayOptions;
  readonly peer: string;
  readonly Peer?: typeof MinimalPeer | typeof LinuxPeer;
}

const PAIRS: readonly RingPair[] = [
  { ...FRONT_END, peer: 'the built bridge' },
  { ...FRONT_END, peer: 'a minimal peer', Peer: MinimalPeer },
  { ...BACK_END, peer: 'the built bridge' },
  { ...BACK_END, peer: 'a minimal peer', Peer: MinimalPeer },
  { ...BACK_END, peer: "Linux's own driver", Peer: LinuxPeer },
];

function timed(
  count: number,
  startMicros: number,
  stepMicros: number,
  frame: (index: number) => string,
): string[] {
  return Array.from({ length: count }, (_, index) => {
    const micros = startMicros + index * stepMicros;
    return `${(micros / 1e6).toFixed(6)} ${frame(index)}`;
  });
}

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');

for (const { role, options, peer, Peer } of PAIRS) {
  describe(`the ring between a ${role} cell and ${peer}`, () => {
    const peers: (MinimalPeer | LinuxPeer)[] = [];
    const start = (more: PlayOptions): Promise<ScenarioResult> =>
      play('wasm', {
        ...options,
        ...(Peer && {
          makePeer: (surroundings) => {
            const made = new Peer(surroundings);
            peers.push(made);
            return made;
          },
        }),
        ...more,
      });

    it('carries every kind of frame to AGL, unchanged', async () => {
      const frames = [
        '123#',
        '7EF#0102030405060708',
        '00000000#',
        '1FFFFFFF#FF',
        '321#R',
        '322#R8',
        '18DAF110#R3',
      ];
      const bus = frames.map((frame, index) => `1.0${index}0000 ${frame}`);
      const result = await start({ bus: logOf('can0', ...bus) });
      assert.deepEqual(result.problems, []);
      assert.deepEqual(
        framesOf(result.aglLog),
        frames.map((frame) => `vcan0 ${frame}`),
      );
    });

    it('carries every kind of frame of AGL to the bus, unchanged', async () => {
      const frames = [
        '123#',
        '7FF#0102030405060708',
        '00000000#',
        '1FFFFFFF#FF',
        '321#R',
        '322#R8',
        '18DAF110#R3',
      ];
      const agl = frames.map((frame, index) => `1.0${index}0000 ${frame}`);
      const result = await start({ agl: logOf('vcan0', ...agl) });
      assert.deepEqual(result.problems, []);
      assert.deepEqual(
        framesOf(result.busLog),
        frames.map((frame) => `canwarden ${frame}`),
      );
    });

    it('goes round its ring many times, both ways at once, in order', async () => {
      const result = await start({
        bus: logOf(
          'can0',
          ...timed(1000, 1_000_000, 500, (index) => `500#${hex(index)}`),
          '1.600000 1A0#02',
        ),
        agl: logOf('vcan0', ...timed(1000, 1_000_000, 500, (index) => `400#${hex(index)}`)),
      });
      assert.deepEqual(result.problems, []);
      assert.equal(result.judgement.forwarded, 1000);
      assert.equal(result.judgement.sentForAgl, 1000);
      assert.equal(result.judgement.answered.length, 1);
    });

    it('begins a new session after the peer died, and carries on', async () => {
      const result = await start({
        bus: logOf('can0', ...timed(60, 1_005_000, 10_000, (index) => `500#${hex(index)}`)),
        aglStopAtSeconds: 0.2,
        aglRestartAtSeconds: 0.395,
      });
      assert.deepEqual(result.problems, []);
      assert.ok(result.judgement.forwarded >= 40, `${result.judgement.forwarded}`);
      const connected = cellLines(result).filter((line) => line.includes('AGL connected'));
      assert.equal(connected.length, 2);
    });

    if (!Peer) return;
    it('gave the peer nothing to complain about', () => {
      assert.equal(peers.length, 4);
      assert.deepEqual(
        peers.flatMap(({ problems }) => problems),
        [],
      );
    });

    if (role !== 'back-end') return;
    it('acknowledges register writes within 20 us while the bus is full', async () => {
      // Frames of 8 bytes, 111 bits and their stuff bits, every 220 us: all that 500 kbit/s takes.
      const count = peers.length;
      const result = await start({
        bus: logOf(
          'can0',
          ...timed(3000, 1_000_000, 220, (index) => `500#${hex(index)}${hex(index)}`),
        ),
        aglStopAtSeconds: 0.2,
        aglRestartAtSeconds: 0.4,
      });
      assert.equal(result.cellEnd, 'running');
      const longest = peers[count].longestAcknowledgeNanos;
      assert.ok(longest > 0 && longest <= ACKNOWLEDGE_LIMIT_NANOS, `${longest} ns`);
    });
  });
}
