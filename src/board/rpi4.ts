// SPDX-License-Identifier: MIT
/**
 * The Raspberry Pi 4 with the CAN HAT, as the canwarden cell sees it: addresses, pins, clocks, and
 * the cell made from them.
 *
 * Jailhouse grants the addresses and interrupts: cell-config/rpi4-layout.ts.
 * Does not: touch hardware.
 */
import {
  COMMAND_LINE_ADDRESS,
  COMM_REGION_ADDRESS,
  CONTROL_REQUESTS_ADDRESS,
  CONTROL_REQUESTS_BYTES,
  CONTROL_STATE_TABLE_ADDRESS,
  CONTROL_STATUS_ADDRESS,
  CONTROL_STATUS_BYTES,
  GPIO_ADDRESS,
  IVSHMEM_CELL_IDENTITY,
  IVSHMEM_REGISTERS_ADDRESS,
  IVSHMEM_SECTION_ADDRESS,
  IVSHMEM_SECTION_BYTES,
  IVSHMEM_STATE_TABLE_ADDRESS,
  RULES_ADDRESS,
  SPI0_ADDRESS,
} from '../../build/generated/rpi4';
import { Cell } from '../cell/cell';
import { CellParts } from '../cell/parts';
import { GenericTimer } from '../chip/arm/generic-timer';
import { GpioInputLine } from '../chip/bcm2711/gpio';
import { SPI_CLOCKS_PER_BYTE } from '../chip/bcm2711/registers';
import { Spi0 } from '../chip/bcm2711/spi0';
import { SpiTiming } from '../hal/spi-bus';
import { CellMap, JailhouseHost } from '../jailhouse/host';
import { IvshmemLink } from '../jailhouse/ivshmem-link';
import { SharedSection } from '../jailhouse/shared-section';
import { Rpi4Idle } from './idle';

export * from '../../build/generated/rpi4';

/** INT of the MCP2515 on the Waveshare RS485 CAN HAT. */
export const INTERRUPT_PIN: u32 = 25;

/** The VPU core clock that feeds SPI0; config.txt pins it (core_freq, core_freq_min). */
export const CORE_CLOCK_HERTZ: u32 = 500_000_000;
/** Time of one byte's accesses to the SPI block, beyond its clocks (docs/timing-budget.md). */
export const SPI_HANDLING_NANOS_PER_BYTE: u32 = 400;

/** The parts of this board's cell. */
export type Rpi4Parts = CellParts<
  JailhouseHost,
  Spi0,
  GpioInputLine,
  GenericTimer,
  SharedSection,
  IvshmemLink
>;

/** Jailhouse as the cell configs place it. Touches nothing. Allocates, so call it only at start-up. */
export function createHost(): JailhouseHost {
  const map: CellMap = {
    communicationRegion: COMM_REGION_ADDRESS,
    commandLine: COMMAND_LINE_ADDRESS,
    rules: RULES_ADDRESS,
    linkRegisters: IVSHMEM_REGISTERS_ADDRESS,
    linkStateTable: IVSHMEM_STATE_TABLE_ADDRESS,
    linkSectionBytes: IVSHMEM_SECTION_BYTES,
    linkIdentity: IVSHMEM_CELL_IDENTITY,
    controlStateTable: CONTROL_STATE_TABLE_ADDRESS,
    controlOutputBytes: CONTROL_STATUS_BYTES,
  };
  return new JailhouseHost(map);
}

/** Makes the cell of this board, and starts nothing. Allocates, so call it only at start-up. */
export function createCell(): Cell<Rpi4Parts, Rpi4Idle> {
  const host = createHost();
  const line = new GpioInputLine(GPIO_ADDRESS, INTERRUPT_PIN);
  const parts = new CellParts<
    JailhouseHost,
    Spi0,
    GpioInputLine,
    GenericTimer,
    SharedSection,
    IvshmemLink
  >(
    host,
    new GenericTimer(),
    new Spi0(SPI0_ADDRESS, line),
    new SpiTiming(CORE_CLOCK_HERTZ, SPI_CLOCKS_PER_BYTE, SPI_HANDLING_NANOS_PER_BYTE),
    line,
    host.link,
    new SharedSection(IVSHMEM_SECTION_ADDRESS, IVSHMEM_SECTION_BYTES),
    new SharedSection(CONTROL_STATUS_ADDRESS, CONTROL_STATUS_BYTES),
    new SharedSection(CONTROL_REQUESTS_ADDRESS, CONTROL_REQUESTS_BYTES),
  );
  return new Cell<Rpi4Parts, Rpi4Idle>(parts, new Rpi4Idle(parts, host));
}
