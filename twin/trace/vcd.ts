// SPDX-License-Identifier: MIT
/**
 * Value change dump (IEEE 1364-2005, 18.2): digital signals over time, readable by sigrok and GTKWave.
 */

/** One wire of the dump. */
export interface Signal {
  readonly name: string;
  /** Level before the first change. */
  readonly initial: 0 | 1;
}

interface Change {
  readonly nanos: number;
  readonly signal: number;
  readonly level: number;
}

/** First of the printable characters that identify signals. */
const FIRST_CODE = 0x21;

/** Collects changes in any order; `text` sorts them. Times are whole nanoseconds. */
export class VcdWriter {
  readonly #signals: readonly Signal[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #changes: Change[] = [];

  constructor(signals: readonly Signal[]) {
    this.#signals = signals;
    this.#places = new Map(signals.map(({ name }, index) => [name, index]));
  }

  /** Sets the level of a signal from `nanos` on. */
  change(name: string, nanos: number, level: number): void {
    const signal = this.#places.get(name);
    if (signal === undefined) throw new RangeError(`no signal is called ${name}`);
    this.#changes.push({ nanos: Math.round(nanos), signal, level });
  }

  /** The whole file. If a signal changes twice at one time, the last value counts. */
  text(): string {
    const code = (signal: number): string => String.fromCharCode(FIRST_CODE + signal);
    const lines = ['$timescale 1 ns $end', '$scope module board $end'];
    this.#signals.forEach(({ name }, index) =>
      lines.push(`$var wire 1 ${code(index)} ${name} $end`),
    );
    lines.push('$upscope $end', '$enddefinitions $end', '#0', '$dumpvars');
    this.#signals.forEach(({ initial }, index) => lines.push(`${initial}${code(index)}`));
    lines.push('$end');
    const levels = this.#signals.map(({ initial }) => initial as number);
    let last = 0;
    let index = 0;
    const changes = [...this.#changes].sort((left, right) => left.nanos - right.nanos);
    while (index < changes.length) {
      const { nanos } = changes[index];
      const now = new Map<number, number>();
      for (; index < changes.length && changes[index].nanos === nanos; index++) {
        now.set(changes[index].signal, changes[index].level);
      }
      const changed = [...now].filter(([signal, level]) => levels[signal] !== level);
      // The last time is written even without a change: it is the length of the dump.
      if (changed.length === 0 && index < changes.length) continue;
      if (nanos !== last) lines.push(`#${nanos}`);
      last = nanos;
      for (const [signal, level] of changed) {
        levels[signal] = level;
        lines.push(`${level}${code(signal)}`);
      }
    }
    return `${lines.join('\n')}\n`;
  }
}
