// SPDX-License-Identifier: MIT
/**
 * Why an image is refused: the field, its offset, what was expected and what was found.
 */

/** The image is not a rule table that the cell would take. */
export class RulesImageError extends Error {
  readonly offset: number;

  constructor(field: string, offset: number, expected: string, got: string) {
    super(`${field} at offset 0x${offset.toString(16)}: expected ${expected}, got ${got}`);
    this.name = 'RulesImageError';
    this.offset = offset;
  }
}

/** Throws if the field has another value. */
export function expectEqual(field: string, offset: number, expected: number, got: number): void {
  if (got !== expected) throw new RulesImageError(field, offset, hex(expected), hex(got));
}

/** Throws at the first byte that is not zero. */
export function expectZero(bytes: Buffer, where: string, from: number, to: number): void {
  for (let offset = from; offset < to; offset += 1) {
    const value = bytes.readUInt8(offset);
    if (value !== 0) {
      throw new RulesImageError(`${where}: unused byte`, offset, 'zero', hex(value));
    }
  }
}

export function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}
