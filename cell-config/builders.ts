// SPDX-License-Identifier: MIT
/**
 * Helpers to write a cell as data: defaults for absent parts, regions by name.
 *
 * Does not: know any board.
 */
import { IVSHMEM_BAR_MASK_INTX, PCI_TYPE_IVSHMEM } from './format/constants.ts';
import type {
  Cell,
  Console,
  InterruptController,
  MemoryRegion,
  PciDevice,
} from './format/model.ts';

/** No console. */
export const NO_CONSOLE: Console = {
  address: 0,
  size: 0,
  type: 0,
  flags: 0,
  divider: 0,
  gateNumber: 0,
  clockRegister: 0,
};

/** What a cell must state. Everything else has a default. */
export type CellOptions = Pick<Cell, 'name' | 'cpus' | 'memoryRegions'> & Partial<Cell>;

/** A cell from `options`; defaults: no flags, no devices, reset address 0. */
export function defineCell(options: CellOptions): Cell {
  return {
    id: 0,
    flags: 0,
    cpuSetBytes: 8,
    cacheRegions: [],
    interruptControllers: [],
    portRanges: [],
    pciDevices: [],
    pciCapabilities: [],
    streamIds: [],
    virtualPciInterruptBase: 0,
    cpuResetAddress: 0,
    messageReplyTimeoutLoops: 0,
    console: NO_CONSOLE,
    ...options,
  };
}

/** A region that the cell sees at its physical address. */
export function identityRegion(
  name: string,
  start: number,
  size: number,
  flags: number,
  comment?: string,
): MemoryRegion {
  const region = { name, physicalStart: start, virtualStart: start, size, flags };
  return comment === undefined ? region : { ...region, comment };
}

/** An empty region slot. An ivshmem link needs its slots even where they hold no memory. */
export function emptyRegion(name: string, comment?: string): MemoryRegion {
  return identityRegion(name, 0, 0, 0, comment);
}

/** Combines flags into one number. Unlike `|`, keeps bit 31 positive. */
export function flags(...bits: readonly number[]): number {
  return bits.reduce((sum, bit) => (sum | bit) >>> 0, 0);
}

/** Every INTID from `first` to `last`, both included. */
export function interruptRange(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Interrupts of the GIC whose distributor is at `address`, in the 128 INTIDs from `pinBase`. */
export function interrupts(
  address: number,
  pinBase: number,
  owned: readonly number[],
): InterruptController {
  return { address, id: 0, pinBase, interrupts: owned };
}

/** Index of the region called `name`, so that an edit of the list cannot make it stale. */
export function regionIndex(regions: readonly MemoryRegion[], name: string): number {
  const index = regions.findIndex((region) => region.name === name);
  if (index === -1) {
    const known = regions.map((region) => region.name).join(', ');
    throw new Error(`no memory region is called "${name}"; there are: ${known}`);
  }
  return index;
}

/** One end of an ivshmem link with a legacy interrupt (INTx): one vector, no MSI-X. */
export function ivshmemDevice(options: {
  readonly name: string;
  readonly domain: number;
  readonly bdf: number;
  /** Index of the state table; the R/W section and one output section per peer follow it. */
  readonly regionsStart: number;
  readonly deviceId: number;
  readonly peers: number;
  readonly protocol: number;
}): PciDevice {
  return {
    name: options.name,
    type: PCI_TYPE_IVSHMEM,
    iommu: 0,
    domain: options.domain,
    bdf: options.bdf,
    barMask: IVSHMEM_BAR_MASK_INTX,
    capabilitiesStart: 0,
    capabilityCount: 0,
    msiVectors: 0,
    msiFlags: 0,
    msixVectors: 0,
    msixRegionSize: 0,
    msixAddress: 0,
    shmemRegionsStart: options.regionsStart,
    shmemDeviceId: options.deviceId,
    shmemPeers: options.peers,
    shmemProtocol: options.protocol,
  };
}
