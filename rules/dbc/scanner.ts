// SPDX-License-Identifier: MIT
/**
 * Cuts the text of a DBC file into words, numbers, quoted texts and marks.
 *
 * The current token is `kind` from `offset` on. `advance` goes to the next one. Each character is looked at
 * once.
 * A comment from `//` to the end of its line is no token; some files in use have them.
 * Does not: know any section.
 */

/** `bad`: a run of characters that begins like a number and is none, such as `0x100`. */
export type TokenKind = 'word' | 'number' | 'text' | 'mark' | 'bad' | 'end';

/** A statement cannot be read. `offset` is the place in the text. */
export class DbcSyntaxError extends Error {
  readonly offset: number;

  constructor(offset: number, reason: string) {
    super(reason);
    this.offset = offset;
  }
}

const NEWLINE = 10;
const QUOTE = 34;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const SLASH = 47;
const BACKSLASH = 92;
/** More of a token is not quoted in a message. */
const SHOWN_MAXIMUM = 40;

export class Scanner {
  kind: TokenKind = 'end';
  offset = 0;
  /** Whether the token is the first of its line. */
  startsLine = true;
  readonly #text: string;
  #end = 0;

  /** The first token comes with the first `advance`. */
  constructor(text: string) {
    this.#text = text;
  }

  /** The token as it stands in the file, quotes included. */
  get source(): string {
    return this.#text.slice(this.offset, this.#end);
  }

  /** A quoted text without its quotes. A quote in it is written `\"`. */
  get content(): string {
    const inside = this.#text.slice(this.offset + 1, this.#end - 1);
    return inside.includes('\\') ? inside.replace(/\\(["\\])/g, '$1') : inside;
  }

  /** The token for a message: `"Speed"`, or `the end of the file`. */
  get found(): string {
    if (this.kind === 'end') return 'the end of the file';
    return JSON.stringify(this.source.slice(0, SHOWN_MAXIMUM));
  }

  /** Whether nothing follows the token in its line. */
  get endsLine(): boolean {
    let at = this.#end;
    for (; isBlank(this.#text.charCodeAt(at)); at++);
    return at >= this.#text.length || this.#text.charCodeAt(at) === NEWLINE;
  }

  /** Whether the token has letters, digits and underscores alone. */
  get isWord(): boolean {
    return this.#wordEnd(this.offset) === this.#end;
  }

  /** Whether the token is this mark or word. */
  is(source: string): boolean {
    const isOne = this.kind === 'mark' || this.kind === 'word';
    const length = this.#end - this.offset;
    return isOne && length === source.length && this.#text.startsWith(source, this.offset);
  }

  /** Goes to the next token. Throws DbcSyntaxError for a text that does not end; the file ends then. */
  advance(): void {
    const text = this.#text;
    let at = this.#end;
    this.startsLine = at === 0;
    for (let code = text.charCodeAt(at); ; code = text.charCodeAt(++at)) {
      if (code === NEWLINE) this.startsLine = true;
      else if (code === SLASH && text.charCodeAt(at + 1) === SLASH) at = this.#lineEnd(at) - 1;
      else if (!(code <= 32)) break;
    }
    this.offset = at;
    if (at >= text.length) this.#take('end', at);
    else this.#takeAt(at, text.charCodeAt(at));
  }

  #takeAt(at: number, code: number): void {
    if (isLetter(code)) return this.#take('word', this.#wordEnd(at + 1));
    if (code === QUOTE) return this.#takeText(at);
    const isSign = code === PLUS || code === MINUS;
    const first = isSign ? at + 1 : at;
    if (isDigit(this.#text.charCodeAt(first)) || this.#text.charCodeAt(first) === POINT) {
      return this.#takeNumber(first);
    }
    this.#take('mark', at + 1);
  }

  #takeNumber(first: number): void {
    const whole = this.#digitsEnd(first);
    let end = whole;
    if (this.#text.charCodeAt(end) === POINT) end = this.#digitsEnd(end + 1);
    const hasDigits = whole > first || end > whole + 1;
    if ((this.#text.charCodeAt(end) | 32) === 101) {
      const sign = this.#text.charCodeAt(end + 1);
      const digits = end + (sign === PLUS || sign === MINUS ? 2 : 1);
      const exponentEnd = this.#digitsEnd(digits);
      if (exponentEnd > digits) end = exponentEnd;
    }
    const wordEnd = this.#wordEnd(end);
    if (wordEnd === end && hasDigits) this.#take('number', end);
    else this.#take('bad', wordEnd);
  }

  #takeText(at: number): void {
    const text = this.#text;
    for (let end = at + 1; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code === QUOTE) return this.#take('text', end + 1);
      if (code === BACKSLASH) end++;
    }
    this.#take('end', text.length);
    throw new DbcSyntaxError(at, 'this text has no end; put a quote (") behind it');
  }

  #lineEnd(at: number): number {
    const end = this.#text.indexOf('\n', at);
    return end === -1 ? this.#text.length : end;
  }

  #take(kind: TokenKind, end: number): void {
    this.kind = kind;
    this.#end = end;
  }

  #wordEnd(at: number): number {
    let end = at;
    for (; isWord(this.#text.charCodeAt(end)); end++);
    return end;
  }

  #digitsEnd(at: number): number {
    let end = at;
    for (; isDigit(this.#text.charCodeAt(end)); end++);
    return end;
  }
}

function isBlank(code: number): boolean {
  return code <= 32 && code !== NEWLINE;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(code: number): boolean {
  const lower = code | 32;
  return (lower >= 97 && lower <= 122) || code === 95;
}

function isWord(code: number): boolean {
  return isLetter(code) || isDigit(code);
}
