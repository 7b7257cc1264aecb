// SPDX-License-Identifier: MIT
/**
 * CommandLine: the settings of the cell, read at load time from `key=value` words.
 *
 * Set by `jailhouse cell load NAME IMAGE -s "bitrate=250000" -a 0x1000`. The settings stand in
 * formats/settings.ts. A new setting is a row there and the code that uses it.
 *
 * Words are separated by spaces or tabs. A later word wins. Any other text is refused as a whole.
 * Does not: check combinations. The bit timing checks osc with bitrate.
 */
import { Settings, SETTINGS_VALID } from '../../build/generated/settings';
import { Status } from '../rt/status';
import { CharacterPort } from '../hal/character-port';
import { Console } from './console';

export {
  AglOrder,
  BusModeSetting,
  IdleSetting,
  InterruptSource,
} from '../../build/generated/settings';

/** Bytes reserved for the text in the image, including its final NUL. */
export const COMMAND_LINE_BYTES: u32 = 256;

const CHARACTER_TAB: u8 = 0x09;
const CHARACTER_SPACE: u8 = 0x20;
const CHARACTER_EQUALS: u8 = 0x3d;
const CHARACTER_BAR: u8 = 0x7c;
const CHARACTER_COLON: u8 = 0x3a;
const CHARACTER_COMMA: u8 = 0x2c;
const CHARACTER_LOWER_K: u8 = 0x6b;
const CHARACTER_DIGIT_0: u32 = 0x30;
/** Longer than any valid value. Bounds a number before it can overflow. */
const DIGITS_MAXIMUM: u32 = 9;
/** The same of a number of thousands. */
const THOUSANDS_DIGITS_MAXIMUM: u32 = 6;

/** The rates that bitrate=auto tries, the likeliest first. No two are so near that frames of one pass at the other. */
const USUAL_RATES: usize = memory.data<u32>([
  500_000, 250_000, 125_000, 1_000_000, 100_000, 50_000, 800_000, 83_333, 33_333, 20_000, 10_000,
  200_000, 40_000,
]);
const USUAL_RATES_COUNT: u32 = 13;
const RATES_MAXIMUM: u32 = 16;
/** A number that the cell is to find by itself. */
export const AUTO: u32 = 0;
/** The length of `auto`. */
const AUTO_CHARACTERS: u32 = 4;
/** Result for text that is no value of the setting. */
const NOT_A_VALUE: i32 = -1;

@final
export class CommandLine extends Settings {
  /** Address of COMMAND_LINE_BYTES bytes for the text. */
  readonly text: usize = heap.alloc(COMMAND_LINE_BYTES);
  /** With bitrate=auto: how many rates are to be tried. */
  rateCount: u32 = 0;
  private readonly rates: usize = heap.alloc(RATES_MAXIMUM << 2);
  private wordStart: u32 = 0;
  private wordLength: u32 = 0;
  /** The value of the word, after its "=". */
  private valueStart: u32 = 0;
  private valueLength: u32 = 0;

  /**
   * Reads the first `length` characters of `text`. Errors: `CommandLineTooLong`,
   * `CommandLineUnknownKey`, `CommandLineBadValue`; `describeFault` explains them.
   */
  parse(length: u32): Status {
    if (length === COMMAND_LINE_BYTES) return Status.CommandLineTooLong;
    let position: u32 = 0;
    while (position < length) {
      if (this.isBlank(position)) {
        position += 1;
        continue;
      }
      this.wordStart = position;
      while (position < length && !this.isBlank(position)) position += 1;
      this.wordLength = position - this.wordStart;
      const status = this.takeWord();
      if (status !== Status.Ok) return status;
    }
    return Status.Ok;
  }

  /** Writes one line about the `status` of `parse`: what is wrong, where, and what is allowed. */
  describeFault<Port extends CharacterPort>(console: Console<Port>, status: Status): void {
    console.text('command line: ');
    if (status === Status.CommandLineTooLong) {
      console.text('no end within ').decimal(COMMAND_LINE_BYTES).text(' bytes');
    } else {
      console
        .text(status === Status.CommandLineUnknownKey ? 'unknown key in "' : 'bad value in "')
        .bytes(this.text + this.wordStart, this.wordLength)
        .text('"; valid: ')
        .text(SETTINGS_VALID);
    }
    console.text(' (status ').decimal(status).text(')').endLine();
  }

  /**
   * Applies the current word: finds its key in SETTINGS_VALID and reads the value that the key
   * takes.
   */
  private takeWord(): Status {
    let keyLength: u32 = 0;
    while (keyLength < this.wordLength && this.byteOf(keyLength) !== CHARACTER_EQUALS)
      keyLength += 1;
    const hasValue = keyLength < this.wordLength;
    this.valueStart = this.wordStart + keyLength + 1;
    this.valueLength = hasValue ? this.wordLength - keyLength - 1 : 0;
    let valid: u32 = 0;
    for (let setting: u32 = 0; valid < (SETTINGS_VALID.length as u32); setting++) {
      const keyEnd = endOf(valid, CHARACTER_EQUALS);
      const end = endOf(keyEnd, CHARACTER_SPACE);
      if (this.isText(this.wordStart, keyLength, valid, keyEnd)) {
        const value = this.valueOf(keyEnd + 1, end);
        if (value === NOT_A_VALUE) return Status.CommandLineBadValue;
        this.set(setting, value);
        return Status.Ok;
      }
      valid = end + 1;
    }
    return Status.CommandLineUnknownKey;
  }

