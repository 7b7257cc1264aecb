/**
 * The inmate command line: load-time settings as `key=value` words.
 *
 * Set by `jailhouse cell load NAME IMAGE -s "bitrate=250000" -a 0x1000`.
 * Does not: check combinations; the bit timing checks osc with bitrate.
 *
 *   bitrate=500000    bit/s of the bus, 5000 to 1000000
 *   osc=12000000      Hz of the MCP2515's crystal, 1000000 to 40000000
 *   spi=10000000      highest SPI clock in Hz, 10000 to 10000000 (DS20001801, table 13-6)
 *   int=gpio|spi      source of the INT level: GPIO, or READ STATUS over SPI
 *   idle=poll|wfi     while idle: poll, or sleep until an interrupt
 *   mode=normal|listen-only|loopback
 *   oneshot=0|1       1: each frame is sent once, whether it succeeds or not
 *   triple=0|1        1: each bit is sampled three times
 *   restart-ms=100    time off the bus after bus-off, up to 600000; 0: stay off
 *   txtimeout-ms=1000 a frame not sent after this time is aborted, up to 600000; 0: never
 *   errors=0|1        1: error frames go to AGL
 *   sleep=0           seconds without traffic until the chip sleeps, up to 86400; 0: never
 *   console=off|on    on: messages after the start also go to the console
 *
 * Words are separated by spaces or tabs. A later word wins. Any other text is refused as a whole.
 */
import { memory_read8 } from '../abi/bsp';
import { Status } from '../rt/status';
import { Console } from './console';

/** Bytes reserved for the text in the image, including its final NUL. */
export const COMMAND_LINE_BYTES: u32 = 256;

const CHARACTER_TAB: u8 = 0x09;
const CHARACTER_SPACE: u8 = 0x20;
const CHARACTER_EQUALS: u8 = 0x3d;
const CHARACTER_DIGIT_0: u32 = 0x30;
/** Longer than any valid value. Bounds the reading of a number before it overflows. */
const DIGITS_MAXIMUM: u32 = 9;

/** Source of the chip's INT level. */
export enum InterruptSource {
  Gpio = 0,
  Spi = 1,
}

/** What the core does while it is idle. */
export enum IdleSetting {
  Poll = 0,
  WaitForInterrupt = 1,
}

/** How the cell takes part in the bus. */
export enum BusModeSetting {
  Normal = 0,
  ListenOnly = 1,
  Loopback = 2,
}

/** The longest time of a setting, ten minutes. */
const MILLIS_MAXIMUM: i32 = 600_000;
/** The longest wait for sleep, one day. */
const SECONDS_MAXIMUM: i32 = 86_400;
/** Not a number, or out of range. */
const NOT_A_VALUE: i32 = -1;

@final
export class CommandLine {
  bitrate: u32 = 500_000;
  oscillatorHertz: u32 = 12_000_000;
  spiHertz: u32 = 10_000_000;
  interruptSource: InterruptSource = InterruptSource.Gpio;
  idle: IdleSetting = IdleSetting.Poll;
  busMode: BusModeSetting = BusModeSetting.Normal;
  oneShot: bool = false;
  tripleSampling: bool = false;
  /** 0: the cell stays off the bus after bus-off. */
  restartMillis: u32 = 100;
  /** 0: a frame waits for the bus without limit. */
  transmitTimeoutMillis: u32 = 1_000;
  errorFrames: bool = false;
  /** 0: the chip never sleeps. */
  sleepSeconds: u32 = 0;
  /** Messages after the start also go to the console. */
  consoleAlways: bool = false;

  /** Private copy of the text, so that each byte is read once. */
  private readonly text: usize = heap.alloc(COMMAND_LINE_BYTES);
  private wordStart: u32 = 0;
  private wordLength: u32 = 0;
  /** The value of the word, after its "=". */
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

