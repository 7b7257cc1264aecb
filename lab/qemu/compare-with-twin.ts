// SPDX-License-Identifier: MIT
/**
 * Compares a run on QEMU with the twin's run of the same log: every frame of every identifier, on the bus and at
 * AGL.
 *
 * Frames of one identifier must be the same, in the same order. The order among identifiers may differ, because
 * time differs: another answer time can let another frame win an arbitration.
 */
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import { canLine } from './can-line.ts';

const SHOWN = 5;

/** Differences between two runs, at most a few. Empty: the same frames. */
export function compareFrames(
  where: string,
  twin: readonly CanFrame[],
  qemu: readonly CanFrame[],
  [first, second]: readonly [string, string] = ['on the twin', 'on QEMU'],
): string[] {
  const [expected, seen] = [byIdentifier(twin), byIdentifier(qemu)];
  const differences: string[] = [];
  for (const key of new Set([...expected.keys(), ...seen.keys()])) {
    const left = expected.get(key) ?? [];
    const right = seen.get(key) ?? [];
    const length = Math.max(left.length, right.length);
    const at = Array.from({ length }, (_, index) => index).find((i) => left[i] !== right[i]);
    if (at === undefined) continue;
    differences.push(
      `${where}, identifier ${key}: frame ${at} is ${left[at] ?? 'missing'} ${first}, ` +
        `${right[at] ?? 'missing'} ${second} (${left.length} and ${right.length} frames)`,
    );
  }
  const more = differences.length - SHOWN;
  return more > 0 ? [...differences.slice(0, SHOWN), `and ${more} more identifiers`] : differences;
}

function byIdentifier(frames: readonly CanFrame[]): Map<string, string[]> {
  const lists = new Map<string, string[]>();
  for (const frame of frames) {
    const key = frame.identifier.toString(16) + (frame.extended ? 'x' : '');
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [canLine(frame)]);
    else list.push(canLine(frame));
  }
  return lists;
}
