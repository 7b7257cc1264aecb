// SPDX-License-Identifier: MIT
/**
 * RuleSieve: tells for most identifiers at once that no rule matches. An identifier that passes must still be
 * looked up. A RuleSieve is a view on SIEVE_BYTES: `changetype<RuleSieve>(address)`.
 *
 * It has 2048 bits, 32 rows of 64. The bit of an 11-bit identifier is its number. The bit of a 29-bit
 * identifier is the upper 11 bits of the number XOR its lower 11. A rule sets the bits of all identifiers it
 * could match.
 */

const ROWS: u32 = 32;
const ROW_SHIFT: u32 = 6;
const ROW_MASK: u32 = ROWS - 1;
const BIT_MASK: u32 = 63;
/** The upper 11 bits of a 29-bit number start here. */
const UPPER_SHIFT: u32 = 18;
/** log2 of the bytes of a row. */
const ROW_BYTES_SHIFT: u32 = 3;

export const SIEVE_BYTES: u32 = ROWS << ROW_BYTES_SHIFT;

@unmanaged
export class RuleSieve {
  /** Nothing passes. */
  clear(): void {
    memory.fill(changetype<usize>(this), 0, SIEVE_BYTES);
  }

  /**
   * Lets every identifier pass that a rule with this identifier and mask could match. `mask` must have no
   * number bits above the form's. At most 32 rows; one for a rule with a single identifier.
   */
  add(identifier: u32, mask: u32, isExtended: bool): void {
    const place = placeOf(identifier);
    // An 11-bit number has no upper bits to compare.
    const fixed = isExtended ? mask & (mask >> UPPER_SHIFT) : mask;
    const bits = bitsOf(place & BIT_MASK, fixed & BIT_MASK);
    const rowMask = (fixed >> ROW_SHIFT) & ROW_MASK;
    const first = (place >> ROW_SHIFT) & rowMask;
    let free: u32 = 0;
    do {
      const row = this.row(first | free);
      store<u64>(row, load<u64>(row) | bits);
      // The next combination of the bits outside the mask; 0 after the last.
      free = ((free | rowMask) + 1) & ~rowMask & ROW_MASK;
    } while (free !== 0);
  }

  /** False: no rule matches a frame with this identifier. */
  passes(identifier: u32): bool {
    const place = placeOf(identifier);
    const row = load<u64>(this.row((place >> ROW_SHIFT) & ROW_MASK));
    return ((row >> (place & BIT_MASK)) & 1) !== 0;
  }

  private row(index: u32): usize {
    return changetype<usize>(this) + (index << ROW_BYTES_SHIFT);
  }
}

function placeOf(identifier: u32): u32 {
  return identifier ^ (identifier >> UPPER_SHIFT);
}

/** One bit for each 6-bit number that equals `value` in the bits of `fixed`. */
function bitsOf(value: u32, fixed: u32): u64 {
  let bits = (1 as u64) << (value & fixed);
  for (let bit: u32 = 1; bit <= BIT_MASK; bit <<= 1) {
    if ((fixed & bit) === 0) bits |= bits << bit;
  }
  return bits;
}
