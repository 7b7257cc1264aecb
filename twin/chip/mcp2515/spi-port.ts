// SPDX-License-Identifier: MIT
/**
 * The chip's SPI side: turns bytes between two edges of chip select into register accesses (DS20001801J,
 * section 12 and table 12-1).
 *
 * A byte to be read is taken from the register at the end of the byte before it, because it must be in the
 * shift register by the first clock.
 */
import { UnimplementedFeature } from '../../unimplemented.ts';
import { BUFFER_D0, BUFFER_D7, BUFFER_SIDH, BUFFER_STRIDE } from './registers.ts';
import { REGISTER_COUNT, RXB0CTRL, TXB0CTRL } from './registers.ts';

// Table 12-1.
const RESET = 0xc0;
const READ = 0x03;
const WRITE = 0x02;
const BIT_MODIFY = 0x05;
const READ_STATUS = 0xa0;
const RX_STATUS = 0xb0;
/** 1001 0nm0: n the buffer, m starts at D0. */
const READ_RX_BUFFER = 0x90;
const READ_RX_BUFFER_MASK = 0xf9;
/** 0100 0abc: two codes per buffer, the odd one starts at D0. */
const LOAD_TX_BUFFER = 0x40;
const LOAD_TX_BUFFER_LAST = 0x45;
/** 1000 0nnn: one bit per buffer. */
const RTS = 0x80;
const RTS_MASK = 0xf8;

/** MISO while the chip sends nothing. The line floats then, and the value must not matter. */
const IDLE_BYTE = 0x00;
/** The register to send is outside the map. */
const NOTHING_LATCHED = -1;

/** What the port needs from the chip. Writes take effect with the last clock of their byte. */
export interface PortTarget {
  /** `byRead`: by READ, not by READ RX BUFFER. */
  readRegister(address: number, byRead: boolean): number;
  writeRegister(address: number, value: number, nanos: number): void;
  bitModify(address: number, mask: number, value: number, nanos: number): void;
  readStatus(): number;
  receiveStatus(): number;
  reset(nanos: number): void;
  requestToSend(buffers: number, nanos: number): void;
  /** READ RX BUFFER ended: clears its RXnIF. */
  releaseReceiveBuffer(buffer: 0 | 1, nanos: number): void;
}

/** Handles one transaction after the other. */
export class SpiPort {
  readonly #target: PortTarget;
  readonly #requestAtOnce: boolean;
  #selected = false;
  #instruction = -1;
  /** Bytes since chip select, including the instruction. */
  #count = 0;
  #address = 0;
  #last = REGISTER_COUNT - 1;
  #mask = 0;
  #output = IDLE_BYTE;

  /** `requestAtOnce`: RTS acts with its last clock instead of when chip select rises. */
  constructor(target: PortTarget, requestAtOnce = false) {
    this.#target = target;
    this.#requestAtOnce = requestAtOnce;
  }

