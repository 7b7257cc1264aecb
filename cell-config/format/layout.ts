// SPDX-License-Identifier: MIT
/**
 * The place of each field in a Jailhouse cell or system file. All integers are little-endian, all structures
 * packed. Offsets are relative to the structure.
 *
 * The keys are the field names of model.ts wherever a field is a plain number. Source: Jailhouse
 * include/jailhouse/{cell-config,console}.h at e57d1eff (revision 14) and 63000120 (revision 13, which
 * differs only in the signature: one more letter and no architecture byte).
 */

/** Offset and width of one number. */
export interface Field {
  readonly offset: number;
  readonly bytes: 1 | 2 | 4 | 8;
}

/** A packed structure: its size and its plain numbers. */
export interface Layout<Name extends string> {
  readonly size: number;
  readonly fields: Readonly<Record<Name, Field>>;
}

const u8 = (offset: number): Field => ({ offset, bytes: 1 });
const u16 = (offset: number): Field => ({ offset, bytes: 2 });
const u32 = (offset: number): Field => ({ offset, bytes: 4 });
const u64 = (offset: number): Field => ({ offset, bytes: 8 });

function layout<Name extends string>(size: number, fields: Record<Name, Field>): Layout<Name> {
  return { size, fields };
}

/** Signatures: revision 14 has five letters and an architecture byte, revision 13 six letters. */
export const SIGNATURES = {
  13: { cell: 'JHCELL', system: 'JHSYST' },
  14: { cell: 'JHCLL', system: 'JHSYS' },
} as const;

/** Start of both kinds of file. */
export const HEADER = {
  size: 0x08,
  signature: 0x00,
  /** Revision 14 only. */
  architecture: 0x05,
  revision: u16(0x06),
} as const;

/** struct jailhouse_console. */
export const CONSOLE = layout(0x20, {
  address: u64(0x00),
  size: u32(0x08),
  type: u16(0x0c),
  flags: u16(0x0e),
  divider: u32(0x10),
  gateNumber: u32(0x14),
  clockRegister: u64(0x18),
});

/** struct jailhouse_cell_desc: the fixed part of a cell; the CPU set follows. */
export const CELL = layout(0x84, {
  id: u32(0x28),
  flags: u32(0x2c),
  cpuSetBytes: u32(0x30),
  virtualPciInterruptBase: u32(0x50),
  cpuResetAddress: u64(0x54),
  messageReplyTimeoutLoops: u64(0x5c),
});
/** The cell's name: up to 31 characters, then NULs to the end. */
export const CELL_NAME = { offset: 0x08, bytes: 32 } as const;
export const CELL_CONSOLE_OFFSET = 0x64;

/** The counts in the cell descriptor, in the order of the arrays behind the CPU set. */
export const CELL_COUNTS = layout(0x84, {
  memoryRegions: u32(0x34),
  cacheRegions: u32(0x38),
  interruptControllers: u32(0x3c),
  portRanges: u32(0x40),
  pciDevices: u32(0x44),
  pciCapabilities: u32(0x48),
  streamIds: u32(0x4c),
});

/** struct jailhouse_memory. */
export const MEMORY = layout(0x20, {
  physicalStart: u64(0x00),
  virtualStart: u64(0x08),
  size: u64(0x10),
  flags: u64(0x18),
});

/** struct jailhouse_cache; the byte at 9 is padding. */
export const CACHE = layout(0x0c, {
  start: u32(0x00),
  size: u32(0x04),
  type: u8(0x08),
  flags: u16(0x0a),
});
export const CACHE_PADDING_OFFSET = 0x09;

/** struct jailhouse_irqchip. Bit k of bitmap word w is INTID pinBase + 32 w + k. */
export const INTERRUPT_CONTROLLER = layout(0x20, {
  address: u64(0x00),
  id: u32(0x08),
  pinBase: u32(0x0c),
});
export const INTERRUPT_BITMAP = { offset: 0x10, words: 4 } as const;

/** struct jailhouse_pio. */
export const PORT_RANGE = layout(0x04, { base: u16(0x00), length: u16(0x02) });

/** struct jailhouse_pci_device. */
export const PCI_DEVICE = layout(0x38, {
  type: u8(0x00),
  iommu: u8(0x01),
  domain: u16(0x02),
  bdf: u16(0x04),
  capabilitiesStart: u16(0x1e),
  capabilityCount: u16(0x20),
  msiVectors: u8(0x22),
  msiFlags: u8(0x23),
  msixVectors: u16(0x24),
  msixRegionSize: u16(0x26),
  msixAddress: u64(0x28),
  shmemRegionsStart: u32(0x30),
  shmemDeviceId: u8(0x34),
  shmemPeers: u8(0x35),
  shmemProtocol: u16(0x36),
});
export const PCI_BAR_MASK = { offset: 0x06, words: 6 } as const;

/** struct jailhouse_pci_capability. */
export const PCI_CAPABILITY = layout(0x08, {
  id: u16(0x00),
  start: u16(0x02),
  length: u16(0x04),
  flags: u16(0x06),
});

/** A stream id: one u32. */
export const STREAM_ID = layout(0x04, { value: u32(0x00) });

/** struct jailhouse_iommu. The 12 bytes at 16 depend on the type. */
export const IOMMU = layout(0x1c, { type: u32(0x00), base: u64(0x04), size: u32(0x0c) });
export const IOMMU_OPTIONS = { offset: 0x10, bytes: 12 } as const;

/** struct jailhouse_system before the root cell's own descriptor. */
export const SYSTEM = layout(0x164, { flags: u32(0x08) });
export const SYSTEM_PCI = layout(0x164, {
  mmconfigBase: u64(0x4c),
  mmconfigEndBus: u8(0x54),
  isVirtual: u8(0x55),
  domain: u16(0x56),
});
export const SYSTEM_GIC = layout(0x164, {
  maintenanceInterrupt: u8(0x138),
  version: u8(0x139),
  distributorBase: u64(0x13c),
  cpuInterfaceBase: u64(0x144),
  hypervisorInterfaceBase: u64(0x14c),
  virtualCpuInterfaceBase: u64(0x154),
  redistributorBase: u64(0x15c),
});
/** The x86 part, in place of the GIC. The rest up to the root cell is zero. */
export const SYSTEM_X86 = layout(0x164, {
  pmTimerPort: u16(0x138),
  apicMode: u8(0x13a),
  vtdInterruptLimit: u32(0x13c),
  tscKilohertz: u32(0x140),
  apicKilohertz: u32(0x144),
});
/** Padding in the x86 part, then the rest of the union. */
export const SYSTEM_X86_ZEROS = [
  { offset: 0x13b, bytes: 1 },
  { offset: 0x148, bytes: 28 },
] as const;
export const SYSTEM_HYPERVISOR_MEMORY_OFFSET = 0x0c;
export const SYSTEM_DEBUG_CONSOLE_OFFSET = 0x2c;
export const SYSTEM_IOMMUS = { offset: 0x58, count: 8 } as const;
export const SYSTEM_GIC_PADDING = { offset: 0x13a, bytes: 2 } as const;
export const SYSTEM_ROOT_CELL_OFFSET = 0x164;
