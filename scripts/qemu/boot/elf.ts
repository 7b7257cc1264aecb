// SPDX-License-Identifier: MIT
/**
 * Reads what a boot must know of a 64-bit ELF file: its machine, its sections, the symbols that it wants.
 *
 * Source: ELF-64 Object File Format 1.5, draft 2 (file header, section headers, symbol table).
 * Does not: load or change one.
 */
import { InputError } from '../../../cell-config/files.ts';

const MAGIC = 0x464c457f;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
export const MACHINE_AARCH64 = 183;
const HEADER_BYTES = 64;
const SECTION_BYTES = 64;
const SYMBOL_BYTES = 24;
const TYPE_SYMBOLS = 2;
const TYPE_NO_BITS = 8;
/** The section index of a symbol that another file has. */
const UNDEFINED = 0;

interface Section {
  readonly name: string;
  readonly type: number;
  readonly content: Buffer;
  /** Index of the section that this one refers to: the names of a symbol table. */
  readonly link: number;
}

export class ElfFile {
  readonly machine: number;
  readonly #sections: readonly Section[];

  /** Throws InputError if `bytes` is no whole 64-bit little-endian ELF file; it names `path`. */
  constructor(path: string, bytes: Buffer) {
    const isElf =
      bytes.length >= HEADER_BYTES &&
      bytes.readUInt32LE(0) === MAGIC &&
      bytes[4] === CLASS_64 &&
      bytes[5] === LITTLE_ENDIAN;
    if (!isElf) throw new InputError(`${path}: no 64-bit ELF file. Next: build it again`);
    this.machine = bytes.readUInt16LE(18);
    try {
      this.#sections = sectionsOf(bytes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new InputError(`${path}: the ELF file is cut short or damaged. Next: build it again`);
    }
  }

  /** The content of a section. Undefined: it has none. */
  section(name: string): Buffer | undefined {
    return this.#sections.find((section) => section.name === name)?.content;
  }

  /** Names of the symbols that another file must have. */
  undefinedSymbols(): string[] {
    const names: string[] = [];
    for (const { type, content, link } of this.#sections) {
      if (type !== TYPE_SYMBOLS) continue;
      const texts = this.#sections[link]?.content ?? Buffer.alloc(0);
      for (let at = 0; at + SYMBOL_BYTES <= content.length; at += SYMBOL_BYTES) {
        const name = textAt(texts, content.readUInt32LE(at));
        if (content.readUInt16LE(at + 6) === UNDEFINED && name !== '') names.push(name);
      }
    }
    return names;
  }

  /** A field of a kernel module's `.modinfo`, such as `vermagic`. */
  moduleField(field: string): string | undefined {
    const lines = (this.section('.modinfo') ?? Buffer.alloc(0)).toString('latin1').split('\0');
    return lines.find((line) => line.startsWith(`${field}=`))?.slice(field.length + 1);
  }
}

function sectionsOf(bytes: Buffer): Section[] {
  const start = Number(bytes.readBigUInt64LE(40));
  const count = bytes.readUInt16LE(60);
  const namesIndex = bytes.readUInt16LE(62);
  const raw = Array.from({ length: count }, (_, index) => {
    const at = start + index * SECTION_BYTES;
    const type = bytes.readUInt32LE(at + 4);
    const offset = Number(bytes.readBigUInt64LE(at + 24));
    const size = type === TYPE_NO_BITS ? 0 : Number(bytes.readBigUInt64LE(at + 32));
    if (offset + size > bytes.length) throw new RangeError('section');
    return {
      nameAt: bytes.readUInt32LE(at),
      type,
      content: bytes.subarray(offset, offset + size),
      link: bytes.readUInt32LE(at + 40),
    };
  });
  const names = raw[namesIndex]?.content ?? Buffer.alloc(0);
  return raw.map(({ nameAt, ...section }) => ({ ...section, name: textAt(names, nameAt) }));
}

function textAt(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at);
  return end === -1 || at >= bytes.length ? '' : bytes.toString('latin1', at, end);
}
