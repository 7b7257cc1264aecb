// SPDX-License-Identifier: MIT
/** What the versions of TRC share: the day from which their start counts, and the names of columns. */

/** Versions that are written, the usual one first. */
export const TRC_VERSIONS = ['2.1', '1.1'] as const;

export const NANOS_PER_DAY = 86_400_000_000_000n;
/** 1899-12-30, as nanoseconds since the Unix epoch. */
export const NANOS_AT_DAY_ZERO = -25_569n * NANOS_PER_DAY;

/**
 * The columns behind number (N) and offset (O) of each version, in the letters of `$COLUMNS`: T type, B bus,
 * I identifier, d direction, R reserved, L length code, l length, D data. In version 1 the type is Rx or Tx.
 */
export const COLUMNS_OF_VERSION: Readonly<Record<string, string>> = {
  '1.0': 'N,O,I,L,D',
  '1.1': 'N,O,T,I,L,D',
  '1.2': 'N,O,B,T,I,L,D',
  '1.3': 'N,O,B,T,I,R,L,D',
  '2.0': 'N,O,T,I,d,l,D',
  '2.1': 'N,O,T,B,I,d,R,L,D',
};
