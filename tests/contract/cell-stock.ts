// SPDX-License-Identifier: MIT
/**
 * Other people's cells, written from their published values: what the encoder must reproduce.
 *
 * Source: Jailhouse e57d1eff configs/arm64/{rpi4,rpi4-inmate-demo,rpi4-linux-demo,qemu-arm64,
 * qemu-arm64-inmate-demo}.c. Flags are written as numbers here, from cell-config.h.
 */
import {
  defineCell,
  emptyRegion,
  identityRegion,
  interruptRange,
  interrupts,
  ivshmemDevice,
  NO_CONSOLE,
} from '../../cell-config/builders.ts';
import type {
  Cell,
  Console,
  MemoryRegion,
  PciDevice,
  System,
} from '../../cell-config/format/model.ts';

// cell-config.h: READ 1, WRITE 2, EXECUTE 4, DMA 8, IO 0x10, COMM 0x20, LOADABLE 0x40,
// ROOTSHARED 0x80, IO_8 0x10000, IO_32 0x40000.
const R = 0x1;
const RW = 0x3;
const RWX = 0x7;
const RW_IO = 0x13;
const ROOTSHARED = 0x80;
const RWX_LOADABLE = 0x47;
const RWX_DMA_LOADABLE = 0x4f;
const COMMUNICATION = 0x23;

/** State table, R/W section of 0x9000 and three outputs of 0x2000, as the demos have them. */
function demoLink(start: number, owner: number, shared: number): MemoryRegion[] {
  const output = (id: number): MemoryRegion =>
    identityRegion(
      `output ${id}`,
      start + 0xa000 + 0x2000 * id,
      0x2000,
      (id === owner ? RW : R) | shared,
    );
  return [
    identityRegion('state', start, 0x1000, R | shared),
    identityRegion('read-write', start + 0x1000, 0x9000, RW | shared),
    output(0),
    output(1),
    output(2),
  ];
}

/** ivshmem-net: no R/W section, two outputs of 0x7f000. */
function networkLink(start: number, owner: number): MemoryRegion[] {
  return [
    identityRegion('network state', start, 0x1000, R | ROOTSHARED),
    emptyRegion('network read-write'),
    identityRegion('network 0', start + 0x1000, 0x7f000, (owner === 0 ? RW : R) | ROOTSHARED),
    identityRegion('network 1', start + 0x80000, 0x7f000, (owner === 1 ? RW : R) | ROOTSHARED),
  ];
}

function link(
  bdf: number,
  regionsStart: number,
  deviceId: number,
  peers: number,
  protocol: number,
  domain = 1,
): PciDevice {
  const name = `bdf ${bdf}`;
  return ivshmemDevice({ name, domain, bdf, regionsStart, deviceId, peers, protocol });
}

const communication: MemoryRegion = {
  name: 'communication region',
  physicalStart: 0,
  virtualStart: 0x80000000,
  size: 0x1000,
  flags: COMMUNICATION,
};

function ram(physicalStart: number, size: number, flags: number): MemoryRegion {
  return { name: 'RAM', physicalStart, virtualStart: 0, size, flags };
}

const miniUart: Console = { ...NO_CONSOLE, address: 0xfe215040, type: 2, flags: 3 };
const miniUartRegion = identityRegion('UART', 0xfe215040, 0x40, 0x50093);
const pl011: Console = { ...NO_CONSOLE, address: 0x09000000, type: 3, flags: 3 };
const RPI4_GICD = 0xff841000;

/** configs/arm64/rpi4.c */
export const STOCK_RPI4: System = {
  flags: 1,
  hypervisorMemory: { physicalStart: 0x1fc00000, virtualStart: 0, size: 0x400000, flags: 0 },
  debugConsole: { ...miniUart, size: 0x40 },
  pci: { mmconfigBase: 0xff900000, mmconfigEndBus: 0, isVirtual: true, domain: 1 },
  iommus: [],
  gic: {
    version: 2,
    maintenanceInterrupt: 25,
    distributorBase: RPI4_GICD,
    cpuInterfaceBase: 0xff842000,
    hypervisorInterfaceBase: 0xff844000,
    virtualCpuInterfaceBase: 0xff846000,
    redistributorBase: 0,
  },
  rootCell: defineCell({
    name: 'Raspberry-Pi4',
    cpus: [0, 1, 2, 3],
    memoryRegions: [
      ...demoLink(0x1faf0000, 0, 0),
      ...networkLink(0x1fb00000, 0),
      identityRegion('MMIO', 0xfd500000, 0x1b00000, RW_IO),
      identityRegion('PCIe', 0x600000000, 0x4000000, RW_IO),
      identityRegion('RAM 0', 0, 0x1fa10000, RWX),
      identityRegion('RAM 1', 0x20000000, 0xdc000000, RWX),
      identityRegion('RAM 2', 0x100000000, 0x100000000, RWX),
    ],
    interruptControllers: [
      interrupts(RPI4_GICD, 32, interruptRange(32, 159)),
      interrupts(RPI4_GICD, 160, interruptRange(160, 223)),
    ],
    pciDevices: [link(0x00, 0, 0, 3, 0), link(0x08, 5, 0, 2, 1)],
    virtualPciInterruptBase: 150,
  }),
};

