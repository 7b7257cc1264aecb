/**
 * GpioInputLine: one GPIO pin as an active-low interrupt line.
 *
 * Does not: write any register. The cell's mapping of the page is read-only, because Linux owns
 * the other pins: a write would park the cell.
 */
import { mmio_read32 } from '../../abi/bsp';
import { InterruptLine } from '../../hal/interrupt-line';
import { GPLEV0, GPLEV1 } from './registers';

@final
export class GpioInputLine extends InterruptLine {
  /** The level was read since somebody last cleared this: an access to a device has ended since. */
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
