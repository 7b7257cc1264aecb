// SPDX-License-Identifier: MIT
/**
 * Stock files of other architectures and odd shapes, written from their published values.
 *
 * Source: Jailhouse e57d1eff configs/arm/emtrion-rzg1e-linux-demo.c and configs/x86/qemu-x86.c. Flags are
 * written as numbers here, from cell-config.h.
 */
import {
  defineCell,
  emptyRegion,
  identityRegion,
  interruptRange,
  interrupts,
  NO_CONSOLE,
} from '../../cell-config/builders.ts';
import type { Cell, System } from '../../cell-config/format/model.ts';
import { STOCK_QEMU } from './cell-stock.ts';

// cell-config.h: READ 1, WRITE 2, EXECUTE 4, DMA 8, IO 0x10, COMM 0x20, LOADABLE 0x40,
// ROOTSHARED 0x80, IO_8 0x10000, IO_16 0x20000, IO_32 0x40000.
const R_IO_32 = 0x40011;
const RW_IO_32 = 0x40013;
const RW_IO = 0x13;
const GICD = 0xf1001000;

/** The ivshmem device that the file holds, while its count of PCI devices is commented out. */
export const EMTRION_SPARE_DEVICE = Buffer.from(
  `03 00 0000 0800 00f0ffff ${'00000000'.repeat(5)} 0000 0000 00 00 0000 0000 ${'00'.repeat(8)} 00000000 01 02 0100`.replaceAll(
    ' ',
    '',
  ),
  'hex',
);

/** configs/arm/emtrion-rzg1e-linux-demo.c */
export const STOCK_EMTRION_LINUX_DEMO: Cell = defineCell({
  name: 'emtrion-emconrzg1e-linux-demo',
  flags: 0x1,
  cpus: [1],
  console: {
    ...NO_CONSOLE,
    address: 0xe6ee0000,
    clockRegister: 0xe615014c,
    gateNumber: 15,
    divider: 0x10,
    type: 6,
    flags: 3,
  },
  memoryRegions: [
    identityRegion('memory 0', 0x7bf00000, 0x1000, 0x81),
    emptyRegion('memory 1'),
    identityRegion('memory 2', 0x7bf01000, 0x7f000, 0x81),
    identityRegion('memory 3', 0x7bf80000, 0x7f000, 0x83),
    identityRegion('memory 4', 0xe6160060, 0x4, R_IO_32),
    identityRegion('memory 5', 0xe6080000, 0x40, R_IO_32),
    identityRegion('memory 6', 0xe6060000, 0x1000, RW_IO_32),
    identityRegion('memory 7', 0xe6180000, 0x1000, RW_IO_32),
    identityRegion('memory 8', 0xe6ee0000, 0x400, RW_IO_32 | 0x30000),
    identityRegion('memory 9', 0xee100000, 0x1000, RW_IO),
    identityRegion('memory 10', 0xe6530000, 0x1000, RW_IO),
    { name: 'memory 11', physicalStart: 0x7bef0000, virtualStart: 0, size: 0x10000, flags: 0x47 },
    identityRegion('memory 12', 0x70000000, 0xbef0000, 0x4f),
    {
      name: 'memory 13',
      physicalStart: 0,
      virtualStart: 0x80000000,
      size: 0x1000,
      flags: 0x23,
    },
  ],
  interruptControllers: [
    interrupts(GICD, 32, [56]),
    interrupts(GICD, 160, [197]),
    interrupts(GICD, 288, [318]),
  ],
  uncounted: EMTRION_SPARE_DEVICE,
});

/** The platform of configs/x86/qemu-x86.c with one region, the IOAPIC and one range of ports. */
export const QEMU_X86: System = {
  ...STOCK_QEMU,
  hypervisorMemory: { physicalStart: 0x3a000000, virtualStart: 0, size: 0x600000, flags: 0 },
  debugConsole: { ...NO_CONSOLE, address: 0x3f8, type: 2 },
  pci: { mmconfigBase: 0xb0000000, mmconfigEndBus: 0xff, isVirtual: false, domain: 0 },
  // JAILHOUSE_IOMMU_INTEL
  iommus: [{ type: 2, base: 0xfed90000, size: 0x1000, options: new Uint8Array(12) }],
  gic: {
    version: 0,
    maintenanceInterrupt: 0,
    distributorBase: 0,
    cpuInterfaceBase: 0,
    hypervisorInterfaceBase: 0,
    virtualCpuInterfaceBase: 0,
    redistributorBase: 0,
  },
  x86: {
    pmTimerPort: 0x608,
    apicMode: 0,
    vtdInterruptLimit: 256,
    tscKilohertz: 0,
    apicKilohertz: 0,
  },
  rootCell: defineCell({
    name: 'QEMU-VM',
    cpus: [0, 1, 2, 3],
    memoryRegions: [identityRegion('memory 0', 0, 0x3a000000, 0xf)],
    interruptControllers: [{ ...interrupts(0xfec00000, 0, interruptRange(0, 23)), id: 0xff00 }],
    portRanges: [{ base: 0x60, length: 5 }],
  }),
};
