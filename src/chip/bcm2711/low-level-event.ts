/**
 * LowLevelEvent: makes a GPIO pin raise the block's interrupt while it is low.
 *
 * Source: BCM2711 ARM Peripherals, 5.2, GPLENn and GPEDSn.
 * Does not: touch pins that are not its own. Linux has the rest of the block: GPLEN0 is shared word by
 * word, so a change by Linux at the same moment can undo this one, which is why `isArmed` is asked
 * before each sleep. GPEDS0 is written as ones that clear, so nothing of Linux's is lost there.
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

  /** From now on the interrupt is raised while the pin is low. */
  arm(): void {
    mmio_write32(this.detectAddress, mmio_read32(this.detectAddress) | this.mask);
  }

  /** Takes `arm` back. */
  disarm(): void {
    mmio_write32(this.detectAddress, mmio_read32(this.detectAddress) & ~this.mask);
    this.clear();
  }

  /** False when somebody else has taken the pin out of the detection. */
  isArmed(): bool {
    return (mmio_read32(this.detectAddress) & this.mask) !== 0;
  }

  /** Forgets that the pin was low. While it still is, the event stays. */
  clear(): void {
    mmio_write32(this.eventAddress, this.mask);
  }

  /** Events of other pins, which hold the same interrupt. */
  foreignEvents(): u32 {
    return mmio_read32(this.eventAddress) & ~this.mask;
  }
}
