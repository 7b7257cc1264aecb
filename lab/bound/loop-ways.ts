// SPDX-License-Identifier: MIT
/**
 * A loop by itself: which blocks are its own, and its longest way that is no round.
 *
 * Does not: bound its rounds.
 */
import { OUT, type Points, type Way } from './points.ts';
import { loopsIn, type Loop } from './regions.ts';

/** The blocks of `loop` that are in no loop inside it. */
export function ownBlocks(loop: Loop): Set<number> {
  const inner = loopsIn(loop.parts);
  return new Set([...loop.blocks].filter((one) => !inner.some(({ blocks }) => blocks.has(one))));
}

/** The longest way through the loop that does not come to its head again. */
export function longestOnce({ ways }: Points, { blocks, head }: Loop): number {
  const inside = ways.filter(
    ({ fromBlock, toBlock, to }) =>
      to !== OUT && blocks.has(fromBlock) && (toBlock === undefined || blocks.has(toBlock)),
  );
  const from = new Map<number, Way[]>();
  for (const way of inside) from.set(way.from, [...(from.get(way.from) ?? []), way]);
  const known = new Map<number, number>();
  const longest = (point: number): number => {
    const before = known.get(point);
    if (before !== undefined) return before;
    known.set(point, 0);
    const most = Math.max(
      0,
      ...(from.get(point) ?? []).map(
        ({ nanos, to, toBlock }) => nanos + (toBlock === head ? 0 : longest(to)),
      ),
    );
    known.set(point, most);
    return most;
  };
  return Math.max(0, ...[...from.keys()].map(longest));
}
