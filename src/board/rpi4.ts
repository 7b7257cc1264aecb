/**
 * The Raspberry Pi 4 with the CAN HAT, as the canwarden cell sees it: addresses, pins, clocks, and the cell
 * that they make.
 *
 * The same numbers stand in cell-config/ (what Jailhouse grants) and in bsp/rpi4/memory-map.h (what
 * the page tables map); tests/contract compares them.
 * Does not: touch hardware.
 */
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

/** Where `jailhouse cell load -s "..." -a 0x1000` puts the command line, NUL included. */
export const COMMAND_LINE_ADDRESS: u32 = 0x00001000;

/** Where rules.bin is loaded as an image of its own. */
export const RULES_ADDRESS: u32 = 0x00100000;

/** Jailhouse's communication region. */
export const COMM_REGION_ADDRESS: u32 = 0x80000000;

/** BCM2711 ARM Peripherals, 1.2: low peripheral mode. */
export const GPIO_ADDRESS: u32 = 0xfe200000;
export const SPI0_ADDRESS: u32 = 0xfe204000;

/** INT of the MCP2515 on the Waveshare RS485 CAN HAT. */
export const INTERRUPT_PIN: u32 = 25;

/** GIC: the GPIO block's interrupt of pins 0 to 27 (SPI 113). */
export const GPIO_INTERRUPT: u32 = 145;

/** The VPU core clock that feeds SPI0; config.txt pins it (core_freq, core_freq_min). */
export const CORE_CLOCK_HERTZ: u32 = 500_000_000;
/** For each byte: accesses to the SPI block that its clocks do not cover (docs/timing-budget.md). */
export const SPI_HANDLING_NANOS_PER_BYTE: u32 = 400;

/** ivshmem: where the hypervisor shows the sections, and where this cell puts the registers. */
export const IVSHMEM_STATE_TABLE_ADDRESS: u32 = 0x0aa20000;
export const IVSHMEM_SECTION_ADDRESS: u32 = 0x0aa21000;
export const IVSHMEM_SECTION_BYTES: u32 = 0x00040000;
export const IVSHMEM_REGISTERS_ADDRESS: u32 = 0xff000000;
/** The cell's end of the link. */
export const IVSHMEM_CELL_IDENTITY: u32 = 1;

/**
 * The control link: where the hypervisor shows its state table, the requests (root's output section,
 * read only) and the status page (the cell's own). Its registers are not used.
 */
export const CONTROL_STATE_TABLE_ADDRESS: u32 = 0x0aa70000;
export const CONTROL_REQUESTS_ADDRESS: u32 = 0x0aa71000;
export const CONTROL_STATUS_ADDRESS: u32 = 0x0aa91000;
/** Bytes of each of the two output sections. */
export const CONTROL_OUTPUT_BYTES: u32 = 0x00020000;

/** The parts of this board's cell. */
export type Rpi4Parts = CellParts<
  JailhouseHost,
  Spi0,
  GpioInputLine,
  GenericTimer,
  SharedSection,
  IvshmemLink
>;

/** Makes the cell of this board; nothing is started. Allocates, so only at start-up. */
export function createCell(): Cell<Rpi4Parts, Rpi4Idle> {
  const map: CellMap = {
    communicationRegion: COMM_REGION_ADDRESS,
    commandLine: COMMAND_LINE_ADDRESS,
    rules: RULES_ADDRESS,
    linkRegisters: IVSHMEM_REGISTERS_ADDRESS,
    linkStateTable: IVSHMEM_STATE_TABLE_ADDRESS,
    linkSectionBytes: IVSHMEM_SECTION_BYTES,
    linkIdentity: IVSHMEM_CELL_IDENTITY,
    controlStateTable: CONTROL_STATE_TABLE_ADDRESS,
    controlOutputBytes: CONTROL_OUTPUT_BYTES,
  };
  const host = new JailhouseHost(map);
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
    new SharedSection(CONTROL_STATUS_ADDRESS, CONTROL_OUTPUT_BYTES),
    new SharedSection(CONTROL_REQUESTS_ADDRESS, CONTROL_OUTPUT_BYTES),
  );
  return new Cell<Rpi4Parts, Rpi4Idle>(parts, new Rpi4Idle(parts, host));
}
