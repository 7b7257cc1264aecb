// SPDX-License-Identifier: MIT
/**
 * Reads the sections of a DBC file: text to statements. A section that is of no use here is skipped by its
 * keyword.
 *
 * Does not: look up what a statement names; see link.ts.
 */
import type { Diagnostics } from '../diagnostics.ts';
import { closestName } from './names.ts';
import { FORMS, StatementParser } from './parse-statement.ts';
import { DbcSyntaxError, Scanner } from './scanner.ts';
import type { Statements } from './statements.ts';

/** What CANdb++ writes and nothing here needs. */
const SKIPPED = [
  ...['VERSION', 'BS_', 'BU_', 'CM_', 'BA_DEF_', 'BO_TX_BU_', 'EV_', 'EV_DATA_', 'ENVVAR_DATA_'],
  ...['SGTYPE_', 'SGTYPE_VAL_', 'BA_DEF_SGTYPE_', 'BA_SGTYPE_', 'SIG_TYPE_REF_', 'SIG_GROUP_'],
  ...['SIGTYPE_VALTYPE_', 'BA_DEF_REL_', 'BA_REL_', 'BA_DEF_DEF_REL_', 'BU_SG_REL_', 'BU_EV_REL_'],
  ...['BU_BO_REL_', 'NS_DESC_', 'CAT_DEF_', 'CAT_', 'FILTER'],
];
const KEYWORDS = new Set(['NS_', ...FORMS.keys(), ...SKIPPED]);
/** Sections that other tools add are named like this. */
const KEYWORD_FORM = /^[A-Z][A-Z0-9_]*_$/;

/** Errors that are told one by one. */
const ERRORS_MAXIMUM = 50;
/** Unknown sections that are told. */
const UNKNOWN_MAXIMUM = 20;

/** Reads all of `text`. Errors and warnings go to `diagnostics`. */
export function parseStatements(text: string, diagnostics: Diagnostics): Statements {
  const parser = new FileParser(text, diagnostics);
  parser.parse();
  return parser.statements;
}

class FileParser {
  readonly statements: Statements = {
    messages: [],
    tables: new Map(),
    values: [],
    types: [],
    multiplexings: [],
    cycles: [],
  };
  readonly #scanner: Scanner;
  readonly #statement: StatementParser;
  readonly #diagnostics: Diagnostics;
  readonly #unknown = new Set<string>();
  #errors = 0;

  constructor(text: string, diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
    this.#scanner = new Scanner(text);
    this.#statement = new StatementParser(this.#scanner, this.statements);
  }

  parse(): void {
    let keyword = '';
    this.#attempt(keyword, () => this.#scanner.advance());
    while (this.#scanner.kind !== 'end') {
      if (this.#errors >= ERRORS_MAXIMUM) {
        const reason = 'there are more errors; correct those above first';
        return this.#diagnostics.error(this.#scanner.offset, reason);
      }
      keyword = this.#scanner.source;
      const isRead = this.#attempt(keyword, () => this.#section(keyword));
      // A text without end may come here, too.
      if (!isRead) this.#attempt('', () => this.#toSection());
    }
    if (this.statements.messages.length > 0 || this.#diagnostics.hasErrors) return;
    const reason = 'there is no message (BO_) in it; name the signal database of a CAN bus';
    this.#diagnostics.error(0, reason);
  }

  /** Whether `read` came to its end. An error is told with the form of the section. */
  #attempt(keyword: string, read: () => void): boolean {
    try {
      read();
      return true;
    } catch (error) {
      if (!(error instanceof DbcSyntaxError)) throw error;
      const form = FORMS.get(keyword);
      const reason =
        form === undefined ? error.message : `${keyword}: ${error.message}; the form is ${form}`;
      this.#diagnostics.error(error.offset, reason);
      this.#errors += 1;
      return false;
    }
  }

  #section(keyword: string): void {
    const { offset, kind } = this.#scanner;
    if (kind !== 'word') {
      const reason = `expected a section such as BO_, found ${this.#scanner.found}`;
      throw new DbcSyntaxError(offset, reason);
    }
    this.#scanner.advance();
    if (keyword === 'NS_') return this.#newSymbols();
    if (this.#statement.read(keyword, offset)) return;
    if (!KEYWORDS.has(keyword)) this.#warnUnknown(offset, keyword);
    this.#skip();
  }

  #warnUnknown(offset: number, keyword: string): void {
    if (this.#unknown.has(keyword) || this.#unknown.size >= UNKNOWN_MAXIMUM) return;
    this.#unknown.add(keyword);
    const close = closestName(keyword, KEYWORDS);
    const hint = close === undefined ? '' : `; did you mean ${close}?`;
    const shown = JSON.stringify(keyword.slice(0, 40));
    this.#diagnostics.warning(offset, `unknown section ${shown}: it is skipped${hint}`);
  }

  /** Skips the keywords that `NS_ :` lists. Each stands alone in its line. */
  #newSymbols(): void {
    if (this.#scanner.is(':')) this.#scanner.advance();
    while (this.#scanner.kind === 'word' && this.#scanner.endsLine) this.#scanner.advance();
  }

  /** To the end of the statement: behind its semicolon, or before the next section. */
  #skip(): void {
    while (this.#scanner.kind !== 'end' && !this.#isAtSection()) {
      const isLast = this.#scanner.is(';');
      this.#scanner.advance();
      if (isLast) return;
    }
  }

  #toSection(): void {
    while (this.#scanner.kind !== 'end' && !this.#isAtSection()) this.#scanner.advance();
  }

  #isAtSection(): boolean {
    const scanner = this.#scanner;
    if (!scanner.startsLine || scanner.kind !== 'word') return false;
    return KEYWORDS.has(scanner.source) || KEYWORD_FORM.test(scanner.source);
  }
}