  /** The value by what stands from `start` to `end` of SETTINGS_VALID: a number, `auto`, or a word's index. */
  private valueOf(start: u32, end: u32): i32 {
    if (digitAt(start) > 9) return this.choice(start, end);
    // A range with a word behind it: `least..most|auto`, or `least..most|auto[:RATE,...]`.
    const bar = endOf(start, CHARACTER_BAR);
    if (bar >= end || digitAt(bar + 1) <= 9) return this.number(start, end, 1);
    const wordEnd = bar + 1 + AUTO_CHARACTERS;
    const isAuto = this.isText(this.valueStart, this.valueLength, bar + 1, wordEnd);
    if (wordEnd === end) return isAuto ? AUTO : this.number(start, bar, 1);
    if (isAuto) return this.takeUsualRates();
    const isList =
      this.valueLength > AUTO_CHARACTERS &&
      this.isText(this.valueStart, AUTO_CHARACTERS, bar + 1, wordEnd) &&
      load<u8>(this.text + this.valueStart + AUTO_CHARACTERS) === CHARACTER_COLON;
    return isList ? this.takeRates(start, bar) : this.number(start, bar, 1);
  }

  /** The rate with this number of those that bitrate=auto tries, bit/s; numbers are below `rateCount`. */
  rateOf(index: u32): u32 {
    return load<u32>(this.rates + (index << 2));
  }

  private takeUsualRates(): i32 {
    this.rateCount = USUAL_RATES_COUNT;
    memory.copy(this.rates, USUAL_RATES, USUAL_RATES_COUNT << 2);
    return AUTO;
  }

  /** The list behind `auto:`; the range of each stands from `start` to `end` of SETTINGS_VALID. */
  private takeRates(start: u32, end: u32): i32 {
    const valueEnd = this.valueStart + this.valueLength;
    let position = this.valueStart + AUTO_CHARACTERS + 1;
    this.rateCount = 0;
    do {
      this.valueStart = position;
      while (position < valueEnd && load<u8>(this.text + position) !== CHARACTER_COMMA) position++;
      const isThousands =
        position > this.valueStart && load<u8>(this.text + position - 1) === CHARACTER_LOWER_K;
      this.valueLength = position - this.valueStart - (isThousands ? 1 : 0);
      const rate = this.number(start, end, isThousands ? 1_000 : 1);
      if (rate === NOT_A_VALUE || this.rateCount === RATES_MAXIMUM) return NOT_A_VALUE;
      store<u32>(this.rates + (this.rateCount << 2), rate);
      this.rateCount++;
      position++;
    } while (position <= valueEnd);
    return AUTO;
  }

  /** Index of the value among the words `first|second` from `start` to `end` of SETTINGS_VALID. */
  private choice(start: u32, end: u32): i32 {
    for (let word: i32 = 0; start < end; word++) {
      const wordEnd = min<u32>(endOf(start, CHARACTER_BAR), end);
      if (this.isText(this.valueStart, this.valueLength, start, wordEnd)) return word;
      start = wordEnd + 1;
    }
    return NOT_A_VALUE;
  }

  /**
   * The value as a decimal number, times `factor`, in the range `least..most` or `0|1`, which stands from `start` to
   * `end` of SETTINGS_VALID.
   */
  private number(start: u32, end: u32, factor: u32): i32 {
    const digits = factor === 1 ? DIGITS_MAXIMUM : THOUSANDS_DIGITS_MAXIMUM;
    if (this.valueLength === 0 || this.valueLength > digits) return NOT_A_VALUE;
    let value: u32 = 0;
    for (let index: u32 = 0; index < this.valueLength; index++) {
      const digit = <u32>load<u8>(this.text + this.valueStart + index) - CHARACTER_DIGIT_0;
      if (digit > 9) return NOT_A_VALUE;
      value = value * 10 + digit;
    }
    value *= factor;
    let least: u32 = 0;
    let most: u32 = 0;
    for (; start < end; start++) {
      const digit = digitAt(start);
      if (digit <= 9) {
        most = most * 10 + digit;
      } else {
        // At the first of the two points, `most` is the number before it. At the second it is 0.
        least = max<u32>(least, most);
        most = 0;
      }
    }
    return value >= least && value <= most ? value : NOT_A_VALUE;
  }

  private byteOf(index: u32): u8 {
    return load<u8>(this.text + this.wordStart + index);
  }

  private isBlank(position: u32): bool {
    const character = load<u8>(this.text + position);
    return character === CHARACTER_SPACE || character === CHARACTER_TAB;
  }

  /** True when the text from `start` equals SETTINGS_VALID from `valid` to `validEnd`. */
  private isText(start: u32, length: u32, valid: u32, validEnd: u32): bool {
    if (length !== validEnd - valid) return false;
    for (let index: u32 = 0; index < length; index++) {
      if (<i32>load<u8>(this.text + start + index) !== SETTINGS_VALID.charCodeAt(valid + index)) {
        return false;
      }
    }
    return true;
  }
}

/**
 * Position of the next `character` in SETTINGS_VALID from `start` on, or the end of SETTINGS_VALID.
 */
function endOf(start: u32, character: u8): u32 {
  let position = start;
  while (
    position < (SETTINGS_VALID.length as u32) &&
    SETTINGS_VALID.charCodeAt(position) !== <i32>character
  ) {
    position += 1;
  }
  return position;
}

/** The digit at `position` of SETTINGS_VALID; larger than 9 when it is no digit. */
function digitAt(position: u32): u32 {
  return <u32>SETTINGS_VALID.charCodeAt(position) - CHARACTER_DIGIT_0;
}