  /** Writes one line about the `status` of `parse`: what is wrong, where, and what is allowed. */
  describeFault(console: Console, status: Status): void {
    console.text('command line: ');
    if (status === Status.CommandLineTooLong) {
      console.text('no end within ').decimal(COMMAND_LINE_BYTES).text(' bytes');
    } else {
      console
        .text(status === Status.CommandLineUnknownKey ? 'unknown key in "' : 'bad value in "')
        .bytes(this.text + this.wordStart, this.wordLength)
        .text('"; valid: bitrate=5000..1000000 osc=1000000..40000000')
        .text(' spi=10000..10000000 int=gpio|spi idle=poll|wfi mode=normal|listen-only|loopback')
        .text(' oneshot=0|1 triple=0|1 restart-ms=0..600000 txtimeout-ms=0..600000 errors=0|1')
        .text(' sleep=0..86400 console=off|on');
    }
    console.text(' (status ').decimal(status).text(')').endLine();
  }

  /** Applies the current word. */
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
    return this.takeValue(keyLength);
  }

  private takeValue(keyLength: u32): Status {
    let value: i32 = 0;
    if (this.isKey(keyLength, 'bitrate')) {
      value = this.number(5_000, 1_000_000);
      this.bitrate = value;
    } else if (this.isKey(keyLength, 'osc')) {
      value = this.number(1_000_000, 40_000_000);
      this.oscillatorHertz = value;
    } else if (this.isKey(keyLength, 'spi')) {
      value = this.number(10_000, 10_000_000);
      this.spiHertz = value;
    } else if (this.isKey(keyLength, 'int')) {
      value = this.choice('gpio', 'spi', '');
      this.interruptSource = value;
    } else if (this.isKey(keyLength, 'idle')) {
      value = this.choice('poll', 'wfi', '');
      this.idle = value;
    } else if (this.isKey(keyLength, 'mode')) {
      value = this.choice('normal', 'listen-only', 'loopback');
      this.busMode = value;
    } else if (this.isKey(keyLength, 'oneshot')) {
      value = this.number(0, 1);
      this.oneShot = value === 1;
    } else if (this.isKey(keyLength, 'triple')) {
      value = this.number(0, 1);
      this.tripleSampling = value === 1;
    } else if (this.isKey(keyLength, 'restart-ms')) {
      value = this.number(0, MILLIS_MAXIMUM);
      this.restartMillis = value;
    } else if (this.isKey(keyLength, 'txtimeout-ms')) {
      value = this.number(0, MILLIS_MAXIMUM);
      this.transmitTimeoutMillis = value;
    } else if (this.isKey(keyLength, 'errors')) {
      value = this.number(0, 1);
      this.errorFrames = value === 1;
    } else if (this.isKey(keyLength, 'sleep')) {
      value = this.number(0, SECONDS_MAXIMUM);
      this.sleepSeconds = value;
    } else if (this.isKey(keyLength, 'console')) {
      value = this.choice('off', 'on', '');
      this.consoleAlways = value === 1;
    } else {
      return Status.CommandLineUnknownKey;
    }
    return value === NOT_A_VALUE ? Status.CommandLineBadValue : Status.Ok;
  }

  /** Index of the value among the words; `NOT_A_VALUE` if it is none of them. */
  private choice(first: string, second: string, third: string): i32 {
    if (this.valueLength === 0) return NOT_A_VALUE;
    if (this.isText(this.valueStart, this.valueLength, first)) return 0;
    if (this.isText(this.valueStart, this.valueLength, second)) return 1;
    return this.isText(this.valueStart, this.valueLength, third) ? 2 : NOT_A_VALUE;
  }

  /** The value as a decimal number from `minimum` to `maximum`; else `NOT_A_VALUE`. */
  private number(minimum: i32, maximum: i32): i32 {
    if (this.valueLength === 0 || this.valueLength > DIGITS_MAXIMUM) return NOT_A_VALUE;
    let value: i32 = 0;
    for (let index: u32 = 0; index < this.valueLength; index++) {
      const digit = <u32>load<u8>(this.text + this.valueStart + index) - CHARACTER_DIGIT_0;
      if (digit > 9) return NOT_A_VALUE;
      value = value * 10 + digit;
    }
    return value >= minimum && value <= maximum ? value : NOT_A_VALUE;
  }

  private isKey(keyLength: u32, expected: string): bool {
    return this.isText(this.wordStart, keyLength, expected);
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
