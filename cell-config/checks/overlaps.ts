// SPDX-License-Identifier: MIT
/**
 * Overlaps, as in `jailhouse config check`: E-CELL-01 to E-CELL-06. Empty regions are ignored, as there.
 *
 * Does not: compare cells with each other; see sharing.ts.
 */
import type { Cell, MemoryRegion, System } from '../format/model.ts';
import { allCells, error, formatRange, intersection, regionPlace } from './finding.ts';
import type { Configuration, Finding, Range } from './finding.ts';
import { isPhysical, physical, virtual } from './regions.ts';

/** A range of the hypervisor or the machine that no cell may have. */
interface Reserved {
  readonly code: string;
  readonly name: string;
  readonly range: Range;
  /** Address spaces the range is in: the machine's, that of every cell (virtual devices), or both. */
  readonly spaces: readonly ('physical' | 'guest')[];
}

/** Compares the regions of each cell with each other, and every region with the reserved ranges. */
export function* checkOverlaps(configuration: Configuration): Generator<Finding> {
  const reserved = reservedRanges(configuration.system);
  for (const cell of allCells(configuration)) {
    const regions = cell.memoryRegions.filter((region) => region.size > 0);
    for (const [index, region] of regions.entries()) {
      for (const other of regions.slice(0, index)) yield* compare(cell, other, region);
      for (const range of reserved) yield* compareReserved(cell, region, range);
    }
  }
}

function* compare(cell: Cell, first: MemoryRegion, second: MemoryRegion): Generator<Finding> {
  const places = [regionPlace(cell, first), regionPlace(cell, second)];
  const inMachine =
    isPhysical(first) && isPhysical(second)
      ? intersection(physical(first), physical(second))
      : null;
  if (inMachine !== null) {
    const message = `two regions of one cell share physical ${formatRange(inMachine)}`;
    yield error('E-CELL-01', message, places, 'shorten one of them, or merge the two');
  }
  const inGuest = intersection(virtual(first), virtual(second));
  if (inGuest !== null) {
    const message = `two regions of one cell share guest addresses ${formatRange(inGuest)}`;
    yield error('E-CELL-02', message, places, 'move one of them in the guest address space');
  }
}

function* compareReserved(
  cell: Cell,
  region: MemoryRegion,
  reserved: Reserved,
): Generator<Finding> {
  for (const space of reserved.spaces) {
    if (space === 'physical' && !isPhysical(region)) continue;
    const range = space === 'physical' ? physical(region) : virtual(region);
    const common = intersection(range, reserved.range);
    if (common === null) continue;
    yield error(
      reserved.code,
      `a region covers ${space} ${formatRange(common)} of the ${reserved.name}`,
      [regionPlace(cell, region), `system: ${reserved.name} (${formatRange(reserved.range)})`],
      `end the region before the ${reserved.name}, or move it`,
    );
    return;
  }
}

function reservedRanges(system: System): Reserved[] {
  const ranges: Reserved[] = [
    {
      code: 'E-CELL-03',
      name: 'hypervisor memory',
      range: { start: system.hypervisorMemory.physicalStart, size: system.hypervisorMemory.size },
      spaces: ['physical'],
    },
  ];
  if (system.pci.mmconfigBase !== 0) {
    ranges.push({
      code: 'E-CELL-04',
      name: 'PCI configuration window',
      range: {
        start: system.pci.mmconfigBase,
        size: (system.pci.mmconfigEndBus + 1) * 0x100000,
      },
      spaces: ['physical', 'guest'],
    });
  }
  for (const [name, start, size] of gicRanges(system)) {
    if (start === 0) continue;
    ranges.push({
      code: 'E-CELL-05',
      name,
      range: { start, size },
      spaces: ['physical', 'guest'],
    });
  }
  system.iommus.forEach((iommu, index) => {
    if (iommu.size === 0) return;
    ranges.push({
      code: 'E-CELL-06',
      name: `IOMMU ${index}`,
      range: { start: iommu.base, size: iommu.size },
      spaces: ['physical'],
    });
  });
  return ranges;
}

/** Register blocks with the sizes that Jailhouse assumes. */
function gicRanges({ gic, x86, rootCell }: System): [string, number, number][] {
  if (x86 !== undefined) return [];
  if (gic.version === 3) {
    return [
      ['GIC distributor (GICD)', gic.distributorBase, 0x10000],
      // One 128 KiB frame for each CPU.
      ['GIC redistributors (GICR)', gic.redistributorBase, 0x20000 * rootCell.cpus.length],
    ];
  }
  return [
    ['GIC distributor (GICD)', gic.distributorBase, 0x1000],
    ['GIC CPU interface (GICC)', gic.cpuInterfaceBase, 0x2000],
    ['GIC hypervisor interface (GICH)', gic.hypervisorInterfaceBase, 0x2000],
    ['GIC virtual CPU interface (GICV)', gic.virtualCpuInterfaceBase, 0x2000],
  ];
}
