// SPDX-License-Identifier: MIT
/**
 * Names for the numbers in Jailhouse configuration files: flags, types, protocols. layout.ts says where
 * they lie in the file.
 *
 * Source: Jailhouse include/jailhouse/{cell-config,console}.h at e57d1eff; ivshmem protocols from
 * Documentation/ivshmem-v2-specification.md.
 */

// Memory region flags (struct jailhouse_memory, flags).
export const MEMORY_READ = 0x1;
export const MEMORY_WRITE = 0x2;
export const MEMORY_EXECUTE = 0x4;
export const MEMORY_DMA = 0x8;
export const MEMORY_IO = 0x10;
/** The page that hypervisor and cell share for messages. It has no physical address. */
export const MEMORY_COMM_REGION = 0x20;
/** Root may write here between `cell load` and `cell start`. */
export const MEMORY_LOADABLE = 0x40;
/** The region stays mapped in the root cell. Without it the root cell loses the memory. */
export const MEMORY_ROOTSHARED = 0x80;
export const MEMORY_NO_HUGEPAGES = 0x100;
export const MEMORY_IO_UNALIGNED = 0x8000;
// Access widths allowed in a trapped (sub-page) region.
export const MEMORY_IO_8 = 0x10000;
export const MEMORY_IO_16 = 0x20000;
export const MEMORY_IO_32 = 0x40000;
export const MEMORY_IO_64 = 0x80000;

/** Every memory flag with Jailhouse's name, lowest bit first. */
export const MEMORY_FLAG_NAMES: readonly (readonly [number, string])[] = [
  [MEMORY_READ, 'READ'],
  [MEMORY_WRITE, 'WRITE'],
  [MEMORY_EXECUTE, 'EXECUTE'],
  [MEMORY_DMA, 'DMA'],
  [MEMORY_IO, 'IO'],
  [MEMORY_COMM_REGION, 'COMM_REGION'],
  [MEMORY_LOADABLE, 'LOADABLE'],
  [MEMORY_ROOTSHARED, 'ROOTSHARED'],
  [MEMORY_NO_HUGEPAGES, 'NO_HUGEPAGES'],
  [MEMORY_IO_UNALIGNED, 'IO_UNALIGNED'],
  [MEMORY_IO_8, 'IO_8'],
  [MEMORY_IO_16, 'IO_16'],
  [MEMORY_IO_32, 'IO_32'],
  [MEMORY_IO_64, 'IO_64'],
];

// Cell flags (struct jailhouse_cell_desc, flags).
export const CELL_PASSIVE_COMMREG = 0x1;
export const CELL_TEST_DEVICE = 0x2;
export const CELL_AARCH32 = 0x4;
export const CELL_VIRTUAL_CONSOLE_PERMITTED = 0x40000000;
export const CELL_VIRTUAL_CONSOLE_ACTIVE = 0x80000000;

/** Every cell flag with Jailhouse's name, lowest bit first. */
export const CELL_FLAG_NAMES: readonly (readonly [number, string])[] = [
  [CELL_PASSIVE_COMMREG, 'PASSIVE_COMMREG'],
  [CELL_TEST_DEVICE, 'TEST_DEVICE'],
  [CELL_AARCH32, 'AARCH32'],
  [CELL_VIRTUAL_CONSOLE_PERMITTED, 'VIRTUAL_CONSOLE_PERMITTED'],
  [CELL_VIRTUAL_CONSOLE_ACTIVE, 'VIRTUAL_CONSOLE_ACTIVE'],
];

/** System flag: the hypervisor keeps its output for `jailhouse console`. */
export const SYSTEM_VIRTUAL_DEBUG_CONSOLE = 0x1;

/** Every system flag with Jailhouse's name. */
export const SYSTEM_FLAG_NAMES: readonly (readonly [number, string])[] = [
  [SYSTEM_VIRTUAL_DEBUG_CONSOLE, 'VIRTUAL_DEBUG_CONSOLE'],
];

// Consoles (struct jailhouse_console, type and flags).
export const CONSOLE_TYPE_NONE = 0;
export const CONSOLE_TYPE_8250 = 2;
export const CONSOLE_TYPE_PL011 = 3;
export const CONSOLE_MMIO = 0x1;
/** Registers lie four bytes apart. */
export const CONSOLE_REGISTER_DISTANCE_4 = 0x2;

/** Console flags with Jailhouse's names, lowest bit first. */
export const CONSOLE_FLAG_NAMES: readonly (readonly [number, string])[] = [
  [CONSOLE_MMIO, 'ACCESS_MMIO'],
  [CONSOLE_REGISTER_DISTANCE_4, 'REGDIST_4'],
];

/** Console type names; the index is the type number. */
export const CONSOLE_TYPE_NAMES: readonly string[] = [
  'none',
  'EFIFB',
  '8250',
  'PL011',
  'XUARTPS',
  'MVEBU',
  'HSCIF',
  'SCIFA',
  'IMX',
  'IMX_LPUART',
  'SCIF',
];

// PCI devices (struct jailhouse_pci_device, type).
export const PCI_TYPE_DEVICE = 1;
export const PCI_TYPE_BRIDGE = 2;
export const PCI_TYPE_IVSHMEM = 3;

/** PCI device type names; the index is the type number. */
export const PCI_TYPE_NAMES: readonly (string | undefined)[] = [
  undefined,
  'device',
  'bridge',
  'ivshmem',
];

/** BAR mask of an ivshmem device with one legacy interrupt: one register page. */
export const IVSHMEM_BAR_MASK_INTX: BarMask = [0xfffff000, 0, 0, 0, 0, 0];
/** Most peers one ivshmem link can have (JAILHOUSE_SHMEM_MAX_PEERS). */
export const IVSHMEM_MAX_PEERS = 12;

export const IVSHMEM_PROTOCOL_UNDEFINED = 0x0000;
export const IVSHMEM_PROTOCOL_VETH = 0x0001;
/** First and last number for custom protocols. */
export const IVSHMEM_PROTOCOL_CUSTOM_FIRST = 0x4000;
export const IVSHMEM_PROTOCOL_CUSTOM_LAST = 0x7fff;
/** Added to a virtio device id: the protocol of the driver's end. */
export const IVSHMEM_PROTOCOL_VIRTIO_FRONT_END = 0x8000;
/** Added to a virtio device id: the protocol of the device's end. */
export const IVSHMEM_PROTOCOL_VIRTIO_BACK_END = 0xc000;
/** The bit in which the two ends of a virtio link differ. */
export const IVSHMEM_PROTOCOL_END_BIT = 0x4000;

// Architectures (revision 14 and later).
export const ARCHITECTURE_X86 = 0;
export const ARCHITECTURE_ARM = 1;
export const ARCHITECTURE_ARM64 = 2;

/** Names of the architecture byte; the index is its value. */
export const ARCHITECTURE_NAMES: readonly string[] = ['x86', 'arm', 'arm64'];

/** Six BAR masks of a PCI device. */
export type BarMask = readonly [number, number, number, number, number, number];

/** Names of the flags set in `value`, joined with `|`. Unknown bits appear as one hex number. */
export function describeFlags(
  value: number,
  names: readonly (readonly [number, string])[],
): string {
  let rest = value;
  const set: string[] = [];
  for (const [bit, name] of names) {
    if (Math.floor(value / bit) % 2 === 1) {
      set.push(name);
      rest -= bit;
    }
  }
  if (rest !== 0) set.push(`0x${rest.toString(16)}`);
  return set.length === 0 ? 'none' : set.join(' | ');
}
