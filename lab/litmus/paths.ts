// SPDX-License-Identifier: MIT
/**
 * The accesses to shared memory and the barriers of a function of the source, from the instructions of the linked
 * image, in their order there: DMB by its encoding, loads and stores where the host's interface was inlined.
 *
 * Does not: know what the accesses are of; the tables of litmus tests name them.
 */
import { isGuestAccess, isLoad } from '../bound/arm64.ts';
import type { ImageCode } from '../bound/image-code.ts';
import type { Line } from '../bound/lines.ts';
import type { Origins } from '../bound/origins.ts';
import { plainName } from '../bound/names.ts';
import type { Barrier } from './armv8.ts';

/** `load`, `store`, or a barrier. */
export type Step = 'load' | 'store' | Barrier;

export interface Image {
  readonly code: ImageCode;
  readonly lines: ReadonlyMap<number, readonly Line[]>;
  readonly origins: Origins;
}

const C_FILE = /^cell(\.wasm)?\.c$/;

/** DMB by its CRm (Arm ARM DDI 0487, C6.2). */
const BARRIERS: Readonly<Record<number, Barrier>> = {
  0b1111: 'sy',
  0b1011: 'ish',
  0b1010: 'ishst',
  0b1001: 'ishld',
};

const barrierOf = (word: number): Barrier | undefined =>
  (word & 0xfffff0ff) >>> 0 === 0xd50330bf ? BARRIERS[(word >>> 8) & 15] : undefined;

/**
 * Each copy of the function `name` (`file/Class#method`, type parameters left out) in the image: what it does, in
 * order. gcc and binaryen inline it, so there may be several.
 */
export function copiesOf({ code, lines, origins }: Image, name: string): Step[][] {
  const found = origins.functions.findIndex(
    ({ number }) => plainName(origins.names.get(number) ?? '') === name,
  );
  if (found < 0) throw new Error(`the module has no function ${name}: it was inlined or renamed`);
  const from = origins.functions[found].line;
  const to = origins.functions[found + 1]?.line ?? Infinity;
  const copies = new Map<string, Step[]>();
  for (const { start, end } of code.functions) {
    for (let at = start; at < end; at += 4) {
      const frames = lines.get(at) ?? [];
      const own = frames.findIndex(
        ({ file, line }) => C_FILE.test(file) && line >= from && line < to,
      );
      if (own < 0 || frames[0].file !== 'abi.h') continue;
      const step = stepOf(code.word(at));
      if (step === undefined) continue;
      const key = `${start} ${frames
        .slice(own + 1)
        .map(({ line }) => line)
        .join(' ')}`;
      copies.set(key, [...(copies.get(key) ?? []), step]);
    }
  }
  return [...copies.values()];
}

/** Loads and stores of the host's interface, and barriers; undefined for what computes. */
function stepOf(word: number): Step | undefined {
  const barrier = barrierOf(word);
  if (barrier !== undefined) return barrier;
  if (!isGuestAccess(word)) return undefined;
  return isLoad(word) ? 'load' : 'store';
}
