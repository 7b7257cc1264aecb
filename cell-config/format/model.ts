// SPDX-License-Identifier: MIT
/**
 * A Jailhouse configuration as typed data: one cell, or a system with its root cell.
 *
 * Names and comments of regions exist only here. The binary has no place for them, so the decoder numbers
 * regions.
 * Does not: validate; encode.ts refuses values the file cannot hold, check.ts those that make no sense
 * together.
 *
 * Addresses are plain numbers: no arm64 physical address is longer than 52 bits.
 */
import type { BarMask } from './constants.ts';

/** File revisions. AGL's recipe pins 13; Jailhouse master has 14. */
export type Revision = 13 | 14;

/** Memory or device registers that the cell may access. Addresses in bytes. */
export interface MemoryRegion {
  /** Short name, unique in its cell; findings of the checker use it. */
  readonly name: string;
  /** Why the region is there. */
  readonly comment?: string;
  readonly physicalStart: number;
  /** Guest address (Jailhouse: virt_start). */
  readonly virtualStart: number;
  readonly size: number;
  /** MEMORY_* flags. */
  readonly flags: number;
}

/** Part of a shared cache given to the cell (x86 only). */
export interface CacheRegion {
  readonly start: number;
  readonly size: number;
  readonly type: number;
  readonly flags: number;
}

/** Interrupts of one controller that belong to the cell. */
export interface InterruptController {
  /** Must equal the system's GICD base; Jailhouse skips any other entry. */
  readonly address: number;
  readonly id: number;
  /** First INTID of the 128 this entry covers; a multiple of 32. */
  readonly pinBase: number;
  /** INTIDs, ascending, each in pinBase .. pinBase+127. */
  readonly interrupts: readonly number[];
}

/** x86 port range. */
export interface PortRange {
  readonly base: number;
  readonly length: number;
}

/** A real or virtual PCI device that belongs to the cell. */
export interface PciDevice {
  readonly name: string;
  /** PCI_TYPE_*. */
  readonly type: number;
  readonly iommu: number;
  readonly domain: number;
  /** Bus, device, function: bus << 8 | device << 3 | function. */
  readonly bdf: number;
  readonly barMask: BarMask;
  readonly capabilitiesStart: number;
  readonly capabilityCount: number;
  readonly msiVectors: number;
  /** Bit 0: 64-bit MSI, bit 1: maskable MSI. */
  readonly msiFlags: number;
  readonly msixVectors: number;
  readonly msixRegionSize: number;
  readonly msixAddress: number;
  /** ivshmem: index of the state table among the cell's memory regions. */
  readonly shmemRegionsStart: number;
  /** ivshmem: this cell's id on the link. */
  readonly shmemDeviceId: number;
  /** ivshmem: number of ids on the link. */
  readonly shmemPeers: number;
  /** ivshmem: protocol, the low half of the PCI class. */
  readonly shmemProtocol: number;
}

/** A PCI capability of a real device. */
export interface PciCapability {
  readonly id: number;
  readonly start: number;
  readonly length: number;
  readonly flags: number;
}

/** A UART. */
export interface Console {
  readonly address: number;
  readonly size: number;
  /** CONSOLE_TYPE_*. */
  readonly type: number;
  /** CONSOLE_* flags. */
  readonly flags: number;
  /** 0: already set up, leave the divider alone. */
  readonly divider: number;
  readonly gateNumber: number;
  readonly clockRegister: number;
}

export interface Cell {
  readonly name: string;
  /** 0: the driver chooses at `cell create`. */
  readonly id: number;
  /** CELL_* flags. */
  readonly flags: number;
  /** CPU numbers, ascending. */
  readonly cpus: readonly number[];
  /** Size of the CPU set in the file. */
  readonly cpuSetBytes: number;
  readonly memoryRegions: readonly MemoryRegion[];
  readonly cacheRegions: readonly CacheRegion[];
  readonly interruptControllers: readonly InterruptController[];
  readonly portRanges: readonly PortRange[];
  readonly pciDevices: readonly PciDevice[];
  readonly pciCapabilities: readonly PciCapability[];
  readonly streamIds: readonly number[];
  /** First interrupt of the virtual PCI host, as SPI number (INTID - 32). */
  readonly virtualPciInterruptBase: number;
  /** Guest address of the first instruction. */
  readonly cpuResetAddress: number;
  /** Loops the hypervisor waits for the cell's reply to a message. 0: for ever. */
  readonly messageReplyTimeoutLoops: number;
  readonly console: Console;
  /**
   * Bytes behind the last structure that a count covers. Jailhouse does not read them
   * (jailhouse_cell_config_size). Absent if there are none.
   */
  readonly uncounted?: Uint8Array;
}

/** An IOMMU of the system; `options` are the 12 bytes whose meaning depends on the type. */
export interface Iommu {
  readonly type: number;
  readonly base: number;
  readonly size: number;
  readonly options: Uint8Array;
}

/** The hypervisor's own memory. Jailhouse keeps it in a memory struct without guest address. */
export interface HypervisorMemory {
  readonly physicalStart: number;
  readonly virtualStart: number;
  readonly size: number;
  readonly flags: number;
}

/** The platform part of an x86 machine. Frequency 0: the driver fills in what it measured. */
export interface X86Platform {
  /** Port of the ACPI power management timer. */
  readonly pmTimerPort: number;
  /** 0: detected, 1: xAPIC, 2: x2APIC. */
  readonly apicMode: number;
  /** Interrupts that the VT-d unit can remap. */
  readonly vtdInterruptLimit: number;
  readonly tscKilohertz: number;
  readonly apicKilohertz: number;
}

/** The whole machine: what the hypervisor needs, and the root cell (Linux). */
export interface System {
  /** SYSTEM_* flags. */
  readonly flags: number;
  readonly hypervisorMemory: HypervisorMemory;
  readonly debugConsole: Console;
  /** PCI configuration space, real or virtual. */
  readonly pci: {
    readonly mmconfigBase: number;
    readonly mmconfigEndBus: number;
    readonly isVirtual: boolean;
    readonly domain: number;
  };
  readonly iommus: readonly Iommu[];
  /** The interrupt controller. Addresses are 0 for parts the version lacks, and all 0 on x86. */
  readonly gic: {
    readonly version: number;
    readonly maintenanceInterrupt: number;
    readonly distributorBase: number;
    readonly cpuInterfaceBase: number;
    readonly hypervisorInterfaceBase: number;
    readonly virtualCpuInterfaceBase: number;
    readonly redistributorBase: number;
  };
  /** Replaces the GIC on x86. Absent on ARM. */
  readonly x86?: X86Platform;
  readonly rootCell: Cell;
}

/** A decoded file, with the header fields that are not part of the configuration. */
export type DecodedFile =
  | {
      readonly kind: 'cell';
      readonly revision: Revision;
      readonly architecture: number;
      readonly cell: Cell;
    }
  | {
      readonly kind: 'system';
      readonly revision: Revision;
      readonly architecture: number;
      readonly system: System;
    };
