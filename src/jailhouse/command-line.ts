/**
 * The inmate command line: load-time settings as `key=value` words.
 *
 * Used by: src/board. Written by `jailhouse cell load NAME IMAGE -s "bitrate=250000" -a 0x1000`.
 * Does not: know whether settings go together; the bit timing does (osc with bitrate).
 *
 *   bitrate=500000    bit/s of the bus, 5000 to 1000000
 *   osc=12000000      Hz of the MCP2515's crystal, 1000000 to 40000000
 *   spi=10000000      Hz of the SPI clock at most, 10000 to 10000000 (DS20001801, table 13-6)
 *   int=gpio|spi      how the INT line is seen: its GPIO level, or READ STATUS over SPI
 *
 * Words are separated by spaces or tabs; a later word wins. Anything else is refused whole.
 */
import { memory_read8 } from '../abi/bsp';
import { Status } from '../rt/status';
import { Console } from './console';

/** Bytes kept free for the text in the image, its final NUL included. */
export const COMMAND_LINE_BYTES: u32 = 256;

const CHARACTER_TAB: u8 = 0x09;
const CHARACTER_SPACE: u8 = 0x20;
const CHARACTER_EQUALS: u8 = 0x3d;
const CHARACTER_DIGIT_0: u32 = 0x30;
/** More digits than any value in range has; ends the reading of a number before it overflows. */
const DIGITS_MAXIMUM: u32 = 9;

/** How the cell sees the chip's INT line. */
export enum InterruptSource {
  Gpio = 0,
  Spi = 1,
}

@final
export class CommandLine {
  bitrate: u32 = 500_000;
  oscillatorHertz: u32 = 12_000_000;
  spiHertz: u32 = 10_000_000;
  interruptSource: InterruptSource = InterruptSource.Gpio;

  /** Private copy of the text: each byte is read once. */
  private readonly text: usize = heap.alloc(COMMAND_LINE_BYTES);
  private wordStart: u32 = 0;
  private wordLength: u32 = 0;
  /** The value of the word: behind its "=". */
  private valueStart: u32 = 0;
  private valueLength: u32 = 0;

  /**
   * Reads the text at guest address `address`. `CommandLineTooLong`, `CommandLineUnknownKey`,
   * `CommandLineBadValue`: see `describeFault`.
   */
  parse(address: u32): Status {
    let length: u32 = 0;
    for (; length < COMMAND_LINE_BYTES; length++) {
      const character = memory_read8(address + length);
      if (character === 0) break;
      store<u8>(this.text + length, <u8>character);
    }
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

  /** Writes one line about the `status` that `parse` gave: what, where, what would be right. */
  describeFault(console: Console, status: Status): void {
    console.text('command line: ');
    if (status === Status.CommandLineTooLong) {
      console.text('no end within ').decimal(COMMAND_LINE_BYTES).text(' bytes');
    } else {
      console
        .text(status === Status.CommandLineUnknownKey ? 'unknown key in "' : 'bad value in "')
        .bytes(this.text + this.wordStart, this.wordLength)
        .text('"; valid: bitrate=5000..1000000 osc=1000000..40000000')
        .text(' spi=10000..10000000 int=gpio|spi');
    }
    console.text(' (status ').decimal(status).text(')').endLine();
  }

  /** Takes the setting of the current word. */
  private takeWord(): Status {
    let keyLength: u32 = 0;
    while (
      keyLength < this.wordLength &&
      load<u8>(this.text + this.wordStart + keyLength) !== CHARACTER_EQUALS
    ) {
      keyLength += 1;
    }
    const hasValue = keyLength < this.wordLength;
    this.valueStart = this.wordStart + keyLength + 1;
    this.valueLength = hasValue ? this.wordLength - keyLength - 1 : 0;
    if (this.isText(this.wordStart, keyLength, 'bitrate')) {
      const value = this.number(5_000, 1_000_000);
      if (value === 0) return Status.CommandLineBadValue;
      this.bitrate = value;
    } else if (this.isText(this.wordStart, keyLength, 'osc')) {
      const value = this.number(1_000_000, 40_000_000);
      if (value === 0) return Status.CommandLineBadValue;
      this.oscillatorHertz = value;
    } else if (this.isText(this.wordStart, keyLength, 'spi')) {
      const value = this.number(10_000, 10_000_000);
      if (value === 0) return Status.CommandLineBadValue;
      this.spiHertz = value;
    } else if (this.isText(this.wordStart, keyLength, 'int')) {
      return this.takeInterruptSource();
    } else {
      return Status.CommandLineUnknownKey;
    }
    return Status.Ok;
  }

  private takeInterruptSource(): Status {
    if (this.isText(this.valueStart, this.valueLength, 'gpio')) {
      this.interruptSource = InterruptSource.Gpio;
    } else if (this.isText(this.valueStart, this.valueLength, 'spi')) {
      this.interruptSource = InterruptSource.Spi;
    } else {
      return Status.CommandLineBadValue;
    }
    return Status.Ok;
  }

  /** The value as a decimal number from `minimum` to `maximum`; 0 when it is none. */
  private number(minimum: u32, maximum: u32): u32 {
    if (this.valueLength > DIGITS_MAXIMUM) return 0;
    let value: u32 = 0;
    for (let index: u32 = 0; index < this.valueLength; index++) {
      const digit = <u32>load<u8>(this.text + this.valueStart + index) - CHARACTER_DIGIT_0;
      if (digit > 9) return 0;
      value = value * 10 + digit;
    }
    return value >= minimum && value <= maximum ? value : 0;
  }

  private isBlank(position: u32): bool {
    const character = load<u8>(this.text + position);
    return character === CHARACTER_SPACE || character === CHARACTER_TAB;
  }

  private isText(start: u32, length: u32, expected: string): bool {
    if (length !== <u32>expected.length) return false;
    for (let index: u32 = 0; index < length; index++) {
      if (<i32>load<u8>(this.text + start + index) !== expected.charCodeAt(index)) return false;
    }
    return true;
  }
}
