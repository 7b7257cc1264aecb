/**
 * The warden's cell for `idle=wfi`: as rpi4-canwarden.ts, and the interrupt of GPIO 0 to 27 with it.
 *
 * It has the same name, so that it takes the other one's place; a machine has one of the two. What
 * it costs: Linux gets no interrupt of GPIO 0 to 27 any more (buttons, other HATs), and the cell
 * may write the whole GPIO page, which it shares with Linux: it changes bit 25 of GPLEN0 and
 * nothing else (docs/decisions/0009-sleep.md).
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

/** The cell "canwarden", which sleeps while it has nothing to do. */
export const RPI4_CANWARDEN_WFI: Cell = {
  ...RPI4_CANWARDEN,
  memoryRegions: RPI4_CANWARDEN.memoryRegions.map(withWritableGpio),
  interruptControllers: [
    interrupts(rpi4.GIC.distributor, 32, [rpi4.GPIO_INTERRUPT]),
    ...RPI4_CANWARDEN.interruptControllers,
  ],
};
