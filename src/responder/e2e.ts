// SPDX-License-Identifier: MIT
/**
 * The checksums of AUTOSAR's E2E profiles 1, 2, 5, 11 and 22 (AUTOSAR PRS E2E Protocol R20-11): over all bytes of a
 * frame but those of the checksum itself, and over the data identifier.
 *
 * The bytes of a 16-bit data identifier of profiles 1 and 11 come first and are constant, so the compiler has put
 * them into the initial value: one for even counters, one for odd ones.
 * Does not: know counters, or decide about a frame.
 */
import {
  CHECKSUM_TABLE_BYTES,
  STEP_CHECKSUM_E2E16,
  StepFields,
} from '../../build/generated/rule-image';
import { DATA_BYTES_MAXIMUM } from '../can/frame';

export { StepFields } from '../../build/generated/rule-image';

const DATA_BITS: u32 = 64;
const BYTE_BITS: u32 = 8;
const CRC16_BITS: u32 = 16;
const COUNTER_BITS: u32 = 4;
const COUNTER_MASK: u64 = 0xf;
/** In the value of STEP_CHECKSUM_E2E8. */
const ODD_SHIFT: u64 = 8;
const FINAL_XOR_SHIFT: u64 = 16;
const LIST_SHIFT: u64 = 24;
const VALUE_END: u64 = 0x0200_0000;
/** Where the 16 data identifiers lie in the record of a table. */
const DATA_IDS_OFFSET: u32 = 256;
/** CRC-16/CCITT-FALSE: initial value. */
const CRC16_START: u32 = 0xffff;

/** `tables`: the number of CRC-8 tables. */
export function isE2e8(step: StepFields, tables: u32): bool {
  if (!isPlace(step.shift, BYTE_BITS) || step.word >= tables) return false;
  return (step.width as u32) <= DATA_BITS - COUNTER_BITS && step.value < VALUE_END;
}

export function isE2e16(step: StepFields): bool {
  if (!isPlace(step.shift, CRC16_BITS) || step.word > (u16.MAX_VALUE as u32)) return false;
  return (step.width as u32) === 0 && step.value === 0;
}

/** True if `bits` that begin with bit `shift`, the first of a byte, are bits of the data. */
function isPlace(shift: u32, bits: u32): bool {
  return (shift & 7) === 0 && shift + bits <= DATA_BITS;
}

/** `data` of a frame of `length` bytes with the checksum of `step`. */
export function withE2e(step: StepFields, data: u64, length: u32, tables: usize): u64 {
  if (length > DATA_BYTES_MAXIMUM) return data;
  const mask = e2eMask(step);
  const crc = e2eOf(step, data, length, tables) as u64;
  return (data & ~mask) | (crc << (step.shift as u64));
}

/** The bits of the data that the checksum of `step` has. */
export function e2eMask(step: StepFields): u64 {
  const bits: u64 = (step.kind as u32) === STEP_CHECKSUM_E2E16 ? 0xffff : 0xff;
  return bits << (step.shift as u64);
}

/** The checksum of `step` over `data` of a frame of `length` bytes, at most 8. */
export function e2eOf(step: StepFields, data: u64, length: u32, tables: usize): u32 {
  return (step.kind as u32) === STEP_CHECKSUM_E2E16
    ? crc16Of(data, length, step.shift, step.word)
    : crc8Of(step, data, length, tables + step.word * CHECKSUM_TABLE_BYTES);
}

function crc8Of(step: StepFields, data: u64, length: u32, table: usize): u32 {
  const value = step.value;
  const counter = (data >> (step.width as u64)) & COUNTER_MASK;
  const own: u32 = step.shift;
  let crc = ((value >> ((counter & 1) * ODD_SHIFT)) as u32) & 0xff;
  // loop: at most DATA_BYTES_MAXIMUM
  for (let shift: u32 = 0; shift < length << 3; shift += BYTE_BITS) {
    if (shift !== own) crc = load<u8>(table + (crc ^ (((data >> (shift as u64)) as u32) & 0xff)));
  }
  if (value >> LIST_SHIFT !== 0) {
    crc = load<u8>(table + (crc ^ load<u8>(table + (counter as usize), DATA_IDS_OFFSET)));
  }
  return crc ^ (((value >> FINAL_XOR_SHIFT) as u32) & 0xff);
}

function crc16Of(data: u64, length: u32, own: u32, identifier: u32): u32 {
  let crc = CRC16_START;
  // loop: at most DATA_BYTES_MAXIMUM
  for (let shift: u32 = 0; shift < length << 3; shift += BYTE_BITS) {
    if (shift - own >= CRC16_BITS) crc = crc16Byte(crc, ((data >> (shift as u64)) as u32) & 0xff);
  }
  return crc16Byte(crc16Byte(crc, identifier & 0xff), identifier >> 8);
}

/** The next byte of a CRC with polynomial 0x1021, highest bit first, four bits of it at once and without a table. */
function crc16Byte(crc: u32, byte: u32): u32 {
  const high = (crc >> 8) ^ byte;
  const mixed = high ^ (high >> 4);
  return ((crc << 8) ^ (mixed << 12) ^ (mixed << 5) ^ mixed) & 0xffff;
}
