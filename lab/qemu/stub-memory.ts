// SPDX-License-Identifier: MIT
/**
 * The memory of QEMU's board before its first instruction: the stub, its configuration, the cell's image, command
 * line and rules, all in the file that is the board's RAM. The layout of the configuration is
 * bsp/qemu-stub/stub.h.
 *
 * Does not: start anything.
 */
import { MEMORY_COMM_REGION, MEMORY_IO, MEMORY_WRITE } from '../../cell-config/format/constants.ts';
import type { Cell, MemoryRegion, System } from '../../cell-config/format/model.ts';
import {
  CARD_RESERVATION,
  CELL_COMMAND_LINE,
  CELL_IMAGE_ADDRESS,
  CELL_RAM,
  CELL_RULES,
  PAGE_BYTES,
} from '../../cell-config/rpi4-layout.ts';
import { CommunicationRegion } from '../../twin/hypervisor/communication-region.ts';
import { IvshmemEndpoint } from '../../twin/hypervisor/ivshmem-endpoint.ts';
import { IvshmemLink } from '../../twin/hypervisor/ivshmem-link.ts';
import { linkRegions } from '../../twin/hypervisor/links.ts';

/** From address 0 to the end of what the cells use. */
export const BOARD_MEMORY_BYTES = CARD_RESERVATION.start + CARD_RESERVATION.size;
const CONFIG_ADDRESS = 0x200000;
const COMMUNICATION_ADDRESS = 0x210000;
const MAGIC = 0x42555453;
const HEADER_BYTES = 40;
const REGIONS_MAX = 32;
const REGION_BYTES = 32;
const DEVICE_BYTES = 24 + 0x80;
const PCI_IMAGE_WORDS = 0x80 / 4;
const REGION_WRITE = 1;
const REGION_DEVICE = 2;
const BUS_BYTES = 0x100000;

export interface StubContents {
  readonly stub: Uint8Array;
  readonly image: Uint8Array;
  readonly rules: Uint8Array;
  readonly commandLine: string;
  readonly cell: Cell;
  readonly system: System;
}

/** The link's memory, as AGL sees it. */
export interface SharedMemory {
  readonly stateTable: Buffer;
  readonly section: Buffer;
}

/** Writes everything into the memory, which is zero. */
export function layMemory(memory: Buffer, contents: StubContents): void {
  const { stub, image, rules, commandLine, cell, system } = contents;
  memory.set(stub, 0);
  const ram = CELL_RAM.physicalStart;
  memory.set(image, ram + CELL_IMAGE_ADDRESS);
  memory.write(`${commandLine}\0`, ram + CELL_COMMAND_LINE.guestStart, 'latin1');
  memory.set(rules, ram + CELL_RULES.guestStart);
  const page = memory.subarray(COMMUNICATION_ADDRESS, COMMUNICATION_ADDRESS + PAGE_BYTES);
  new CommunicationRegion(page).fill(cell, system);
  memory.set(configurationOf(cell, system), CONFIG_ADDRESS);
}

/** Reads the cell's state word of the communication region. */
export function cellStateIn(memory: Buffer): number {
  return new CommunicationRegion(memory.subarray(COMMUNICATION_ADDRESS)).cellState;
}

/** The memory of the CAN link. */
export function sharedMemoryOf(
  memory: Buffer,
  { rootCell }: System,
  device: Parameters<typeof linkRegions>[1],
): SharedMemory {
  const regions = linkRegions(rootCell, device);
  const part = ({ physicalStart, size }: MemoryRegion): Buffer =>
    memory.subarray(physicalStart, physicalStart + size);
  return { stateTable: part(regions.stateTable), section: part(regions.section) };
}

function configurationOf(cell: Cell, system: System): Buffer {
  // Jailhouse emulates a region of less than a page, the UART; the stub maps its whole page.
  const regions = cell.memoryRegions.filter(({ size }) => size > 0).map(wholePages);
  const bytes = Buffer.alloc(HEADER_BYTES + REGIONS_MAX * REGION_BYTES + 4 * DEVICE_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(regions.length, 4);
  bytes.writeUInt32LE(cell.pciDevices.length, 8);
  bytes.writeBigUInt64LE(BigInt(system.pci.mmconfigBase), 16);
  bytes.writeBigUInt64LE(BigInt((system.pci.mmconfigEndBus + 1) * BUS_BYTES), 24);
  bytes.writeBigUInt64LE(BigInt(COMMUNICATION_ADDRESS), 32);
  for (const [index, region] of regions.entries()) {
    const isPage = (region.flags & MEMORY_COMM_REGION) !== 0;
    const at = HEADER_BYTES + index * REGION_BYTES;
    const flags =
      ((region.flags & MEMORY_WRITE) !== 0 ? REGION_WRITE : 0) |
      ((region.flags & MEMORY_IO) !== 0 ? REGION_DEVICE : 0);
    const physical = isPage ? COMMUNICATION_ADDRESS : region.physicalStart;
    for (const [word, value] of [physical, region.virtualStart, region.size, flags].entries()) {
      bytes.writeBigUInt64LE(BigInt(value), at + 8 * word);
    }
  }
  for (const [index, device] of cell.pciDevices.entries()) {
    const at = HEADER_BYTES + REGIONS_MAX * REGION_BYTES + index * DEVICE_BYTES;
    const { stateTable } = linkRegions(cell, device);
    // The twin's endpoint knows what configuration space holds at the start.
    const link = new IvshmemLink(Buffer.alloc(PAGE_BYTES), device.shmemPeers);
    const endpoint = new IvshmemEndpoint(link, device, cell.memoryRegions);
    bytes.writeUInt32LE(device.bdf, at);
    bytes.writeUInt32LE(device.shmemDeviceId, at + 4);
    bytes.writeUInt32LE(device.shmemPeers, at + 8);
    bytes.writeUInt32LE(device.barMask[0], at + 12);
    bytes.writeBigUInt64LE(BigInt(stateTable.physicalStart), at + 16);
    for (let word = 0; word < PCI_IMAGE_WORDS; word++) {
      bytes.writeUInt32LE(endpoint.readConfig(4 * word) >>> 0, at + 24 + 4 * word);
    }
  }
  return bytes;
}

function wholePages(region: MemoryRegion): MemoryRegion {
  const offset = region.physicalStart % PAGE_BYTES;
  return {
    ...region,
    physicalStart: region.physicalStart - offset,
    virtualStart: region.virtualStart - offset,
    size: Math.ceil((offset + region.size) / PAGE_BYTES) * PAGE_BYTES,
  };
}
