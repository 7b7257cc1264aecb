// SPDX-License-Identifier: MIT
/**
 * The image of the cell, with what `jailhouse cell load` puts beside it.
 */
import type { CellImage } from './checks/finding.ts';
import type { ElfImage } from './image/elf.ts';
import { CELL_COMMAND_LINE, CELL_IMAGE_ADDRESS, CELL_RULES } from './rpi4-layout.ts';
import { RPI4_CANWARDEN } from './rpi4-canwarden.ts';

/** The load plan of this image on the Raspberry Pi 4. */
export function rpi4Image(path: string, elf: ElfImage): CellImage {
  return {
    cellName: RPI4_CANWARDEN.name,
    path,
    elf,
    loadAddress: CELL_IMAGE_ADDRESS,
    commandLine: { start: CELL_COMMAND_LINE.guestStart, size: CELL_COMMAND_LINE.size },
    rules: { start: CELL_RULES.guestStart, size: CELL_RULES.size },
  };
}
