// SPDX-License-Identifier: MIT
/**
 * `jailhouse cell load NAME IMAGE [-a ADDRESS]`: puts blobs into the memory of a stopped cell. Memory that no
 * blob covers stays stale, as on the board.
 *
 * Source: Jailhouse driver/cell.c, load_image.
 */
import { MEMORY_LOADABLE, MEMORY_WRITE } from '../../cell-config/format/constants.ts';
import type { AddressSpace } from './address-space.ts';

/** One blob; `name` is for messages. */
export interface LoadBlob {
  readonly name: string;
  /** Guest address of its first byte. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** A blob does not fit into one loadable region. The driver answers EINVAL and loads nothing more. */
export class LoadError extends Error {
  constructor(blob: LoadBlob) {
    super(
      `cannot load ${blob.name}: ${blob.bytes.length} bytes at 0x${blob.address.toString(16)} do ` +
        'not fit into one LOADABLE and WRITE memory region of the cell',
    );
    this.name = 'LoadError';
  }
}

/** Copies blobs in order (a later one overwrites an earlier one). Throws LoadError. */
export function loadBlobs(space: AddressSpace, blobs: readonly LoadBlob[]): void {
  for (const blob of blobs) {
    const end = blob.address + blob.bytes.length;
    const region = space.regions.find(
      ({ flags, start, end: regionEnd }) =>
        (flags & MEMORY_LOADABLE) !== 0 &&
        (flags & MEMORY_WRITE) !== 0 &&
        blob.address >= start &&
        end <= regionEnd,
    );
    if (!region?.memory) throw new LoadError(blob);
    region.memory.bytes.set(blob.bytes, blob.address - region.start);
  }
}
