// SPDX-License-Identifier: MIT
/**
 * Writes cells and systems as the binary files that `jailhouse enable` and `cell create` read.
 *
 * A cell file is the descriptor, the CPU set, then the arrays in the order of CELL_COUNTS. A system file is
 * the system header, then the root cell in the same form. Layout: layout.ts.
 * Throws CellFormatError for values that the format cannot hold.
 * Does not: judge the configuration; see ../check.ts.
 */
import { ARCHITECTURE_ARM64, ARCHITECTURE_NAMES, ARCHITECTURE_X86 } from './constants.ts';
import { CellFormatError } from './error.ts';
import { writeFields, writeNumber } from './fields.ts';
import * as layout from './layout.ts';
import type { Cell, InterruptController, PciDevice, Revision, System } from './model.ts';

/** Choices that are not part of the configuration. */
export interface EncodeOptions {
  /** File revision. Jailhouse accepts only its own. Default 14. */
  readonly revision?: Revision;
  /** ARCHITECTURE_*, written by revision 14 only. Default arm64, or x86 for an x86 machine. */
  readonly architecture?: number;
}

/** The bytes of a non-root cell's file. */
export function encodeCell(cell: Cell, options: EncodeOptions = {}): Buffer {
  return Buffer.concat([...encodeCellParts(cell, encodeHeader('cell', options))]);
}

/** The bytes of a system file: the machine and its root cell. */
export function encodeSystem(system: System, options: EncodeOptions = {}): Buffer {
  const fixed = Buffer.alloc(layout.SYSTEM.size);
  const isX86 = system.x86 !== undefined;
  const architecture = options.architecture ?? (isX86 ? ARCHITECTURE_X86 : ARCHITECTURE_ARM64);
  if ((architecture === ARCHITECTURE_X86) !== isX86) {
    throw new CellFormatError({
      field: 'architecture',
      expected: `${isX86 ? 'x86' : 'an ARM'}, as the platform part of the machine is`,
      got: ARCHITECTURE_NAMES[architecture] ?? String(architecture),
    });
  }
  encodeHeader('system', { ...options, architecture }).copy(fixed);
  writeFields(fixed, 0, layout.SYSTEM, 'system', system);
  writeFields(
    fixed,
    layout.SYSTEM_HYPERVISOR_MEMORY_OFFSET,
    layout.MEMORY,
    'hypervisor memory',
    system.hypervisorMemory,
  );
  writeFields(
    fixed,
    layout.SYSTEM_DEBUG_CONSOLE_OFFSET,
    layout.CONSOLE,
    'debug console',
    system.debugConsole,
  );
  const isVirtual = system.pci.isVirtual ? 1 : 0;
  writeFields(fixed, 0, layout.SYSTEM_PCI, 'system PCI', { ...system.pci, isVirtual });
  encodeIommus(fixed, system);
  if (system.x86 === undefined) {
    writeFields(fixed, 0, layout.SYSTEM_GIC, 'interrupt controller', system.gic);
  } else {
    writeFields(fixed, 0, layout.SYSTEM_X86, 'x86 platform', system.x86);
  }
  // The root cell's descriptor has no signature: Jailhouse ignores that field.
  const noHeader = Buffer.alloc(layout.HEADER.size);
  return Buffer.concat([fixed, ...encodeCellParts(system.rootCell, noHeader)]);
}

function encodeHeader(kind: 'cell' | 'system', options: EncodeOptions): Buffer {
  const revision = options.revision ?? 14;
  const header = Buffer.alloc(layout.HEADER.size);
  header.write(layout.SIGNATURES[revision][kind], layout.HEADER.signature, 'latin1');
  if (revision === 14) {
    header.writeUInt8(options.architecture ?? ARCHITECTURE_ARM64, layout.HEADER.architecture);
  }
  writeNumber(header, 0, layout.HEADER.revision, 'revision', revision);
  return header;
}

function* encodeCellParts(cell: Cell, header: Buffer): Generator<Buffer> {
  const where = `cell "${cell.name}"`;
  const descriptor = Buffer.alloc(layout.CELL.size);
  header.copy(descriptor);
  encodeName(descriptor, cell.name);
  writeFields(descriptor, 0, layout.CELL, where, cell);
  writeFields(descriptor, 0, layout.CELL_COUNTS, where, {
    memoryRegions: cell.memoryRegions.length,
    cacheRegions: cell.cacheRegions.length,
    interruptControllers: cell.interruptControllers.length,
    portRanges: cell.portRanges.length,
    pciDevices: cell.pciDevices.length,
    pciCapabilities: cell.pciCapabilities.length,
    streamIds: cell.streamIds.length,
  });
  writeFields(
    descriptor,
    layout.CELL_CONSOLE_OFFSET,
    layout.CONSOLE,
    `${where} console`,
    cell.console,
  );
  yield descriptor;
  yield encodeCpuSet(cell, where);
  for (const region of cell.memoryRegions) {
    yield encodeStructure(layout.MEMORY, `${where} memory region "${region.name}"`, region);
  }
  for (const cache of cell.cacheRegions) {
    yield encodeStructure(layout.CACHE, `${where} cache region`, cache);
  }
  for (const controller of cell.interruptControllers) {
    yield encodeInterruptController(controller, where);
  }
  for (const range of cell.portRanges) {
    yield encodeStructure(layout.PORT_RANGE, `${where} port range`, range);
  }
  for (const device of cell.pciDevices) yield encodePciDevice(device, where);
  for (const capability of cell.pciCapabilities) {
    yield encodeStructure(layout.PCI_CAPABILITY, `${where} PCI capability`, capability);
  }
  for (const value of cell.streamIds) {
    yield encodeStructure(layout.STREAM_ID, `${where} stream id`, { value });
  }
  if (cell.uncounted !== undefined) yield Buffer.from(cell.uncounted);
}

