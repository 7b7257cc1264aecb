// SPDX-License-Identifier: MIT
/**
 * A cell as members of Jailhouse's C structures: its descriptor, CPU set and arrays; emit.ts writes the
 * frame around them.
 *
 * Source of the names: Jailhouse include/jailhouse/{cell-config,console}.h.
 */
import {
  CELL_FLAG_NAMES,
  CONSOLE_FLAG_NAMES,
  CONSOLE_TYPE_NAMES,
  IVSHMEM_BAR_MASK_INTX,
  IVSHMEM_PROTOCOL_VETH,
  IVSHMEM_PROTOCOL_VIRTIO_BACK_END,
  IVSHMEM_PROTOCOL_VIRTIO_FRONT_END,
  MEMORY_FLAG_NAMES,
  PCI_TYPE_IVSHMEM,
  PCI_TYPE_NAMES,
} from '../format/constants.ts';
import { CellFormatError } from '../format/error.ts';
import type {
  Cell,
  Console,
  InterruptController,
  MemoryRegion,
  PciDevice,
} from '../format/model.ts';
import { block, cComment, cFlags, cNumber, cString, member, numbers } from './initializer.ts';

/** One array behind the descriptor: its C type and name, the member with its count, its elements. */
export interface CellArray {
  readonly type: string;
  readonly name: string;
  /** Descriptor member with the number of elements; absent for the CPU set and for uncounted bytes. */
  readonly count?: string;
  readonly length: number;
  readonly lines: readonly string[];
}

/** CPU set and non-empty arrays, in their order behind the descriptor. */
export function cellArrays(cell: Cell): CellArray[] {
  const arrays: CellArray[] = [
    cpuSet(cell),
    array(
      'struct jailhouse_memory',
      'mem_regions',
      'num_memory_regions',
      cell.memoryRegions,
      memory,
    ),
    array(
      'struct jailhouse_cache',
      'cache_regions',
      'num_cache_regions',
      cell.cacheRegions,
      (cache) => block('', numbers({ ...cache })),
    ),
    array(
      'struct jailhouse_irqchip',
      'irqchips',
      'num_irqchips',
      cell.interruptControllers,
      interruptController,
    ),
    array('struct jailhouse_pio', 'pio_regions', 'num_pio_regions', cell.portRanges, (range) =>
      block('', numbers({ ...range })),
    ),
    array(
      'struct jailhouse_pci_device',
      'pci_devices',
      'num_pci_devices',
      cell.pciDevices,
      pciDevice,
    ),
    array(
      'struct jailhouse_pci_capability',
      'pci_caps',
      'num_pci_caps',
      cell.pciCapabilities,
      ({ id, start, length, flags }) => block('', numbers({ id, start, len: length, flags })),
    ),
    array('__u32', 'stream_ids', 'num_stream_ids', cell.streamIds, (id) => [`${cNumber(id)},`]),
  ];
  const rest = [...(cell.uncounted ?? [])];
  arrays.push({
    type: '__u8',
    name: 'uncounted',
    length: rest.length,
    lines: rest.map((byte) => `${cNumber(byte)},`),
  });
  return arrays.filter(({ length }) => length > 0);
}

/** Members of struct jailhouse_cell_desc after signature, architecture and revision. */
export function cellMembers(cell: Cell, arrays: readonly CellArray[]): string[] {
  const counts = arrays.flatMap(({ count, name }) =>
    count === undefined ? [] : [member(count, `ARRAY_SIZE(config.${name})`)],
  );
  const hasSet = arrays.some(({ name }) => name === 'cpus');
  return [
    member('name', cString(cell.name)),
    ...numbers({ id: cell.id }),
    ...(cell.flags === 0
      ? []
      : [member('flags', cFlags(cell.flags, CELL_FLAG_NAMES, 'JAILHOUSE_CELL_'))]),
    '',
    ...(hasSet ? [member('cpu_set_size', 'sizeof(config.cpus)')] : []),
    ...counts,
    '',
    ...numbers({
      vpci_irq_base: cell.virtualPciInterruptBase,
      cpu_reset_address: cell.cpuResetAddress,
    }),
    // A loop count, so decimal.
    ...(cell.messageReplyTimeoutLoops === 0
      ? []
      : [member('msg_reply_timeout', `${cell.messageReplyTimeoutLoops}ULL`)]),
    ...consoleBlock('console', cell.console),
  ];
}

/** `.member = { ... },` for a console; no lines if there is none. */
export function consoleBlock(name: string, console: Console): string[] {
  const type = CONSOLE_TYPE_NAMES[console.type];
  const typeText = type === undefined ? cNumber(console.type) : `JAILHOUSE_CON_TYPE_${type}`;
  const flags = cFlags(console.flags, CONSOLE_FLAG_NAMES, 'JAILHOUSE_CON_');
  const lines = [
    ...numbers({ address: console.address, size: console.size }),
    ...(console.type === 0 ? [] : [member('type', typeText)]),
    ...(console.flags === 0 ? [] : [member('flags', flags)]),
    ...numbers({
      divider: console.divider,
      gate_nr: console.gateNumber,
      clock_reg: console.clockRegister,
    }),
  ];
  return lines.length === 0 ? [] : block(`.${name} = `, lines);
}

