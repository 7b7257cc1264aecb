// SPDX-License-Identifier: MIT
/**
 * The shape of a finding, and the names of places in it.
 */
import type { ElfImage } from '../image/elf.ts';
import type { Cell, MemoryRegion, System } from '../format/model.ts';

/** An error, or a note: something legal that a reader should know. */
export interface Finding {
  /** Stable code: `E-CELL-03` for an error, `N-CELL-60` for a note. */
  readonly code: string;
  readonly severity: 'error' | 'note';
  /** What is wrong, with the values. */
  readonly message: string;
  /** One place, or the two that contradict each other. */
  readonly places: readonly string[];
  /** What to change. */
  readonly fix: string;
}

/** An image, where `jailhouse cell load` puts it, and what is loaded beside it. Guest addresses. */
export interface CellImage {
  readonly cellName: string;
  /** For messages. */
  readonly path: string;
  readonly elf: ElfImage;
  readonly loadAddress: number;
  readonly commandLine: Range;
  readonly rules: Range;
}

/** A configuration for Jailhouse: the machine with its root cell, and the other cells. */
export interface Configuration {
  readonly system: System;
  readonly cells: readonly Cell[];
  /** The image of one of the cells. Without it, images are not checked. */
  readonly image?: CellImage;
}

/** A check looks at a whole configuration and lists what it finds. */
export type Check = (configuration: Configuration) => Iterable<Finding>;

export function error(code: string, message: string, places: string[], fix: string): Finding {
  return { code, severity: 'error', message, places, fix };
}

export function note(code: string, message: string, places: string[], fix: string): Finding {
  return { code, severity: 'note', message, places, fix };
}

/** Root cell first, then the others. */
export function allCells({ system, cells }: Configuration): Cell[] {
  return [system.rootCell, ...cells];
}

/** `canwarden: region 4 "SPI0" (physical 0xfe204000 + 0x1000)`. */
export function regionPlace(cell: Cell, region: MemoryRegion): string {
  const index = cell.memoryRegions.indexOf(region);
  const range = `physical ${hex(region.physicalStart)} + ${hex(region.size)}`;
  const guest =
    region.virtualStart === region.physicalStart ? '' : `, guest ${hex(region.virtualStart)}`;
  return `${cell.name}: region ${index} "${region.name}" (${range}${guest})`;
}

/** Lower-case hexadecimal with 0x. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** A range of an address space. */
export interface Range {
  readonly start: number;
  readonly size: number;
}

/** The intersection of two ranges; null if it is empty. */
export function intersection(first: Range, second: Range): Range | null {
  const start = Math.max(first.start, second.start);
  const end = Math.min(first.start + first.size, second.start + second.size);
  return end > start ? { start, size: end - start } : null;
}

/** A range as `0x1000 + 0x40`. */
export function formatRange(range: Range): string {
  return `${hex(range.start)} + ${hex(range.size)}`;
}
