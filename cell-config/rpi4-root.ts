// SPDX-License-Identifier: MIT
/**
 * The Raspberry Pi 4 as Jailhouse sees it, and its root cell: AGL Linux.
 *
 * Follows Jailhouse's stock machine (configs/arm64/rpi4.c); the project's two links replace the demo link.
 * The card must reserve CARD_RESERVATION as no-map: the cell's RAM, the shared memory and the hypervisor lie
 * there.
 */
import {
  defineCell,
  emptyRegion,
  identityRegion,
  interruptRange,
  interrupts,
  ivshmemDevice,
  NO_CONSOLE,
  regionIndex,
} from './builders.ts';
import {
  CONSOLE_MMIO,
  CONSOLE_REGISTER_DISTANCE_4,
  CONSOLE_TYPE_8250,
  IVSHMEM_PROTOCOL_VETH,
  MEMORY_EXECUTE,
  MEMORY_IO,
  MEMORY_READ,
  MEMORY_ROOTSHARED,
  MEMORY_WRITE,
  SYSTEM_VIRTUAL_DEBUG_CONSOLE,
} from './format/constants.ts';
import type { MemoryRegion, System } from './format/model.ts';
import * as rpi4 from './rpi4-layout.ts';

const RESERVATION_END = rpi4.CARD_RESERVATION.start + rpi4.CARD_RESERVATION.size;
const READ_WRITE_EXECUTE = MEMORY_READ | MEMORY_WRITE | MEMORY_EXECUTE;

const memoryRegions: readonly MemoryRegion[] = [
  identityRegion(
    'canwarden state table',
    rpi4.IVSHMEM_STATE_TABLE.start,
    rpi4.IVSHMEM_STATE_TABLE.size,
    MEMORY_READ,
    'one word per peer, written by the hypervisor alone',
  ),
  identityRegion(
    'canwarden read-write section',
    rpi4.IVSHMEM_READ_WRITE.start,
    rpi4.IVSHMEM_READ_WRITE.size,
    MEMORY_READ | MEMORY_WRITE,
    'the virtio-can queues and their buffers',
  ),
  emptyRegion('canwarden output 0', 'the link has no one-way memory; the slot must exist'),
  emptyRegion('canwarden output 1', 'likewise, for peer 1'),
  identityRegion(
    'network state table',
    rpi4.NETWORK_STATE_TABLE.start,
    rpi4.NETWORK_STATE_TABLE.size,
    MEMORY_READ | MEMORY_ROOTSHARED,
    'ivshmem-net of the stock configuration, for a second Linux cell',
  ),
  emptyRegion('network read-write section', 'ivshmem-net has output sections only'),
  identityRegion(
    'network output 0',
    rpi4.NETWORK_OUTPUT_0.start,
    rpi4.NETWORK_OUTPUT_0.size,
    MEMORY_READ | MEMORY_WRITE | MEMORY_ROOTSHARED,
    'what root sends',
  ),
  identityRegion(
    'network output 1',
    rpi4.NETWORK_OUTPUT_1.start,
    rpi4.NETWORK_OUTPUT_1.size,
    MEMORY_READ | MEMORY_ROOTSHARED,
    'what the peer sends',
  ),
  identityRegion(
    'control state table',
    rpi4.CONTROL_STATE_TABLE.start,
    rpi4.CONTROL_STATE_TABLE.size,
    MEMORY_READ,
    'one word per peer, written by the hypervisor alone',
  ),
  emptyRegion('control read-write section', 'the control link has one-way memory only'),
  identityRegion(
    'canwarden requests',
    rpi4.CONTROL_REQUESTS.start,
    rpi4.CONTROL_REQUESTS.size,
    MEMORY_READ | MEMORY_WRITE,
    'rule tables and live values for the warden',
  ),
  identityRegion(
    'canwarden status page',
    rpi4.CONTROL_STATUS.start,
    rpi4.CONTROL_STATUS.size,
    MEMORY_READ,
    'written by the warden; outlives this Linux',
  ),
  identityRegion(
    'peripherals',
    0xfd500000,
    0x1b00000,
    MEMORY_READ | MEMORY_WRITE | MEMORY_IO,
    'PCIe and Ethernet bridge, then every BCM2711 peripheral up to 0xff000000',
  ),
  identityRegion(
    'PCIe window',
    0x600000000,
    0x4000000,
    MEMORY_READ | MEMORY_WRITE | MEMORY_IO,
    'memory space of the real PCIe controller (USB)',
  ),
  identityRegion(
    'RAM below the reservation',
    0x0,
    rpi4.ROOT_RAM_END,
    READ_WRITE_EXECUTE,
    "includes the start of the reservation, where the warden's RAM is taken from",
  ),
  identityRegion('RAM to 4 GiB', RESERVATION_END, 0xfc000000 - RESERVATION_END, READ_WRITE_EXECUTE),
  identityRegion('RAM from 4 GiB', 0x100000000, 0x100000000, READ_WRITE_EXECUTE, '8 GiB boards'),
];

