// SPDX-License-Identifier: MIT
/**
 * The instructions of the basic blocks that the emulator enters: counted by a function in C where the build
 * has made one (bsp/host/block-count.c), else by the same in JavaScript, which costs several times as much.
 *
 * Does not: charge them. Whoever lets the Machine act or look at its clock charges what `take` gives before.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';
import type { LibraryHandle } from 'koffi';
import type { Unicorn } from './unicorn.ts';

/** Made by `npm run build`, on a machine with a C compiler. */
const LIBRARY = fileURLToPath(new URL('../../build/block-count.so', import.meta.url));
const COUNT_BYTES = 16;
const INSTRUCTIONS = 8;
const RESUMING = 12;

/** Counts the blocks of one emulator. */
export interface BlockCount {
  /** The instructions that were entered since the last `take`. */
  take(): number;
  /** The emulator goes on from where it was stopped, which may be inside a counted block. */
  resume(isResuming: boolean): void;
}

/** Kept, because koffi unloads a library that nothing refers to. */
let library: LibraryHandle | undefined;
let hook: unknown;

/** The function in C; undefined if there is none for this machine. */
function nativeHook(): unknown {
  if (library !== undefined || !existsSync(LIBRARY)) return hook;
  try {
    library = koffi.load(LIBRARY);
    const find = library.func('void *canwarden_block_hook()') as () => unknown;
    hook = find();
  } catch {
    // Built for another machine: a folder that was copied.
  }
  return hook;
}

/** Counts the blocks of `unicorn` from now on; in JavaScript even if there is the function in C: `isPlain`. */
export function countBlocks(unicorn: Unicorn, isPlain = false): BlockCount {
  const native = isPlain ? undefined : nativeHook();
  return native === undefined ? countInJavaScript(unicorn) : countInC(unicorn, native);
}

function countInC(unicorn: Unicorn, native: unknown): BlockCount {
  const bytes = Buffer.alloc(COUNT_BYTES);
  // A view of its own, because the methods of Buffer check much on each of a million reads.
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, COUNT_BYTES / 4);
  unicorn.hookBlocks(native, bytes);
  return {
    take() {
      const count = words[INSTRUCTIONS / 4];
      words[INSTRUCTIONS / 4] = 0;
      return count;
    },
    resume(isResuming) {
      words[RESUMING / 4] = isResuming ? 1 : 0;
    },
  };
}

function countInJavaScript(unicorn: Unicorn): BlockCount {
  let countedEnd = 0;
  let instructions = 0;
  let resuming = false;
  unicorn.onBlock((address, bytes) => {
    const isRest = resuming && address + bytes === countedEnd;
    resuming = false;
    countedEnd = address + bytes;
    if (!isRest) instructions += bytes >>> 2;
  });
  return {
    take() {
      const count = instructions;
      instructions = 0;
      return count;
    },
    resume(isResuming) {
      resuming = isResuming;
    },
  };
}
