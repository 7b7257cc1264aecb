// SPDX-License-Identifier: MIT
/**
 * The checksums of can-gw: CRC-8 by table with its profiles, and XOR.
 *
 * Source: linux/can/gw.h and net/can/gw.c, with relative positions as mended in 2026 ("can: gw: fix OOB
 * heap access in cgw_csum_crc8_rel()"): from, to and result are counted from the end of the modified frame.
 */
import type { Step } from '../model.ts';
import type { Target } from './frame.ts';

type Crc8 = Extract<Step, { kind: 'checksum-crc8' }>;
type Xor = Extract<Step, { kind: 'checksum-xor' }>;

const LENGTH_MOST = 8;

/** Writes the XOR of the bytes. Positions before the frame's begin: nothing is written. */
export function applyXor(target: Target, step: Xor): void {
  const range = rangeOf(target, step);
  if (range === undefined) return;
  target.bytes[range.result] = range.bytes.reduce((sum, byte) => sum ^ byte, step.initial);
}

/** Writes the CRC-8 of the bytes. Positions before the frame's begin: nothing is written. */
export function applyCrc8(target: Target, step: Crc8): void {
  const range = rangeOf(target, step);
  if (range === undefined) return;
  const { table } = step;
  const extra = profileByte(target, step);
  const bytes = extra === undefined ? range.bytes : [...range.bytes, extra];
  const crc = bytes.reduce((sum, byte) => table[sum ^ byte], step.initial);
  target.bytes[range.result] = crc ^ step.finalXor;
}

/** The byte that the profile adds behind the frame's own. */
function profileByte(target: Target, { profile, profileData }: Crc8): number | undefined {
  const number = Number(target.word & 0xffffn);
  switch (profile) {
    case 'none':
      return undefined;
    case '1u8':
      return profileData[0];
    case '16u8':
      return profileData[target.bytes[1] & 0x0f];
    case 'sffid-xor':
      return (number & 0xff) ^ (number >> 8);
  }
}

/** The bytes from `from` to `to`, downwards if `from` is behind `to`, and the place of the result. */
function rangeOf(
  { length, bytes }: Target,
  step: Pick<Xor, 'from' | 'to' | 'result'>,
): { bytes: number[]; result: number } | undefined {
  if (length > LENGTH_MOST) return undefined;
  const [from, to, result] = [step.from, step.to, step.result].map((position) =>
    position < 0 ? length + position : position,
  );
  if (from < 0 || to < 0 || result < 0) return undefined;
  const upwards = [...bytes.slice(Math.min(from, to), Math.max(from, to) + 1)];
  return { bytes: from <= to ? upwards : upwards.reverse(), result };
}
