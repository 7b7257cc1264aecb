// SPDX-License-Identifier: MIT
/**
 * What the tests of staged answers share: the rule, the answers that are expected of it, and questions to a rig.
 *
 * Expected frames are made here, number by number. The checksum is CRC-8 SAE J1850 (polynomial 0x1D, initial value
 * and final XOR 0xFF), bit by bit.
 */
import type { Rig } from '../../lab/rig/rig.ts';
import { MILLISECOND, textOf } from './case.ts';

export const CELL = 'canwarden';
export const REQUEST = 0x010;
/** The counter's last number. */
const LAST = 14;
const POLYNOMIAL = 0x1d;

/** A rule whose answer has a checksum, a counter, a constant and live value 3. */
export const stagedRule = (name: string, id: string, answer: string, more = ''): string => `
  - name: ${name}
    match: { id: ${id} }${more}
    answer:
      id: ${answer}
      length: 4
      data: [~, ~, 0x5A]
      live: [{ from: 3, to: 3 }]
      counter: { to: 8, count: 4, max: ${LAST} }
      checksum: { kind: sae-j1850, from: 1, to: 3, result: 0 }`;

/** A table with that rule alone. */
export const stagedRules = (receive: string, more = ''): string =>
  `version: 1
receive: ${receive}
rules:${stagedRule('state', receive === 'urgent-first' ? '0x010' : '0x010, remote: any', '0x011', more)}
`;

/** The answer that is the `number`th from 0 on, as candump writes it. */
export function stagedAnswer(number: number, live = 0, identifier = '011'): string {
  const data = [number % (LAST + 1), 0x5a, live];
  const text = Buffer.from([crcOf(data), ...data])
    .toString('hex')
    .toUpperCase();
  return `${identifier}#${text}`;
}

/** CRC-8 SAE J1850. */
export function crcOf(data: readonly number[]): number {
  let crc = 0xff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
    crc &= 0xff;
  }
  return crc ^ 0xff;
}

/** The first `count` answers from number `first` on. */
export function stagedAnswers(count: number, first = 0, live = 0): string[] {
  return Array.from({ length: count }, (_, index) => stagedAnswer(first + index, live));
}

/** All that the cell has sent. */
export function answersOf(rig: Rig): string[] {
  return rig.sentBy(CELL).map(textOf);
}

/** Sends a request, waits, and gives the answers. */
export function ask(rig: Rig, identifier = REQUEST): string[] {
  rig.forget();
  rig.send({ identifier });
  rig.run(3 * MILLISECOND);
  return answersOf(rig);
}
