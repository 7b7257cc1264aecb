// SPDX-License-Identifier: MIT
/**
 * LowLevelEvent: raises the GPIO block's interrupt while a pin is low.
 *
 * Source: BCM2711 ARM Peripherals, 5.2, GPLENn and GPEDSn.
 * Linux owns the other pins. GPLEN0 is shared as a whole word, so a simultaneous change by Linux can undo
 * this one; `isArmed` is therefore checked before each sleep. In GPEDS0 ones clear, so no event of Linux is
 * lost.
 */
import { mmio_read32, mmio_write32 } from '../../abi/bsp';
import { GPEDS0, GPLEN0 } from './registers';

@final
export class LowLevelEvent {
  private readonly detectAddress: u32;
  private readonly eventAddress: u32;
  private readonly mask: u32;

  /** `base`: guest address of the GPIO block. `pin`: 0..27, the pins of the first interrupt. */
  constructor(base: u32, pin: u32) {
    this.detectAddress = base + GPLEN0;
    this.eventAddress = base + GPEDS0;
    this.mask = (1 as u32) << pin;
  }

  /** Raises the interrupt while the pin is low, from now on. */
  arm(): void {
    mmio_write32(this.detectAddress, mmio_read32(this.detectAddress) | this.mask);
  }

  /** Undoes `arm`. */
  disarm(): void {
    mmio_write32(this.detectAddress, mmio_read32(this.detectAddress) & ~this.mask);
    this.clear();
  }

  /** False if Linux has removed the pin from the detection. */
  isArmed(): bool {
    return (mmio_read32(this.detectAddress) & this.mask) !== 0;
  }

  /** Clears the pin's event. While the pin is still low, the event stays set. */
  clear(): void {
    mmio_write32(this.eventAddress, this.mask);
  }

  /** Events of other pins, which keep the same interrupt asserted. */
  foreignEvents(): u32 {
    return mmio_read32(this.eventAddress) & ~this.mask;
  }
}
