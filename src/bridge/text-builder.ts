// SPDX-License-Identifier: MIT
/**
 * TextBuilder: ASCII text in one buffer of linear memory, for people and programs on the AGL side.
 *
 * Text that does not fit is dropped, and `overflowed` is set.
 * Does not: grow.
 */
const LINE_FEED: u32 = 0x0a;
const SPACE: u32 = 0x20;
const QUOTE: u32 = 0x22;
const DIGIT_0: u32 = 0x30;
const LETTER_A: u32 = 0x41;
const LETTER_LOWER_A: u32 = 0x61;
const QUESTION_MARK: u32 = 0x3f;
const BACKSLASH: u32 = 0x5c;
const DELETE: u32 = 0x7f;
const MICROS_DIGITS: u32 = 6;

@final
export class TextBuilder {
  /** Characters in the buffer. */
  length: u32 = 0;
  overflowed: bool = false;
  readonly buffer: usize;

  constructor(readonly capacity: u32) {
    this.buffer = heap.alloc(capacity);
  }

  clear(): TextBuilder {
    this.length = 0;
    this.overflowed = false;
    return this;
  }

  text(value: string): TextBuilder {
    for (let index = 0; index < value.length; index++) this.append(value.charCodeAt(index));
    return this;
  }

  endLine(): TextBuilder {
    return this.append(LINE_FEED);
  }

  /** Appends blanks until `column` characters follow position `start`. */
  padFrom(start: u32, column: u32): TextBuilder {
    while (this.length - start < column && !this.overflowed) this.append(SPACE);
    return this;
  }

  decimal(value: u64): TextBuilder {
    let divisor: u64 = 1;
    while (value / divisor >= 10) divisor *= 10;
    for (; divisor !== 0; divisor /= 10) {
      this.append(DIGIT_0 + <u32>((value / divisor) % 10));
    }
    return this;
  }

  /** Appends `value` with `digits` decimals: 1234 with 2 is "12.34". */
  fixed(value: u64, digits: u32): TextBuilder {
    let scale: u64 = 1;
    for (let digit: u32 = 0; digit < digits; digit++) scale *= 10;
    this.decimal(value / scale).text('.');
    for (scale /= 10; scale !== 0; scale /= 10) {
      this.append(DIGIT_0 + <u32>((value / scale) % 10));
    }
    return this;
  }

  /** Appends a time in microseconds as seconds with six decimals. */
  seconds(micros: u64): TextBuilder {
    return this.fixed(micros, MICROS_DIGITS);
  }

  /** Appends `digits` hexadecimal digits in capitals, as candump does. */
  hexadecimalCapitals(value: u32, digits: u32): TextBuilder {
    return this.hexadecimalWith(value, digits, LETTER_A);
  }

  /** Appends "0x" and `digits` hexadecimal digits. */
  hexadecimal(value: u32, digits: u32): TextBuilder {
    return this.text('0x').hexadecimalWith(value, digits, LETTER_LOWER_A);
  }

  /**
   * Appends the bytes at `address` up to the first 0, at most `most`. A character that plain text
   * does not have becomes "?".
   */
  characters(address: usize, most: u32): TextBuilder {
    for (let index: u32 = 0; index < most; index++) {
      const character: u32 = load<u8>(address + index);
      if (character === 0) break;
      const isPlain = character >= SPACE && character < DELETE;
      const isQuoting = character === QUOTE || character === BACKSLASH;
      this.append(isPlain && !isQuoting ? character : QUESTION_MARK);
    }
    return this;
  }

  private hexadecimalWith(value: u32, digits: u32, letter: u32): TextBuilder {
    for (let remaining = digits; remaining !== 0; remaining--) {
      const digit = (value >> (4 * (remaining - 1))) & 0xf;
      this.append(digit < 10 ? DIGIT_0 + digit : letter + digit - 10);
    }
    return this;
  }

  private append(character: u32): TextBuilder {
    if (this.length >= this.capacity) {
      this.overflowed = true;
      return this;
    }
    store<u8>(this.buffer + this.length, <u8>character);
    this.length += 1;
    return this;
  }
}