/** configs/arm64/rpi4-inmate-demo.c: the worked example, byte for byte in cell-format.test.ts. */
export const STOCK_RPI4_INMATE_DEMO: Cell = defineCell({
  name: 'inmate-demo',
  flags: 0x1,
  cpus: [1],
  memoryRegions: [
    ...demoLink(0x1faf0000, 1, ROOTSHARED),
    miniUartRegion,
    ram(0x1fa00000, 0x10000, RWX_LOADABLE),
    communication,
  ],
  interruptControllers: [interrupts(RPI4_GICD, 160, [184])],
  pciDevices: [link(0x00, 0, 1, 3, 0)],
  virtualPciInterruptBase: 152,
  console: miniUart,
});

/** configs/arm64/rpi4-linux-demo.c */
export const STOCK_RPI4_LINUX_DEMO: Cell = defineCell({
  name: 'rpi4-linux-demo',
  flags: 0x40000001,
  cpus: [2, 3],
  memoryRegions: [
    ...demoLink(0x1faf0000, 2, ROOTSHARED),
    ...networkLink(0x1fb00000, 1),
    miniUartRegion,
    ram(0x1f900000, 0x10000, RWX_LOADABLE),
    identityRegion('RAM high', 0x10000000, 0x8000000, RWX_DMA_LOADABLE),
    communication,
  ],
  interruptControllers: [
    // Mini-UART.
    interrupts(RPI4_GICD, 32, [125]),
    interrupts(RPI4_GICD, 160, [185, 186]),
  ],
  pciDevices: [link(0x00, 0, 2, 3, 0), link(0x08, 5, 1, 2, 1, 0)],
  virtualPciInterruptBase: 153,
  console: miniUart,
});

const QEMU_GICD = 0x08000000;

/** configs/arm64/qemu-arm64.c */
export const STOCK_QEMU: System = {
  flags: 1,
  hypervisorMemory: { physicalStart: 0x7fc00000, virtualStart: 0, size: 0x400000, flags: 0 },
  debugConsole: { ...pl011, size: 0x1000 },
  pci: { mmconfigBase: 0x08e00000, mmconfigEndBus: 0, isVirtual: true, domain: 1 },
  iommus: [],
  gic: {
    version: 3,
    maintenanceInterrupt: 25,
    distributorBase: QEMU_GICD,
    cpuInterfaceBase: 0,
    hypervisorInterfaceBase: 0,
    virtualCpuInterfaceBase: 0,
    redistributorBase: 0x080a0000,
  },
  rootCell: defineCell({
    name: 'qemu-arm64',
    cpus: interruptRange(0, 15),
    memoryRegions: [
      ...demoLink(0x7faf0000, 0, 0),
      ...networkLink(0x7fb00000, 0),
      identityRegion('MMIO', 0x09000000, 0x37000000, RW_IO),
      identityRegion('RAM', 0x40000000, 0x3fa10000, RWX),
      identityRegion('ECAM', 0x4010000000, 0x10000000, RW_IO),
    ],
    interruptControllers: [interrupts(QEMU_GICD, 32, interruptRange(32, 159))],
    pciDevices: [link(0x00, 0, 0, 3, 0), link(0x08, 5, 0, 2, 1)],
    virtualPciInterruptBase: 96,
  }),
};

/** configs/arm64/qemu-arm64-inmate-demo.c */
export const STOCK_QEMU_INMATE_DEMO: Cell = defineCell({
  name: 'inmate-demo',
  flags: 0x1,
  cpus: [1],
  memoryRegions: [
    ...demoLink(0x7faf0000, 1, ROOTSHARED),
    identityRegion('UART', 0x09000000, 0x1000, RW_IO | ROOTSHARED),
    ram(0x7fa00000, 0x10000, RWX_LOADABLE),
    communication,
  ],
  interruptControllers: [interrupts(QEMU_GICD, 32, [144])],
  pciDevices: [link(0x00, 0, 1, 3, 0)],
  virtualPciInterruptBase: 112,
  console: pl011,
});

/** A pair with exclusive SPI0 and shared GPIO that `jailhouse config check` was seen to accept. */
export const PROPOSED_RPI4: System = {
  ...STOCK_RPI4,
  rootCell: {
    ...STOCK_RPI4.rootCell,
    memoryRegions: [
      identityRegion('state', 0x1fa20000, 0x1000, R),
      identityRegion('read-write', 0x1fa21000, 0x40000, RW),
      emptyRegion('output 0'),
      emptyRegion('output 1'),
      ...STOCK_RPI4.rootCell.memoryRegions.slice(5),
    ],
    pciDevices: [link(0x00, 0, 0, 2, 0x8024), link(0x08, 4, 0, 2, 1)],
  },
};

/** The other half of the pair: back-end on the cell's side. */
export const PROPOSED_CELL: Cell = defineCell({
  name: 'can-cell',
  flags: 0x40000000,
  cpus: [3],
  memoryRegions: [
    identityRegion('state', 0x1fa20000, 0x1000, R | ROOTSHARED),
    identityRegion('read-write', 0x1fa21000, 0x40000, RW | ROOTSHARED),
    emptyRegion('output 0'),
    emptyRegion('output 1'),
    identityRegion('SPI0', 0xfe204000, 0x1000, RW_IO),
    identityRegion('GPIO', 0xfe200000, 0x1000, RW_IO | ROOTSHARED),
    miniUartRegion,
    ram(0x1f000000, 0x200000, RWX_LOADABLE),
    communication,
  ],
  interruptControllers: [interrupts(RPI4_GICD, 160, [185]), interrupts(RPI4_GICD, 32, [145])],
  pciDevices: [link(0x00, 0, 1, 2, 0xc024)],
  virtualPciInterruptBase: 153,
  messageReplyTimeoutLoops: 10_000_000,
  console: miniUart,
});
