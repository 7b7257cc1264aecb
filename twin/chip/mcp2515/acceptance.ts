// SPDX-License-Identifier: MIT
/**
 * The acceptance filter that a frame hits (DS20001801J, section 4.5 and figure 4-5), according to the mask
 * and filter registers.
 */
import type { CanFrame } from '../../bus/can-frame.ts';
import { RXF0SIDH, RXF3SIDH, RXM0SIDH, RXM1SIDH, SIDL_EXIDE } from './registers.ts';

/** RXB0 has filters 0 and 1 with mask 0, RXB1 has filters 2 to 5 with mask 1. */
const RXB0_FILTERS = [0, 1] as const;
const RXB1_FILTERS = [2, 3, 4, 5] as const;

/**
 * Lowest-numbered filter of the buffer that accepts the frame, or undefined (section 4.5.4).
 * `missingMatches`: whether a data byte that the frame lacks matches a filter that compares it.
 */
export function hitFilter(
  registers: Uint8Array,
  buffer: 0 | 1,
  frame: CanFrame,
  missingMatches: boolean,
): number | undefined {
  const mask = buffer === 0 ? RXM0SIDH : RXM1SIDH;
  const filters = buffer === 0 ? RXB0_FILTERS : RXB1_FILTERS;
  for (const filter of filters) {
    if (accepts(registers, mask, filterAddress(filter), frame, missingMatches)) return filter;
  }
  return undefined;
}

function filterAddress(filter: number): number {
  return filter < 3 ? RXF0SIDH + 4 * filter : RXF3SIDH + 4 * (filter - 3);
}

function accepts(
  registers: Uint8Array,
  mask: number,
  filter: number,
  frame: CanFrame,
  missingMatches: boolean,
): boolean {
  // EXIDE selects the kind of frame and is never masked (register 4-11).
  if (((registers[filter + 1] & SIDL_EXIDE) !== 0) !== frame.extended) return false;
  const standardMask = elevenBits(registers, mask);
  const standard = frame.extended ? frame.identifier >>> 18 : frame.identifier;
  if (((standard ^ elevenBits(registers, filter)) & standardMask) !== 0) return false;
  if (frame.extended) {
    const difference = (frame.identifier & 0x3ffff) ^ eighteenBits(registers, filter);
    return (difference & eighteenBits(registers, mask)) === 0;
  }
  // Standard frames: EID15..8 and EID7..0 apply to the first two data bytes (register 4-1).
  return [0, 1].every((index) => {
    const care = registers[mask + 2 + index];
    if (care === 0) return true;
    if (index >= frame.data.length) return missingMatches;
    return ((frame.data[index] ^ registers[filter + 2 + index]) & care) === 0;
  });
}

function elevenBits(registers: Uint8Array, address: number): number {
  return (registers[address] << 3) | (registers[address + 1] >> 5);
}

function eighteenBits(registers: Uint8Array, address: number): number {
  const high = registers[address + 1] & 0x03;
  return (high << 16) | (registers[address + 2] << 8) | registers[address + 3];
}
