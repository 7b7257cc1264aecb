// SPDX-License-Identifier: MIT
/** Reads and writes the numbers of one packed structure by its layout (layout.ts). */
import { CellFormatError } from './error.ts';
import type { Field, Layout } from './layout.ts';

/** Reads the little-endian unsigned number `field` of the structure at `base`. */
export function readNumber(bytes: Buffer, base: number, field: Field, name: string): number {
  const offset = base + field.offset;
  if (field.bytes < 8) return bytes.readUIntLE(offset, field.bytes);
  const value = bytes.readBigUInt64LE(offset);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new CellFormatError({
      field: name,
      offset,
      expected: 'at most 53 significant bits (addresses have 52)',
      got: `0x${value.toString(16)}`,
    });
  }
  return Number(value);
}

/** Writes `value` into `field` of the structure at `base`. Throws if it does not fit. */
export function writeNumber(
  bytes: Buffer,
  base: number,
  field: Field,
  name: string,
  value: number,
): void {
  const limit = field.bytes === 8 ? Number.MAX_SAFE_INTEGER : 2 ** (8 * field.bytes) - 1;
  if (!Number.isSafeInteger(value) || value < 0 || value > limit) {
    throw new CellFormatError({
      field: name,
      expected: `a whole number from 0 to 0x${limit.toString(16)}`,
      got: String(value),
    });
  }
  const offset = base + field.offset;
  if (field.bytes < 8) bytes.writeUIntLE(value, offset, field.bytes);
  else bytes.writeBigUInt64LE(BigInt(value), offset);
}

/** All numbers of the structure at `base`, keyed as in its layout. */
export function readFields<Name extends string>(
  bytes: Buffer,
  base: number,
  layout: Layout<Name>,
  where: string,
): Record<Name, number> {
  const values = {} as Record<Name, number>;
  for (const name of Object.keys(layout.fields) as Name[]) {
    values[name] = readNumber(bytes, base, layout.fields[name], `${where}: ${name}`);
  }
  return values;
}

/** Writes those numbers of `values` that the layout names into the structure at `base`. */
export function writeFields<Name extends string>(
  bytes: Buffer,
  base: number,
  layout: Layout<Name>,
  where: string,
  values: Readonly<Record<Name, number>>,
): void {
  for (const name of Object.keys(layout.fields) as Name[]) {
    writeNumber(bytes, base, layout.fields[name], `${where}: ${name}`, values[name]);
  }
}

/** Throws if a byte that must be zero is not: the encoder could not reproduce it. */
export function expectZero(bytes: Buffer, offset: number, length: number, field: string): void {
  for (let index = offset; index < offset + length; index += 1) {
    const value = bytes.readUInt8(index);
    if (value !== 0) {
      throw new CellFormatError({ field, offset: index, expected: 'zero', got: hexByte(value) });
    }
  }
}

export function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}
