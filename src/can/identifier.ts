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