  /** Whether chip select has been low since the RTS for this buffer. */
  heldAfterRequest(buffer: number): boolean {
    if (!this.#selected || !isRequestToSend(this.#instruction)) return false;
    return (this.#instruction & (1 << buffer)) !== 0;
  }

  /** Whether chip select is low. */
  get isSelected(): boolean {
    return this.#selected;
  }

  /** The chip has lost power: drops the transaction. */
  abandon(): void {
    this.#selected = false;
  }

  select(): void {
    if (this.#selected) throw new Error('MCP2515: chip select falls twice');
    this.#selected = true;
    this.#instruction = -1;
    this.#count = 0;
    this.#output = IDLE_BYTE;
  }

  exchange(mosi: number, nanos: number): number {
    if (!this.#selected) throw new Error('MCP2515: a byte without chip select');
    const miso = this.#output;
    if (miso === NOTHING_LATCHED) {
      throw new UnimplementedFeature('MCP2515', 'reading on past the last register');
    }
    this.#output = IDLE_BYTE;
    if (this.#count === 0) this.#begin(mosi, nanos);
    else this.#continue(mosi, nanos);
    this.#count++;
    return miso;
  }

  deselect(nanos: number): void {
    if (!this.#selected) throw new Error('MCP2515: chip select rises twice');
    this.#selected = false;
    const instruction = this.#instruction;
    if (instruction === RESET) this.#target.reset(nanos);
    else if (isRequestToSend(instruction) && !this.#requestAtOnce) {
      this.#target.requestToSend(instruction & ~RTS_MASK, nanos);
    } else if (isReadReceiveBuffer(instruction)) {
      this.#target.releaseReceiveBuffer((instruction & 0x04) === 0 ? 0 : 1, nanos);
    }
  }

  #begin(instruction: number, nanos: number): void {
    this.#instruction = instruction;
    this.#last = REGISTER_COUNT - 1;
    if (isReadReceiveBuffer(instruction)) {
      const base = (instruction & 0x04) === 0 ? RXB0CTRL : RXB0CTRL + BUFFER_STRIDE;
      this.#address = base + ((instruction & 0x02) === 0 ? BUFFER_SIDH : BUFFER_D0);
      this.#latch();
    } else if (instruction >= LOAD_TX_BUFFER && instruction <= LOAD_TX_BUFFER_LAST) {
      const base = TXB0CTRL + ((instruction - LOAD_TX_BUFFER) >> 1) * BUFFER_STRIDE;
      this.#address = base + ((instruction & 1) === 0 ? BUFFER_SIDH : BUFFER_D0);
      this.#last = base + BUFFER_D7;
    } else if (instruction === READ_STATUS) {
      this.#output = this.#target.readStatus();
    } else if (instruction === RX_STATUS) {
      this.#output = this.#target.receiveStatus();
    } else if (isRequestToSend(instruction) && this.#requestAtOnce) {
      this.#target.requestToSend(instruction & ~RTS_MASK, nanos);
    } else if (!hasOperands(instruction)) {
      throw new UnimplementedFeature('MCP2515', `SPI instruction ${hex(instruction)}`);
    }
  }

  #continue(mosi: number, nanos: number): void {
    const instruction = this.#instruction;
    switch (instruction) {
      case READ:
        if (this.#count === 1) this.#setAddress(mosi);
        return this.#latch();
      case WRITE:
        if (this.#count === 1) this.#setAddress(mosi);
        else this.#store(mosi, nanos);
        return;
      case BIT_MODIFY:
        return this.#modify(mosi, nanos);
      case READ_STATUS:
        this.#output = this.#target.readStatus();
        return;
      case RX_STATUS:
        this.#output = this.#target.receiveStatus();
        return;
      default:
        if (isReadReceiveBuffer(instruction)) return this.#latch();
        if (instruction <= LOAD_TX_BUFFER_LAST) return this.#store(mosi, nanos);
        throw new UnimplementedFeature('MCP2515', `a byte after instruction ${hex(instruction)}`);
    }
  }

  #setAddress(address: number): void {
    if (address >= REGISTER_COUNT) {
      throw new UnimplementedFeature('MCP2515', `register address ${hex(address)}`);
    }
    this.#address = address;
  }

  #latch(): void {
    if (this.#address > this.#last) this.#output = NOTHING_LATCHED;
    else this.#output = this.#target.readRegister(this.#address++, this.#instruction === READ);
  }

  #store(value: number, nanos: number): void {
    if (this.#address > this.#last) {
      throw new UnimplementedFeature(
        'MCP2515',
        'writing on past the last register of the buffer or map',
      );
    }
    this.#target.writeRegister(this.#address++, value, nanos);
  }

  #modify(mosi: number, nanos: number): void {
    if (this.#count === 1) this.#setAddress(mosi);
    else if (this.#count === 2) this.#mask = mosi;
    else if (this.#count === 3) this.#target.bitModify(this.#address, this.#mask, mosi, nanos);
    else throw new UnimplementedFeature('MCP2515', 'a fifth byte of BIT MODIFY');
  }
}

function isReadReceiveBuffer(instruction: number): boolean {
  return instruction >= 0 && (instruction & READ_RX_BUFFER_MASK) === READ_RX_BUFFER;
}

function isRequestToSend(instruction: number): boolean {
  return instruction >= 0 && (instruction & RTS_MASK) === RTS;
}

function hasOperands(instruction: number): boolean {
  if (instruction === READ || instruction === WRITE || instruction === BIT_MODIFY) return true;
  return instruction === RESET || isRequestToSend(instruction);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}
