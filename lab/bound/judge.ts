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
  receive: 393_000,
  acknowledge: 24_000,
  staging: 18_000,
  transmit: 85_000,
  'transmit poll': 40_000,
  timers: 60_000,
  messages: 30_000,
  'fault look': 161_000,
  'from AGL': 84_000,
  forward: 41_000,
  'link report': 60_000,
  'late report': 46_000,
  session: 50_000,
  console: 40_000,
  'status page': 40_000,
  requests: 821_000,
  rates: 40_000,
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
