// SPDX-License-Identifier: MIT
/**
 * GpioInputLine: one GPIO pin as an active-low interrupt line.
 *
 * Reads only. The cell's mapping of the page is read-only because Linux owns the other pins; a write would
 * park the cell.
 */
import { mmio_read32 } from '../../abi/bsp';
import { InterruptLine } from '../../hal/interrupt-line';
import { GPLEV0, GPLEV1 } from './registers';

@final
export class GpioInputLine extends InterruptLine {
  /** Set by each read of the level, cleared by the SPI: a device access has completed since then. */
  looked: bool = false;
  private readonly levelAddress: u32;
  private readonly mask: u32;

  /** `base`: guest address of the GPIO block. `pin`: 0..57. */
  constructor(base: u32, pin: u32) {
    super();
    this.levelAddress = base + (pin < 32 ? GPLEV0 : GPLEV1);
    this.mask = (1 as u32) << (pin & 31);
  }

  /** True while the pin is low. */
  override isAsserted(): bool {
    this.looked = true;
    return (mmio_read32(this.levelAddress) & this.mask) === 0;
  }
}
