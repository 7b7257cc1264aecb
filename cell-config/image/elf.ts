// SPDX-License-Identifier: MIT
/**
 * Segments, sections and symbols of a linked image at their load addresses, for the checker and the memory map.
 *
 * Does not: relocate. Other classes, byte orders and machines are refused with what was found.
 */
import { ElfError, ElfFile, MACHINE_AARCH64 } from './elf-file.ts';

/** Memory that the image occupies when it runs. */
export interface ElfSegment {
  readonly address: number;
  /** Content from the file. The rest up to memoryBytes is zeroed at start. */
  readonly bytes: Uint8Array;
  readonly memoryBytes: number;
}

export interface ElfSection {
  readonly name: string;
  readonly address: number;
  readonly size: number;
}

/** A linked image. Addresses are guest addresses: where it is loaded, before the page tables are on. */
export interface ElfImage {
  readonly entry: number;
  readonly segments: readonly ElfSegment[];
  /** Non-empty sections that occupy memory. */
  readonly sections: readonly ElfSection[];
  readonly symbols: ReadonlyMap<string, number>;
}

const SECTION_FLAG_ALLOCATED = 2;

/** Decodes a whole file. Throws ElfError. */
export function readElf(file: Uint8Array): ElfImage {
  const elf = new ElfFile(file);
  if (elf.machine !== MACHINE_AARCH64) {
    throw new ElfError(`for machine ${elf.machine}, not for AArch64 (${MACHINE_AARCH64})`);
  }
  /** Load address of a link address. */
  const loaded = (virtual: number): number => {
    const holder = elf.segments.find(({ virtualAddress, memoryBytes }) => {
      const offset = virtual - virtualAddress;
      return offset >= 0 && offset <= memoryBytes;
    });
    if (holder === undefined) return virtual;
    return virtual - holder.virtualAddress + holder.physicalAddress;
  };
  return {
    entry: loaded(elf.entry),
    segments: elf.segments.map(({ physicalAddress, content, memoryBytes }) => ({
      address: physicalAddress,
      bytes: content,
      memoryBytes,
    })),
    sections: elf.sections
      .filter(({ flags, size }) => size > 0 && Math.floor(flags / SECTION_FLAG_ALLOCATED) % 2 === 1)
      .map(({ name, address, size }) => ({ name, address: loaded(address), size })),
    symbols: new Map(elf.symbols().map(({ name, value }) => [name, loaded(value)])),
  };
}

/** First byte after everything the image occupies. */
export function imageEnd(image: ElfImage): number {
  return Math.max(0, ...image.segments.map(({ address, memoryBytes }) => address + memoryBytes));
}

/** The bytes at `address` after loading: from the file, zero elsewhere. */
export function loadedBytes(image: ElfImage, address: number, size: number): Buffer {
  const result = Buffer.alloc(size);
  for (const segment of image.segments) {
    const skip = address - segment.address;
    for (let index = Math.max(0, -skip); index < size; index += 1) {
      if (skip + index >= segment.bytes.length) break;
      result[index] = segment.bytes[skip + index];
    }
  }
  return result;
}
