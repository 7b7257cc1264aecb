// SPDX-License-Identifier: MIT
/**
 * The addresses of the cell on the Raspberry Pi 4 for its C and its AssemblyScript. They are made
 * from the regions that Jailhouse grants: cell-config/rpi4-layout.ts.
 *
 * Does not: know the layout of the program itself, which is in bsp/rpi4/memory-map.h.
 */
import * as rpi4 from '../../../cell-config/rpi4-layout.ts';

/** Each region by its name in the firmware. */
const REGIONS: readonly (readonly [name: string, address: number, bytes: number])[] = [
  ['RAM', rpi4.CELL_RAM.guestStart, rpi4.CELL_RAM.size],
  ['COMMAND_LINE', rpi4.CELL_COMMAND_LINE.guestStart, rpi4.CELL_COMMAND_LINE.size],
  ['RULES', rpi4.CELL_RULES.guestStart, rpi4.CELL_RULES.size],
  ['COMM_REGION', rpi4.COMMUNICATION_REGION.guestStart, rpi4.COMMUNICATION_REGION.size],
  ['IVSHMEM_STATE_TABLE', rpi4.IVSHMEM_STATE_TABLE.start, rpi4.IVSHMEM_STATE_TABLE.size],
  ['IVSHMEM_SECTION', rpi4.IVSHMEM_READ_WRITE.start, rpi4.IVSHMEM_READ_WRITE.size],
  ['CONTROL_STATE_TABLE', rpi4.CONTROL_STATE_TABLE.start, rpi4.CONTROL_STATE_TABLE.size],
  ['CONTROL_REQUESTS', rpi4.CONTROL_REQUESTS.start, rpi4.CONTROL_REQUESTS.size],
  ['CONTROL_STATUS', rpi4.CONTROL_STATUS.start, rpi4.CONTROL_STATUS.size],
  ['GPIO', rpi4.GPIO.start, rpi4.GPIO.size],
  ['SPI0', rpi4.SPI0.start, rpi4.SPI0.size],
];

const NUMBERS: readonly (readonly [name: string, value: number])[] = [
  ...REGIONS.flatMap(([name, address, bytes]) => [
    [`${name}_ADDRESS`, address] as const,
    [`${name}_BYTES`, bytes] as const,
  ]),
  ['GPIO_INTERRUPT', rpi4.GPIO_INTERRUPT],
  ['IVSHMEM_REGISTERS_ADDRESS', rpi4.CELL_IVSHMEM_BAR0],
  ['IVSHMEM_CELL_IDENTITY', rpi4.IVSHMEM_CELL_ID],
];

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

/** The C header for bsp/rpi4: C, assembler and linker script. */
export function addressHeader(): string {
  const lines = NUMBERS.map(([name, value]) => `#define ${name} ${hex(value)}\n`);
  return `/* Made by the build from cell-config/rpi4-layout.ts. Do not change it here. */
#ifndef CANWARDEN_CELL_ADDRESSES_H
#define CANWARDEN_CELL_ADDRESSES_H

${lines.join('')}
#endif
`;
}

/** The AssemblyScript module for src/board. */
export function addressModule(): string {
  return NUMBERS.map(([name, value]) => `export const ${name}: u32 = ${hex(value)};\n`).join('');
}
