// SPDX-License-Identifier: MIT
/**
 * Random configurations that the format can hold, the same ones in every run.
 */
import { defineCell } from '../../cell-config/builders.ts';
import type { Cell, Console, System } from '../../cell-config/format/model.ts';
import { Random } from '../../lab/random/random.ts';

/** Of what configurations are made. */
export class CellRandom extends Random {
  /** A whole number from 0 to `maximum`. */
  upTo(maximum: number): number {
    return Math.min(maximum, this.below(maximum + 1));
  }

  bits(count: number): number {
    return this.upTo(2 ** count - 1);
  }

  list<Item>(maximum: number, make: (index: number) => Item): Item[] {
    return Array.from({ length: this.upTo(maximum) }, (_, index) => make(index));
  }

  /** Ascending numbers from `first` to `last`, each there or not. */
  subset(first: number, last: number): number[] {
    const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    return all.filter(() => this.upTo(3) === 0);
  }
}

function randomConsole(random: CellRandom): Console {
  return {
    address: random.bits(52),
    size: random.bits(32),
    type: random.bits(16),
    flags: random.bits(16),
    divider: random.bits(32),
    gateNumber: random.bits(32),
    clockRegister: random.bits(52),
  };
}

function randomName(random: CellRandom): string {
  const length = 1 + random.upTo(30);
  return Array.from({ length }, () => String.fromCharCode(0x21 + random.upTo(93))).join('');
}

/** A cell with anything the format can hold; names are those the decoder gives. */
export function randomCell(random: CellRandom): Cell {
  const cpuSetBytes = 8 * (1 + random.upTo(3));
  return defineCell({
    name: randomName(random),
    id: random.bits(32),
    flags: random.bits(32),
    cpuSetBytes,
    cpus: random.subset(0, 8 * cpuSetBytes - 1),
    virtualPciInterruptBase: random.bits(32),
    cpuResetAddress: random.bits(52),
    messageReplyTimeoutLoops: random.bits(53),
    console: randomConsole(random),
    memoryRegions: random.list(20, (index) => ({
      name: `memory ${index}`,
      physicalStart: random.bits(52),
      virtualStart: random.bits(52),
      size: random.bits(40),
      flags: random.bits(20),
    })),
    cacheRegions: random.list(2, () => ({
      start: random.bits(32),
      size: random.bits(32),
      type: random.bits(8),
      flags: random.bits(16),
    })),
    interruptControllers: random.list(3, () => {
      const pinBase = 32 * (1 + random.upTo(27));
      return {
        address: random.bits(52),
        id: random.bits(32),
        pinBase,
        interrupts: random.subset(pinBase, pinBase + 127),
      };
    }),
    portRanges: random.list(2, () => ({ base: random.bits(16), length: random.bits(16) })),
    pciDevices: random.list(3, (index) => ({
      name: `PCI device ${index}`,
      type: random.bits(8),
      iommu: random.bits(8),
      domain: random.bits(16),
      bdf: random.bits(16),
      barMask: [
        random.bits(32),
        random.bits(32),
        random.bits(32),
        random.bits(32),
        random.bits(32),
        random.bits(32),
      ],
      capabilitiesStart: random.bits(16),
      capabilityCount: random.bits(16),
      msiVectors: random.bits(8),
      msiFlags: random.bits(8),
      msixVectors: random.bits(16),
      msixRegionSize: random.bits(16),
      msixAddress: random.bits(52),
      shmemRegionsStart: random.bits(32),
      shmemDeviceId: random.bits(8),
      shmemPeers: random.bits(8),
      shmemProtocol: random.bits(16),
    })),
    pciCapabilities: random.list(3, () => ({
      id: random.bits(16),
      start: random.bits(16),
      length: random.bits(16),
      flags: random.bits(16),
    })),
    streamIds: random.list(3, () => random.bits(32)),
  });
}

export function randomSystem(random: CellRandom): System {
  return {
    flags: random.bits(32),
    hypervisorMemory: {
      physicalStart: random.bits(52),
      virtualStart: random.bits(52),
      size: random.bits(40),
      flags: random.bits(20),
    },
    debugConsole: randomConsole(random),
    pci: {
      mmconfigBase: random.bits(52),
      mmconfigEndBus: random.bits(8),
      isVirtual: random.upTo(1) === 1,
      domain: random.bits(16),
    },
    // Trailing empty units cannot be told from unused ones: the type is never 0 here.
    iommus: random.list(8, () => ({
      type: 1 + random.bits(8),
      base: random.bits(52),
      size: random.bits(32),
      options: Uint8Array.from({ length: 12 }, () => random.bits(8)),
    })),
    gic: {
      // What Jailhouse starts on: revision 13 is told from x86 by it.
      version: 2 + random.upTo(1),
      maintenanceInterrupt: random.bits(8),
      distributorBase: 0x1000 * (1 + random.bits(39)),
      cpuInterfaceBase: random.bits(52),
      hypervisorInterfaceBase: random.bits(52),
      virtualCpuInterfaceBase: random.bits(52),
      redistributorBase: random.bits(52),
    },
    rootCell: randomCell(random),
  };
}