/** The machine with its root cell. */
export const RPI4_ROOT: System = {
  flags: SYSTEM_VIRTUAL_DEBUG_CONSOLE,
  hypervisorMemory: {
    physicalStart: rpi4.HYPERVISOR_MEMORY.start,
    virtualStart: 0,
    size: rpi4.HYPERVISOR_MEMORY.size,
    flags: 0,
  },
  debugConsole: {
    ...NO_CONSOLE,
    address: rpi4.UART.start,
    size: rpi4.UART.size,
    type: CONSOLE_TYPE_8250,
    flags: CONSOLE_MMIO | CONSOLE_REGISTER_DISTANCE_4,
  },
  pci: {
    mmconfigBase: rpi4.PCI_MMCONFIG.start,
    mmconfigEndBus: rpi4.PCI_MMCONFIG.endBus,
    isVirtual: true,
    domain: rpi4.PCI_DOMAIN,
  },
  iommus: [],
  gic: {
    version: rpi4.GIC.version,
    maintenanceInterrupt: rpi4.GIC.maintenanceInterrupt,
    distributorBase: rpi4.GIC.distributor,
    cpuInterfaceBase: rpi4.GIC.cpuInterface,
    hypervisorInterfaceBase: rpi4.GIC.hypervisorInterface,
    virtualCpuInterfaceBase: rpi4.GIC.virtualCpuInterface,
    redistributorBase: 0,
  },
  rootCell: defineCell({
    name: 'Raspberry-Pi4',
    cpus: [0, 1, 2, 3],
    memoryRegions,
    interruptControllers: [
      interrupts(rpi4.GIC.distributor, 32, interruptRange(32, 159)),
      // The GIC-400 of the BCM2711 ends at INTID 223.
      interrupts(rpi4.GIC.distributor, 160, interruptRange(160, 223)),
    ],
    pciDevices: [
      ivshmemDevice({
        name: 'canwarden link',
        domain: rpi4.PCI_DOMAIN,
        bdf: rpi4.IVSHMEM_BDF,
        regionsStart: regionIndex(memoryRegions, 'canwarden state table'),
        deviceId: rpi4.IVSHMEM_ROOT_ID,
        peers: rpi4.IVSHMEM_PEERS,
        protocol: rpi4.VIRTIO_CAN_BACK_END,
      }),
      ivshmemDevice({
        name: 'network link',
        domain: rpi4.PCI_DOMAIN,
        bdf: 0x08,
        regionsStart: regionIndex(memoryRegions, 'network state table'),
        deviceId: 0,
        peers: 2,
        protocol: IVSHMEM_PROTOCOL_VETH,
      }),
      ivshmemDevice({
        name: 'canwarden control link',
        domain: rpi4.PCI_DOMAIN,
        bdf: rpi4.CONTROL_BDF,
        regionsStart: regionIndex(memoryRegions, 'control state table'),
        deviceId: rpi4.IVSHMEM_ROOT_ID,
        peers: rpi4.IVSHMEM_PEERS,
        protocol: rpi4.CONTROL_PROTOCOL,
      }),
    ],
    virtualPciInterruptBase: rpi4.ROOT_VIRTUAL_PCI_INTERRUPT_BASE,
  }),
};
