// SPDX-License-Identifier: MIT
/**
 * What the tests of end-to-end protection share: frames that are protected by AUTOSAR's profiles, made here bit by bit.
 *
 * Source: AUTOSAR PRS E2E Protocol R20-11, 6.3, 6.4, 6.6, 6.9, 6.10; SWS CRC Library, 7.2.1.2, 7.2.2.1, 7.2.3.1.
 */

/** One profile as its specification has it. */
export interface Protection {
  readonly profile: 1 | 2 | 5 | 11 | 22;
  readonly dataId?: number;
  readonly mode?: 'both' | 'alternating' | 'low' | 'nibble';
  readonly dataIds?: readonly number[];
}

/** The data with its counter, identifier and checksum, all at the places of the specification's examples. */
export function protectedData(
  { profile, dataId = 0, mode = 'both', dataIds = [] }: Protection,
  payload: readonly number[],
  counter: number,
): number[] {
  const data = [...payload];
  if (profile === 5) {
    data[2] = counter;
    const sum = crc([...data.slice(2), dataId & 0xff, dataId >> 8], 16, 0x1021, 0xffff);
    return [sum & 0xff, sum >> 8, ...data.slice(2)];
  }
  data[1] = (data[1] & 0xf0) | counter;
  if (profile === 2 || profile === 22) {
    const sum = crc([...data.slice(1), dataIds[counter]], 8, 0x2f, 0xff) ^ 0xff;
    return [sum, ...data.slice(1)];
  }
  if (mode === 'nibble') data[1] = ((dataId >> 8) << 4) | counter;
  const [low, high] = [dataId & 0xff, dataId >> 8];
  const first = {
    ...{ both: [low, high], low: [low], nibble: [low, 0] },
    alternating: [counter % 2 === 0 ? low : high],
  }[mode];
  // SAE J1850 begins with 0xFF and ends with XOR 0xFF; profiles 1 and 11 take both back.
  return [crc([...first, ...data.slice(1)], 8, 0x1d, 0), ...data.slice(1)];
}

/** A CRC, highest bit first. */
function crc(bytes: readonly number[], width: 8 | 16, polynomial: number, start: number): number {
  let sum = start;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const top = (sum >> (width - 1)) ^ ((byte >> bit) & 1);
      sum = ((sum << 1) & (2 ** width - 1)) ^ ((top & 1) === 1 ? polynomial : 0);
    }
  }
  return sum;
}

/** As candump writes it. */
export function frameText(identifier: number, data: readonly number[]): string {
  const digits = identifier.toString(16).toUpperCase().padStart(3, '0');
  return `${digits}#${Buffer.from(data).toString('hex').toUpperCase()}`;
}
