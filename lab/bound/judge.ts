// SPDX-License-Identifier: MIT
/**
 * Compares the bound of each task with what the firmware declares, and with the longest step that was seen.
 *
 * Does not: compute either.
 */

export interface Measured {
  readonly name: string;
  readonly nanos: number;
  readonly declaredNanos: number;
  /** Undefined: no step of it was seen. */
  readonly seenNanos?: number;
}

export interface Verdict extends Measured {
  readonly fault?: string;
}

/**
 * Bounds above what is declared that are known, as ceilings that must not rise. The paths that make them are not known
 * to be possible: they combine loops and calls that data in memory excludes (docs/proof.md). Each is half as much again
 * as gcc 12 gave. Remove a task when its bound holds.
 */
const KNOWN_NANOS: Readonly<Record<string, number>> = {
  receive: 123_000,
  transmit: 65_000,
};

export function judge(measured: Measured): Verdict {
  const { name, nanos, declaredNanos, seenNanos } = measured;
  const ceiling = KNOWN_NANOS[name];
  if (seenNanos !== undefined && seenNanos > nanos) {
    return {
      ...measured,
      fault: `"${name}": a step took ${seenNanos} ns, more than the bound of ${nanos} ns from the image`,
    };
  }
  if (ceiling === undefined && nanos > declaredNanos) {
    return {
      ...measured,
      fault: `"${name}": a step can take ${nanos} ns, ${declaredNanos} are declared (src/cell/bounds.ts). Next: npm run bound -- --path "${name}"`,
    };
  }
  if (ceiling !== undefined && nanos > ceiling) {
    return {
      ...measured,
      fault: `"${name}": a step can take ${nanos} ns, which was ${ceiling} (lab/bound/judge.ts). Next: npm run bound -- --path "${name}"`,
    };
  }
  return measured;
}

const micros = (nanos: number | undefined): string =>
  nanos === undefined ? '-' : (nanos / 1_000).toFixed(1);

export function tableOf(verdicts: readonly Verdict[]): string[] {
  const rows = verdicts.map(({ name, nanos, declaredNanos, seenNanos }) => [
    name,
    micros(nanos),
    micros(declaredNanos),
    micros(seenNanos),
    seenNanos === undefined ? '-' : (nanos / seenNanos).toFixed(1),
    nanos <= declaredNanos ? 'holds' : 'above',
  ]);
  const head = ['task', 'bound us', 'declared us', 'seen us', 'bound/seen', ''];
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column].length)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]),
      )
      .join('  ')
      .trimEnd(),
  );
}
