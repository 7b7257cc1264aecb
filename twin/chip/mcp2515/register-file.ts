// SPDX-License-Identifier: MIT
/**
 * The chip's registers as SPI sees them: what a read returns, and what a write may change in which mode. The
 * chip handles registers with effects (CANCTRL, CANINTF, TXBnCTRL); this file only applies masks and mode
 * rules.
 */
import {
  BUFFER_DLC,
  BUFFER_SIDL,
  BUFFER_STRIDE,
  CANCTRL,
  CANCTRL_RESET,
  DLC_MASK,
  DLC_RTR,
  REGISTER_COUNT,
  RXB0CTRL,
  RXB0CTRL_BUKT,
  RXB0CTRL_BUKT1,
  TXRTSCTRL,
  TXRTSCTRL_PINS_HIGH,
  WRITE_MASK,
  isConfigurationOnly,
  isFilterOrMask,
} from './registers.ts';

/** Content of undefined RAM after power-on. It must not be relied on, so it is not zero. */
const POWER_ON_PATTERN = 0xa5;

/** Control registers of the receive buffers. */
const RECEIVE_BUFFERS = [RXB0CTRL, RXB0CTRL + BUFFER_STRIDE];

/** The 128 bytes, with the reset values of table 11-1. */
export class RegisterFile {
  readonly bytes = new Uint8Array(REGISTER_COUNT);

  constructor() {
    this.powerOn();
  }

  /** Power-on: RAM holds a pattern, the rest its reset values. */
  powerOn(): void {
    for (let address = 0; address < REGISTER_COUNT; address++) {
      this.bytes[address] = POWER_ON_PATTERN & WRITE_MASK[address];
    }
    for (const base of RECEIVE_BUFFERS) {
      this.bytes.fill(POWER_ON_PATTERN, base + 1, base + 14);
      this.bytes[base + BUFFER_SIDL] = POWER_ON_PATTERN & 0xfb;
      this.bytes[base + BUFFER_DLC] = POWER_ON_PATTERN & (DLC_RTR | DLC_MASK);
    }
    this.reset();
  }

  /** Reset: control and status registers become zero except CANCTRL. The others are undefined, so kept. */
  reset(): void {
    for (let address = 0; address < REGISTER_COUNT; address++) {
      if (isControl(address)) this.bytes[address] = 0;
    }
    this.setControl(CANCTRL_RESET);
  }

  /** CANCTRL, which appears in every row of the map. */
  get control(): number {
    return this.bytes[CANCTRL];
  }

  setControl(value: number): void {
    this.bytes[CANCTRL] = value;
  }

  /** Reads a stored value. Masks and filters read 0 outside configuration mode (note 1 of 4-10). */
  read(address: number, configuration: boolean): number {
    if ((address & 0x0f) === CANCTRL) return this.control;
    if (isFilterOrMask(address)) return configuration ? this.bytes[address] : 0;
    const value = this.bytes[address];
    if (address === TXRTSCTRL) return value | TXRTSCTRL_PINS_HIGH;
    if (address === RXB0CTRL && (value & RXB0CTRL_BUKT) !== 0) return value | RXB0CTRL_BUKT1;
    return value;
  }

  /** Register content after a write of `value`. Undefined: nothing may change. */
  merge(address: number, value: number, configuration: boolean): number | undefined {
    const mask = WRITE_MASK[address];
    if (mask === 0 || (!configuration && isConfigurationOnly(address))) return undefined;
    const old = (address & 0x0f) === CANCTRL ? this.control : this.bytes[address];
    return (old & ~mask) | (value & mask);
  }
}

/** Registers with a reset value in table 11-1: all but masks, filters and buffer contents. */
function isControl(address: number): boolean {
  if (isFilterOrMask(address)) return false;
  return address < 0x30 || (address & 0x0f) === 0 || (address & 0x0f) >= 0x0e;
}
