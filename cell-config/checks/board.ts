// SPDX-License-Identifier: MIT
/**
 * Rules of the Raspberry Pi 4, recognised by the address of its interrupt controller: E-CELL-52.
 */
import { MEMORY_WRITE } from '../format/constants.ts';
import { GIC, GPIO, GPIO_INTERRUPT } from '../rpi4-layout.ts';
import { error, intersection, regionPlace } from './finding.ts';
import type { Configuration, Finding } from './finding.ts';

/** GPEDS0 (0x40) to GPLEN0 (0x70): the registers that acknowledge and enable the pins' interrupt. */
const EVENT_REGISTERS = { start: GPIO.start + 0x40, size: 0x34 } as const;

/** A cell that owns the interrupt of the GPIO pins must be able to acknowledge it. */
export function* checkBoard({ system, cells }: Configuration): Generator<Finding> {
  if (system.gic.distributorBase !== GIC.distributor) return;
  for (const cell of cells) {
    const owner = cell.interruptControllers.findIndex(({ interrupts }) =>
      interrupts.includes(GPIO_INTERRUPT),
    );
    if (owner < 0) continue;
    for (const region of cell.memoryRegions) {
      const range = { start: region.physicalStart, size: region.size };
      if (intersection(range, EVENT_REGISTERS) === null) continue;
      if ((region.flags & MEMORY_WRITE) !== 0) continue;
      yield error(
        'E-CELL-52',
        `the cell owns INTID ${GPIO_INTERRUPT} of GPIO 0 to 27, but may not write GPLEN0 and GPEDS0: idle=wfi would park it`,
        [`${cell.name}: interrupt controller ${owner}`, regionPlace(cell, region)],
        'let the cell write the GPIO page, or leave the INTID to the root cell',
      );
    }
  }
}
