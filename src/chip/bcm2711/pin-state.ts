// SPDX-License-Identifier: MIT
/**
 * The state of the GPIO pins, for the self test: function, pull and level. Reads only.
 *
 * Source: BCM2711 ARM Peripherals, chapter 5: GPFSELn, GPLEVn, GPIO_PUP_PDN_CNTRL_REGn.
 */
import { mmio_read32 } from '../../abi/bsp';
import { GPLEV0, GPLEV1 } from './registers';

const GPFSEL0: u32 = 0x00;
const PINS_PER_GPFSEL: u32 = 10;
const GPIO_PUP_PDN_CNTRL_REG0: u32 = 0xe4;
const PINS_PER_PULL: u32 = 16;

/** Functions of a pin: the values of its field in GPFSELn. */
export const FUNCTION_INPUT: u32 = 0;
export const FUNCTION_ALT0: u32 = 4;
/** Pulls of a pin: 0 none, 1 up, 2 down. */
export const PULL_UP: u32 = 1;

@final
export class PinState {
  /** `base`: guest address of the GPIO block. */
  constructor(private readonly base: u32) {}

  /** The function of `pin`, 0 to 7. */
  functionOf(pin: u32): u32 {
    const word = mmio_read32(this.base + GPFSEL0 + 4 * (pin / PINS_PER_GPFSEL));
    return (word >> (3 * (pin % PINS_PER_GPFSEL))) & 7;
  }

  /** The pull of `pin`: 0 none, 1 up, 2 down. */
  pullOf(pin: u32): u32 {
    const word = mmio_read32(this.base + GPIO_PUP_PDN_CNTRL_REG0 + 4 * (pin / PINS_PER_PULL));
    return (word >> (2 * (pin % PINS_PER_PULL))) & 3;
  }

  /** The levels of all pins, pin n in bit n. */
  levels(): u64 {
    const low = mmio_read32(this.base + GPLEV0) as u64;
    return low | ((mmio_read32(this.base + GPLEV1) as u64) << 32);
  }
}
