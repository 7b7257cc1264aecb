/**
 * The chip's registers as SPI sees them: what a read gives, what a write may change, in which mode.
 *
 * Registers that act (CANCTRL, CANINTF, TXBnCTRL) are the chip's: this file only applies masks and
 * mode rules. Does not: know SPI or the bus.
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

/** What undefined RAM holds after power-on: nothing, least of all zeroes, may be relied on. */
const POWER_ON_PATTERN = 0xa5;

/** First address after the registers that a reset leaves alone is found by exclusion: see `reset`. */
const RECEIVE_BUFFERS = [RXB0CTRL, RXB0CTRL + BUFFER_STRIDE];

/** The 128 bytes, with the reset values of table 11-1. */
export class RegisterFile {
  readonly bytes = new Uint8Array(REGISTER_COUNT);

  constructor() {
    this.powerOn();
  }

  /** Power-on: RAM holds anything, the rest its reset values. */
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

  /** Reset: control and status registers are zero but for CANCTRL; the rest is unknown, so kept. */
  reset(): void {
    for (let address = 0; address < REGISTER_COUNT; address++) {
      if (isControl(address)) this.bytes[address] = 0;
    }
    this.setControl(CANCTRL_RESET);
  }

  /** CANCTRL, which is in every row of the map. */
  get control(): number {
    return this.bytes[CANCTRL];
  }

  setControl(value: number): void {
    this.bytes[CANCTRL] = value;
  }

  /** A read of what is stored. Masks and filters read 0 outside configuration mode (note 1 of 4-10). */
  read(address: number, configuration: boolean): number {
    if ((address & 0x0f) === CANCTRL) return this.control;
    if (isFilterOrMask(address)) return configuration ? this.bytes[address] : 0;
    const value = this.bytes[address];
    if (address === TXRTSCTRL) return value | TXRTSCTRL_PINS_HIGH;
    if (address === RXB0CTRL && (value & RXB0CTRL_BUKT) !== 0) return value | RXB0CTRL_BUKT1;
    return value;
  }

  /** Value the register takes if `value` is written now; undefined if nothing may change. */
  merge(address: number, value: number, configuration: boolean): number | undefined {
    const mask = WRITE_MASK[address];
    if (mask === 0 || (!configuration && isConfigurationOnly(address))) return undefined;
    const old = (address & 0x0f) === CANCTRL ? this.control : this.bytes[address];
    return (old & ~mask) | (value & mask);
  }
}

/** Everything table 11-1 gives a value after reset: all but masks, filters and buffer contents. */
function isControl(address: number): boolean {
  if (isFilterOrMask(address)) return false;
  return address < 0x30 || (address & 0x0f) === 0 || (address & 0x0f) >= 0x0e;
}
