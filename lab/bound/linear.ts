// SPDX-License-Identifier: MIT
/**
 * Linear programs as text of CPLEX's LP format, and their optimum by HiGHS.
 *
 * Does not: want whole numbers. An optimum without them is never below that with them.
 */
import highs from 'highs';

/** A sum of columns: a factor for each. */
export type Sum = readonly (readonly [factor: number, column: string])[];

export interface Optimum {
  readonly value: number;
  readonly columns: ReadonlyMap<string, number>;
}

interface Solution {
  readonly Status: string;
  readonly ObjectiveValue: number;
  readonly Columns: Readonly<Record<string, { readonly Primal?: number }>>;
}

/** The package is an ES module, and its types say that it is not. */
const load = highs as unknown as () => Promise<{
  readonly solve: (text: string, options: object) => Solution;
}>;

/** Terms in a line. Readers of the format take lines of 560 characters. */
const TERMS = 12;
/** Precision of a factor, in digits. */
const DIGITS = 9;

export class LinearProgram {
  readonly #rows: string[] = [];
  readonly #whole = new Set<string>();
  #objective: Sum = [];

  /** `sum` is at most `limit`, or exactly that. */
  add(sum: Sum, relation: '<=' | '=', limit: number): void {
    const factors = new Map<string, number>();
    for (const [factor, column] of sum) factors.set(column, (factors.get(column) ?? 0) + factor);
    const terms = [...factors].flatMap(([column, factor]): Sum =>
      factor === 0 ? [] : [[factor, column]],
    );
    if (terms.length > 0) this.#rows.push(`${written(terms)} ${relation} ${limit}`);
  }

  /** The column is a whole number. */
  whole(column: string): void {
    this.#whole.add(column);
  }

  maximize(sum: Sum): void {
    this.#objective = sum;
  }

  #wholeSection(): string {
    return this.#whole.size === 0 ? '' : `General\n ${[...this.#whole].join('\n ')}\n`;
  }

  /** The largest value. Throws if there is none. */
  async solve(): Promise<Optimum> {
    const rows = this.#rows.map((row, index) => ` r${index}: ${row}`);
    const text = `Maximize\n obj: ${written(this.#objective)}\nSubject To\n${rows.join('\n')}\n${this.#wholeSection()}End\n`;
    const result = (await load()).solve(text, { output_flag: false });
    if (result.Status !== 'Optimal') throw new Error(`no longest path: ${result.Status}`);
    const columns = new Map(
      Object.entries(result.Columns).map(([name, { Primal }]) => [name, Primal ?? 0]),
    );
    return { value: result.ObjectiveValue, columns };
  }
}

function written(sum: Sum): string {
  return sum
    .map(([factor, column], index) => {
      const sign = factor < 0 ? '-' : '+';
      const end = index % TERMS === TERMS - 1 ? '\n' : ' ';
      return `${sign} ${Number(Math.abs(factor).toPrecision(DIGITS))} ${column}${end}`;
    })
    .join('');
}
