// SPDX-License-Identifier: MIT
/**
 * The functions of an image as graphs of basic blocks.
 *
 * Jump tables are those of gcc for AArch64: a byte or a halfword, times four, added to the address of a label; the
 * index was compared with the last one before. Another computed jump is refused.
 * Does not: know loops or costs.
 */
import { decode, type Instruction } from './arm64.ts';

/** A run of instructions that is entered at its first only. */
export interface Block {
  readonly start: number;
  readonly instructions: readonly Instruction[];
  /** Starts of the blocks that may follow inside the function. */
  readonly next: readonly number[];
}

export interface FunctionGraph {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly blocks: ReadonlyMap<number, Block>;
}

/** Code and constants of an image by virtual address, and its function symbols. */
export interface Code {
  readonly word: (address: number) => number;
  readonly byte: (address: number) => number;
  readonly functions: readonly {
    readonly name: string;
    readonly start: number;
    readonly end: number;
  }[];
  /** The function that a trap calls, which never returns. */
  readonly trap?: number;
}

/** Instructions to look back for the compare of a jump table's index. */
const LOOK_BACK = 40;

/** The graph of one function. */
export function graphOf(
  code: Code,
  { name, start, end }: Code['functions'][number],
): FunctionGraph {
  const instructions = new Map<number, Instruction>();
  for (let at = start; at < end; at += 4) instructions.set(at, decode(at, code.word(at)));
  const inside = (address: number): boolean => address >= start && address < end;
  const tables = new Map<number, number[]>();
  const leaders = new Set([start]);
  for (const { address, flow } of instructions.values()) {
    if (flow.kind === 'computed') {
      const targets = jumpTargets(code, instructions, address, inside);
      tables.set(address, targets);
      for (const target of targets) leaders.add(target);
    }
    if ((flow.kind === 'jump' || flow.kind === 'branch') && inside(flow.target))
      leaders.add(flow.target);
    if (flow.kind !== 'next') leaders.add(address + 4);
  }
  const blocks = new Map<number, Block>();
  for (const leader of leaders) {
    if (!inside(leader)) continue;
    const run: Instruction[] = [];
    for (let at = leader; at < end; at += 4) {
      const instruction = instructions.get(at);
      if (instruction === undefined) break;
      run.push(instruction);
      if (instruction.flow.kind !== 'next' || leaders.has(at + 4)) break;
    }
    blocks.set(leader, {
      start: leader,
      instructions: run,
      next: following(run, tables, inside, code.trap),
    });
  }
  return { name, start, end, blocks };
}

function following(
  run: readonly Instruction[],
  tables: ReadonlyMap<number, number[]>,
  inside: (address: number) => boolean,
  trap: number | undefined,
): number[] {
  const { address, flow } = run[run.length - 1];
  if (flow.kind === 'call' && flow.target === trap) return [];
  switch (flow.kind) {
    case 'return':
    case 'stop':
      return [];
    case 'computed':
      return tables.get(address) ?? [];
    case 'jump':
      return inside(flow.target) ? [flow.target] : [];
    case 'branch':
      return inside(flow.target) ? [flow.target, address + 4] : [address + 4];
    default:
      return [address + 4].filter(inside);
  }
}

/**
 * The targets of the jump by register at `address`:
 * `ldrb|ldrh wI, [xT, wX, uxtw #n]`, `adr xA, label`, `add xB, xA, wI, sxtb|sxth #2`, `br xB`.
 */
function jumpTargets(
  code: Code,
  instructions: ReadonlyMap<number, Instruction>,
  address: number,
  inside: (address: number) => boolean,
): number[] {
  const back = (steps: number): number => instructions.get(address - 4 * steps)?.word ?? 0;
  let base: number | undefined;
  let load: number | undefined;
  let index = 0;
  let table: number | undefined;
  let page: number | undefined;
  let offset = 0;
  for (let steps = 1; steps < LOOK_BACK; steps += 1) {
    const word = back(steps);
    const at = address - 4 * steps;
    if (base === undefined && (word & 0x9f000000) >>> 0 === 0x10000000) {
      base = at + ((((((word >>> 5) & 0x7ffff) << 2) | ((word >>> 29) & 3)) << 11) >> 11);
    } else if (
      load === undefined &&
      ((word & 0xffe0fc00) >>> 0 === 0x38604800 || (word & 0xffe0fc00) >>> 0 === 0x78605800)
    ) {
      load = word;
      index = (word >>> 16) & 31;
      table = (word >>> 5) & 31;
    } else if (
      table !== undefined &&
      page === undefined &&
      (word & 0xff8003ff) >>> 0 === (0x91000000 | (table << 5) | table) >>> 0
    ) {
      offset = (word >>> 10) & 0xfff;
    } else if (
      table !== undefined &&
      page === undefined &&
      (word & 0x9f00001f) >>> 0 === (0x90000000 | table) >>> 0
    ) {
      const pages = (((((word >>> 5) & 0x7ffff) << 2) | ((word >>> 29) & 3)) << 11) >> 11;
      page = at - (at % 4096) + pages * 4096;
    }
  }
  if (base === undefined || load === undefined || page === undefined) {
    // Entry and restart: the start-up code jumps to where the image is linked.
    return [];
  }
  const count = indexCount(instructions, address, index);
  const isByte = load >>> 30 === 0;
  const targets = new Set<number>();
  for (let entry = 0; entry < count; entry += 1) {
    const at = page + offset + entry * (isByte ? 1 : 2);
    const raw = isByte
      ? (code.byte(at) << 24) >> 24
      : ((code.byte(at) | (code.byte(at + 1) << 8)) << 16) >> 16;
    const target = base + 4 * raw;
    if (!inside(target))
      throw new Error(`jump table of ${address.toString(16)}: entry ${entry} leaves the function`);
    targets.add(target);
  }
  return [...targets];
}

/** One more than the number in the nearest `cmp wIndex, #number`, along the code before or what jumps here. */
function indexCount(
  instructions: ReadonlyMap<number, Instruction>,
  address: number,
  index: number,
): number {
  const pending = [address - 4];
  const seen = new Set<number>();
  while (pending.length > 0) {
    const at = pending.shift() as number;
    const instruction = instructions.get(at);
    if (instruction === undefined || seen.has(at)) continue;
    seen.add(at);
    const { compare } = instruction;
    if (compare?.register === index && compare.number !== undefined) return compare.number + 1;
    for (const { address: from, flow } of instructions.values()) {
      if ((flow.kind === 'jump' || flow.kind === 'branch') && flow.target === at)
        pending.push(from);
    }
    const before = instructions.get(at - 4);
    if (before !== undefined && before.flow.kind !== 'jump' && before.flow.kind !== 'return')
      pending.push(at - 4);
  }
  throw new Error(`the index of the jump at ${address.toString(16)} is compared with nothing`);
}
