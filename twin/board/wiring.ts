// SPDX-License-Identifier: MIT
/**
 * The wiring of the Raspberry Pi 4 with the CAN HAT: device addresses and pins.
 */
import type { Mcp2515 } from '../chip/mcp2515/mcp2515.ts';
import type { VirtualClock } from '../clock.ts';
import { type DeviceWindow, wordRegisters } from '../machine/device-window.ts';
import type { Uart8250 } from '../machine/uart-8250.ts';
import type { Gpio } from '../soc/gpio.ts';
import type { InterruptWire } from '../soc/interrupt-wire.ts';
import { SpiWires } from '../soc/spi-wires.ts';
import { Spi0 } from '../soc/spi0.ts';
import type { BoardOptions } from './options.ts';

// BCM2711 in low-peripheral mode (physical addresses), and the wiring of the CAN HAT.
const GPIO_BASE = 0xfe200000;
const SPI0_BASE = 0xfe204000;
const UART_BASE = 0xfe215040;
const REGISTER_PAGE = 0x1000;
const UART_BYTES = 0x40;
const CORE_CLOCK_HERTZ = 500_000_000;
const INTERRUPT_PIN = 25;
/** GIC: GPIO pins 0..27 (SPI 113). */
export const GPIO_INTERRUPT = 145;

/** Devices on the board or in its SoC. */
export interface BoardDevices {
  readonly clock: VirtualClock;
  readonly chip: Mcp2515;
  readonly uart: Uart8250;
  readonly interruptWire: InterruptWire;
  readonly gpio: Gpio;
}

/** Connects chip, SPI0 and GPIO. Returns the windows through which the cell sees SPI0, GPIO and UART. */
export function wireDevices(
  options: BoardOptions,
  { clock, chip, uart, interruptWire, gpio }: BoardDevices,
): DeviceWindow[] {
  const { missingChipByte: missing, wires, interrupt, pins = [] } = options.faults ?? {};
  const device = wires === undefined ? chip : new SpiWires(chip, wires);
  const spi0 = new Spi0({
    clock,
    coreClockHertz: options.coreClockHertz ?? CORE_CLOCK_HERTZ,
    behaviour: options.spi0,
    ...(missing === undefined ? { device } : { missingDeviceByte: missing }),
  });
  if (options.tap) spi0.tap = options.tap;
  const interruptPin = typeof interrupt === 'object' ? interrupt.pin : INTERRUPT_PIN;
  interruptWire.onLevel = (low) => gpio.setLevel(interruptPin, !low);
  interruptWire.hold(interrupt === 'open' ? 'high' : interrupt === 'low' ? 'low' : undefined);
  for (const { pin, ...setUp } of pins) gpio.configure(pin, setUp);
  chip.onInterruptChange = (low, nanos) => interruptWire.chipChanged(low, nanos);
  const page = (name: string, physicalStart: number, device: DeviceWindow['device']) => ({
    name,
    physicalStart,
    size: REGISTER_PAGE,
    device,
  });
  return [
    page('SPI0', SPI0_BASE, wordRegisters('SPI0', spi0)),
    page('GPIO', GPIO_BASE, wordRegisters('GPIO', gpio)),
    { name: 'UART', physicalStart: UART_BASE, size: UART_BYTES, device: uart },
  ];
}
