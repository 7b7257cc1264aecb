// SPDX-License-Identifier: MIT
/**
 * Reads conditions on data from their records.
 */
import { CONDITION_RECORD, RULE_NUMBERS_2 as image } from '../../formats/rule-image-2.ts';
import type { DataCondition, DataField } from '../model.ts';
import { CONDITION_NUMBERS } from './encode-rule.ts';
import { expectZero, hex, RulesImageError } from './image-error.ts';

/** Bits of the field of a set. */
const SET_BITS = 6;
const WORD_BITS = 64;
const FIELD_FLAGS = image.FIELD_BIG_ENDIAN | image.FIELD_SIGNED;
const FLAGS = FIELD_FLAGS | image.CONDITION_INVERTED | image.CONDITION_OR_NEXT;

/** A field, or why it is none: its bits, and flags that say how it lies in the data. */
export function readField(flags: number, shift: number, width: number): DataField | undefined {
  if (width === 0 || shift + width > WORD_BITS) return undefined;
  return {
    ...{ shift, width },
    bigEndian: (flags & image.FIELD_BIG_ENDIAN) !== 0,
    signed: (flags & image.FIELD_SIGNED) !== 0,
  };
}

/** The groups of so many conditions from number `first` on. */
export function readConditions(
  bytes: Buffer,
  start: number,
  first: number,
  count: number,
): DataCondition[][] {
  const groups: DataCondition[][] = [];
  let hasNext = false;
  for (let number = first; number < first + count; number += 1) {
    const at = start + number * image.CONDITION_BYTES;
    const flags = bytes.readUInt8(at + CONDITION_RECORD.flags.at);
    const condition = readCondition(bytes, at, flags, `condition ${number}`);
    if (hasNext) groups.at(-1)?.push(condition);
    else groups.push([condition]);
    hasNext = (flags & image.CONDITION_OR_NEXT) !== 0;
  }
  if (!hasNext) return groups;
  const offset = start + (first + count - 1) * image.CONDITION_BYTES + 1;
  throw new RulesImageError(`condition ${first + count - 1}`, offset, 'one more', 'the last one');
}

function readCondition(bytes: Buffer, at: number, flags: number, name: string): DataCondition {
  const refuse = (expected: string, got: string): never => {
    throw new RulesImageError(name, at, expected, got);
  };
  const kind = bytes.readUInt8(at);
  const shift = bytes.readUInt8(at + CONDITION_RECORD.shift.at);
  const width = bytes.readUInt8(at + CONDITION_RECORD.width.at);
  expectZero(bytes, name, at + CONDITION_RECORD.reserved0.at, at + CONDITION_RECORD.minimum.at);
  const minimum = bytes.readBigUInt64LE(at + CONDITION_RECORD.minimum.at);
  const maximum = bytes.readBigUInt64LE(at + CONDITION_RECORD.maximum.at);
  if ((flags & ~FLAGS) !== 0) refuse('flags up to 0xf', hex(flags));
  const inverted = (flags & image.CONDITION_INVERTED) !== 0;
  const field = readField(flags, shift, width) ?? refuse('a field of 64 bits', `${shift} ${width}`);
  if (kind === CONDITION_NUMBERS.bits) {
    const isWhole = shift === 0 && width === WORD_BITS && (flags & FIELD_FLAGS) === 0;
    if (!isWhole) refuse('bits of the whole data', `${shift} ${width}`);
    if ((minimum & ~maximum) !== 0n) refuse('no bits outside the mask', `${minimum}`);
    return { kind: 'bits', value: minimum, mask: maximum, inverted };
  }
  if (kind === CONDITION_NUMBERS.set) {
    if (width > SET_BITS || field.signed) refuse('a field of 6 bits', `${width}`);
    if (maximum !== 0n || minimum >> (1n << BigInt(width)) !== 0n) refuse('a set', `${minimum}`);
    const values = Array.from({ length: 2 ** width }, (_, value) => value).filter(
      (value) => ((minimum >> BigInt(value)) & 1n) === 1n,
    );
    return { kind: 'set', field, values, inverted };
  }
  if (kind !== CONDITION_NUMBERS.range) refuse('a range, bits or a set', `kind ${kind}`);
  const [least, most] = [minimum, maximum].map((limit) => BigInt.asIntN(WORD_BITS, limit));
  if (least > most) refuse('a minimum up to the maximum', `${least} to ${most}`);
  return { kind: 'range', field, minimum: least, maximum: most, inverted };
}
