// SPDX-License-Identifier: MIT
/**
 * AUTOSAR's E2E profiles for frames of up to eight bytes: where checksum, counter and the written part of the data
 * identifier are, how the counter runs, and the step that computes the checksum.
 *
 * Source: AUTOSAR PRS E2E Protocol R20-11, 6.3 (profile 1), 6.4 (2), 6.6 (5), 6.9 (11), 6.10 (22).
 */
import { crcTable } from '../crc-table.ts';
import type { E2eStep } from './step.ts';

export const E2E_PROFILES = [1, 2, 5, 11, 22] as const;
export type E2eProfile = (typeof E2E_PROFILES)[number];
/** What of the data identifier of profiles 1 and 11 is in the checksum. `nibble`: bits 8 to 11 are in the frame. */
export const DATA_ID_MODES = ['both', 'alternating', 'low', 'nibble'] as const;
export type DataIdMode = (typeof DATA_ID_MODES)[number];

/** A run of bits of the frame: bit n is bit n % 8 of byte n / 8. */
export interface BitRun {
  readonly first: number;
  readonly count: number;
}

/** How the data of a frame are protected. Offsets are in bits, as in AUTOSAR's configuration. */
export interface E2eLayout {
  readonly profile: E2eProfile;
  readonly crc: BitRun;
  readonly counter: BitRun;
  /** Bits 8 to 11 of the data identifier, which the frame has. */
  readonly nibble?: BitRun & { readonly value: number };
  /** Of profiles 1, 5 and 11. */
  readonly dataId: number;
  readonly mode: DataIdMode;
  /** Of profiles 2 and 22: sixteen bytes. */
  readonly dataIds: readonly number[];
}

const HALF = 4;
const BYTE = 8;
/** The largest counter of each profile. */
const COUNTER_MAXIMUM: Readonly<Record<E2eProfile, number>> = {
  1: 14,
  2: 15,
  5: 255,
  11: 14,
  22: 15,
};
/** SAE J1850, without its initial value and final XOR; and CRC-8H2F. */
const POLYNOMIALS = { 1: 0x1d, 2: 0x2f, 11: 0x1d, 22: 0x2f } as const;
const H2F = { initial: 0xff, finalXor: 0xff };

/** The largest counter. After it comes 0. */
export function counterMaximumOf({ profile }: Pick<E2eLayout, 'profile'>): number {
  return COUNTER_MAXIMUM[profile];
}

/** The counter of the first frame that is sent: profiles 2 and 22 count before they write. */
export function firstCounterOf({ profile }: Pick<E2eLayout, 'profile'>): number {
  return profile === 2 || profile === 22 ? 1 : 0;
}

/** Checksum and counter of a header that begins with bit `offset`: profiles 2, 5 and 22. */
export function headerAt(profile: 2 | 5 | 22, offset: number): Pick<E2eLayout, 'crc' | 'counter'> {
  const crcBits = profile === 5 ? 2 * BYTE : BYTE;
  return {
    crc: { first: offset, count: crcBits },
    counter: { first: offset + crcBits, count: profile === 5 ? BYTE : HALF },
  };
}

/** Number of bytes that a frame has which holds all that the profile writes. */
export function bytesOf({ crc, counter, nibble }: E2eLayout): number {
  const ends = [crc, counter, ...(nibble === undefined ? [] : [nibble])];
  return Math.max(...ends.map(({ first, count }) => Math.ceil((first + count) / BYTE)));
}

/** The step that writes the checksum. */
export function stepOf(layout: E2eLayout): E2eStep {
  const { profile, crc, counter, dataId, dataIds } = layout;
  const result = crc.first / BYTE;
  if (profile === 5) return { kind: 'checksum-e2e16', result, dataId };
  const table = crcTable(POLYNOMIALS[profile]);
  const common = { kind: 'checksum-e2e8', result, counterBit: counter.first, table } as const;
  if (profile === 2 || profile === 22) {
    return { ...common, initial: [H2F.initial, H2F.initial], finalXor: H2F.finalXor, dataIds };
  }
  const initial = [0, 1].map((parity) =>
    bytesBefore(layout, parity).reduce((sum, byte) => table[sum ^ byte], 0),
  );
  return { ...common, initial: [initial[0], initial[1]], finalXor: 0, dataIds: [] };
}

/** What of the data identifier comes before the data in the checksum, for a counter of that parity. */
function bytesBefore({ dataId, mode }: E2eLayout, parity: number): number[] {
  const [low, high] = [dataId & 0xff, dataId >> BYTE];
  switch (mode) {
    case 'both':
      return [low, high];
    case 'alternating':
      return [parity === 0 ? low : high];
    case 'low':
      return [low];
    case 'nibble':
      return [low, 0];
  }
}
