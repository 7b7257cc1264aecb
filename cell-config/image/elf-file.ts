// SPDX-License-Identifier: MIT
/**
 * Reads the tables of a 64-bit little-endian ELF file: segments, sections and symbols, for any machine.
 *
 * Source: ELF-64 Object File Format 1.5, draft 2 (file header, section headers, symbol table, program headers).
 * Does not: load, relocate or change one.
 */

/** The file is none that can be read. The message says why. */
export class ElfError extends Error {}

export const MACHINE_AARCH64 = 183;

export interface ElfFileSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  /** In memory. Of a section without content in the file, such as .bss, more than `content`. */
  readonly size: number;
  readonly content: Buffer;
  /** Index of the section that this one refers to: the names of a symbol table. */
  readonly link: number;
}

/** A program header that is to be loaded. */
export interface ElfFileSegment {
  readonly virtualAddress: number;
  readonly physicalAddress: number;
  readonly content: Buffer;
  readonly memoryBytes: number;
}

export interface ElfFileSymbol {
  readonly name: string;
  readonly value: number;
  /** False: another file must have it. */
  readonly isDefined: boolean;
}

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;
const PROGRAM_TYPE_LOAD = 1;
const SECTION_TYPE_SYMBOLS = 2;
const SECTION_TYPE_NO_BITS = 8;
/** The section index of a symbol that another file has. */
const UNDEFINED = 0;

export class ElfFile {
  readonly machine: number;
  readonly entry: number;
  readonly sections: readonly ElfFileSection[];
  readonly segments: readonly ElfFileSegment[];

  /** Throws ElfError. */
  constructor(file: Uint8Array) {
    const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
    if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 4) !== '\x7fELF') {
      throw new ElfError('not an ELF file');
    }
    if (bytes[4] !== 2 || bytes[5] !== 1) throw new ElfError('not a 64-bit little-endian ELF file');
    this.machine = bytes.readUInt16LE(0x12);
    this.entry = word(bytes, 0x18);
    this.sections = readSections(bytes);
    this.segments = table(bytes, 0x20, 0x38, PROGRAM_HEADER_BYTES, 'program headers')
      .filter((base) => bytes.readUInt32LE(base) === PROGRAM_TYPE_LOAD)
      .map((base) => ({
        virtualAddress: word(bytes, base + 0x10),
        physicalAddress: word(bytes, base + 0x18),
        content: slice(bytes, word(bytes, base + 0x08), word(bytes, base + 0x20), 'segment'),
        memoryBytes: word(bytes, base + 0x28),
      }));
  }

  /** The content of a section. Undefined: it has none. */
  section(name: string): Buffer | undefined {
    return this.sections.find((section) => section.name === name)?.content;
  }

  /** Those with a name. */
  symbols(): ElfFileSymbol[] {
    const found: ElfFileSymbol[] = [];
    for (const { type, content, link } of this.sections) {
      const strings = this.sections.at(link)?.content;
      if (type !== SECTION_TYPE_SYMBOLS || strings === undefined) continue;
      for (let base = 0; base + SYMBOL_BYTES <= content.length; base += SYMBOL_BYTES) {
        const name = text(strings, content.readUInt32LE(base));
        if (name === '') continue;
        const isDefined = content.readUInt16LE(base + 0x06) !== UNDEFINED;
        found.push({ name, value: word(content, base + 0x08), isDefined });
      }
    }
    return found;
  }

  /** A field of a kernel module's `.modinfo`, such as `vermagic`. */
  moduleField(field: string): string | undefined {
    const lines = (this.section('.modinfo') ?? Buffer.alloc(0)).toString('latin1').split('\0');
    return lines.find((line) => line.startsWith(`${field}=`))?.slice(field.length + 1);
  }
}

function readSections(bytes: Buffer): ElfFileSection[] {
  const raw = table(bytes, 0x28, 0x3c, SECTION_HEADER_BYTES, 'section headers').map((base) => {
    const type = bytes.readUInt32LE(base + 0x04);
    const size = word(bytes, base + 0x20);
    const contentBytes = type === SECTION_TYPE_NO_BITS ? 0 : size;
    return {
      nameOffset: bytes.readUInt32LE(base),
      type,
      flags: word(bytes, base + 0x08),
      address: word(bytes, base + 0x10),
      size,
      content:
        contentBytes === 0
          ? Buffer.alloc(0)
          : slice(bytes, word(bytes, base + 0x18), contentBytes, 'section'),
      link: bytes.readUInt32LE(base + 0x28),
    };
  });
  const names = raw.at(bytes.readUInt16LE(0x3e))?.content ?? Buffer.alloc(0);
  return raw.map(({ nameOffset, ...section }) => ({ ...section, name: text(names, nameOffset) }));
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