function array<Element>(
  type: string,
  name: string,
  count: string,
  elements: readonly Element[],
  write: (element: Element) => string[],
): CellArray {
  return { type, name, count, length: elements.length, lines: elements.flatMap(write) };
}

/** 64-bit words; bytes if the size of the set is not a multiple of 8. */
function cpuSet({ cpus, cpuSetBytes }: Cell): CellArray {
  const wordBits = cpuSetBytes % 8 === 0 ? 64 : 8;
  const words = Array.from({ length: (8 * cpuSetBytes) / wordBits }, (_, index) => {
    const bits = cpus.filter((cpu) => Math.floor(cpu / wordBits) === index);
    const word = bits.reduce((sum, cpu) => sum | (1n << BigInt(cpu % wordBits)), 0n);
    const text = word < 0x10000n ? `0b${word.toString(2)}` : `0x${word.toString(16)}ULL`;
    return `${text},`;
  });
  return {
    type: wordBits === 64 ? '__u64' : '__u8',
    name: 'cpus',
    length: words.length,
    lines: words,
  };
}

function memory(region: MemoryRegion): string[] {
  const title = region.comment === undefined ? region.name : `${region.name}: ${region.comment}`;
  const flags = cFlags(region.flags, MEMORY_FLAG_NAMES, 'JAILHOUSE_MEM_');
  const fields = [
    ...numbers({
      phys_start: region.physicalStart,
      virt_start: region.virtualStart,
      size: region.size,
    }),
    ...(region.flags === 0 ? [] : [member('flags', flags)]),
  ];
  return [cComment(title), ...(fields.length === 0 ? ['{ 0 },'] : block('', fields))];
}

function interruptController(entry: InterruptController): string[] {
  const words = [0, 1, 2, 3].map((index) => {
    const first = entry.pinBase + 32 * index;
    const bits = entry.interrupts.filter((pin) => pin >= first && pin < first + 32);
    return bits.reduce((sum, pin) => sum + 2 ** (pin - first), 0);
  });
  const bitmap = words.map((word) => `0x${word.toString(16).padStart(8, '0')}`).join(', ');
  return block('', [
    ...numbers({ address: entry.address, id: entry.id, pin_base: entry.pinBase }),
    member('pin_bitmap', `{ ${bitmap} }`),
  ]);
}

function pciDevice(device: PciDevice): string[] {
  if (device.msiFlags > 3) {
    throw new CellFormatError({
      field: `PCI device "${device.name}": msiFlags`,
      expected: 'bits 0 and 1 alone: the C structure has no name for others',
      got: cNumber(device.msiFlags),
    });
  }
  const type = PCI_TYPE_NAMES[device.type];
  const isIntx = device.barMask.every((mask, index) => mask === IVSHMEM_BAR_MASK_INTX[index]);
  const masks = `{ ${device.barMask.map(cNumber).join(', ')} }`;
  return [
    cComment(device.name),
    ...block('', [
      member(
        'type',
        type === undefined ? cNumber(device.type) : `JAILHOUSE_PCI_TYPE_${type.toUpperCase()}`,
      ),
      ...numbers({ iommu: device.iommu, domain: device.domain, bdf: device.bdf }),
      member('bar_mask', isIntx ? 'JAILHOUSE_IVSHMEM_BAR_MASK_INTX' : masks),
      ...numbers({
        caps_start: device.capabilitiesStart,
        num_caps: device.capabilityCount,
        num_msi_vectors: device.msiVectors,
        msi_64bits: device.msiFlags & 1,
        msi_maskable: device.msiFlags >> 1,
        num_msix_vectors: device.msixVectors,
        msix_region_size: device.msixRegionSize,
        msix_address: device.msixAddress,
        shmem_regions_start: device.shmemRegionsStart,
        shmem_dev_id: device.shmemDeviceId,
        shmem_peers: device.shmemPeers,
      }),
      ...(device.type === PCI_TYPE_IVSHMEM || device.shmemProtocol !== 0
        ? [member('shmem_protocol', protocol(device.shmemProtocol))]
        : []),
    ]),
  ];
}

function protocol(value: number): string {
  const known = [
    [IVSHMEM_PROTOCOL_VIRTIO_BACK_END, 'VIRTIO_BACK'],
    [IVSHMEM_PROTOCOL_VIRTIO_FRONT_END, 'VIRTIO_FRONT'],
  ] as const;
  for (const [base, name] of known) {
    if (value >= base) return `JAILHOUSE_SHMEM_PROTO_${name} + ${cNumber(value - base)}`;
  }
  if (value === 0) return 'JAILHOUSE_SHMEM_PROTO_UNDEFINED';
  return value === IVSHMEM_PROTOCOL_VETH ? 'JAILHOUSE_SHMEM_PROTO_VETH' : cNumber(value);
}
