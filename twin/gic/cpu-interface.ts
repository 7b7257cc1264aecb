// SPDX-License-Identifier: MIT
/**
 * The CPU interface that a cell sees: GICV of the GIC-400, with the list registers that Jailhouse fills.
 *
 * An interrupt that the hypervisor took stays in a list register until the cell has acknowledged and ended
 * it. Ending it deactivates the physical interrupt (HW bit). Sources: GICv2 architecture specification (IHI
 * 0048B), 5.5; Jailhouse gic-v2.c (gicv2_inject_irq: priority 0, HW set). At cell start GICH_VMCR is 0: the
 * interface is off.
 * Does not: model priorities (all are 0, so one active interrupt blocks all others), EOImode or unneeded
 * registers, which throw.
 */
import { UnimplementedFeature, UnimplementedRegister } from '../unimplemented.ts';

// IHI 0048B, table 4-2.
const GICC_CTLR = 0x00;
const GICC_PMR = 0x04;
const GICC_IAR = 0x0c;
const GICC_EOIR = 0x10;
const CTLR_ENABLE = 1;
const INTID_MASK = 0x3ff;
/** IAR when there is nothing to acknowledge. */
const SPURIOUS = 1023;
/** GICV_PMR keeps the upper five of its eight bits. */
const PMR_MASK = 0xf8;

/** Number of list registers of the GIC-400. */
const LIST_REGISTERS = 4;

interface ListRegister {
  readonly intid: number;
  isActive: boolean;
}

export class CpuInterface {
  readonly #onEnd: (intid: number) => void;
  #list: ListRegister[] = [];
  #isEnabled = false;
  #priorityMask = 0;

  /** `onEnd` receives the physical interrupt that a write to EOIR deactivates. */
  constructor(onEnd: (intid: number) => void) {
    this.#onEnd = onEnd;
  }

  /** The hypervisor puts a pending interrupt into a free list register. */
  inject(intid: number): void {
    if (this.#list.length === LIST_REGISTERS) {
      throw new UnimplementedFeature('GIC', `INTID ${intid} with all list registers in use`);
    }
    if (this.#list.some((entry) => entry.intid === intid)) {
      throw new Error(`INTID ${intid} is in a list register already: it was active and came again`);
    }
    this.#list.push({ intid, isActive: false });
    this.#list.sort((left, right) => left.intid - right.intid);
  }

  /** Whether the cell has enabled its interface. */
  get isOpen(): boolean {
    return this.#isEnabled && this.#priorityMask !== 0;
  }

  /** Whether the virtual interrupt line to the core is asserted, which wakes WFI at EL1. */
  get isSignalled(): boolean {
    return this.#highestPending() !== undefined;
  }

  /** A 32-bit read. UnimplementedRegister for anything but CTLR, PMR, IAR. */
  read32(offset: number): number {
    switch (offset) {
      case GICC_CTLR:
        return this.#isEnabled ? CTLR_ENABLE : 0;
      case GICC_PMR:
        return this.#priorityMask;
      case GICC_IAR: {
        const pending = this.#highestPending();
        if (!pending) return SPURIOUS;
        pending.isActive = true;
        return pending.intid;
      }
      default:
        throw new UnimplementedRegister('GIC CPU interface', offset, 'read');
    }
  }

  write32(offset: number, value: number): void {
    switch (offset) {
      case GICC_CTLR:
        if ((value & ~CTLR_ENABLE) !== 0) {
          const hex = value.toString(16);
          throw new UnimplementedFeature('GIC CPU interface', `GICC_CTLR = 0x${hex}`);
        }
        this.#isEnabled = (value & CTLR_ENABLE) !== 0;
        return;
      case GICC_PMR:
        this.#priorityMask = value & PMR_MASK;
        return;
      case GICC_EOIR:
        this.#end(value & INTID_MASK);
        return;
      default:
        throw new UnimplementedRegister('GIC CPU interface', offset, 'write');
    }
  }

  /** Priority 0 passes any mask but 0. An active interrupt of the same priority blocks. */
  #highestPending(): ListRegister | undefined {
    if (!this.isOpen) return undefined;
    if (this.#list.some(({ isActive }) => isActive)) return undefined;
    return this.#list[0];
  }

  #end(intid: number): void {
    const entry = this.#list.find((candidate) => candidate.intid === intid);
    if (!entry?.isActive) {
      throw new UnimplementedFeature(
        'GIC CPU interface',
        `the end of INTID ${intid}, which is not active,`,
      );
    }
    this.#list = this.#list.filter((candidate) => candidate !== entry);
    this.#onEnd(intid);
  }
}
