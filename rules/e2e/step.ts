// SPDX-License-Identifier: MIT
/**
 * The two steps that write a checksum of AUTOSAR's E2E profiles, and their records. What they mean:
 * formats/rule-image-2.ts.
 */
import { RULE_NUMBERS_2 as image, STEP_RECORD } from '../../formats/rule-image-2.ts';

const BYTE_BITS = 8;
const TABLE_ENTRIES = 256;
/** Bytes of `value` of the CRC-8. */
const VALUE = { even: 0, odd: 1, finalXor: 2, hasList: 3 };
const COUNTER_BIT_MAXIMUM = 60;
const DATA_ID_MAXIMUM = 0xffff;

/** CRC-8 of profiles 1, 2, 11 and 22 into byte `result`. */
export interface E2eCrc8 {
  readonly kind: 'checksum-e2e8';
  readonly result: number;
  /** The lowest bit of the counter, which has four. */
  readonly counterBit: number;
  /** Initial value for an even counter, and for an odd one: it has the data identifier of profiles 1 and 11. */
  readonly initial: readonly [number, number];
  readonly finalXor: number;
  /** 256 entries. */
  readonly table: readonly number[];
  /** Profiles 2 and 22: the sixteen, one for each counter. Else empty. */
  readonly dataIds: readonly number[];
}

/** CRC-16 of profile 5 into bytes `result` and the next, the lower half first. */
export interface E2eCrc16 {
  readonly kind: 'checksum-e2e16';
  readonly result: number;
  readonly dataId: number;
}

export type E2eStep = E2eCrc8 | E2eCrc16;

export function isE2eStep(step: { readonly kind: string }): step is E2eStep {
  return step.kind === 'checksum-e2e8' || step.kind === 'checksum-e2e16';
}

/** The record of a step. `table`: the number of the CRC-8 table. */
export function encodeE2e(step: E2eStep, table: number): Buffer {
  const record = Buffer.alloc(image.STEP_BYTES);
  record.writeUInt8(step.result * BYTE_BITS, STEP_RECORD.shift.at);
  if (step.kind === 'checksum-e2e16') {
    record.writeUInt8(image.STEP_CHECKSUM_E2E16, STEP_RECORD.kind.at);
    record.writeUInt32LE(step.dataId, STEP_RECORD.word.at);
    return record;
  }
  const value = STEP_RECORD.value.at;
  record.writeUInt8(image.STEP_CHECKSUM_E2E8, STEP_RECORD.kind.at);
  record.writeUInt8(step.counterBit, STEP_RECORD.width.at);
  record.writeUInt32LE(table, STEP_RECORD.word.at);
  record.writeUInt8(step.initial[0], value + VALUE.even);
  record.writeUInt8(step.initial[1], value + VALUE.odd);
  record.writeUInt8(step.finalXor, value + VALUE.finalXor);
  record.writeUInt8(step.dataIds.length === 0 ? 0 : 1, value + VALUE.hasList);
  return record;
}

/** The table of a CRC-8, and the data identifiers. */
export function encodeE2eTable({ table, dataIds }: E2eCrc8): Buffer {
  return Buffer.concat([Buffer.from([...table, ...dataIds])], image.CHECKSUM_TABLE_BYTES);
}

/** The step whose record begins at `at`. Undefined: a field has a value that it may not have. */
export function decodeE2e(
  bytes: Buffer,
  at: number,
  kind: E2eStep['kind'],
  tables: { readonly start: number; readonly count: number },
): E2eStep | undefined {
  const shift = bytes.readUInt8(at + STEP_RECORD.shift.at);
  const word = bytes.readUInt32LE(at + STEP_RECORD.word.at);
  const most = kind === 'checksum-e2e16' ? 6 : 7;
  const result = shift / BYTE_BITS;
  if (!Number.isInteger(result) || result > most) return undefined;
  if (kind === 'checksum-e2e16') {
    return word > DATA_ID_MAXIMUM ? undefined : { kind, result, dataId: word };
  }
  const counterBit = bytes.readUInt8(at + STEP_RECORD.width.at);
  if (counterBit > COUNTER_BIT_MAXIMUM || word >= tables.count) return undefined;
  const value = at + STEP_RECORD.value.at;
  const tableAt = tables.start + word * image.CHECKSUM_TABLE_BYTES;
  const listAt = tableAt + TABLE_ENTRIES;
  const hasList = bytes.readUInt8(value + VALUE.hasList) === 1;
  return {
    ...{ kind, result, counterBit },
    initial: [bytes.readUInt8(value + VALUE.even), bytes.readUInt8(value + VALUE.odd)],
    finalXor: bytes.readUInt8(value + VALUE.finalXor),
    table: [...bytes.subarray(tableAt, listAt)],
    dataIds: hasList ? [...bytes.subarray(listAt, tableAt + image.CHECKSUM_TABLE_BYTES)] : [],
  };
}
