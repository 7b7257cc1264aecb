// SPDX-License-Identifier: MIT
/**
 * The GIC-400 distributor as Jailhouse shows it to a cell: enable and configuration registers of the cell's
 * interrupts. The bits of all others read 0 and ignore writes.
 *
 * Sources: GICv2 architecture specification (IHI 0048B), 4.3; Jailhouse hypervisor/arch/arm-common
 * (irqchip.c, gic-v2.c): SGI 0 and 1 and the maintenance interrupt stay the hypervisor's.
 * Does not: route, prioritise or raise interrupts; registers for that throw.
 */
import type { Cell } from '../../cell-config/format/model.ts';
import { UnimplementedFeature, UnimplementedRegister } from '../unimplemented.ts';

// IHI 0048B, table 4-1.
const GICD_ISENABLER = 0x100;
const GICD_ICENABLER = 0x180;
const GICD_ICFGR = 0xc00;
const REGISTERS_END = 0x80; // 32 words of one bit, from each base
const ICFGR_END = 0x100; // 64 words of two bits
/** ICFGR: the upper of an interrupt's two bits. Set: edge, clear: level. */
const ICFGR_EDGE = 2;

const INTERRUPTS = 1024;
const FIRST_PPI = 16;
const FIRST_SPI = 32;
/** Software interrupts that Jailhouse uses itself. */
const RESERVED_SGIS = [0, 1];

export class Distributor {
  readonly #owned = new Uint8Array(INTERRUPTS);
  readonly #enabled = new Uint8Array(INTERRUPTS);
  readonly #edge = new Uint8Array(INTERRUPTS);

  /** `base`: the system's distributor. Entries of the cell for another one are skipped. */
  constructor(cell: Cell, base: number, maintenanceInterrupt: number) {
    this.#owned.fill(1, 0, FIRST_SPI);
    for (const intid of [...RESERVED_SGIS, maintenanceInterrupt]) this.#owned[intid] = 0;
    for (const entry of cell.interruptControllers) {
      if (entry.address !== base) continue;
      for (const intid of entry.interrupts) this.#owned[intid] = 1;
    }
    // At cell start SGIs are enabled; PPIs and the cell's SPIs are not.
    this.#enabled.fill(1, 0, FIRST_PPI);
  }

  /** Whether the cell has enabled one of its interrupts. */
  isEnabled(intid: number): boolean {
    return this.#owned[intid] === 1 && this.#enabled[intid] === 1;
  }

  isEdge(intid: number): boolean {
    return this.#edge[intid] === 1;
  }

  /** A 32-bit read. UnimplementedRegister beyond ISENABLER, ICENABLER and ICFGR. */
  read32(offset: number): number {
    const enable = enableWord(offset);
    if (enable !== undefined) {
      return bits(32, (bit) => (this.isEnabled(32 * enable + bit) ? 1 : 0), 1);
    }
    const first = this.#configurationFirst(offset, 'read');
    return bits(16, (index) => (this.#owned[first + index] ? this.#edge[first + index] : 0), 2) * 2;
  }

  /** A 32-bit write. Bits of other cells' interrupts are ignored. */
  write32(offset: number, value: number): void {
    const enable = enableWord(offset);
    if (enable !== undefined) {
      const isSet = offset < GICD_ICENABLER;
      for (let bit = 0; bit < 32; bit += 1) {
        const intid = 32 * enable + bit;
        if (((value >>> bit) & 1) === 1 && this.#owned[intid]) this.#enabled[intid] = isSet ? 1 : 0;
      }
      return;
    }
    const first = this.#configurationFirst(offset, 'write');
    for (let index = 0; index < 16; index += 1) {
      const intid = first + index;
      const edge = (value >>> (2 * index)) & ICFGR_EDGE ? 1 : 0;
      if (!this.#owned[intid] || this.#edge[intid] === edge) continue;
      if (intid < FIRST_SPI || this.#enabled[intid]) {
        throw new UnimplementedFeature(
          'GIC distributor',
          `changing the configuration of INTID ${intid}, which is ${intid < FIRST_SPI ? 'fixed' : 'enabled'},`,
        );
      }
      this.#edge[intid] = edge;
    }
  }

  /** The first INTID of a configuration register. */
  #configurationFirst(offset: number, access: 'read' | 'write'): number {
    if (offset < GICD_ICFGR || offset >= GICD_ICFGR + ICFGR_END) {
      throw new UnimplementedRegister('GIC distributor', offset, access);
    }
    return ((offset - GICD_ICFGR) / 4) * 16;
  }
}

/** Index of an enable register's word of 32 interrupts. Undefined: another register. */
function enableWord(offset: number): number | undefined {
  for (const base of [GICD_ISENABLER, GICD_ICENABLER]) {
    if (offset >= base && offset < base + REGISTERS_END) return (offset - base) / 4;
  }
  return undefined;
}

/** A word of `count` fields of `width` bits. */
function bits(count: number, field: (index: number) => number, width: number): number {
  let word = 0;
  for (let index = 0; index < count; index += 1) word |= field(index) << (width * index);
  return word >>> 0;
}
