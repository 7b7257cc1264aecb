// SPDX-License-Identifier: MIT
/**
 * Writes a cpio archive of the "newc" kind, which the Linux kernel unpacks as its first root file system.
 *
 * Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst.
 */

const FOLDER = 0o040755;
const PROGRAM = 0o100755;
const MAGIC = '070701';
const TRAILER = 'TRAILER!!!';

export class CpioArchive {
  readonly #parts: Buffer[] = [];
  readonly #folders = new Set<string>();
  #number = 0;

  /** Adds an executable file and its folders. `path` has no leading slash. */
  addFile(path: string, bytes: Uint8Array): void {
    const names = path.split('/').slice(0, -1);
    names.forEach((_, index) => this.addFolder(names.slice(0, index + 1).join('/')));
    this.#add(path, PROGRAM, bytes);
  }

  addFolder(path: string): void {
    if (this.#folders.has(path)) return;
    this.#folders.add(path);
    this.#add(path, FOLDER, new Uint8Array());
  }

  /** The whole archive. */
  finish(): Buffer {
    this.#add(TRAILER, 0, new Uint8Array());
    return Buffer.concat(this.#parts);
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

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
