// SPDX-License-Identifier: MIT
/**
 * The loops of a function, as strongly connected parts: also those that gcc enters in the middle.
 *
 * A part has a head; what is left without the edges into the head is taken apart in the same way, until nothing
 * goes round. Source: Bourdoncle, "Efficient chaotic iteration strategies with widenings", 1993.
 */

export type Successors = (block: number) => readonly number[];

/** Blocks that go round. The bound of a loop is on the edges inside it that lead to its head. */
export interface Loop {
  readonly head: number;
  readonly blocks: ReadonlySet<number>;
  /** What is inside without the edges to the head, in topological order. */
  readonly parts: readonly Part[];
  readonly latches: readonly number[];
}

export type Part = number | Loop;

export const isLoop = (part: Part): part is Loop => typeof part !== 'number';

/**
 * The parts of `blocks` in topological order. `order` gives each block its place in a depth-first order from the
 * entry: the head of a part is its first.
 */
export function partsOf(
  blocks: ReadonlySet<number>,
  next: Successors,
  order: ReadonlyMap<number, number>,
): Part[] {
  const inside: Successors = (block) => next(block).filter((one) => blocks.has(one));
  return components(blocks, inside).map((component): Part => {
    const [first] = component;
    if (component.length === 1 && !inside(first).includes(first)) return first;
    const place = (block: number): number => order.get(block) ?? Infinity;
    const head = component.reduce((best, one) => (place(one) < place(best) ? one : best));
    const all = new Set(component);
    const cut: Successors = (block) => inside(block).filter((one) => one !== head);
    return {
      head,
      blocks: all,
      parts: partsOf(all, cut, order),
      latches: component.filter((block) => inside(block).includes(head)),
    };
  });
}

/** All loops in `parts`, inner ones first. */
export function loopsIn(parts: readonly Part[]): Loop[] {
  return parts.filter(isLoop).flatMap((loop) => [...loopsIn(loop.parts), loop]);
}

/** The place of each block that can be reached from `entry`, in reverse postorder. */
export function depthFirst(entry: number, next: Successors): Map<number, number> {
  const seen = new Set([entry]);
  const done: number[] = [];
  const stack = [{ at: entry, left: [...next(entry)].reverse() }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const one = top.left.pop();
    if (one === undefined) {
      done.push(top.at);
      stack.pop();
    } else if (!seen.has(one)) {
      seen.add(one);
      stack.push({ at: one, left: [...next(one)].reverse() });
    }
  }
  return new Map(done.reverse().map((block, index) => [block, index]));
}

/** Strongly connected components in topological order (Tarjan 1972, without recursion). */
function components(blocks: ReadonlySet<number>, next: Successors): number[][] {
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const open: number[] = [];
  const isOpen = new Set<number>();
  const found: number[][] = [];
  for (const root of blocks) {
    if (index.has(root)) continue;
    const stack: { at: number; left: number[] }[] = [];
    const enter = (at: number): void => {
      index.set(at, index.size);
      low.set(at, index.size - 1);
      open.push(at);
      isOpen.add(at);
      stack.push({ at, left: [...next(at)] });
    };
    enter(root);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const one = top.left.pop();
      const lower = (with_: number): void => {
        low.set(top.at, Math.min(low.get(top.at) as number, with_));
      };
      if (one === undefined) {
        stack.pop();
        const above = stack.at(-1);
        const own = low.get(top.at) as number;
        if (above !== undefined) low.set(above.at, Math.min(low.get(above.at) as number, own));
        if (own !== index.get(top.at)) continue;
        const component: number[] = [];
        for (let at = -1; at !== top.at;) {
          at = open.pop() as number;
          isOpen.delete(at);
          component.push(at);
        }
        found.push(component);
      } else if (!index.has(one)) enter(one);
      else if (isOpen.has(one)) lower(index.get(one) as number);
    }
  }
  return found.reverse();
}
