// SPDX-License-Identifier: MIT
/**
 * The cell for `idle=wfi`: rpi4-canwarden.ts plus the interrupt of GPIO 0 to 27.
 *
 * It has the same name, because a machine has only one of the two. Its cost: Linux no longer gets interrupts
 * of GPIO 0 to 27 (buttons, other HATs), and the cell may write the whole GPIO page, which it shares with
 * Linux. It changes only bit 25 of GPLEN0 (docs/decisions/0009-sleep.md).
 */
import { interrupts } from './builders.ts';
import { MEMORY_WRITE } from './format/constants.ts';
import type { Cell, MemoryRegion } from './format/model.ts';
import { RPI4_CANWARDEN } from './rpi4-canwarden.ts';
import * as rpi4 from './rpi4-layout.ts';

function withWritableGpio(region: MemoryRegion): MemoryRegion {
  if (region.name !== 'GPIO') return region;
  return {
    ...region,
    flags: region.flags | MEMORY_WRITE,
    comment: 'GPLEV0 bit 25 is INT; GPLEN0 and GPEDS0 make it an interrupt',
  };
}

/** The cell "canwarden" that sleeps while it is idle. */
export const RPI4_CANWARDEN_WFI: Cell = {
  ...RPI4_CANWARDEN,
  memoryRegions: RPI4_CANWARDEN.memoryRegions.map(withWritableGpio),
  interruptControllers: [
    interrupts(rpi4.GIC.distributor, 32, [rpi4.GPIO_INTERRUPT]),
    ...RPI4_CANWARDEN.interruptControllers,
  ],
};
