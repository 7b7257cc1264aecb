// SPDX-License-Identifier: MIT
/**
 * The checksums of AUTOSAR's E2E profiles, bit by bit.
 *
 * Source: AUTOSAR PRS E2E Protocol R20-11; AUTOSAR SWS CRC Library: CRC-8 with the polynomial of its table,
 * CRC-16/CCITT-FALSE (0x1021, from 0xFFFF).
 */
import type { E2eStep } from '../e2e/step.ts';
import type { Target } from './frame.ts';

const LENGTH_MOST = 8;
const CCITT = { polynomial: 0x1021, start: 0xffff };

/** Writes the checksum, unless there is no frame. */
export function applyE2e(target: Target, step: E2eStep): void {
  if (target.length > LENGTH_MOST) return;
  for (const [index, byte] of checksumOf(target, step).entries()) {
    target.bytes[step.result + index] = byte;
  }
}

/** The bytes of the checksum, in their order in the frame. */
export function checksumOf(
  { bytes, length }: Pick<Target, 'bytes' | 'length'>,
  step: E2eStep,
): number[] {
  const own = step.kind === 'checksum-e2e16' ? 2 : 1;
  const all = [...bytes.slice(0, length)];
  const covered = all.filter((_, index) => index < step.result || index >= step.result + own);
  if (step.kind === 'checksum-e2e16') {
    const { dataId } = step;
    const message = [...covered, dataId & 0xff, dataId >> 8];
    const crc = remainder(message, 16, CCITT.polynomial, CCITT.start);
    return [crc & 0xff, crc >> 8];
  }
  const counter = counterOf(bytes, step.counterBit);
  const last = step.dataIds.length === 0 ? [] : [step.dataIds[counter]];
  // Entry 1 of the table of a polynomial is the polynomial.
  const [, polynomial] = step.table;
  const crc = remainder([...covered, ...last], 8, polynomial, step.initial[counter % 2]);
  return [crc ^ step.finalXor];
}

/** The four bits from bit `first` on. */
function counterOf(bytes: Uint8Array, first: number): number {
  const bits = Array.from({ length: 4 }, (_, index) => {
    const bit = first + index;
    return (bytes[Math.floor(bit / 8)] >> (bit % 8)) & 1;
  });
  return bits.reduce((sum, bit, index) => sum + bit * 2 ** index, 0);
}

/** Division by the polynomial, highest bit first. */
function remainder(
  message: readonly number[],
  width: number,
  polynomial: number,
  start: number,
): number {
  const top = 2 ** (width - 1);
  const mask = 2 ** width - 1;
  return message.reduce((sum, byte) => {
    let crc = sum ^ (byte << (width - 8));
    for (let bit = 0; bit < 8; bit += 1) {
      crc = ((crc << 1) ^ ((crc & top) === 0 ? 0 : polynomial)) & mask;
    }
    return crc;
  }, start);
}
