/**
 * Gives the regions of a decoded file their names back.
 *
 * Used by: scripts/cells.ts and scripts/map.ts. The binary holds no names, so the decoder numbers
 * regions; a region that also stands in one of this project's cells (same addresses, same size)
 * is called as there, and so is a link (same bdf, same protocol). Other people's keep their numbers.
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
      const same = (other: MemoryRegion | undefined): boolean =>
        other !== undefined &&
        other.size === region.size &&
        other.physicalStart === region.physicalStart &&
        other.virtualStart === region.virtualStart;
      // Empty slots all look alike: their position tells them apart.
      const here = teacher.memoryRegions.at(index);
      const found = same(here) ? here : teacher.memoryRegions.find(same);
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
