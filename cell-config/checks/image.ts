// SPDX-License-Identifier: MIT
/**
 * The linked image against its cell: size, place, entry, and what is loaded beside it.
 * E-CELL-70 to E-CELL-75.
 *
 * Jailhouse checks none of this before it starts the cell. Most of these mistakes would park the CPU.
 */
import { imageEnd, loadedBytes } from '../image/elf.ts';
import { MEMORY_EXECUTE, MEMORY_LOADABLE, MEMORY_READ, MEMORY_WRITE } from '../format/constants.ts';
import type { Cell } from '../format/model.ts';
import { error, formatRange, hex, intersection, regionPlace } from './finding.ts';
import type { CellImage, Configuration, Finding, Range } from './finding.ts';
import { has, virtual } from './regions.ts';

/** Checks only a configuration that has both the image and its cell. */
export function* checkImage({ cells, image }: Configuration): Generator<Finding> {
  const cell = cells.find(({ name }) => name === image?.cellName);
  if (image === undefined || cell === undefined) return;
  yield* checkFit(cell, image);
  yield* checkEntryPoint(cell, image);
  yield* checkCommandLine(cell, image);
  for (const [name, range] of [
    ['command line', image.commandLine],
    ['rule table', image.rules],
  ] as const) {
    if (loadableHolding(cell, range, MEMORY_WRITE | MEMORY_LOADABLE)) continue;
    yield error(
      'E-CELL-72',
      `the ${name} is loaded at ${formatRange(range)}, which is not inside one loadable region`,
      [`load plan: ${name}`, ramPlace(cell)],
      'move it, or enlarge the region: "cell load" refuses it',
    );
  }
  const memory = { start: image.loadAddress, size: imageEnd(image.elf) - image.loadAddress };
  const common = intersection(memory, image.rules);
  if (common !== null) {
    yield error(
      'E-CELL-73',
      `the rule table is loaded over ${formatRange(common)} of the image`,
      [`${image.path}: ends at ${hex(imageEnd(image.elf))}`, `load plan: rule table`],
      'make the image smaller, or move the rule table up',
    );
  }
}

function* checkFit(cell: Cell, image: CellImage): Generator<Finding> {
  const first = Math.min(...image.elf.segments.map(({ address }) => address));
  if (first !== image.loadAddress) {
    yield error(
      'E-CELL-74',
      `the image is linked for ${hex(first)} and loaded at ${hex(image.loadAddress)}`,
      [`${image.path}: first segment`, 'load plan: image'],
      'correct the start address in the linker script, or the load address',
    );
  }
  const needed = MEMORY_READ | MEMORY_WRITE | MEMORY_EXECUTE | MEMORY_LOADABLE;
  for (const { address, memoryBytes } of image.elf.segments) {
    const range = { start: address, size: memoryBytes };
    if (loadableHolding(cell, range, needed)) continue;
    yield error(
      'E-CELL-70',
      `the image occupies ${formatRange(range)}, which is not inside the RAM of the cell`,
      [`${image.path}: segment at ${hex(address)}, ${memoryBytes} bytes`, ramPlace(cell)],
      'enlarge the RAM of the cell, or make the image smaller',
    );
  }
}

function* checkEntryPoint(cell: Cell, image: CellImage): Generator<Finding> {
  if (image.elf.entry === cell.cpuResetAddress) return;
  yield error(
    'E-CELL-71',
    `the CPU starts at ${hex(cell.cpuResetAddress)}, the image at ${hex(image.elf.entry)}`,
    [`${cell.name}: cpuResetAddress`, `${image.path}: entry point`],
    'set cpuResetAddress to the entry point, or link the start-up code first',
  );
}

function* checkCommandLine(cell: Cell, image: CellImage): Generator<Finding> {
  const { start, size } = image.commandLine;
  const used = loadedBytes(image.elf, start, size).findIndex((byte) => byte !== 0);
  if (used === -1) return;
  yield error(
    'E-CELL-75',
    `the image has code or data at ${hex(start + used)}: the command line is loaded over it`,
    [
      `${image.path}: ${hex(start + used)}`,
      `load plan: command line (${formatRange(image.commandLine)})`,
    ],
    `keep ${size} bytes free at ${hex(start)} of ${cell.name}`,
  );
}

function loadableHolding(cell: Cell, range: Range, flags: number): boolean {
  if (range.size === 0) return true;
  return cell.memoryRegions.some(
    (region) => has(region, flags) && intersection(virtual(region), range)?.size === range.size,
  );
}

/** Names the first loadable region, or says that the cell has none. */
function ramPlace(cell: Cell): string {
  const region = cell.memoryRegions.find((candidate) => has(candidate, MEMORY_LOADABLE));
  return region === undefined
    ? `${cell.name}: memory regions, none LOADABLE`
    : regionPlace(cell, region);
}
