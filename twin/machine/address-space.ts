// SPDX-License-Identifier: MIT
/**
 * The guest-physical address space of one cell, made from its decoded configuration: what lies where, and
 * what is allowed.
 *
 * Source: Jailhouse hypervisor: mmio.c (sub-page regions), paging of arch/arm64.
 */
import {
  MEMORY_COMM_REGION,
  MEMORY_EXECUTE,
  MEMORY_IO,
  MEMORY_IO_16,
  MEMORY_IO_32,
  MEMORY_IO_64,
  MEMORY_IO_8,
  MEMORY_LOADABLE,
  MEMORY_READ,
  MEMORY_WRITE,
  PCI_TYPE_IVSHMEM,
} from '../../cell-config/format/constants.ts';
import type { Cell, MemoryRegion } from '../../cell-config/format/model.ts';
import type { AccessSize, GuestMemory } from './machine.ts';
import type { PhysicalMemory } from './physical-memory.ts';

const PAGE_BYTES = 4096;

/** How an access to a region is carried out. */
export type RegionKind =
  /** Whole pages of RAM, mapped. */
  | 'memory'
  /** Whole pages of device registers, mapped: no exit to the hypervisor. */
  | 'device-page'
  /** Less than a page: every access traps and is checked by width. */
  | 'trapped';

export interface GuestRegion {
  readonly name: string;
  readonly kind: RegionKind;
  readonly start: number;
  readonly end: number;
  readonly physicalStart: number;
  readonly flags: number;
  /** Present for kind `memory`. */
  readonly memory?: GuestMemory;
}

const WIDTH_FLAGS: Readonly<Record<AccessSize, number>> = {
  1: MEMORY_IO_8,
  2: MEMORY_IO_16,
  4: MEMORY_IO_32,
  8: MEMORY_IO_64,
};

export class AddressSpace {
  readonly regions: readonly GuestRegion[];
  readonly memories: readonly GuestMemory[];
  /** The page through which hypervisor and cell talk. */
  readonly communicationRegion: GuestMemory;

  /** Throws if the cell has no communication region. */
  constructor(cell: Cell, physicalMemory: PhysicalMemory) {
    const roles = ivshmemRoles(cell);
    this.regions = cell.memoryRegions
      .map((region, index) => ({ region, name: roles.get(index) ?? roleOf(region, index) }))
      .filter(({ region }) => region.size > 0)
      .map(({ region, name }) => makeRegion(region, name, physicalMemory));
    this.memories = this.regions.flatMap((region) => (region.memory ? [region.memory] : []));
    const communication = this.regions.find((region) => (region.flags & MEMORY_COMM_REGION) !== 0);
    if (!communication?.memory) {
      throw new Error(`cell "${cell.name}" has no communication region`);
    }
    this.communicationRegion = communication.memory;
  }

  /** The region at a guest address, if any. Regions of a valid cell never overlap. */
  find(address: number): GuestRegion | undefined {
    for (const region of this.regions) {
      if (address >= region.start && address < region.end) return region;
    }
    return undefined;
  }
}

/**
 * The reason why a region refuses an access, or undefined if it allows it. Mapped regions check only READ and
 * WRITE; trapped ones also the width (IO_8 .. IO_64) and natural alignment.
 */
export function refusal(
  region: GuestRegion,
  address: number,
  size: AccessSize,
  isWrite: boolean,
): string | undefined {
  const needed = isWrite ? MEMORY_WRITE : MEMORY_READ;
  if ((region.flags & needed) === 0) {
    return `${region.name} has no ${isWrite ? 'WRITE' : 'READ'} flag in the cell configuration`;
  }
  if (address + size > region.end) return `the access runs past the end of ${region.name}`;
  if (region.kind !== 'trapped') return undefined;
  if ((region.flags & WIDTH_FLAGS[size]) === 0) {
    return `${region.name} has no IO_${size * 8} flag in the cell configuration`;
  }
  if (address % size !== 0) return `the access to ${region.name} is not naturally aligned`;
  return undefined;
}

function makeRegion(
  region: MemoryRegion,
  name: string,
  physicalMemory: PhysicalMemory,
): GuestRegion {
  const { virtualStart: start, size, physicalStart, flags } = region;
  const base = { name, start, end: start + size, physicalStart, flags };
  if (start % PAGE_BYTES !== 0 || size % PAGE_BYTES !== 0) return { ...base, kind: 'trapped' };
  if ((flags & MEMORY_IO) !== 0) return { ...base, kind: 'device-page' };
  // The communication region is a page of the hypervisor. Its physical address in the file is 0.
  const isCommunication = (flags & MEMORY_COMM_REGION) !== 0;
  const bytes = isCommunication ? Buffer.alloc(size) : physicalMemory.block(physicalStart, size);
  const writable = (flags & MEMORY_WRITE) !== 0;
  const executable = (flags & MEMORY_EXECUTE) !== 0;
  return { ...base, kind: 'memory', memory: { name, base: start, bytes, writable, executable } };
}

/** Names of the regions that ivshmem devices use, by region index. */
function ivshmemRoles(cell: Cell): Map<number, string> {
  const roles = new Map<number, string>();
  for (const device of cell.pciDevices) {
    if (device.type !== PCI_TYPE_IVSHMEM) continue;
    const first = device.shmemRegionsStart;
    const of = device.bdf === 0 ? '' : ` of PCI device 0x${device.bdf.toString(16)}`;
    roles.set(first, `state table${of}`);
    roles.set(first + 1, `read/write section${of}`);
    for (let peer = 0; peer < device.shmemPeers; peer += 1) {
      roles.set(first + 2 + peer, `output section ${peer}${of}`);
    }
  }
  return roles;
}

function roleOf(region: MemoryRegion, index: number): string {
  if ((region.flags & MEMORY_COMM_REGION) !== 0) return 'communication region';
  if ((region.flags & MEMORY_LOADABLE) !== 0) return 'RAM';
  return `region ${index} (0x${region.virtualStart.toString(16)})`;
}
