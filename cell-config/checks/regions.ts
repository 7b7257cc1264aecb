/**
 * Questions about memory regions that several checks ask.
 */
import { MEMORY_COMM_REGION, MEMORY_ROOTSHARED } from '../format/constants.ts';
import type { MemoryRegion } from '../format/model.ts';
import type { Range } from './finding.ts';

/** Jailhouse maps whole pages of this size; what is not one of them traps. */
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

/** The communication region: memory of the hypervisor, its physical address means nothing. */
export function isCommunicationRegion(region: MemoryRegion): boolean {
  return has(region, MEMORY_COMM_REGION);
}

/** Real memory or registers of the machine, as opposed to an empty slot. */
export function isPhysical(region: MemoryRegion): boolean {
  return region.size > 0 && !isCommunicationRegion(region);
}

/** Jailhouse never maps such a region: every access to it traps into the hypervisor. */
export function isSubPage(region: MemoryRegion): boolean {
  return region.virtualStart % PAGE_BYTES !== 0 || region.size % PAGE_BYTES !== 0;
}

/** Root is meant to lose this memory while the cell exists. */
export function isExclusive(region: MemoryRegion): boolean {
  return isPhysical(region) && !has(region, MEMORY_ROOTSHARED);
}
