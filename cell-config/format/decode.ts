// SPDX-License-Identifier: MIT
/**
 * Reads a Jailhouse cell or system file of either revision back into the model.
 *
 * Every byte is either in the model or must be zero, so encoding the result gives the same bytes. Accepts
 * what Jailhouse accepts: uncounted bytes are kept, x86 machines are read.
 * Does not: know region names (the file has none, so they are numbered), or judge the configuration.
 * Throws CellFormatError naming field, offset, what was expected and what was found.
 */
import { readArchitecture } from './architecture.ts';
import { ARCHITECTURE_X86 } from './constants.ts';
import { CellFormatError } from './error.ts';
import { expectZero, readFields, readNumber } from './fields.ts';
import * as layout from './layout.ts';
import { readCell } from './decode-cell.ts';
import type { Cell, DecodedFile, Iommu, Revision, System } from './model.ts';

interface Header {
  readonly kind: 'cell' | 'system';
  readonly revision: Revision;
  readonly architecture: number;
}

/** Decodes a whole file. The signature tells its kind. */
export function decodeFile(file: Uint8Array): DecodedFile {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const { kind, revision, architecture } = readHeader(bytes);
  if (kind === 'cell') {
    return { kind, revision, architecture, cell: readCell(bytes, 0, 'cell') };
  }
  return { kind, revision, architecture, system: readSystem(bytes, architecture) };
}

/** Decodes a cell's file and the file of its machine. Throws CellFormatError, also if they are swapped. */
export function decodePair(
  cellFile: Uint8Array,
  systemFile: Uint8Array,
): { readonly cell: Cell; readonly system: System } {
  const cell = decodeFile(cellFile);
  const system = decodeFile(systemFile);
  if (cell.kind !== 'cell' || system.kind !== 'system') {
    const got = `a ${cell.kind} and a ${system.kind}`;
    throw new CellFormatError({ field: 'the two files', expected: 'a cell and a system', got });
  }
  return { cell: cell.cell, system: system.system };
}

function readHeader(bytes: Buffer): Header {
  if (bytes.length < layout.HEADER.size) {
    throw new CellFormatError({
      field: 'file header',
      offset: 0,
      expected: `${layout.HEADER.size} bytes`,
      got: `a file of ${bytes.length}`,
    });
  }
  const revision = readNumber(bytes, 0, layout.HEADER.revision, 'revision');
  // Revision 13 first: "JHSYST" starts like "JHSYS", and "T" is not an architecture.
  for (const known of [13, 14] as const) {
    for (const kind of ['cell', 'system'] as const) {
      const signature = layout.SIGNATURES[known][kind];
      if (bytes.toString('latin1', 0, signature.length) !== signature) continue;
      if (revision !== known) {
        throw new CellFormatError({
          field: 'revision',
          offset: layout.HEADER.revision.offset,
          expected: `${known}, as the signature "${signature}" belongs to`,
          got: String(revision),
        });
      }
      return { kind, revision: known, architecture: readArchitecture(bytes, known, kind) };
    }
  }
  const letters = bytes.toString('latin1', 0, 6).replace(/[^\x20-\x7e]/g, '.');
  throw new CellFormatError({
    field: 'signature',
    offset: layout.HEADER.signature,
    expected: '"JHCLL" or "JHSYS" (revision 14), "JHCELL" or "JHSYST" (revision 13)',
    got: `"${letters}"`,
  });
}

function readSystem(bytes: Buffer, architecture: number): System {
  if (bytes.length < layout.SYSTEM.size + layout.CELL.size) {
    throw new CellFormatError({
      field: 'system header and root cell descriptor',
      offset: 0,
      expected: `${layout.SYSTEM.size + layout.CELL.size} bytes`,
      got: `a file of ${bytes.length}`,
    });
  }
  const rootHeader = layout.SYSTEM_ROOT_CELL_OFFSET;
  expectZero(bytes, rootHeader, layout.HEADER.size, 'unused signature of the root cell');
  const pci = readFields(bytes, 0, layout.SYSTEM_PCI, 'system PCI');
  if (pci.isVirtual > 1) {
    throw new CellFormatError({
      field: 'system PCI: isVirtual',
      offset: layout.SYSTEM_PCI.fields.isVirtual.offset,
      expected: '0 or 1',
      got: String(pci.isVirtual),
    });
  }
  return {
    flags: readFields(bytes, 0, layout.SYSTEM, 'system').flags,
    hypervisorMemory: readFields(
      bytes,
      layout.SYSTEM_HYPERVISOR_MEMORY_OFFSET,
      layout.MEMORY,
      'hypervisor memory',
    ),
    debugConsole: readFields(
      bytes,
      layout.SYSTEM_DEBUG_CONSOLE_OFFSET,
      layout.CONSOLE,
      'debug console',
    ),
    pci: { ...pci, isVirtual: pci.isVirtual === 1 },
    iommus: readIommus(bytes),
    ...readPlatform(bytes, architecture),
    rootCell: readCell(bytes, layout.SYSTEM_ROOT_CELL_OFFSET, 'root cell'),
  };
}

/** The part that differs between ARM and x86, a union in Jailhouse's structure. */
function readPlatform(bytes: Buffer, architecture: number): Pick<System, 'gic' | 'x86'> {
  if (architecture === ARCHITECTURE_X86) {
    for (const { offset, bytes: length } of layout.SYSTEM_X86_ZEROS) {
      expectZero(bytes, offset, length, 'unused part of the x86 platform');
    }
    return { gic: NO_GIC, x86: readFields(bytes, 0, layout.SYSTEM_X86, 'x86 platform') };
  }
  const padding = layout.SYSTEM_GIC_PADDING;
  expectZero(bytes, padding.offset, padding.bytes, 'padding after the GIC version');
  return { gic: readFields(bytes, 0, layout.SYSTEM_GIC, 'interrupt controller') };
}

const NO_GIC: System['gic'] = {
  version: 0,
  maintenanceInterrupt: 0,
  distributorBase: 0,
  cpuInterfaceBase: 0,
  hypervisorInterfaceBase: 0,
  virtualCpuInterfaceBase: 0,
  redistributorBase: 0,
};

/** The IOMMUs up to the last non-zero one. */
function readIommus(bytes: Buffer): Iommu[] {
  const iommus: Iommu[] = [];
  let used = 0;
  for (let index = 0; index < layout.SYSTEM_IOMMUS.count; index += 1) {
    const base = layout.SYSTEM_IOMMUS.offset + index * layout.IOMMU.size;
    const optionsStart = base + layout.IOMMU_OPTIONS.offset;
    iommus.push({
      ...readFields(bytes, base, layout.IOMMU, `IOMMU ${index}`),
      options: Uint8Array.from(
        bytes.subarray(optionsStart, optionsStart + layout.IOMMU_OPTIONS.bytes),
      ),
    });
    if (bytes.subarray(base, base + layout.IOMMU.size).some((byte) => byte !== 0)) {
      used = index + 1;
    }
  }
  return iommus.slice(0, used);
}
