// SPDX-License-Identifier: MIT
/**
 * Traffic of 4,000 frames a second in each direction for world.ts, and what it cost the bridge.
 */
import { FRAME_BYTES } from './cell-module.ts';
import { type Calls, type Programs, World } from './world.ts';

export type Role = 'back-end' | 'front-end';

const FRAME_PERIOD_NANOS = 250_000;
/** The session runs and its first timers are over. */
const SETTLE_NANOS = 50_000_000;
const IDENTIFIER = 0x100;
const DATA = 8;

/** Frames numbered from `first` on, of 8 bytes, as `struct can_frame`. */
export function numbered(count: number, first = 0): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    const frame = Buffer.alloc(FRAME_BYTES);
    frame.writeUInt32LE(IDENTIFIER, 0);
    frame.writeUInt8(8, 4);
    frame.writeUInt32LE(first + index, DATA);
    return frame;
  });
}

/** The numbers of such frames. */
export function numbersOf(frames: readonly Buffer[]): number[] {
  return frames.map((frame) => frame.readUInt32LE(DATA));
}

/** A world whose session runs. */
export async function openWorld(programs: Programs, role: Role, isTraced = false): Promise<World> {
  const world = new World({ programs, role, isTraced });
  const startNanos = world.nowNanos;
  await world.run(() => world.isRunning && world.nowNanos > startNanos + SETTLE_NANOS);
  return world;
}

export interface Cost {
  /** Of a frame. */
  readonly systemCalls: number;
  readonly calls: Calls;
  /** The longest time from a frame's arrival until it was handed over. */
  readonly latestNanos: number;
  /** Of a frame, and the most between two calls; 0 without the tracer. */
  readonly instructions: number;
  readonly longestStretch: number;
}

export interface Pattern {
  /** Frames that come at once, in each direction. */
  readonly group: number;
  /** Whether the two directions come apart, half a period from each other. */
  readonly isApart?: boolean;
  /** Frames in each direction. */
  readonly frames: number;
}

/** Runs the traffic, checks that every frame arrives in order, and returns what it cost. */
export async function measure(
  programs: Programs,
  role: Role,
  { group, isApart = false, frames }: Pattern,
  isTraced = false,
): Promise<Cost> {
  const world = await openWorld(programs, role, isTraced);
  try {
    const periodNanos = group * FRAME_PERIOD_NANOS;
    const firstNanos = world.nowNanos + periodNanos;
    const lag = isApart ? periodNanos / 2 : 0;
    for (let index = 0; index < frames / group; index += 1) {
      const batch = numbered(group, index * group);
      const atNanos = firstNanos + index * periodNanos;
      world.at(atNanos, () => {
        world.giveInterface(batch);
        if (!isApart) world.giveCell(batch);
      });
      if (isApart) world.at(atNanos + lag, () => world.giveCell(batch));
    }
    let latestNanos = 0;
    const seen = { cell: 0, interface: 0 };
    const since = (count: number, from: number, first: number): void => {
      for (let index = from; index < count; index += 1) {
        const given = first + Math.floor(index / group) * periodNanos;
        latestNanos = Math.max(latestNanos, world.nowNanos - given);
      }
    };
    world.beginCount();
    await world.run(() => {
      since(world.atCell.length, seen.cell, firstNanos);
      since(world.onInterface.length, seen.interface, firstNanos + lag);
      seen.cell = world.atCell.length;
      seen.interface = world.onInterface.length;
      return seen.cell >= frames && seen.interface >= frames;
    });
    const calls = world.counted();
    const traced = (await world.end()).at(-1) ?? {};
    const expected = JSON.stringify(numbersOf(numbered(frames)));
    for (const arrived of [world.atCell, world.onInterface]) {
      if (JSON.stringify(numbersOf(arrived)) !== expected) throw new Error('lost, or out of order');
    }
    const { sleeps, receives, sends, others } = calls;
    return {
      systemCalls: (sleeps + receives + sends + others) / (2 * frames),
      calls,
      latestNanos,
      instructions: (traced.instructions ?? 0) / (2 * frames),
      longestStretch: traced.longest ?? 0,
    };
  } finally {
    world.kill();
  }
}
