// SPDX-License-Identifier: MIT
/**
 * Percentiles of measured values, by the nearest-rank method. Every result is a value that
 * occurred.
 */

/**
 * The smallest value with at least `percent` of the values at or below it. null: there are no
 * values.
 */
export function nearestRank(values: readonly number[], percent: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((left, right) => left - right);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? null;
}

/** Minimum, median, 99th percentile and maximum. Each is null if there are no values. */
export interface Distribution {
  readonly min: number | null;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export function distributionOf(values: readonly number[]): Distribution {
  const [min, p50, p99, max] = [0, 50, 99, 100].map((percent) => nearestRank(values, percent));
  return { min: min ?? null, p50: p50 ?? null, p99: p99 ?? null, max: max ?? null };
}
