// SPDX-License-Identifier: MIT
/**
 * Memory map of one cell in guest addresses, with the parts of its image inside its RAM.
 */
import type { CellImage, Range } from '../checks/finding.ts';
import { intersection } from '../checks/finding.ts';
import { has, isCommunicationRegion, isSubPage, virtual } from '../checks/regions.ts';
import {
  MEMORY_DMA,
  MEMORY_EXECUTE,
  MEMORY_IO,
  MEMORY_LOADABLE,
  MEMORY_READ,
  MEMORY_ROOTSHARED,
  MEMORY_WRITE,
} from '../format/constants.ts';
import type { Cell, MemoryRegion } from '../format/model.ts';
import { imageEnd } from '../image/elf.ts';
import type { MapRow } from './physical.ts';

/** A region of the cell. RAM lists its parts. */
export interface GuestRow extends MapRow {
  /** Physical address behind the region; undefined for the communication region. */
  readonly physicalStart?: number;
  readonly parts: readonly MapPart[];
}

/** A named piece of a region. */
export interface MapPart extends Range {
  readonly what: string;
}

const RIGHTS: readonly (readonly [number, string])[] = [
  [MEMORY_READ, 'R'],
  [MEMORY_WRITE, 'W'],
  [MEMORY_EXECUTE, 'X'],
  [MEMORY_DMA, 'DMA'],
  [MEMORY_IO, 'IO'],
  [MEMORY_LOADABLE, 'loadable'],
];

/** Rows in ascending guest address, without empty slots. */
export function guestMap(cell: Cell, image?: CellImage): GuestRow[] {
  return cell.memoryRegions
    .filter(({ size }) => size > 0)
    .map((region): GuestRow => {
      const shared = has(region, MEMORY_ROOTSHARED);
      const isComm = isCommunicationRegion(region);
      return {
        ...virtual(region),
        what: region.name,
        owner: isComm ? 'hypervisor' : shared ? 'shared with root' : cell.name,
        ownership: isComm ? 'hypervisor' : shared ? 'shared' : 'cell',
        rights: rightsOf(region),
        physicalStart: isComm ? undefined : region.physicalStart,
        parts: has(region, MEMORY_LOADABLE) && image !== undefined ? partsOf(region, image) : [],
      };
    })
    .sort((left, right) => left.start - right.start);
}

function rightsOf(region: MemoryRegion): string {
  const rights = RIGHTS.filter(([flag]) => has(region, flag)).map(([, name]) => name);
  return [...rights, ...(isSubPage(region) ? ['traps'] : [])].join(' ');
}

/** Sections, command line, rule table, and the free space between them. */
function partsOf(region: MemoryRegion, image: CellImage): MapPart[] {
  const named: MapPart[] = [
    ...image.elf.sections.map(({ name, address, size }) => ({ what: name, start: address, size })),
    { what: 'rule table', ...image.rules },
  ];
  const inside = named
    .filter((part) => intersection(part, virtual(region)) !== null)
    .sort((left, right) => left.start - right.start);
  const parts: MapPart[] = [];
  let next = region.virtualStart;
  for (const part of inside) {
    if (part.start > next) parts.push({ what: 'free', start: next, size: part.start - next });
    parts.push(part);
    next = Math.max(next, part.start + part.size);
  }
  const end = region.virtualStart + region.size;
  if (end > next) parts.push({ what: 'free', start: next, size: end - next });
  return parts;
}

/** The image's share of the RAM before the rule table: `172 KiB of 1 MiB`. */
export function imageUse(image: CellImage): { readonly used: number; readonly available: number } {
  return {
    used: imageEnd(image.elf) - image.loadAddress,
    available: image.rules.start - image.loadAddress,
  };
}
