/**
 * Every ivshmem link of the board, made from the two cell files: ends, state table, sections.
 *
 * Used by: twin/run/board.ts. Jailhouse connects devices by bdf alone.
 * Does not: look at what goes through a link.
 */
import { PCI_TYPE_IVSHMEM } from '../../cell-config/format/constants.ts';
import type { Cell, PciDevice, System } from '../../cell-config/format/model.ts';
import type { PhysicalMemory } from '../machine/physical-memory.ts';
import { IvshmemEndpoint } from './ivshmem-endpoint.ts';
import { IvshmemLink } from './ivshmem-link.ts';

/** One link between root and the cell, seen from root. */
export interface BoardLink {
  readonly link: IvshmemLink;
  /** The end that AGL plays, as its class code says. */
  readonly protocol: number;
  readonly rootEndpoint: IvshmemEndpoint;
  /** Undefined: the cell has no device in this slot. */
  readonly cellEndpoint: IvshmemEndpoint | undefined;
  readonly stateTable: Buffer;
  /** What both ends write; empty if the link has no such section. */
  readonly section: Buffer;
  /** What one peer writes and the others read, by peer; empty ones if the link has none. */
  readonly outputs: readonly Buffer[];
}

/** The root cell's ivshmem device with this protocol, or with one of several. */
export function rootDevice({ rootCell }: System, ...protocols: readonly number[]): PciDevice {
  const device = ivshmemDevices(rootCell).find(({ shmemProtocol }) =>
    protocols.includes(shmemProtocol),
  );
  if (device) return device;
  const wanted = protocols.map((protocol) => `0x${protocol.toString(16)}`).join(' or ');
  throw new Error(`cell "${rootCell.name}" has no ivshmem device with protocol ${wanted}`);
}

/** Guest sizes and physical places of a link's regions: state table, section, outputs by peer. */
export function linkRegions(cell: Cell, { bdf, shmemRegionsStart, shmemPeers }: PciDevice) {
  const end = shmemRegionsStart + 2 + shmemPeers;
  const [stateTable, section, ...outputs] = cell.memoryRegions.slice(shmemRegionsStart, end);
  if (!stateTable || !section || outputs.length !== shmemPeers) {
    throw new Error(`cell "${cell.name}" lacks memory of its ivshmem device 0x${bdf.toString(16)}`);
  }
  return { stateTable, section, outputs };
}

/** Links root's `device` with the cell's in the same slot, unless `isCut`. */
export function connect(
  physicalMemory: PhysicalMemory,
  { rootCell }: System,
  device: PciDevice,
  cell: Cell,
  isCut: boolean,
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
