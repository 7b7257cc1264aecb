// SPDX-License-Identifier: MIT
/**
 * Numbers in data bytes: a field is read and written bit by bit.
 *
 * Bit number k of the data taken as one number is in byte k / 8 (little-endian), or in byte 7 - k / 8
 * (big-endian), at place k mod 8.
 */
import type { DataField } from '../model.ts';

const BITS_OF_BYTE = 8;
const LAST_BYTE = 7;

/** The field's value. */
export function readField(bytes: Uint8Array, field: DataField): bigint {
  let value = 0n;
  for (let bit = 0; bit < field.width; bit += 1) {
    const [byte, place] = placeOf(field, bit);
    if (((bytes[byte] >> place) & 1) !== 0) value |= 1n << BigInt(bit);
  }
  return field.signed ? BigInt.asIntN(field.width, value) : value;
}

/** Writes the lowest bits of the value into the field. */
export function writeField(bytes: Uint8Array, field: DataField, value: bigint): void {
  for (let bit = 0; bit < field.width; bit += 1) {
    const [byte, place] = placeOf(field, bit);
    const isSet = ((value >> BigInt(bit)) & 1n) !== 0n;
    bytes[byte] = (bytes[byte] & ~(1 << place)) | (isSet ? 1 << place : 0);
  }
}

/** The byte and the place in it of one bit of the field. */
function placeOf({ shift, bigEndian }: DataField, bit: number): [byte: number, place: number] {
  const number = shift + bit;
  const byte = Math.floor(number / BITS_OF_BYTE);
  return [bigEndian ? LAST_BYTE - byte : byte, number % BITS_OF_BYTE];
}

/** Eight bytes as one number, byte 0 the lowest. */
export function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
