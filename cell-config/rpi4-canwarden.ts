// SPDX-License-Identifier: MIT
/**
 * The cell "canwarden": one CPU, 2 MiB of RAM, SPI0, the INT pin, and the link to AGL.
 *
 * Does not: describe the rest of the machine; see rpi4-root.ts.
 */
import {
  defineCell,
  emptyRegion,
  flags,
  identityRegion,
  interrupts,
  ivshmemDevice,
  NO_CONSOLE,
  regionIndex,
} from './builders.ts';
import {
  CELL_VIRTUAL_CONSOLE_ACTIVE,
  CELL_VIRTUAL_CONSOLE_PERMITTED,
  CONSOLE_MMIO,
  CONSOLE_REGISTER_DISTANCE_4,
  CONSOLE_TYPE_8250,
  MEMORY_COMM_REGION,
  MEMORY_EXECUTE,
  MEMORY_IO,
  MEMORY_IO_32,
  MEMORY_IO_8,
  MEMORY_LOADABLE,
  MEMORY_READ,
  MEMORY_ROOTSHARED,
  MEMORY_WRITE,
} from './format/constants.ts';
import type { Cell, MemoryRegion } from './format/model.ts';
import * as rpi4 from './rpi4-layout.ts';

const memoryRegions: readonly MemoryRegion[] = [
  identityRegion(
    'state table',
    rpi4.IVSHMEM_STATE_TABLE.start,
    rpi4.IVSHMEM_STATE_TABLE.size,
    MEMORY_READ | MEMORY_ROOTSHARED,
    'one word per peer, written by the hypervisor alone',
  ),
  identityRegion(
    'read-write section',
    rpi4.IVSHMEM_READ_WRITE.start,
    rpi4.IVSHMEM_READ_WRITE.size,
    MEMORY_READ | MEMORY_WRITE | MEMORY_ROOTSHARED,
    'the virtio-can queues and their buffers',
  ),
  emptyRegion('output 0', 'the link has no one-way memory; the slot must exist'),
  emptyRegion('output 1', 'likewise, our own'),
  identityRegion(
    'control state table',
    rpi4.CONTROL_STATE_TABLE.start,
    rpi4.CONTROL_STATE_TABLE.size,
    MEMORY_READ | MEMORY_ROOTSHARED,
    'one word per peer, written by the hypervisor alone',
  ),
  emptyRegion('control read-write section', 'the control link has one-way memory only'),
  identityRegion(
    'requests',
    rpi4.CONTROL_REQUESTS.start,
    rpi4.CONTROL_REQUESTS.size,
    MEMORY_READ | MEMORY_ROOTSHARED,
    'what AGL asks for; read only, so nothing the cell does can reach back',
  ),
  identityRegion(
    'status page',
    rpi4.CONTROL_STATUS.start,
    rpi4.CONTROL_STATUS.size,
    MEMORY_READ | MEMORY_WRITE | MEMORY_ROOTSHARED,
    'counters, histograms, trace and recorder; AGL can only read it',
  ),
  identityRegion(
    'SPI0',
    rpi4.SPI0.start,
    rpi4.SPI0.size,
    MEMORY_READ | MEMORY_WRITE | MEMORY_IO,
    'exclusive: root loses the page, and SPI3 to SPI6 with it',
  ),
  identityRegion(
    'GPIO',
    rpi4.GPIO.start,
    rpi4.GPIO.size,
    MEMORY_READ | MEMORY_IO | MEMORY_ROOTSHARED,
    'read only: GPLEV0 bit 25 is INT. A whole page is mapped, so a read does not trap',
  ),
  identityRegion(
    'UART',
    rpi4.UART.start,
    rpi4.UART.size,
    MEMORY_READ | MEMORY_WRITE | MEMORY_IO | MEMORY_IO_8 | MEMORY_IO_32 | MEMORY_ROOTSHARED,
    'mini-UART, shared with root; less than a page, so each access traps: not for the fast path',
  ),
  {
    name: 'RAM',
    physicalStart: rpi4.CELL_RAM.physicalStart,
    virtualStart: rpi4.CELL_RAM.guestStart,
    size: rpi4.CELL_RAM.size,
    flags: MEMORY_READ | MEMORY_WRITE | MEMORY_EXECUTE | MEMORY_LOADABLE,
    comment: 'image at 0, command line at 0x1000, rule table at 0x100000',
  },
  {
    name: 'communication region',
    physicalStart: 0,
    virtualStart: rpi4.COMMUNICATION_REGION.guestStart,
    size: rpi4.COMMUNICATION_REGION.size,
    flags: MEMORY_READ | MEMORY_WRITE | MEMORY_COMM_REGION,
    comment: "state, messages, and where the machine's parts are; filled by the hypervisor",
  },
];

/** The cell as the driver of virtio-can. roles.ts turns it into the device. */
export const RPI4_CANWARDEN: Cell = defineCell({
  name: 'canwarden',
  flags: flags(CELL_VIRTUAL_CONSOLE_PERMITTED, CELL_VIRTUAL_CONSOLE_ACTIVE),
  cpus: [rpi4.CELL_CPU],
  memoryRegions,
  interruptControllers: [interrupts(rpi4.GIC.distributor, 160, [rpi4.CELL_IVSHMEM_INTERRUPT])],
  pciDevices: [
    ivshmemDevice({
      name: 'AGL link',
      domain: rpi4.PCI_DOMAIN,
      bdf: rpi4.IVSHMEM_BDF,
      regionsStart: regionIndex(memoryRegions, 'state table'),
      deviceId: rpi4.IVSHMEM_CELL_ID,
      peers: rpi4.IVSHMEM_PEERS,
      protocol: rpi4.VIRTIO_CAN_FRONT_END,
    }),
    // INTID 187 of this device is not granted: both ends poll memory, neither rings.
    ivshmemDevice({
      name: 'control link',
      domain: rpi4.PCI_DOMAIN,
      bdf: rpi4.CONTROL_BDF,
      regionsStart: regionIndex(memoryRegions, 'control state table'),
      deviceId: rpi4.IVSHMEM_CELL_ID,
      peers: rpi4.IVSHMEM_PEERS,
      protocol: rpi4.CONTROL_PROTOCOL,
    }),
  ],
  virtualPciInterruptBase: rpi4.CELL_VIRTUAL_PCI_INTERRUPT_BASE,
  messageReplyTimeoutLoops: rpi4.MESSAGE_REPLY_TIMEOUT_LOOPS,
  console: {
    // The size stays 0, as in Jailhouse's own cells. Only the system's debug console needs it.
    ...NO_CONSOLE,
    address: rpi4.UART.start,
    type: CONSOLE_TYPE_8250,
    flags: CONSOLE_MMIO | CONSOLE_REGISTER_DISTANCE_4,
  },
});
