// SPDX-License-Identifier: MIT
/**
 * The cell's own address translation: whether stage 1 maps a virtual address, and otherwise the level at
 * which the walk ends.
 *
 * Source: Arm ARM DDI 0487, D8 (VMSAv8-64), 4 KiB granule, 39-bit addresses (T0SZ 25), as in the cell's
 * TCR_EL1.
 * Does not: apply the attributes of table entries (APTable, PXNTable).
 */
import type { GuestMemory } from '../machine/machine.ts';

const DESCRIPTOR_VALID = 1n;
const DESCRIPTOR_TABLE = 2n;
/** AP[2]. */
const DESCRIPTOR_READ_ONLY = 1n << 7n;
/** PXN. */
const DESCRIPTOR_EXECUTE_NEVER = 1n << 53n;
const OUTPUT_ADDRESS = 0x0000_ffff_ffff_f000n;
const FIRST_LEVEL = 1;
const LAST_LEVEL = 3;
const VIRTUAL_BITS = 39n;

/** Result of a walk: its output and what EL1 may do there, or the level of the invalid entry. */
export type Translation =
  | {
      readonly physical: bigint;
      readonly writable: boolean;
      readonly executable: boolean;
      readonly level: number;
    }
  | { readonly invalidLevel: number };

/** Walks the tables at `tableBase` (TTBR0_EL1) for `virtual`. */
export function translate(
  memories: readonly GuestMemory[],
  tableBase: bigint,
  virtual: bigint,
): Translation {
  if (virtual >> VIRTUAL_BITS !== 0n) {
    return { invalidLevel: 0 };
  }
  let table = tableBase & OUTPUT_ADDRESS;
  for (let level = FIRST_LEVEL; level <= LAST_LEVEL; level++) {
    const shift = 39n - 9n * BigInt(level);
    const index = (virtual >> shift) & 511n;
    const address = Number(table + index * 8n);
    const memory = memories.find(
      ({ base, bytes }) => address >= base && address + 8 <= base + bytes.length,
    );
    if (memory === undefined) {
      return { invalidLevel: level };
    }
    const descriptor = memory.bytes.readBigUInt64LE(address - memory.base);
    if ((descriptor & DESCRIPTOR_VALID) === 0n) {
      return { invalidLevel: level };
    }
    if (level === LAST_LEVEL || (descriptor & DESCRIPTOR_TABLE) === 0n) {
      const offsetMask = (1n << shift) - 1n;
      return {
        physical: (descriptor & OUTPUT_ADDRESS & ~offsetMask) | (virtual & offsetMask),
        writable: (descriptor & DESCRIPTOR_READ_ONLY) === 0n,
        executable: (descriptor & DESCRIPTOR_EXECUTE_NEVER) === 0n,
        level,
      };
    }
    table = descriptor & OUTPUT_ADDRESS;
  }
  return { invalidLevel: LAST_LEVEL };
}
