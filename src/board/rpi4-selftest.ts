// SPDX-License-Identifier: MIT
/**
 * The self test on the Raspberry Pi 4: the parts of this board, without rules, answers or tasks.
 */
import { GenericTimer } from '../chip/arm/generic-timer';
import { GpioInputLine } from '../chip/bcm2711/gpio';
import { PinState } from '../chip/bcm2711/pin-state';
import { Spi0 } from '../chip/bcm2711/spi0';
import { SharedSection } from '../jailhouse/shared-section';
import { TestParts } from '../selftest/parts';
import { SelfTestRun } from '../selftest/self-test';
import * as RPI4 from './rpi4';

/** Makes the self test of this board, and starts nothing. Allocates, so call it only at start-up. */
export function createSelfTest(): SelfTestRun {
  const line = new GpioInputLine(RPI4.GPIO_ADDRESS, RPI4.INTERRUPT_PIN);
  const parts = new TestParts(
    RPI4.createHost(),
    new GenericTimer(),
    new Spi0(RPI4.SPI0_ADDRESS, line),
    line,
    new PinState(RPI4.GPIO_ADDRESS),
    new SharedSection(RPI4.IVSHMEM_SECTION_ADDRESS, RPI4.IVSHMEM_SECTION_BYTES),
    new SharedSection(RPI4.CONTROL_STATUS_ADDRESS, RPI4.CONTROL_STATUS_BYTES),
    RPI4.CORE_CLOCK_HERTZ,
    RPI4.INTERRUPT_PIN,
    RPI4.GPIO_INTERRUPT,
    RPI4.GPIO_ADDRESS,
    RPI4.SPI0_ADDRESS,
  );
  return new SelfTestRun(parts);
}
