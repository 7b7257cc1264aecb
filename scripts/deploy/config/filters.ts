// SPDX-License-Identifier: MIT
/**
 * The conditional filters of config.txt (`[pi4]`, `[EDID=...]`): whether lines below them apply to this
 * board.
 *
 * Source: Raspberry Pi documentation, config.txt, "Conditional Filters". Filters of one kind replace each
 * other, those of different kinds must all hold, and `[all]` ends every one. A filter that depends on a
 * monitor, a pin or a serial number may hold.
 */

/** Whether a line applies on a Raspberry Pi 4: always, under some condition, or never. */
export type Applies = 'always' | 'maybe' | 'never';

/** Filters that hold on every Raspberry Pi 4. */
const ALL_PI4 = ['pi4'];
/** Filters that may hold: Pi 400 and Compute Modules are of the same family. */
const SOME_PI4 = ['pi400', 'cm4', 'cm4s'];
/** Type numbers of the revision code: 4B, 400, CM4, CM4S. */
const PI4_BOARD_TYPES = [0x11, 0x13, 0x14, 0x15];

/** The filters in force at one place of the file. */
export class FilterState {
  readonly #kinds = new Map<string, Applies>();

  /** Applies the text between the brackets. */
  take(filter: string): void {
    const word = filter.trim().toLowerCase();
    if (word === 'all') this.#kinds.clear();
    else this.#kinds.set(kindOf(word), holds(word));
  }

  applies(): Applies {
    const all = [...this.#kinds.values()];
    if (all.includes('never')) return 'never';
    return all.includes('maybe') ? 'maybe' : 'always';
  }
}

function kindOf(word: string): string {
  if (word === 'none' || /^(pi|cm)\d/.test(word) || word.startsWith('board-type=')) return 'model';
  if (/^0x[0-9a-f]+$/.test(word)) return 'serial number';
  if (/^gpio\d+=/.test(word)) return 'pin';
  return /^[a-z_-]+/.exec(word)?.[0] ?? word;
}

function holds(word: string): Applies {
  if (kindOf(word) !== 'model') return 'maybe';
  if (ALL_PI4.includes(word)) return 'always';
  if (SOME_PI4.includes(word)) return 'maybe';
  const type = /^board-type=(.+)$/.exec(word)?.[1];
  return type !== undefined && PI4_BOARD_TYPES.includes(Number(type)) ? 'maybe' : 'never';
}
