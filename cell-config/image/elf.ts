// SPDX-License-Identifier: MIT
/**
 * Reads segments, sections and symbols of a linked image, for the checker and the memory map.
 *
 * Source: System V ABI, "Object Files" (ELF-64, little-endian) and the AArch64 supplement.
 * Does not: relocate. Other classes, byte orders and machines are refused with what was found.
 */

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

/** This project cannot have made the file. The message says why. */
export class ElfError extends Error {}

const ELF_MACHINE_AARCH64 = 183;
const PROGRAM_TYPE_LOAD = 1;
const SECTION_TYPE_SYMBOLS = 2;
const SECTION_FLAG_ALLOCATED = 2;
const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;

interface RawSection {
  readonly nameOffset: number;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

/** Decodes a whole file. Throws ElfError. */
export function readElf(file: Uint8Array): ElfImage {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  checkHeader(bytes);
  const sections = table(bytes, 0x28, 0x3c, SECTION_HEADER_BYTES, 'section headers').map(
    (base): RawSection => ({
      nameOffset: bytes.readUInt32LE(base),
      type: bytes.readUInt32LE(base + 0x04),
      flags: word(bytes, base + 0x08),
      address: word(bytes, base + 0x10),
      offset: word(bytes, base + 0x18),
      size: word(bytes, base + 0x20),
      link: bytes.readUInt32LE(base + 0x28),
    }),
  );
  const names = sections.at(bytes.readUInt16LE(0x3e));
  const loads = table(bytes, 0x20, 0x38, PROGRAM_HEADER_BYTES, 'program headers').filter(
    (base) => bytes.readUInt32LE(base) === PROGRAM_TYPE_LOAD,
  );
  /** Load address of a link address. */
  const loaded = (virtual: number): number => {
    const holder = loads.find((base) => {
      const offset = virtual - word(bytes, base + 0x10);
      return offset >= 0 && offset <= word(bytes, base + 0x28);
    });
    if (holder === undefined) return virtual;
    return virtual - word(bytes, holder + 0x10) + word(bytes, holder + 0x18);
  };
  return {
    entry: loaded(word(bytes, 0x18)),
    segments: loads.map((base) => ({
      address: word(bytes, base + 0x18),
      bytes: slice(bytes, word(bytes, base + 0x08), word(bytes, base + 0x20), 'segment'),
      memoryBytes: word(bytes, base + 0x28),
    })),
    sections: sections
      .filter(({ flags, size }) => size > 0 && Math.floor(flags / SECTION_FLAG_ALLOCATED) % 2 === 1)
      .map(({ nameOffset, address, size }) => ({
        name: names === undefined ? '' : text(bytes, names.offset + nameOffset),
        address: loaded(address),
        size,
      })),
    symbols: readSymbols(bytes, sections, loaded),
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

function checkHeader(bytes: Buffer): void {
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 4) !== '\x7fELF') {
    throw new ElfError('not an ELF file');
  }
  if (bytes[4] !== 2 || bytes[5] !== 1) throw new ElfError('not a 64-bit little-endian ELF file');
  const machine = bytes.readUInt16LE(0x12);
  if (machine !== ELF_MACHINE_AARCH64) {
    throw new ElfError(`for machine ${machine}, not for AArch64 (${ELF_MACHINE_AARCH64})`);
  }
}

/** Offset of each entry of a table whose offset and count are in the header. */
function table(
  bytes: Buffer,
  offsetAt: number,
  countAt: number,
  size: number,
  what: string,
): number[] {
  const start = word(bytes, offsetAt);
  const count = bytes.readUInt16LE(countAt);
  slice(bytes, start, count * size, what);
  return Array.from({ length: count }, (_, index) => start + index * size);
}

function readSymbols(
  bytes: Buffer,
  sections: readonly RawSection[],
  loaded: (virtual: number) => number,
): Map<string, number> {
  const symbols = new Map<string, number>();
  for (const section of sections.filter(({ type }) => type === SECTION_TYPE_SYMBOLS)) {
    slice(bytes, section.offset, section.size, 'symbol table');
    const strings = sections.at(section.link);
    if (strings === undefined) continue;
    for (let base = section.offset; base < section.offset + section.size; base += SYMBOL_BYTES) {
      const name = text(bytes, strings.offset + bytes.readUInt32LE(base));
      if (name !== '') symbols.set(name, loaded(word(bytes, base + 0x08)));
    }
  }
  return symbols;
}

function slice(bytes: Buffer, offset: number, size: number, what: string): Buffer {
  if (offset + size > bytes.length) {
    throw new ElfError(
      `cut off: the ${what} should be at ${offset} + ${size}, the file has ${bytes.length} bytes`,
    );
  }
  return bytes.subarray(offset, offset + size);
}

function word(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64LE(offset));
}

function text(bytes: Buffer, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return bytes.toString('latin1', offset, end === -1 ? bytes.length : end);
}
