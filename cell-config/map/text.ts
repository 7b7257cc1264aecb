// SPDX-License-Identifier: MIT
/**
 * The memory map as text.
 */
import type { CellImage, Configuration } from '../checks/finding.ts';
import { guestMap, imageUse } from './guest.ts';
import type { MapRow } from './physical.ts';
import { physicalMap } from './physical.ts';

const ADDRESS_DIGITS = 9;

/** Physical memory, then the view of each cell. */
export function formatMap(configuration: Configuration): string {
  const lines = [
    'Physical memory: who has what once the cells exist',
    ...physicalLines(configuration),
  ];
  for (const cell of configuration.cells) {
    const image = configuration.image?.cellName === cell.name ? configuration.image : undefined;
    lines.push('', `The cell "${cell.name}": its own addresses`);
    for (const row of guestMap(cell, image)) {
      const behind =
        row.physicalStart === undefined
          ? 'a page of the hypervisor'
          : `physical ${formatAddress(row.physicalStart)}`;
      lines.push(`  ${formatRange(row)}  ${row.what.padEnd(22)}${row.rights.padEnd(18)}${behind}`);
      for (const part of row.parts) lines.push(`    ${formatRange(part)}  ${part.what}`);
    }
    if (image !== undefined) lines.push(useLine(image));
  }
  return lines.join('\n');
}

function physicalLines(configuration: Configuration): string[] {
  const rows = physicalMap(configuration);
  const width = Math.max(...rows.map(({ owner }) => owner.length));
  return rows.map((row) => `  ${formatRange(row)}  ${row.owner.padEnd(width)}  ${row.what}`);
}

function useLine(image: CellImage): string {
  const { used, available } = imageUse(image);
  const percent = ((100 * used) / available).toFixed(1);
  return `  ${image.path}: ${formatSize(used)} of ${formatSize(available)} before the rule table, ${percent} %`;
}

function formatRange({ start, size }: Pick<MapRow, 'start' | 'size'>): string {
  const range = `${formatAddress(start)} .. ${formatAddress(start + size - 1)}`;
  return `${range}${formatSize(size).padStart(11)}`;
}

/** Nine digits hold every physical address of the machine. */
export function formatAddress(address: number): string {
  return `0x${address.toString(16).padStart(ADDRESS_DIGITS, '0')}`;
}

/** The largest unit with a whole number, or with one decimal place. */
export function formatSize(bytes: number): string {
  for (const [unit, name] of [
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
  ] as const) {
    if (bytes < unit) continue;
    const value = bytes / unit;
    return `${Number.isInteger(value) ? value : value.toFixed(1)} ${name}`;
  }
  return `${bytes} B`;
}
