// SPDX-License-Identifier: MIT
/**
 * Interrupts: ownership, and the ones that virtual PCI devices raise. E-CELL-30 to E-CELL-37,
 * N-CELL-63 and 64.
 *
 * `jailhouse config check` does not look at interrupts. Jailhouse skips an entry whose address is not the
 * distributor's (irqchip_cell_init). That is a mistake if the entry has interrupts, and harmless if it is a
 * spare one. The interrupt controllers of x86 machines are not modelled; a note says so.
 */
import {
  IVSHMEM_PROTOCOL_CUSTOM_FIRST,
  IVSHMEM_PROTOCOL_CUSTOM_LAST,
  PCI_TYPE_IVSHMEM,
} from '../format/constants.ts';
import type { Cell, PciDevice } from '../format/model.ts';
import { allCells, error, hex, note } from './finding.ts';
import type { Configuration, Finding } from './finding.ts';

/** First INTID that is a shared peripheral interrupt. */
const FIRST_SPI = 32;

/** INTID of an ivshmem device with INTx in this cell: pin ((bdf >> 3) & 3) + 1. */
function virtualPciInterrupt(cell: Cell, device: PciDevice): number {
  return FIRST_SPI + cell.virtualPciInterruptBase + ((device.bdf >> 3) & 3);
}

/** Checks controller entries, ownership between cells, and virtual PCI against both. */
export function* checkInterrupts(configuration: Configuration): Generator<Finding> {
  const { system, cells } = configuration;
  if (system.x86 !== undefined) {
    yield note(
      'N-CELL-64',
      'this is an x86 machine: its interrupts are not checked',
      [`${system.rootCell.name}: interrupt controllers`],
      'compare the pins of the IOAPICs of root and cells by hand',
    );
    return;
  }
  for (const cell of allCells(configuration)) {
    yield* checkEntries(cell, system.gic.distributorBase);
    yield* checkVirtualPci(cell);
  }
  for (const [index, cell] of cells.entries()) {
    yield* compareWithRoot(system.rootCell, cell);
    for (const other of cells.slice(0, index)) yield* compareCells(other, cell);
  }
}

function* checkEntries(cell: Cell, distributor: number): Generator<Finding> {
  for (const [index, entry] of cell.interruptControllers.entries()) {
    const place = `${cell.name}: interrupt controller ${index} (INTIDs from ${entry.pinBase})`;
    if (entry.address !== distributor) {
      // A skipped spare entry loses nothing.
      if (entry.interrupts.length === 0) continue;
      yield error(
        'E-CELL-30',
        `address ${hex(entry.address)} is not the distributor: Jailhouse skips the entry`,
        [place, `system: GIC distributor ${hex(distributor)}`],
        `set the address to ${hex(distributor)}`,
      );
      continue;
    }
    if (entry.pinBase % 32 !== 0 || entry.pinBase < FIRST_SPI || entry.pinBase + 128 > 1024) {
      const message = `the first INTID ${entry.pinBase} is not a multiple of 32 from 32 to 896`;
      yield error('E-CELL-31', message, [place], 'use a multiple of 32');
    }
    for (const [other, earlier] of cell.interruptControllers.slice(0, index).entries()) {
      const twice = entry.interrupts.filter((interrupt) => earlier.interrupts.includes(interrupt));
      if (twice.length === 0) continue;
      yield error(
        'E-CELL-36',
        `INTID ${twice.join(', ')} is in two entries of one cell`,
        [`${cell.name}: interrupt controller ${other} (INTIDs from ${earlier.pinBase})`, place],
        'take it out of one of them',
      );
    }
  }
}

function* checkVirtualPci(cell: Cell): Generator<Finding> {
  const owned = ownedInterrupts(cell);
  const raisedBy = new Map<number, PciDevice>();
  for (const device of interruptingDevices(cell)) {
    const interrupt = virtualPciInterrupt(cell, device);
    const other = raisedBy.get(interrupt);
    raisedBy.set(interrupt, device);
    if (other !== undefined) {
      yield error(
        'E-CELL-37',
        `two devices of one cell raise INTID ${interrupt}: slots four apart share a line`,
        [devicePlace(cell, other), devicePlace(cell, device)],
        'use another slot (bdf) for one of them, on both ends of its link',
      );
    }
    if (owned.has(interrupt)) continue;
    if (hasCustomProtocol(device)) {
      yield note(
        'N-CELL-63',
        `INTID ${interrupt} of the device never arrives: the cell does not own it`,
        [devicePlace(cell, device), `${cell.name}: interrupt controllers`],
        'nothing, if the protocol is made for looking at memory; otherwise add the INTID to the cell',
      );
      continue;
    }
    yield error(
      'E-CELL-32',
      `the device raises INTID ${interrupt}, which the cell does not own: it never arrives`,
      [devicePlace(cell, device), `${cell.name}: interrupt controllers`],
      `add INTID ${interrupt} to the cell, or change virtualPciInterruptBase`,
    );
  }
}

function* compareWithRoot(root: Cell, cell: Cell): Generator<Finding> {
  const rootOwned = ownedInterrupts(root);
  const owned = ownedInterrupts(cell);
  for (const interrupt of owned) {
    if (rootOwned.has(interrupt)) continue;
    yield error(
      'E-CELL-33',
      `INTID ${interrupt} does not belong to the root cell, so it cannot be given away`,
      [`${cell.name}: interrupt controllers`, `${root.name}: interrupt controllers`],
      'correct the INTID, or add it to the root cell',
    );
  }
  for (const device of interruptingDevices(root)) {
    const interrupt = virtualPciInterrupt(root, device);
    if (!owned.has(interrupt)) continue;
    yield error(
      'E-CELL-34',
      `INTID ${interrupt} is taken from root, but a device of root raises it`,
      [`${cell.name}: interrupt controllers`, devicePlace(root, device)],
      'use another virtualPciInterruptBase in the cell',
    );
  }
}

function* compareCells(other: Cell, cell: Cell): Generator<Finding> {
  const otherOwned = ownedInterrupts(other);
  for (const interrupt of ownedInterrupts(cell)) {
    if (!otherOwned.has(interrupt)) continue;
    yield error(
      'E-CELL-35',
      `INTID ${interrupt} is in two cells`,
      [`${other.name}: interrupt controllers`, `${cell.name}: interrupt controllers`],
      'give each interrupt to one cell',
    );
  }
}

function ownedInterrupts(cell: Cell): Set<number> {
  return new Set(cell.interruptControllers.flatMap((entry) => entry.interrupts));
}

/** ivshmem devices with INTx. Those with MSI-X raise message interrupts instead. */
function interruptingDevices(cell: Cell): PciDevice[] {
  return cell.pciDevices.filter(
    (device) => device.type === PCI_TYPE_IVSHMEM && device.msixVectors === 0,
  );
}

/** A custom protocol may work without interrupts; virtio and ivshmem-net cannot. */
function hasCustomProtocol({ shmemProtocol }: PciDevice): boolean {
  return (
    shmemProtocol >= IVSHMEM_PROTOCOL_CUSTOM_FIRST && shmemProtocol <= IVSHMEM_PROTOCOL_CUSTOM_LAST
  );
}

function devicePlace(cell: Cell, device: PciDevice): string {
  return `${cell.name}: "${device.name}" (bdf ${hex(device.bdf)})`;
}
