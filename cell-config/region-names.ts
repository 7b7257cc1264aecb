/**
 * Gives the regions of a decoded file their names back.
 *
 * The binary holds no names, so the decoder numbers regions; a region that also stands in one of
 * this project's cells (same addresses, same size) is called as there, and so is a link (same bdf,
 * same protocol). Other people's keep their numbers.
 * Does not: change anything else.
 */
import type { Cell, DecodedFile, MemoryRegion } from './format/model.ts';

/** The file with known regions and links named; `known` are the cells to learn names from. */
export function nameRegions(file: DecodedFile, known: readonly Cell[]): DecodedFile {
  if (file.kind === 'cell') return { ...file, cell: nameCell(file.cell, known) };
  const rootCell = nameCell(file.system.rootCell, known);
  return { ...file, system: { ...file.system, rootCell } };
}

/** The cell of the same name teaches; a stranger's cell learns nothing. */
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
 * The known slot that an empty one is. All empty slots look alike; one is known by the region of its link
 * that it follows, and by how far behind that it stands.
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
