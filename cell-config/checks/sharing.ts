// SPDX-License-Identifier: MIT
/**
 * Memory ownership: coverage by root, exclusive devices, sharing between cells.
 * E-CELL-10 to E-CELL-14, N-CELL-60 to N-CELL-62.
 *
 * `jailhouse config check` does not check these.
 * Does not: check ivshmem links; see ivshmem.ts.
 */
import {
  MEMORY_IO,
  MEMORY_IO_16,
  MEMORY_IO_32,
  MEMORY_IO_64,
  MEMORY_IO_8,
  MEMORY_ROOTSHARED,
} from '../format/constants.ts';
import type { Cell, MemoryRegion } from '../format/model.ts';
import { error, formatRange, intersection, note, regionPlace } from './finding.ts';
import type { Configuration, Finding, Range } from './finding.ts';
import { has, isExclusive, isPhysical, isSubPage, PAGE_BYTES, physical } from './regions.ts';

/** Checks each cell against root, then the cells against each other. */
export function* checkSharing({ system, cells }: Configuration): Generator<Finding> {
  for (const [index, cell] of cells.entries()) {
    for (const region of cell.memoryRegions.filter(isPhysical)) {
      yield* checkCoverage(system.rootCell, cell, region);
      yield* checkExclusive(system.rootCell, cell, region);
      yield* checkMapping(cell, region);
      if (isSubPage(region)) yield trapNote(cell, region);
      for (const other of cells.slice(0, index)) yield* compareCells(other, cell, region);
    }
  }
}

/** Root must have the memory: otherwise it cannot be given back, nor LOADABLE memory be loaded. */
function* checkCoverage(root: Cell, cell: Cell, region: MemoryRegion): Generator<Finding> {
  const missing = uncovered(physical(region), root.memoryRegions.filter(isPhysical).map(physical));
  if (missing === null) return;
  yield error(
    'E-CELL-10',
    `physical ${formatRange(missing)} is in no region of the root cell`,
    [regionPlace(cell, region), `${root.name}: memory regions`],
    'correct the address, or add the memory to the root cell',
  );
}

function* checkExclusive(root: Cell, cell: Cell, region: MemoryRegion): Generator<Finding> {
  if (!isExclusive(region)) return;
  if (!isSubPage(region)) {
    yield has(region, MEMORY_IO)
      ? note(
          'N-CELL-61',
          'exclusive: root loses the device; a root driver that touches it parks its CPU',
          [regionPlace(cell, region)],
          'nothing, if Linux has no driver bound to it; otherwise unbind it before "cell create"',
        )
      : note(
          'N-CELL-62',
          'exclusive: root loses this memory while the cell exists',
          [regionPlace(cell, region)],
          'nothing, if the device tree reserves it (no-map); otherwise reserve it',
        );
    return;
  }
  // Jailhouse takes a sub-page region from root only if root has one with the same start.
  const open = root.memoryRegions.find(
    (other) =>
      isPhysical(other) &&
      intersection(physical(other), physical(region)) !== null &&
      !(isSubPage(other) && other.virtualStart === region.virtualStart),
  );
  if (open === undefined) return;
  yield error(
    'E-CELL-11',
    'a region of less than a page is not taken from the root cell: both can drive the device',
    [regionPlace(cell, region), regionPlace(root, open)],
    'take the whole page, or mark the region ROOTSHARED on purpose',
  );
}

/** Mapped regions must be whole pages. Trapped ones must state the access widths they allow. */
function* checkMapping(cell: Cell, region: MemoryRegion): Generator<Finding> {
  if (!isSubPage(region)) {
    if (region.physicalStart % PAGE_BYTES === 0) return;
    yield error(
      'E-CELL-14',
      'the physical address is not on a page: the mapping would be off by the rest',
      [regionPlace(cell, region)],
      'align the physical address to 0x1000',
    );
    return;
  }
  const widths = [MEMORY_IO_8, MEMORY_IO_16, MEMORY_IO_32, MEMORY_IO_64];
  if (widths.some((width) => has(region, width))) return;
  yield error(
    'E-CELL-13',
    'less than a page and no access width: every access traps and parks the cell',
    [regionPlace(cell, region)],
    'add IO_32 (and IO_8 for a UART), or take the whole page',
  );
}

function trapNote(cell: Cell, region: MemoryRegion): Finding {
  return note(
    'N-CELL-60',
    'less than a page: every access traps into the hypervisor (about 800 instructions)',
    [regionPlace(cell, region)],
    'nothing, if the device is not in the fast path; otherwise take the whole page',
  );
}

function* compareCells(other: Cell, cell: Cell, region: MemoryRegion): Generator<Finding> {
  for (const candidate of other.memoryRegions.filter(isPhysical)) {
    const common = intersection(physical(candidate), physical(region));
    if (common === null) continue;
    if (has(candidate, MEMORY_ROOTSHARED) && has(region, MEMORY_ROOTSHARED)) continue;
    yield error(
      'E-CELL-12',
      `two cells have physical ${formatRange(common)}, and one of them as its own`,
      [regionPlace(other, candidate), regionPlace(cell, region)],
      'give it to one of them, or mark it ROOTSHARED in both on purpose',
    );
  }
}

/** The first part of `range` that no cover holds. Covers may be adjacent. */
function uncovered(range: Range, covers: readonly Range[]): Range | null {
  let start = range.start;
  const end = range.start + range.size;
  for (;;) {
    const next = covers.find((cover) => cover.start <= start && start < cover.start + cover.size);
    if (next === undefined) return { start, size: end - start };
    start = next.start + next.size;
    if (start >= end) return null;
  }
}
