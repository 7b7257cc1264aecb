// SPDX-License-Identifier: MIT
/**
 * Reads the parts of one DBC statement. Every method throws DbcSyntaxError if something else is there.
 */
import { Decimal } from './decimal.ts';
import { DbcSyntaxError } from './scanner.ts';
import type { Scanner, TokenKind } from './scanner.ts';

/** CANdb++ allows 32 characters; other tools write longer names. */
const NAME_MAXIMUM = 128;

export class StatementReader {
  readonly scanner: Scanner;
  /** Numbers recur: most factors are 1. */
  readonly #decimals = new Map<string, Decimal>();

  constructor(scanner: Scanner) {
    this.scanner = scanner;
  }

  isAt(kind: TokenKind): boolean {
    return this.scanner.kind === kind;
  }

  name(what: string): string {
    const { scanner } = this;
    // Files in use have names such as 5_SEC_TIMER.
    const isName = scanner.kind === 'word' || (scanner.kind === 'bad' && scanner.isWord);
    if (!isName) throw this.expected(what);
    const name = scanner.source;
    if (name.length > NAME_MAXIMUM) {
      const reason = `${what} has ${name.length} characters; shorten it to ${NAME_MAXIMUM} or fewer`;
      throw new DbcSyntaxError(scanner.offset, reason);
    }
    scanner.advance();
    return name;
  }

  text(what: string): string {
    if (this.scanner.kind !== 'text') throw this.expected(what);
    const { content } = this.scanner;
    this.scanner.advance();
    return content;
  }

  mark(mark: string): void {
    if (!this.optional(mark)) throw this.expected(`"${mark}"`);
  }

  optional(mark: string): boolean {
    if (!this.scanner.is(mark)) return false;
    this.scanner.advance();
    return true;
  }

  /** The semicolon, or else the end of the line: some tools leave it out. */
  endStatement(): void {
    const { startsLine, kind } = this.scanner;
    if (!this.optional(';') && !startsLine && kind !== 'end') throw this.expected('";"');
  }

  decimal(what: string): Decimal {
    const { scanner } = this;
    if (scanner.kind !== 'number') throw this.expected(what);
    const { source } = scanner;
    const known = this.#decimals.get(source) ?? Decimal.parse(source);
    if (known === undefined) {
      const reason = `${what} ${scanner.found} is beyond what can be meant; correct the number`;
      throw new DbcSyntaxError(scanner.offset, reason);
    }
    this.#decimals.set(source, known);
    scanner.advance();
    return known;
  }

  /** A whole number from `least` to `most`. */
  whole(what: string, least: bigint, most: bigint): bigint {
    const { offset, source } = this.scanner;
    const { mantissa, scale } = this.decimal(what);
    if (scale === 0 && mantissa >= least && mantissa <= most) return mantissa;
    throw new DbcSyntaxError(offset, `${what} must be ${least} to ${most}, found "${source}"`);
  }

  expected(what: string): DbcSyntaxError {
    return new DbcSyntaxError(this.scanner.offset, `expected ${what}, found ${this.scanner.found}`);
  }
}
