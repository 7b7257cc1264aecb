// SPDX-License-Identifier: MIT
/**
 * Restores the names of regions of a decoded file.
 *
 * The binary holds no names, so the decoder numbers regions. A region that matches one of this project's
 * cells (same addresses, same size) gets its name, and so does a link (same bdf, same protocol). All others
 * keep their numbers.
 */
import type { Cell, DecodedFile, MemoryRegion } from './format/model.ts';

/** The file with known regions and links named. `known` are the cells to take names from. */
export function nameRegions(file: DecodedFile, known: readonly Cell[]): DecodedFile {
  if (file.kind === 'cell') return { ...file, cell: nameCell(file.cell, known) };
  const rootCell = nameCell(file.system.rootCell, known);
  return { ...file, system: { ...file.system, rootCell } };
}

/** Takes names from the known cell of the same name. A foreign cell keeps its numbers. */
function nameCell(cell: Cell, known: readonly Cell[]): Cell {
  const teacher = known.find(({ name }) => name === cell.name);
  if (teacher === undefined) return cell;
  return {
    ...cell,
    memoryRegions: cell.memoryRegions.map((region, index) => {
      const found =
        region.size === 0
          ? teachEmpty(cell.memoryRegions, index, teacher.memoryRegions)
          : teacher.memoryRegions.find((other) => isSame(region, other));
      return found === undefined ? region : { ...region, name: found.name, comment: found.comment };
    }),
    pciDevices: cell.pciDevices.map((device) => {
      const found = teacher.pciDevices.find(
        ({ bdf, shmemProtocol }) => bdf === device.bdf && shmemProtocol === device.shmemProtocol,
      );
      return found === undefined ? device : { ...device, name: found.name };
    }),
  };
}

/**
 * The known slot for an empty one. Empty slots look alike, so one is recognised by its distance from the
 * last non-empty region before it.
 */
function teachEmpty(
  regions: readonly MemoryRegion[],
  index: number,
  known: readonly MemoryRegion[],
): MemoryRegion | undefined {
  const before = regions.slice(0, index).findLastIndex(({ size }) => size > 0);
  if (before < 0) return undefined;
  const first = known.findIndex((other) => isSame(regions[before], other));
  if (first < 0) return undefined;
  const between = known.slice(first + 1, first + 1 + index - before);
  return between.every(({ size }) => size === 0) ? between.at(index - before - 1) : undefined;
}

function isSame(region: MemoryRegion, other: MemoryRegion): boolean {
  return (
    other.size === region.size &&
    other.physicalStart === region.physicalStart &&
    other.virtualStart === region.virtualStart
  );
}
