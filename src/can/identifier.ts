// SPDX-License-Identifier: MIT
/**
 * Predicates on the identifier word of a frame (layout in frame.ts).
 */
import { IDENTIFIER_ERROR, IDENTIFIER_EXTENDED, IDENTIFIER_REMOTE } from './frame';

/** Number bits of an 11-bit identifier. */
export const STANDARD_MASK: u32 = 0x7ff;
/** Number bits of a 29-bit identifier. */
export const EXTENDED_MASK: u32 = 0x1fffffff;

/** True for a 29-bit identifier. */
export function isExtended(identifier: u32): bool {
  return (identifier & IDENTIFIER_EXTENDED) !== 0;
}

/** True for a remote transmission request. */
export function isRemote(identifier: u32): bool {
  return (identifier & IDENTIFIER_REMOTE) !== 0;
}

/** Mask of the number bits of this identifier's form. */
export function numberMaskOf(identifier: u32): u32 {
  return isExtended(identifier) ? EXTENDED_MASK : STANDARD_MASK;
}

/** The identifier without its flag bits. */
export function numberOf(identifier: u32): u32 {
  return identifier & numberMaskOf(identifier);
}

/** True if the bus can carry it: no error bit, and a number within 11 or 29 bits. */
export function isValidIdentifier(identifier: u32): bool {
  const allowed = IDENTIFIER_EXTENDED | IDENTIFIER_REMOTE | numberMaskOf(identifier);
  return (identifier & ~allowed) === 0 && (identifier & IDENTIFIER_ERROR) === 0;
}

/** Weaker than every frame. */
export const ARBITRATION_NONE: u32 = 0xffffffff;

/**
 * The arbitration field as a number: of two frames the one with the smaller number wins the bus (ISO 11898-1,
 * 10.4.2). The bits as on the wire, the first one highest: 11 of the identifier, RTR or SRR, IDE, and for a
 * 29-bit identifier its other 18 and RTR.
 */
export function arbitrationField(identifier: u32): u32 {
  const remote: u32 = isRemote(identifier) ? 1 : 0;
  if (!isExtended(identifier)) return ((identifier & STANDARD_MASK) << 21) | (remote << 20);
  const number = identifier & EXTENDED_MASK;
  return ((number >> 18) << 21) | (3 << 19) | ((number & 0x3ffff) << 1) | remote;
}
