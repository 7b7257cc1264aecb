// SPDX-License-Identifier: MIT
/**
 * All errors, warnings and notes of a rules file, each with its place: `file:line:column reason`.
 */

/** One error, warning or note. Line and column count from 1. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly severity: 'error' | 'warning' | 'note';
  readonly reason: string;
}

/** `rules.yaml:12:9 reason`. A warning and a note are marked as such. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, severity, reason } = diagnostic;
  return `${file}:${line}:${column} ${severity === 'error' ? '' : `${severity}: `}${reason}`;
}

/** Collects the diagnostics of one file by byte offset in its text. */
export class Diagnostics {
  readonly #file: string;
  readonly #position: (offset: number) => { line: number; col: number };
  readonly #found: Diagnostic[] = [];

  constructor(file: string, position: (offset: number) => { line: number; col: number }) {
    this.#file = file;
    this.#position = position;
  }

  /** Adds an error: the table cannot be used because of the text at `offset`. */
  error(offset: number, reason: string): void {
    this.#add(offset, 'error', reason);
  }

  /** Adds a warning: legal, but probably not meant. */
  warning(offset: number, reason: string): void {
    this.#add(offset, 'warning', reason);
  }

  /** Adds a note: it may well be meant. */
  note(offset: number, reason: string): void {
    this.#add(offset, 'note', reason);
  }

  /** `file:line:column` of an offset, to name a second place in a message. */
  place(offset: number): string {
    const { line, col } = this.#position(offset);
    return `${this.#file}:${line}:${col}`;
  }

  get hasErrors(): boolean {
    return this.#found.some((diagnostic) => diagnostic.severity === 'error');
  }

  /** All diagnostics in file order. An error suppresses warnings at its place. */
  list(): Diagnostic[] {
    const errors = new Set(
      this.#found.filter(({ severity }) => severity === 'error').map(placeInFile),
    );
    return this.#found
      .filter((found) => found.severity === 'error' || !errors.has(placeInFile(found)))
      .toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  #add(offset: number, severity: Diagnostic['severity'], reason: string): void {
    const { line, col } = this.#position(offset);
    this.#found.push({ file: this.#file, line, column: col, severity, reason });
  }
}

function placeInFile({ line, column }: Diagnostic): string {
  return `${line}:${column}`;
}

/** The known word closest to a mistyped one. Undefined if none is close. */
export function closestWord(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  // A third of the letters may be wrong, and at least one.
  let limit = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate);
    if (distance < limit) {
      limit = distance;
      best = candidate;
    }
  }
  return best;
}

/** Edit distance: single-letter insertions, deletions, replacements and swaps of neighbours. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = previous[column - 1] + (from[row - 1] === to[column - 1] ? 0 : 1);
      let distance = Math.min(previous[column] + 1, current[column - 1] + 1, replaced);
      if (
        row > 1 &&
        column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1]
      ) {
        distance = Math.min(distance, beforePrevious[column - 2] + 1);
      }
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[to.length];
}
