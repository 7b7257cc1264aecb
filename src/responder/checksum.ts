// SPDX-License-Identifier: MIT
/**
 * The checksums of can-gw (linux/can/gw.h, net/can/gw.c): over bytes of the data, with the result in one of
 * them.
 *
 * A negative position counts from the end of the frame. If it lies before the first byte, or the frame has
 * more than 8 bytes, nothing is done.
 */
import { DATA_BYTES_MAXIMUM } from '../can/frame';

/** In a step's value, and in the record of a table, see formats/rule-image-2.ts. */
const TO_SHIFT: u64 = 8;
const RESULT_SHIFT: u64 = 16;
const INITIAL_SHIFT: u64 = 24;
const FINAL_XOR_SHIFT: u64 = 32;
const PROFILE_SHIFT: u64 = 40;
const PROFILE_DATA_SHIFT: u64 = 48;
/** Where the 16 data identifiers lie in the record of a table. */
const PROFILE_DATA_OFFSET: u32 = 256;

const PROFILE_1U8: u32 = 1;
const PROFILE_16U8: u32 = 2;
const PROFILE_SFFID_XOR: u32 = 3;

/** True if the three positions of a checksum are -8 to 7. */
export function arePositions(value: u64): bool {
  for (let shift: u64 = 0; shift <= RESULT_SHIFT; shift += 8) {
    if ((((value >> shift) + 8) & 0xff) >= 2 * DATA_BYTES_MAXIMUM) return false;
  }
  return true;
}

/** `data` of a frame of `length` bytes with its XOR checksum. */
export function withXor(data: u64, length: u32, value: u64): u64 {
  const from = placeOf(value, length);
  const to = placeOf(value >> TO_SHIFT, length);
  const result = placeOf(value >> RESULT_SHIFT, length);
  if ((from | to | result) < 0 || length > DATA_BYTES_MAXIMUM) return data;
  let sum = (value >> INITIAL_SHIFT) & 0xff;
  const last = max<i32>(from, to);
  // loop: at most DATA_BYTES_MAXIMUM
  for (let place = min<i32>(from, to); place <= last; place++) sum ^= byteAt(data, place);
  return withByte(data, result, sum);
}

/** `data` of a frame of `length` bytes with its CRC-8 by the table at `table`. */
export function withCrc8(data: u64, length: u32, identifier: u32, value: u64, table: usize): u64 {
  const from = placeOf(value, length);
  const to = placeOf(value >> TO_SHIFT, length);
  const result = placeOf(value >> RESULT_SHIFT, length);
  if ((from | to | result) < 0 || length > DATA_BYTES_MAXIMUM) return data;
  let crc = ((value >> INITIAL_SHIFT) as u32) & 0xff;
  const step = from <= to ? 1 : -1;
  // loop: at most DATA_BYTES_MAXIMUM
  for (let place = from; ; place += step) {
    crc = load<u8>(table + (crc ^ (byteAt(data, place) as u32)));
    if (place === to) break;
  }
  const profile = ((value >> PROFILE_SHIFT) as u32) & 0xff;
  if (profile !== 0) {
    let more: u32 = 0;
    if (profile === PROFILE_1U8) more = (value >> PROFILE_DATA_SHIFT) as u32;
    else if (profile === PROFILE_16U8) {
      more = load<u8>(table + PROFILE_DATA_OFFSET + ((byteAt(data, 1) as u32) & 15));
    } else if (profile === PROFILE_SFFID_XOR) more = identifier ^ (identifier >> 8);
    crc = load<u8>(table + (crc ^ (more & 0xff)));
  }
  return withByte(data, result, crc ^ (((value >> FINAL_XOR_SHIFT) as u32) & 0xff));
}

/** The place that a position, in the lowest byte, means; below 0: none. */
function placeOf(value: u64, length: u32): i32 {
  const position: i32 = value as i8 as i32;
  return position < 0 ? (length as i32) + position : position;
}

function byteAt(data: u64, place: i32): u64 {
  return (data >> ((place as u64) << 3)) & 0xff;
}

function withByte(data: u64, place: i32, byte: u64): u64 {
  const shift = (place as u64) << 3;
  return (data & ~((0xff as u64) << shift)) | (byte << shift);
}
