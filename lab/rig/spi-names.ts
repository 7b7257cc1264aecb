// SPDX-License-Identifier: MIT
/**
 * MCP2515 instructions by name, as a person reads them on a timeline.
 *
 * Source: DS20001801J, table 12-1.
 */
import type { SpiTransaction } from './spi-transactions.ts';

const NAMES: readonly (readonly [mask: number, value: number, name: string])[] = [
  [0xff, 0x02, 'WRITE'],
  [0xff, 0x03, 'READ'],
  [0xff, 0x05, 'BIT MODIFY'],
  [0xf8, 0x40, 'LOAD TX BUFFER'],
  [0xf8, 0x80, 'RTS'],
  [0xf9, 0x90, 'READ RX BUFFER'],
  [0xff, 0xa0, 'READ STATUS'],
  [0xff, 0xb0, 'RX STATUS'],
];

/** Instructions whose bytes of interest come from the chip. */
const READING: readonly string[] = ['READ', 'READ RX BUFFER', 'READ STATUS', 'RX STATUS'];

/** The name of the instruction that a first byte is. */
export function instructionName(first: number): string {
  return NAMES.find(([mask, value]) => (first & mask) === value)?.[2] ?? 'instruction';
}

/** `RX STATUS 0xb0 -> 82`: the instruction, and its bytes with their direction. */
export function instructionText({ mosi, miso }: Pick<SpiTransaction, 'mosi' | 'miso'>): string {
  const first = mosi[0] ?? 0;
  const name = instructionName(first);
  const isRead = READING.includes(name);
  const bytes = isRead ? miso.slice(1) : mosi.slice(1);
  const shown = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const direction = bytes.length === 0 ? '' : isRead ? ` -> ${shown}` : ` <- ${shown}`;
  return `${name} 0x${first.toString(16).padStart(2, '0')}${direction}`;
}
