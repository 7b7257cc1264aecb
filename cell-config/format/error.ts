// SPDX-License-Identifier: MIT
/** A file, or a configuration, that the format cannot hold. */

/** Names the field, its offset, what the format requires and what was found. */
export class CellFormatError extends Error {
  /** Byte offset in the file; undefined while encoding. */
  readonly offset: number | undefined;
  /** The field, for example `memory region 3 of 9: flags`. */
  readonly field: string;

  constructor(options: { field: string; offset?: number; expected: string; got: string }) {
    const place = options.offset === undefined ? '' : ` at offset 0x${options.offset.toString(16)}`;
    super(`${options.field}${place}: expected ${options.expected}, got ${options.got}`);
    this.name = 'CellFormatError';
    this.offset = options.offset;
    this.field = options.field;
  }
}
