// SPDX-License-Identifier: MIT
/**
 * Every ivshmem link of the board, made from the two cell files: ends, state table, sections. Jailhouse
 * connects devices by bdf alone.
 */
import { PCI_TYPE_IVSHMEM } from '../../cell-config/format/constants.ts';
import type { Cell, PciDevice, System } from '../../cell-config/format/model.ts';
import type { PhysicalMemory } from '../machine/physical-memory.ts';
import { IvshmemEndpoint } from './ivshmem-endpoint.ts';
import { IvshmemLink } from './ivshmem-link.ts';

/** virtio-can over ivshmem: front-end (driver) and back-end (device). */
export const PROTOCOLS_CAN = [0x8024, 0xc024] as const;
/** The cell's status page and requests, at both ends. */
export const PROTOCOL_CONTROL = 0x4057;
/** Peer numbers on the control link, which index its output sections. */
export const ROOT_PEER = 0;
export const CELL_PEER = 1;

/** One link between root and the cell, seen from root. */
export interface BoardLink {
  readonly link: IvshmemLink;
  /** AGL's end of the link, as its class code says. */
  readonly protocol: number;
  readonly rootEndpoint: IvshmemEndpoint;
  /** Undefined: the cell has no device in this slot. */
  readonly cellEndpoint: IvshmemEndpoint | undefined;
  readonly stateTable: Buffer;
  /** The section that both ends write. Empty if the link has none. */
  readonly section: Buffer;
  /** Sections that one peer writes and the others read, by peer. Empty if the link has none. */
  readonly outputs: readonly Buffer[];
}

/** A cell's first ivshmem device with one of these protocols. */
export function ivshmemDevice(cell: Cell, ...protocols: readonly number[]): PciDevice | undefined {
  return ivshmemDevices(cell).find(({ shmemProtocol }) => protocols.includes(shmemProtocol));
}

/** As `ivshmemDevice`. Throws if there is none. */
export function ivshmemDeviceOf(cell: Cell, ...protocols: readonly number[]): PciDevice {
  const device = ivshmemDevice(cell, ...protocols);
  if (device) return device;
  const wanted = protocols.map((protocol) => `0x${protocol.toString(16)}`).join(' or ');
  throw new Error(`cell "${cell.name}" has no ivshmem device with protocol ${wanted}`);
}

/** The memory regions of a cell's device. Throws if the cell lacks one of them. */
export function linkRegions(cell: Cell, { bdf, shmemRegionsStart, shmemPeers }: PciDevice) {
  const end = shmemRegionsStart + 2 + shmemPeers;
  const [stateTable, section, ...outputs] = cell.memoryRegions.slice(shmemRegionsStart, end);
  if (!stateTable || !section || outputs.length !== shmemPeers) {
    throw new Error(`cell "${cell.name}" lacks memory of its ivshmem device 0x${bdf.toString(16)}`);
  }
  return { stateTable, section, outputs };
}

/** Links root's `device` with the cell's in the same slot. `isCut`: the cell has no device there. */
export function connect(
  physicalMemory: PhysicalMemory,
  { rootCell }: System,
  device: PciDevice,
  cell: Cell,
  isCut = false,
): BoardLink {
  const regions = linkRegions(rootCell, device);
  const memory = ({ physicalStart, size }: { physicalStart: number; size: number }): Buffer =>
    size === 0 ? Buffer.alloc(0) : physicalMemory.block(physicalStart, size);
  const stateTable = memory(regions.stateTable);
  const link = new IvshmemLink(stateTable, device.shmemPeers);
  const rootEndpoint = new IvshmemEndpoint(link, device, rootCell.memoryRegions);
  const other = isCut ? undefined : ivshmemDevices(cell).find(({ bdf }) => bdf === device.bdf);
  return {
    link,
    protocol: device.shmemProtocol,
    rootEndpoint,
    cellEndpoint: other && new IvshmemEndpoint(link, other, cell.memoryRegions),
    stateTable,
    section: memory(regions.section),
    outputs: regions.outputs.map(memory),
  };
}

function ivshmemDevices(cell: Cell): PciDevice[] {
  return cell.pciDevices.filter(({ type }) => type === PCI_TYPE_IVSHMEM);
}
