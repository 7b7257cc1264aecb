// SPDX-License-Identifier: MIT
/**
 * A configuration in Jailhouse's own C form: one self-contained file for the folder of its architecture
 * in `configs/`. Compiled by Jailhouse, it gives the bytes of encode.ts.
 */
import { ARCHITECTURE_NAMES, SYSTEM_FLAG_NAMES } from '../format/constants.ts';
import type { Cell, DecodedFile, Iommu, System } from '../format/model.ts';
import { cellArrays, cellMembers, consoleBlock } from './emit-cell.ts';
import type { CellArray } from './emit-cell.ts';
import { block, cComment, cFlags, cNumber, member, numbers } from './initializer.ts';

/** The whole C file. `file.revision` decides whether the architecture is a member (from 14 on). */
export function emitC(file: DecodedFile): string {
  const cell = file.kind === 'cell' ? file.cell : file.system.rootCell;
  const arrays = cellArrays(cell);
  const architecture = ARCHITECTURE_NAMES[file.architecture].toUpperCase();
  const head = (signature: string): string[] => [
    member('signature', signature),
    ...(file.revision === 13 ? [] : [member('architecture', `JAILHOUSE_${architecture}`)]),
    member('revision', 'JAILHOUSE_CONFIG_REVISION'),
  ];
  const [type, name, body] =
    file.kind === 'cell'
      ? [
          'struct jailhouse_cell_desc',
          'cell',
          [...head('JAILHOUSE_CELL_DESC_SIGNATURE'), ...cellMembers(cell, arrays)],
        ]
      : [
          'struct jailhouse_system',
          'header',
          [...head('JAILHOUSE_SYSTEM_SIGNATURE'), ...systemMembers(file.system, cell, arrays)],
        ];
  return [
    ...banner(file, cell),
    '#include <jailhouse/types.h>',
    '#include <jailhouse/cell-config.h>',
    '',
    'struct {',
    `\t${type} ${name};`,
    ...arrays.map((entry) => `\t${entry.type} ${entry.name}[${entry.length}];`),
    '} __attribute__((packed)) config = {',
    ...indent(block(`.${name} = `, body)),
    ...arrays.flatMap((entry) => ['', ...indent(block(`.${entry.name} = `, entry.lines))]),
    '};',
    '',
  ].join('\n');
}

function banner(file: DecodedFile, cell: Cell): string[] {
  const what = file.kind === 'cell' ? `Cell "${cell.name}"` : `Machine "${cell.name}"`;
  return [
    cComment(
      `${what}, for Jailhouse configuration revision ${file.revision}. Made by "npm run cells -- emit-c".`,
    ),
    '',
  ];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `\t${line}`));
}

function systemMembers(system: System, root: Cell, arrays: readonly CellArray[]): string[] {
  const { hypervisorMemory: memory, pci } = system;
  const memoryMembers = numbers({
    phys_start: memory.physicalStart,
    virt_start: memory.virtualStart,
    size: memory.size,
    flags: memory.flags,
  });
  const platform = [
    ...numbers({
      pci_mmconfig_base: pci.mmconfigBase,
      pci_mmconfig_end_bus: pci.mmconfigEndBus,
      pci_is_virtual: pci.isVirtual ? 1 : 0,
      pci_domain: pci.domain,
    }),
    ...(system.iommus.length === 0 ? [] : block('.iommu_units = ', system.iommus.flatMap(iommu))),
    ...platformBlock(system),
  ];
  return [
    ...(system.flags === 0
      ? []
      : [member('flags', cFlags(system.flags, SYSTEM_FLAG_NAMES, 'JAILHOUSE_SYS_'))]),
    ...block('.hypervisor_memory = ', memoryMembers),
    ...consoleBlock('debug_console', system.debugConsole),
    ...block('.platform_info = ', platform),
    ...block('.root_cell = ', cellMembers(root, arrays)),
  ];
}

/** The union member of the architecture. */
function platformBlock({ gic, x86 }: System): string[] {
  if (x86 !== undefined) {
    const members = numbers({
      pm_timer_address: x86.pmTimerPort,
      apic_mode: x86.apicMode,
      vtd_interrupt_limit: x86.vtdInterruptLimit,
      tsc_khz: x86.tscKilohertz,
      apic_khz: x86.apicKilohertz,
    });
    return members.length === 0 ? [] : block('.x86 = ', members);
  }
  return block(
    '.arm = ',
    numbers({
      maintenance_irq: gic.maintenanceInterrupt,
      gic_version: gic.version,
      gicd_base: gic.distributorBase,
      gicc_base: gic.cpuInterfaceBase,
      gich_base: gic.hypervisorInterfaceBase,
      gicv_base: gic.virtualCpuInterfaceBase,
      gicr_base: gic.redistributorBase,
    }),
  );
}

/** The twelve type-dependent bytes, as the union member that holds all of them. */
function iommu(unit: Iommu): string[] {
  const options = Buffer.from(unit.options);
  const tlbBase = options.readBigUInt64LE(0);
  const tlbSize = options.readUInt32LE(8);
  const inner = [
    ...(tlbBase === 0n ? [] : [member('tlb_base', `0x${tlbBase.toString(16)}ULL`)]),
    ...(tlbSize === 0 ? [] : [member('tlb_size', cNumber(tlbSize))]),
  ];
  return block('', [
    ...numbers({ type: unit.type, base: unit.base, size: unit.size }),
    ...(inner.length === 0 ? [] : block('.tipvu = ', inner)),
  ]);
}