function encodeStructure<Name extends string>(
  structure: layout.Layout<Name>,
  where: string,
  values: Readonly<Record<Name, number>>,
): Buffer {
  const bytes = Buffer.alloc(structure.size);
  writeFields(bytes, 0, structure, where, values);
  return bytes;
}

function encodeName(descriptor: Buffer, name: string): void {
  const limit = layout.CELL_NAME.bytes - 1;
  // One byte per character, so that the length in the file is the length checked here.
  if (!/^[\x20-\x7e]+$/.test(name) || name.length > limit) {
    throw new CellFormatError({
      field: 'cell name',
      expected: `1 to ${limit} printable ASCII characters`,
      got: `"${name}" (${name.length})`,
    });
  }
  descriptor.write(name, layout.CELL_NAME.offset, 'latin1');
}

function encodeCpuSet(cell: Cell, where: string): Buffer {
  const bytes = Buffer.alloc(cell.cpuSetBytes);
  for (const cpu of cell.cpus) {
    if (!Number.isSafeInteger(cpu) || cpu < 0 || cpu >= 8 * bytes.length) {
      throw new CellFormatError({
        field: `${where} CPU set`,
        expected: `CPU numbers from 0 to ${8 * bytes.length - 1}`,
        got: String(cpu),
      });
    }
    setBit(bytes, 0, cpu);
  }
  return bytes;
}

function encodeInterruptController(controller: InterruptController, where: string): Buffer {
  const field = `${where} interrupt controller entry ${controller.pinBase}`;
  const bytes = encodeStructure(layout.INTERRUPT_CONTROLLER, field, controller);
  const last = controller.pinBase + 32 * layout.INTERRUPT_BITMAP.words - 1;
  for (const interrupt of controller.interrupts) {
    if (!Number.isSafeInteger(interrupt) || interrupt < controller.pinBase || interrupt > last) {
      throw new CellFormatError({
        field,
        expected: `INTIDs from ${controller.pinBase} to ${last}`,
        got: String(interrupt),
      });
    }
    setBit(bytes, layout.INTERRUPT_BITMAP.offset, interrupt - controller.pinBase);
  }
  return bytes;
}

function encodePciDevice(device: PciDevice, where: string): Buffer {
  const field = `${where} PCI device "${device.name}"`;
  const bytes = encodeStructure(layout.PCI_DEVICE, field, device);
  device.barMask.forEach((mask, index) => {
    const place = { offset: layout.PCI_BAR_MASK.offset + 4 * index, bytes: 4 } as const;
    writeNumber(bytes, 0, place, `${field}: BAR mask ${index}`, mask);
  });
  return bytes;
}

function encodeIommus(fixed: Buffer, system: System): void {
  if (system.iommus.length > layout.SYSTEM_IOMMUS.count) {
    throw new CellFormatError({
      field: 'system IOMMUs',
      expected: `at most ${layout.SYSTEM_IOMMUS.count}`,
      got: String(system.iommus.length),
    });
  }
  system.iommus.forEach((iommu, index) => {
    const base = layout.SYSTEM_IOMMUS.offset + index * layout.IOMMU.size;
    writeFields(fixed, base, layout.IOMMU, `IOMMU ${index}`, iommu);
    if (iommu.options.length !== layout.IOMMU_OPTIONS.bytes) {
      throw new CellFormatError({
        field: `IOMMU ${index}: options`,
        expected: `${layout.IOMMU_OPTIONS.bytes} bytes`,
        got: String(iommu.options.length),
      });
    }
    fixed.set(iommu.options, base + layout.IOMMU_OPTIONS.offset);
  });
}

/** Sets bit `bit` of the little-endian bitmap that starts at `base`. */
function setBit(bytes: Buffer, base: number, bit: number): void {
  const offset = base + Math.floor(bit / 8);
  bytes.writeUInt8(bytes.readUInt8(offset) | (1 << (bit % 8)), offset);
}
