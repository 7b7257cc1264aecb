// SPDX-License-Identifier: MIT
/**
 * Console: text for people. It is formatted into a buffer and put out one character per step.
 *
 * `putOne` puts out one character (one hypercall or one UART access). `flush` serves start-up and
 * the end, and waits a bounded time. Text that does not fit in the buffer is dropped and counted.
 */
import { CharacterPort } from '../hal/character-port';

/** Buffer size in characters; a power of two. */
const BUFFER_BYTES: u32 = 1024;

/**
 * Number of looks at a busy UART before the text is dropped. One look takes at least 100 ns, a
 * character at 9600 bit/s about 1 ms.
 */
const PUT_ATTEMPTS: u32 = 50_000;

const CHARACTER_LINE_FEED: u32 = 0x0a;
const CHARACTER_CARRIAGE_RETURN: u32 = 0x0d;
const CHARACTER_DIGIT_0: u32 = 0x30;
const CHARACTER_LOWER_A: u32 = 0x61;
const CHARACTER_QUESTION_MARK: u32 = 0x3f;

@final
export class Console<Port extends CharacterPort> {
  /** Characters dropped because the buffer was full. */
  dropped: u32 = 0;

  private readonly buffer: usize = heap.alloc(BUFFER_BYTES);
  private putCount: u32 = 0;
  private takenCount: u32 = 0;
  /** A line was begun and not ended: the last character put out was no line feed. */
  private isInLine: bool = false;

  constructor(readonly port: Port) {}

  /**
   * Appends a string constant of ASCII characters, four at a time. A line is made in one step, and
   * no step may delay the next look at INT for long.
   */
  text(value: string): Console<Port> {
    const wanted = value.length as u32;
    const free = BUFFER_BYTES - (this.putCount - this.takenCount);
    const length = wanted < free ? wanted : free;
    const start = this.putCount & (BUFFER_BYTES - 1);
    const toEnd = BUFFER_BYTES - start;
    const first = length < toEnd ? length : toEnd;
    const source = changetype<usize>(value);
    narrow(source, this.buffer + start, first);
    narrow(source + ((first as usize) << 1), this.buffer, length - first);
    this.putCount += length;
    this.dropped += wanted - length;
    return this;
  }

  /** Appends `length` bytes of linear memory. A byte that is not printable ASCII becomes "?". */
  bytes(address: usize, length: u32): Console<Port> {
    // loop: at most 64, 16 a step: the name of a task; the text of a setting is of the start
    for (let index: u32 = 0; index < length; index++) {
      const character: u32 = load<u8>(address + index);
      const printable = character >= 0x20 && character < 0x7f;
      this.append(printable ? character : CHARACTER_QUESTION_MARK);
    }
    return this;
  }

  /** Appends the bytes at `address` up to the first 0, at most `most`, as `bytes` does. */
  characters(address: usize, most: u32): Console<Port> {
    let length: u32 = 0;
    // loop: at most 64, 16 a step
    while (length < most && load<u8>(address + length) !== 0) length++;
    return this.bytes(address, length);
  }

  /** Appends a number in decimal. */
  decimal(value: u64): Console<Port> {
    let divisor: u64 = 1;
    // loop: at most 9, the digits of 2^32: a step has no longer numbers
    while (value / divisor >= 10) divisor *= 10;
    // loop: at most 10
    for (; divisor !== 0; divisor /= 10) {
      this.append(CHARACTER_DIGIT_0 + <u32>((value / divisor) % 10));
    }
    return this;
  }

  /** Appends "0x" and `digits` hexadecimal digits of a number. */
  hexadecimal(value: u32, digits: u32): Console<Port> {
    this.text('0x');
    // loop: at most 8
    for (let remaining = digits; remaining !== 0; remaining--) {
      const digit = (value >> (4 * (remaining - 1))) & 0xf;
      this.append(digit < 10 ? CHARACTER_DIGIT_0 + digit : CHARACTER_LOWER_A + digit - 10);
    }
    return this;
  }

  endLine(): Console<Port> {
    if (this.port.wantsCarriageReturn()) this.append(CHARACTER_CARRIAGE_RETURN);
    this.append(CHARACTER_LINE_FEED);
    return this;
  }

  get pending(): bool {
    return this.putCount !== this.takenCount;
  }

  /** Puts out the first waiting character. Only while `pending`, and the port is at rest. */
  putOne(): void {
    const character: u32 = load<u8>(this.buffer + (this.takenCount & (BUFFER_BYTES - 1)));
    this.port.put(character);
    this.isInLine = character !== CHARACTER_LINE_FEED;
    this.takenCount += 1;
  }

  /** Puts out all waiting characters. Drops them if the UART stays busy. */
  flush(): void {
    let attempts: u32 = 0;
    // loop: at most BUFFER_BYTES
    while (this.pending && attempts < PUT_ATTEMPTS) {
      if (this.port.isAtRest()) {
        this.putOne();
        attempts = 0;
      } else {
        attempts += 1;
      }
    }
    this.takenCount = this.putCount;
  }

  /** Drops the waiting characters, and ends the line that has begun. */
  forget(): void {
    this.takenCount = this.putCount;
    if (this.isInLine) this.append(CHARACTER_LINE_FEED);
  }

  private append(character: u32): void {
    if (this.putCount - this.takenCount === BUFFER_BYTES) {
      this.dropped += 1;
      return;
    }
    store<u8>(this.buffer + (this.putCount & (BUFFER_BYTES - 1)), <u8>character);
    this.putCount += 1;
  }
}

/** Copies `length` ASCII characters of a string, from two bytes each to one. */
function narrow(source: usize, target: usize, length: u32): void {
  let from = source;
  let to = target;
  const end = target + length;
  const endOfFours = target + (length & ~3);
  // loop: at most 24, 64 a step: the longest text is below 100 characters, a step writes a line or two
  for (; to !== endOfFours; to += 4, from += 8) {
    // The steps, as bytes: 00dd00cc00bb00aa, 0000ddcc0000bbaa, ddccbbaa.
    const four = load<u64>(from);
    const pairs = four | (four >> 8);
    store<u16>(to, pairs as u16);
    store<u16>(to, (pairs >> 32) as u16, 2);
  }
  // loop: at most 3
  for (; to !== end; to++, from += 2) store<u8>(to, load<u8>(from));
}
