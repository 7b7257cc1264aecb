// SPDX-License-Identifier: MIT
/**
 * Each cell by itself, and the CPUs of all. E-CELL-20 to E-CELL-28, N-CELL-65.
 */
import {
  CELL_PASSIVE_COMMREG,
  CONSOLE_MMIO,
  MEMORY_EXECUTE,
  MEMORY_LOADABLE,
  MEMORY_READ,
  MEMORY_WRITE,
} from '../format/constants.ts';
import type { Cell } from '../format/model.ts';
import { counted } from '../plural.ts';
import { allCells, error, hex, intersection, note, regionPlace } from './finding.ts';
import type { Configuration, Finding } from './finding.ts';
import { has, isCommunicationRegion, PAGE_BYTES, virtual } from './regions.ts';

/** Names, CPU sets, communication region, entry point. */
export function* checkCells(configuration: Configuration): Generator<Finding> {
  const { system, cells } = configuration;
  for (const [index, cell] of allCells(configuration).entries()) {
    for (const other of allCells(configuration).slice(0, index)) {
      if (other.name !== cell.name) continue;
      const places = [`cell ${index}`, `cell ${allCells(configuration).indexOf(other)}`];
      const message = `two cells are called "${cell.name}": "cell create" refuses the second`;
      yield error('E-CELL-20', message, places, 'rename one of them');
    }
    if (cell.uncounted === undefined) continue;
    yield note(
      'N-CELL-65',
      `${counted(cell.uncounted.length, 'byte')} behind the cell: no count covers them, Jailhouse does not read them`,
      [`${cell.name}: end of the file`],
      'nothing, if the structures there are spare; otherwise raise the count they belong to',
    );
  }
  for (const [index, cell] of cells.entries()) {
    yield* checkCpus(system.rootCell, cell);
    for (const other of cells.slice(0, index)) yield* compareCpus(other, cell);
    yield* checkCommunication(cell);
    yield* checkEntry(cell);
    yield* checkConsole(cell);
  }
}

function* checkCpus(root: Cell, cell: Cell): Generator<Finding> {
  const places = [
    `${cell.name}: CPUs ${cell.cpus.join(', ')}`,
    `${root.name}: CPUs ${root.cpus.join(', ')}`,
  ];
  if (cell.cpus.length === 0) {
    yield error('E-CELL-21', 'the cell has no CPU', places, `choose from ${root.cpus.join(', ')}`);
  }
  const foreign = cell.cpus.filter((cpu) => !root.cpus.includes(cpu));
  if (foreign.length > 0) {
    const message = `CPU ${foreign.join(', ')} is not in the root cell`;
    yield error('E-CELL-22', message, places, `choose from ${root.cpus.join(', ')}`);
  }
  if (root.cpus.every((cpu) => cell.cpus.includes(cpu))) {
    const message = 'the cell takes every CPU: none is left for the root cell';
    yield error('E-CELL-22', message, places, 'leave at least one');
  }
}

function* compareCpus(other: Cell, cell: Cell): Generator<Finding> {
  const common = cell.cpus.filter((cpu) => other.cpus.includes(cpu));
  if (common.length === 0) return;
  yield error(
    'E-CELL-23',
    `CPU ${common.join(', ')} is in two cells: they cannot exist together`,
    [`${other.name}: CPUs ${other.cpus.join(', ')}`, `${cell.name}: CPUs ${cell.cpus.join(', ')}`],
    'give each CPU to one cell',
  );
}

function* checkCommunication(cell: Cell): Generator<Finding> {
  const regions = cell.memoryRegions.filter(isCommunicationRegion);
  if (regions.length !== 1) {
    const message = `the cell has ${regions.length} communication regions, not one`;
    const places =
      regions.length === 0
        ? [`${cell.name}: memory regions`]
        : regions.map((region) => regionPlace(cell, region));
    const fix = 'have one page with READ | WRITE | COMM_REGION';
    yield error('E-CELL-24', message, places, fix);
    return;
  }
  const [region] = regions;
  if (!has(region, MEMORY_READ | MEMORY_WRITE)) {
    const message = 'the communication region must be readable and writable';
    yield error('E-CELL-24', message, [regionPlace(cell, region)], 'add READ | WRITE');
  }
  if (region.size !== PAGE_BYTES || region.virtualStart % PAGE_BYTES !== 0) {
    const message = 'the communication region is not one page: the hypervisor has one page for it';
    yield error('E-CELL-27', message, [regionPlace(cell, region)], 'use size 0x1000, page-aligned');
  }
  const waitsForEver = cell.messageReplyTimeoutLoops === 0;
  if (waitsForEver && (cell.flags & CELL_PASSIVE_COMMREG) === 0) {
    yield error(
      'E-CELL-26',
      'the hypervisor waits for ever for replies of this cell: if it hangs, the board hangs',
      [`${cell.name}: messageReplyTimeoutLoops 0`, `${cell.name}: flags ${hex(cell.flags)}`],
      'set a timeout, or the flag PASSIVE_COMMREG if the cell never replies',
    );
  }
}

function* checkEntry(cell: Cell): Generator<Finding> {
  const entry = { start: cell.cpuResetAddress, size: 4 };
  const needed = MEMORY_READ | MEMORY_EXECUTE | MEMORY_LOADABLE;
  const holds = cell.memoryRegions.some(
    (region) => has(region, needed) && intersection(virtual(region), entry)?.size === entry.size,
  );
  if (holds) return;
  yield error(
    'E-CELL-25',
    `the first instruction is fetched at ${hex(entry.start)}, where no image can be loaded`,
    [`${cell.name}: cpuResetAddress ${hex(entry.start)}`, `${cell.name}: memory regions`],
    'map RAM there with READ | WRITE | EXECUTE | LOADABLE',
  );
}

/** Console registers must be reachable, or the first character printed parks the cell's CPU. */
function* checkConsole(cell: Cell): Generator<Finding> {
  const { address, type, flags } = cell.console;
  if (type === 0 || (flags & CONSOLE_MMIO) === 0) return;
  const registers = { start: address, size: 1 };
  const needed = MEMORY_READ | MEMORY_WRITE;
  const holds = cell.memoryRegions.some(
    (region) => has(region, needed) && intersection(virtual(region), registers) !== null,
  );
  if (holds) return;
  yield error(
    'E-CELL-28',
    `the console is at ${hex(address)}, which the cell cannot read and write`,
    [`${cell.name}: console`, `${cell.name}: memory regions`],
    'add the region of the UART, or take the console away',
  );
}
