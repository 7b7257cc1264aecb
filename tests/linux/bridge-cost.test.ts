// SPDX-License-Identifier: MIT
/**
 * What a frame costs the bridge at 4,000 frames a second in each direction, counted: system calls, and
 * instructions in user space. And that batches lose nothing, keep the order and hold nothing back.
 *
 * The bridge's own files are compiled as shipped to be counted, and with ASan and UBSan for the rest; the world
 * around them is tests/linux/load.
 */
import assert from 'node:assert/strict';
import { BRIDGE_CHECKED, BRIDGE_SHIPPED, hasNativeCompiler } from '../../scripts/build/bridge.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { Random } from '../../lab/random/random.ts';
import { before, describe, it } from '../skippable.ts';
import {
  measure,
  numbered,
  numbersOf,
  openWorld,
  type Pattern,
  type Role,
} from './load/traffic.ts';
import { buildPrograms, type Programs } from './load/world.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const ROLES: readonly Role[] = ['back-end', 'front-end'];
const SYSTEM_CALLS_MOST = 0.5;
const HELD_NANOS_MOST = 50_000;
/** Of 50 us at 1 ns an instruction this leaves most to the kernel. */
const STRETCH_MOST = 10_000;
const ENETDOWN = 100;

/**
 * Instructions of a frame, of the bridge that made a system call for each frame: counted on x86-64 by the same
 * programs, with the cell of today.
 */
const BEFORE: readonly (readonly [Pattern, Readonly<Record<Role, number>>])[] = [
  [
    { group: 1, isApart: true, frames: 16 },
    { 'back-end': 5386, 'front-end': 5330 },
  ],
  [
    { group: 1, frames: 16 },
    { 'back-end': 3375, 'front-end': 3748 },
  ],
  [
    { group: 4, frames: 24 },
    { 'back-end': 2188, 'front-end': 1900 },
  ],
  [
    { group: 16, frames: 32 },
    { 'back-end': 1888, 'front-end': 1370 },
  ],
];

const skip = hasNativeCompiler()
  ? false
  : skipForSetup('no bridge for this machine: no C compiler here');

describe('the cost of a frame in the bridge', { skip }, () => {
  const folder = temporaryFolder();
  let programs: Programs;
  let checked: Programs;
  before(() => {
    programs = buildPrograms(folder, 'bridge', BRIDGE_SHIPPED);
    checked = buildPrograms(folder, 'bridge-checked', BRIDGE_CHECKED);
  });

  for (const role of ROLES) {
    for (const group of [4, 16, 40]) {
      it(`${role}: at most half of a system call, in groups of ${group}, and nothing held back`, async () => {
        const cost = await measure(programs, role, { group, frames: 480 });
        assert.ok(cost.systemCalls <= SYSTEM_CALLS_MOST, JSON.stringify(cost));
        assert.ok(cost.latestNanos <= HELD_NANOS_MOST, JSON.stringify(cost));
      });
    }

    it(`${role}: a sleep and a call for a frame that comes alone`, async () => {
      const cost = await measure(programs, role, { group: 1, isApart: true, frames: 240 });
      assert.ok(cost.systemCalls <= 2, JSON.stringify(cost));
      assert.ok(cost.latestNanos <= HELD_NANOS_MOST, JSON.stringify(cost));
    });

    it(`${role}: at most half of the instructions that it took before`, async (context) => {
      if (process.arch !== 'x64') return context.skip('the old count is of x86-64');
      for (const [pattern, before] of BEFORE) {
        const cost = await measure(programs, role, pattern, true);
        const words = `${cost.instructions} of ${before[role]}: ${JSON.stringify(pattern)}`;
        assert.ok(cost.instructions > 100, words);
        assert.ok(cost.instructions <= before[role] / 2, words);
        assert.ok(cost.longestStretch <= STRETCH_MOST, `${cost.longestStretch} without a call`);
      }
    });

    it(`${role}: keeps every frame and their order when the interface takes only some`, async () => {
      const world = await openWorld(checked, role);
      try {
        const count = 1000;
        const random = new Random(7);
        world.giveCell(numbered(count));
        await world.run(() => {
          world.room = random.below(12);
          return world.onInterface.length >= count;
        });
        assert.deepEqual(numbersOf(world.onInterface), numbersOf(numbered(count)));
        const [stats] = await world.end();
        assert.equal(stats.interface_sent, count);
        assert.equal(stats.frames_from_cell, count);
        assert.equal(stats.interface_refused + stats.messages_malformed, 0);
      } finally {
        world.kill();
      }
    });

    it(`${role}: waits while the interface is full, without spinning`, async () => {
      const world = await openWorld(checked, role);
      try {
        world.room = 0;
        world.giveCell(numbered(20));
        const endNanos = world.nowNanos + 100_000_000;
        world.beginCount();
        await world.run(() => world.nowNanos >= endNanos);
        // A look each 200 us, as no event tells that there is room again.
        assert.ok(world.counted().sleeps <= 520, JSON.stringify(world.counted()));
        assert.equal(world.onInterface.length, 0);
        world.room = 1000;
        await world.run(() => world.onInterface.length >= 20);
        assert.deepEqual(numbersOf(world.onInterface), numbersOf(numbered(20)));
        await world.end();
      } finally {
        world.kill();
      }
    });

    it(`${role}: counts each frame that the interface refuses, and goes on`, async () => {
      const world = await openWorld(checked, role);
      try {
        world.refusal = ENETDOWN;
        world.giveCell(numbered(20));
        const endNanos = world.nowNanos + 20_000_000;
        await world.run(() => world.nowNanos >= endNanos);
        world.refusal = 0;
        world.giveCell(numbered(5, 20));
        await world.run(() => world.onInterface.length >= 5);
        assert.deepEqual(numbersOf(world.onInterface), [20, 21, 22, 23, 24]);
        const [stats] = await world.end();
        assert.equal(stats.interface_refused, 20);
      } finally {
        world.kill();
      }
    });

    it(`${role}: leaves in the socket what a cell that stands still has no room for`, async () => {
      const world = await openWorld(checked, role);
      try {
        const count = 2000;
        world.isCellFrozen = true;
        world.giveInterface(numbered(count));
        const endNanos = world.nowNanos + 100_000_000;
        world.beginCount();
        await world.run(() => world.nowNanos >= endNanos);
        assert.ok(world.unread > count / 2, `${world.unread} unread`);
        assert.ok(world.counted().sleeps < 1000, 'it spins');
        world.isCellFrozen = false;
        await world.run(() => world.atCell.length >= count);
        assert.deepEqual(numbersOf(world.atCell), numbersOf(numbered(count)));
        await world.end();
      } finally {
        world.kill();
      }
    });
  }
});
