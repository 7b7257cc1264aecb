// SPDX-License-Identifier: MIT
/**
 * Predicates on memory regions, shared by several checks.
 */
import { MEMORY_COMM_REGION, MEMORY_ROOTSHARED } from '../format/constants.ts';
import type { MemoryRegion } from '../format/model.ts';
import type { Range } from './finding.ts';

/** Jailhouse maps whole pages of this size. Access to a partial page traps. */
export const PAGE_BYTES = 0x1000;

/** The region's place in the machine. */
export function physical(region: MemoryRegion): Range {
  return { start: region.physicalStart, size: region.size };
}

/** The region's place in the cell's own address space. */
export function virtual(region: MemoryRegion): Range {
  return { start: region.virtualStart, size: region.size };
}

/** Whether the region has all bits of `flag`. */
export function has(region: MemoryRegion, flag: number): boolean {
  return (region.flags & flag) === flag;
}

/** The communication region: hypervisor memory, so its physical address means nothing. */
export function isCommunicationRegion(region: MemoryRegion): boolean {
  return has(region, MEMORY_COMM_REGION);
}

/** Real memory or registers of the machine; false for an empty slot. */
export function isPhysical(region: MemoryRegion): boolean {
  return region.size > 0 && !isCommunicationRegion(region);
}

/** Jailhouse never maps such a region: every access traps into the hypervisor. */
export function isSubPage(region: MemoryRegion): boolean {
  return region.virtualStart % PAGE_BYTES !== 0 || region.size % PAGE_BYTES !== 0;
}

/** The root cell loses this memory while the cell exists. */
export function isExclusive(region: MemoryRegion): boolean {
  return isPhysical(region) && !has(region, MEMORY_ROOTSHARED);
}
