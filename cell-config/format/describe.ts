// SPDX-License-Identifier: MIT
/** A decoded file as text for people. */
import {
  ARCHITECTURE_NAMES,
  CELL_FLAG_NAMES,
  CONSOLE_FLAG_NAMES,
  CONSOLE_TYPE_NAMES,
  describeFlags,
  MEMORY_FLAG_NAMES,
  PCI_TYPE_IVSHMEM,
  PCI_TYPE_NAMES,
  SYSTEM_FLAG_NAMES,
} from './constants.ts';
import { counted } from '../plural.ts';
import type { Cell, Console, DecodedFile, PciDevice, System } from './model.ts';

/** Everything in the file, one fact per line. */
export function describeFile(file: DecodedFile): string {
  const architecture = ARCHITECTURE_NAMES[file.architecture];
  const from =
    file.revision === 13 ? `${architecture} assumed: revision 13 does not say` : architecture;
  const head = `${file.kind} configuration, revision ${file.revision}, ${from}`;
  const body =
    file.kind === 'cell'
      ? describeCell(file.cell)
      : [...describeSystem(file.system), ...describeCell(file.system.rootCell)];
  return [head, ...body].join('\n');
}

function describeSystem(system: System): string[] {
  const { hypervisorMemory: memory, pci } = system;
  const lines = [
    `  flags                ${describeFlags(system.flags, SYSTEM_FLAG_NAMES)}`,
    `  hypervisor memory    ${hex(memory.physicalStart)} + ${hex(memory.size)}`,
    `  debug console        ${describeConsole(system.debugConsole)}`,
    `  PCI configuration    ${hex(pci.mmconfigBase)}, buses 0 to ${pci.mmconfigEndBus}, ` +
      `${pci.isVirtual ? 'virtual' : 'real'}, domain ${pci.domain}`,
    ...describePlatform(system),
  ];
  system.iommus.forEach((iommu, index) => {
    lines.push(
      `  IOMMU ${index}              type ${iommu.type}, ${hex(iommu.base)} + ${hex(iommu.size)}`,
    );
  });
  return lines;
}

function describePlatform({ gic, x86 }: System): string[] {
  if (x86 !== undefined) {
    return [
      `  timer port           ${hex(x86.pmTimerPort)}`,
      `  APIC mode            ${APIC_MODES[x86.apicMode] ?? x86.apicMode}`,
      `  VT-d interrupts      ${x86.vtdInterruptLimit}`,
      `  TSC, APIC            ${x86.tscKilohertz} kHz, ${x86.apicKilohertz} kHz (0: measured)`,
    ];
  }
  const bases = [
    gic.distributorBase,
    gic.cpuInterfaceBase,
    gic.hypervisorInterfaceBase,
    gic.virtualCpuInterfaceBase,
  ];
  return [
    `  GIC version          ${gic.version}, maintenance interrupt ${gic.maintenanceInterrupt}`,
    `  GICD GICC GICH GICV  ${bases.map(hex).join(' ')}`,
    `  GICR                 ${hex(gic.redistributorBase)}`,
  ];
}

const APIC_MODES: readonly string[] = ['found out', 'xAPIC', 'x2APIC'];

function describeCell(cell: Cell): string[] {
  const lines = [
    `cell "${cell.name}"`,
    `  id                   ${cell.id}`,
    `  flags                ${describeFlags(cell.flags, CELL_FLAG_NAMES)}`,
    `  CPUs                 ${cell.cpus.join(', ')} (set of ${cell.cpuSetBytes} bytes)`,
    `  first instruction    ${hex(cell.cpuResetAddress)}`,
    `  reply timeout        ${cell.messageReplyTimeoutLoops} loops`,
    `  virtual PCI          first interrupt INTID ${32 + cell.virtualPciInterruptBase}`,
    `  console              ${describeConsole(cell.console)}`,
  ];
  cell.memoryRegions.forEach((region, index) => {
    lines.push(
      `  memory ${String(index).padStart(2)}   physical ${hex(region.physicalStart).padStart(11)}` +
        `  guest ${hex(region.virtualStart).padStart(11)}  size ${hex(region.size).padStart(11)}` +
        `  ${describeFlags(region.flags, MEMORY_FLAG_NAMES)}${describeName(region.name)}`,
    );
  });
  for (const cache of cell.cacheRegions) {
    lines.push(`  cache ${hex(cache.start)} + ${hex(cache.size)}, type ${cache.type}`);
  }
  for (const entry of cell.interruptControllers) {
    lines.push(`  interrupts of ${hex(entry.address)}: ${describeList(entry.interrupts)}`);
  }
  for (const range of cell.portRanges) lines.push(`  ports ${hex(range.base)} + ${range.length}`);
  for (const device of cell.pciDevices) lines.push(`  PCI ${describePciDevice(device)}`);
  for (const { id, start, length, flags } of cell.pciCapabilities) {
    lines.push(`  PCI capability ${hex(id)} at ${hex(start)} + ${length}, flags ${hex(flags)}`);
  }
  if (cell.streamIds.length > 0) lines.push(`  stream ids ${describeList(cell.streamIds)}`);
  if (cell.uncounted !== undefined) {
    lines.push(
      `  behind the cell      ${counted(cell.uncounted.length, 'byte')} that no count covers: Jailhouse does not read them`,
    );
  }
  return lines;
}

function describePciDevice(device: PciDevice): string {
  const place = `domain ${device.domain} bdf ${hex(device.bdf)}`;
  if (device.type !== PCI_TYPE_IVSHMEM) {
    const type = PCI_TYPE_NAMES[device.type] ?? `type ${device.type}`;
    return `${type} ${place}, ${device.msiVectors} MSI and ${device.msixVectors} MSI-X vectors`;
  }
  const interrupt = device.msixVectors === 0 ? 'INTx' : `${device.msixVectors} MSI-X vectors`;
  return (
    `ivshmem ${place}, id ${device.shmemDeviceId} of ${device.shmemPeers} peers, ` +
    `protocol ${hex(device.shmemProtocol)}, memory from ${device.shmemRegionsStart}, ${interrupt}`
  );
}

/** A region's name if it was given one. The decoder's own names only number the regions. */
function describeName(name: string): string {
  return /^memory \d+$/.test(name) ? '' : `  "${name}"`;
}

function describeConsole(console: Console): string {
  if (console.type === 0) return 'none';
  const type = CONSOLE_TYPE_NAMES[console.type] ?? `type ${console.type}`;
  return `${type} at ${hex(console.address)} + ${hex(console.size)}, ${describeFlags(console.flags, CONSOLE_FLAG_NAMES)}`;
}

/** Ascending numbers with runs shortened: `32-159, 185`. */
function describeList(numbers: readonly number[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && number === run.last + 1) run.last = number;
    else runs.push({ first: number, last: number });
  }
  const texts = runs.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  return texts.length === 0 ? 'none' : texts.join(', ');
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
