// SPDX-License-Identifier: MIT
/**
 * One step of a program, and the CRC-8 table of one, as their records.
 */
import { RULE_NUMBERS_2 as image, STEP_RECORD } from '../../formats/rule-image-2.ts';
import { encodeE2e, isE2eStep } from '../e2e/step.ts';
import type { DataField, Step } from '../model.ts';

type StepKind = Step['kind'];
type Crc8 = Extract<Step, { kind: 'checksum-crc8' }>;

/** The number of each kind in the image: `load-request` is STEP_LOAD_REQUEST. */
export const STEP_NUMBERS = Object.fromEntries(
  Object.entries(image)
    .filter(([name]) => name.startsWith('STEP_') && name !== 'STEP_BYTES')
    .map(([name, number]) => [name.slice(5).toLowerCase().replaceAll('_', '-'), number]),
) as Readonly<Record<StepKind, number>>;

/** Profiles of can-gw's CRC-8 by their numbers. */
export const PROFILES = ['none', '1u8', '16u8', 'sffid-xor'] as const;
/** Entries of a CRC-8 table; the data of profile 16U8 follow. */
export const CRC8_ENTRIES = 256;
/** Bytes of `value` in a checksum step. */
export const CHECKSUM_BYTES = {
  from: 0,
  to: 1,
  result: 2,
  initial: 3,
  finalXor: 4,
  profile: 5,
  data: 6,
};

/** Big-endian and signed, as conditions and steps have them. */
export function fieldFlags({ bigEndian, signed }: DataField): number {
  return (bigEndian ? image.FIELD_BIG_ENDIAN : 0) | (signed ? image.FIELD_SIGNED : 0);
}

/** `table`: the number of the CRC-8 table. */
export function encodeStep(step: Step, table: number): Buffer {
  if (isE2eStep(step)) return encodeE2e(step, table);
  const record = Buffer.alloc(image.STEP_BYTES);
  record.writeUInt8(STEP_NUMBERS[step.kind], STEP_RECORD.kind.at);
  if ('field' in step) {
    record.writeUInt8(fieldFlags(step.field), STEP_RECORD.flags.at);
    writePlace(record, step.field);
  }
  if (step.kind === 'load-identifier' || step.kind === 'store-identifier') writePlace(record, step);
  record.writeUInt32LE(wordOf(step, table) >>> 0, STEP_RECORD.word.at);
  record.writeBigUInt64LE(BigInt.asUintN(64, valueOf(step)), STEP_RECORD.value.at);
  return record;
}

/** The table and the data of its profile. */
export function encodeTable({ table, profile, profileData }: Crc8): Buffer {
  const data = profile === '16u8' ? profileData : [];
  return Buffer.concat([Buffer.from([...table, ...data])], image.CHECKSUM_TABLE_BYTES);
}

function writePlace(record: Buffer, { shift, width }: { shift: number; width: number }): void {
  record.writeUInt8(shift, STEP_RECORD.shift.at);
  record.writeUInt8(width, STEP_RECORD.width.at);
}

function wordOf(step: Step, table: number): number {
  if (step.kind === 'load-live') return step.first;
  if (step.kind === 'load-counter') return step.increment;
  if (step.kind === 'checksum-crc8') return table;
  return 'value' in step && typeof step.value === 'number' ? step.value : 0;
}

function valueOf(step: Step): bigint {
  if (step.kind === 'load-counter') return BigInt(step.maximum);
  if ('value' in step) return typeof step.value === 'bigint' ? step.value : 0n;
  if (step.kind !== 'checksum-xor' && step.kind !== 'checksum-crc8') return 0n;
  const bytes = Buffer.alloc(8);
  bytes.writeInt8(step.from, CHECKSUM_BYTES.from);
  bytes.writeInt8(step.to, CHECKSUM_BYTES.to);
  bytes.writeInt8(step.result, CHECKSUM_BYTES.result);
  bytes.writeUInt8(step.initial, CHECKSUM_BYTES.initial);
  if (step.kind === 'checksum-crc8') {
    bytes.writeUInt8(step.finalXor, CHECKSUM_BYTES.finalXor);
    bytes.writeUInt8(PROFILES.indexOf(step.profile), CHECKSUM_BYTES.profile);
    bytes.writeUInt8(step.profile === '1u8' ? step.profileData[0] : 0, CHECKSUM_BYTES.data);
  }
  return bytes.readBigUInt64LE();
}
