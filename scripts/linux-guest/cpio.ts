// SPDX-License-Identifier: MIT
/**
 * Writes a cpio archive of the "newc" kind, which the Linux kernel unpacks as its first root file system, and
 * lists the names in one.
 *
 * Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst.
 */

const FOLDER = 0o040755;
const REGULAR = 0o100000;
const LINK = 0o120777;
const PROGRAM = 0o755;
const MAGIC = '070701';
const MAGIC_WITH_SUMS = '070702';
const HEADER_BYTES = 110;
const TRAILER = 'TRAILER!!!';

export class CpioArchive {
  readonly #parts: Buffer[] = [];
  readonly #folders: Set<string>;
  #number = 0;

  /** `there`: folders, or links to folders, that an archive before this one has; they stay as they are. */
  constructor(there: Iterable<string> = []) {
    this.#folders = new Set(there);
  }

  /** Adds a file and its folders, by default an executable one. `path` has no leading slash. */
  addFile(path: string, bytes: Uint8Array, mode = PROGRAM): void {
    this.#addFoldersOf(path);
    this.#add(path, REGULAR | mode, bytes);
  }

  /** Adds a symbolic link. */
  addLink(path: string, target: string): void {
    this.#addFoldersOf(path);
    this.#add(path, LINK, Buffer.from(target, 'latin1'));
  }

  /** Adds a folder and those above it. */
  addFolder(path: string): void {
    if (this.#folders.has(path)) return;
    this.#addFoldersOf(path);
    this.#folders.add(path);
    this.#add(path, FOLDER, new Uint8Array());
  }

  /** The whole archive. */
  finish(): Buffer {
    this.#add(TRAILER, 0, new Uint8Array());
    return Buffer.concat(this.#parts);
  }

  #addFoldersOf(path: string): void {
    const names = path.split('/').slice(0, -1);
    names.forEach((_, index) => this.addFolder(names.slice(0, index + 1).join('/')));
  }

  /** A header of 13 numbers in 8 hexadecimal digits, the name, the content. Each is padded to 4 bytes. */
  #add(path: string, mode: number, bytes: Uint8Array): void {
    this.#number += 1;
    const name = `${path}\0`;
    const links = mode === FOLDER ? 2 : 1;
    const fields = [this.#number, mode, 0, 0, links, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
    const header = MAGIC + fields.map((value) => value.toString(16).padStart(8, '0')).join('');
    this.#parts.push(padded(Buffer.from(header + name, 'latin1')), padded(Buffer.from(bytes)));
  }
}

/** The names in an archive, or in several in a row. Undefined: it is no whole archive. */
export function cpioNames(bytes: Buffer): Set<string> | undefined {
  const names = new Set<string>();
  let ended = false;
  for (let at = 0; at < bytes.length;) {
    // Archives in a row may have zeros between them.
    if (ended && bytes[at] === 0) {
      at++;
      continue;
    }
    const magic = bytes.toString('latin1', at, at + MAGIC.length);
    if (magic !== MAGIC && magic !== MAGIC_WITH_SUMS) return undefined;
    const field = (index: number): number =>
      parseInt(bytes.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const [size, nameSize] = [field(6), field(11)];
    const nameEnd = at + HEADER_BYTES + nameSize;
    if (!(nameSize > 0) || !(size >= 0) || nameEnd > bytes.length) return undefined;
    const name = bytes.toString('latin1', at + HEADER_BYTES, nameEnd - 1);
    ended = name === TRAILER;
    if (!ended) names.add(name.replace(/^(\.?\/)+/, ''));
    at = ((nameEnd + 3) & ~3) + ((size + 3) & ~3);
    if (at > bytes.length + 3) return undefined;
  }
  return ended ? names : undefined;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
