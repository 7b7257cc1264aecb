// SPDX-License-Identifier: MIT
/**
 * Decodes the MCP2515 instructions on the SPI lines: frames read, buffers loaded, sends requested.
 *
 * Source: DS20001801J, table 12-1 (instructions), registers 3-3 to 3-8 (transmit buffers).
 * Does not: ask chip or firmware. The content of the transmit buffers follows from what was
 * written.
 */
import { type CanFrame, dataLengthOf, makeFrame } from '../../twin/bus/can-frame.ts';
import type { SpiTransaction } from './spi-transactions.ts';

// Instructions, table 12-1.
const INSTRUCTION_WRITE = 0x02;
const INSTRUCTION_READ = 0x03;
const INSTRUCTION_BIT_MODIFY = 0x05;
const INSTRUCTION_LOAD_TX_BUFFER = 0x40; // to 0x45
const INSTRUCTION_RTS = 0x80; // to 0x87
const INSTRUCTION_READ_RX_BUFFER = 0x90; // 0x90, 0x92, 0x94, 0x96
const INSTRUCTION_RESET = 0xc0;

// Registers.
const TXB0CTRL = 0x30;
const TXBCTRL_TXREQ = 1 << 3;
const TXB0SIDH = 0x31;
const TX_BUFFER_DISTANCE = 0x10;
const TX_BUFFER_COUNT = 3;
const RXB0SIDH = 0x61;
const RXB1SIDH = 0x71;
const BUFFER_BYTES = 13;
const BUFFER_DATA_OFFSET = 5;
const CANINTF = 0x2c;
const CANINTF_RX_MASK = 0x03;

/** The request to send of one buffer, as seen on the lines. One that was taken back is none. */
export interface SendRequest {
  readonly frame: CanFrame;
  /** End of the instruction's byte. */
  readonly nanos: number;
  /** Bytes that loaded the buffer since its last send, plus the instruction itself. */
  readonly bytes: number;
}

interface TransmitBuffer {
  readonly registers: Uint8Array;
  loadedBytes: number;
  lastSend?: SendRequest;
}

export class SpiOperations {
  readonly sends: SendRequest[] = [];
  /** Bytes of each operation that read a frame, including the status bytes just before it. */
  readonly receiveBytes: number[] = [];
  /** Receive buffers released to the chip, by READ RX BUFFER or by clearing RXnIF. */
  releasedFrames = 0;
  readonly #buffers: readonly TransmitBuffer[] = Array.from({ length: TX_BUFFER_COUNT }, () => ({
    registers: new Uint8Array(BUFFER_BYTES),
    loadedBytes: 0,
  }));
  #statusBytes = 0;

  /** Takes the next transaction. `interruptLow`: the level of INT when it began. */
  add(transaction: SpiTransaction, interruptLow: boolean): void {
    const { mosi } = transaction;
    const instruction = mosi[0] ?? 0;
    const length = mosi.length;
    if ((instruction & 0xf9) === INSTRUCTION_READ_RX_BUFFER) {
      this.releasedFrames += 1;
      this.#received(length);
    } else if (instruction === INSTRUCTION_READ && isReceiveBuffer(mosi[1] ?? 0)) {
      this.#received(length);
    } else if ((instruction & 0xf8) === INSTRUCTION_RTS) {
      this.#requested(instruction & 7, transaction.lastByteNanos);
    } else if (instruction >= INSTRUCTION_LOAD_TX_BUFFER && instruction <= 0x45) {
      this.#loaded(instruction - INSTRUCTION_LOAD_TX_BUFFER, mosi);
    } else if (instruction === INSTRUCTION_WRITE) {
      this.#written(mosi);
    } else if (instruction === INSTRUCTION_RESET) {
      this.#statusBytes = 0;
    } else {
      if (instruction === INSTRUCTION_BIT_MODIFY) this.#modified(mosi);
      // Status bytes count for the operation to which they lead. Idle polling does not count.
      this.#statusBytes = interruptLow ? this.#statusBytes + length : 0;
    }
  }

  #received(bytes: number): void {
    this.receiveBytes.push(bytes + this.#statusBytes);
    this.#statusBytes = 0;
  }

  #requested(mask: number, nanos: number): void {
    this.#statusBytes = 0;
    this.#buffers.forEach((buffer, index) => {
      if ((mask & (1 << index)) === 0) return;
      const frame = frameOf(buffer.registers);
      buffer.lastSend = { frame, nanos, bytes: buffer.loadedBytes + 1 };
      this.sends.push(buffer.lastSend);
      buffer.loadedBytes = 0;
    });
  }

  /** LOAD TX BUFFER: bits 2..1 name the buffer, bit 0 starts at the data. */
  #loaded(start: number, mosi: readonly number[]): void {
    const buffer = this.#buffers[start >> 1];
    if (!buffer) return;
    const first = (start & 1) === 0 ? 0 : BUFFER_DATA_OFFSET;
    for (let index = 1; index < mosi.length && first + index - 1 < BUFFER_BYTES; index += 1) {
      buffer.registers[first + index - 1] = mosi[index] ?? 0;
    }
    buffer.loadedBytes += mosi.length;
    this.#statusBytes = 0;
  }

  #written(mosi: readonly number[]): void {
    const touched = new Set<TransmitBuffer>();
    for (let index = 2; index < mosi.length; index += 1) {
      const address = (mosi[1] ?? 0) + index - 2;
      const slot = Math.floor((address - TXB0SIDH) / TX_BUFFER_DISTANCE);
      const offset = address - TXB0SIDH - slot * TX_BUFFER_DISTANCE;
      const buffer = this.#buffers[slot];
      if (!buffer || offset >= BUFFER_BYTES) continue;
      buffer.registers[offset] = mosi[index] ?? 0;
      touched.add(buffer);
    }
    for (const buffer of touched) buffer.loadedBytes += mosi.length;
  }

  /** BIT MODIFY of CANINTF with RXnIF cleared releases the buffer; of TXBnCTRL with TXREQ it takes a request back. */
  #modified(mosi: readonly number[]): void {
    const [, address = 0, mask = 0, data = 0] = mosi;
    const buffer = this.#buffers[(address - TXB0CTRL) / TX_BUFFER_DISTANCE];
    if (buffer?.lastSend !== undefined && (mask & ~data & TXBCTRL_TXREQ) !== 0) {
      // It may be on the wire and be sent all the same: then its request is unknown.
      const place = this.sends.lastIndexOf(buffer.lastSend);
      if (place >= 0) this.sends.splice(place, 1);
      buffer.lastSend = undefined;
    }
    if (address !== CANINTF) return;
    const cleared = mask & ~data & CANINTF_RX_MASK;
    this.releasedFrames += (cleared & 1) + (cleared >> 1);
  }
}

function isReceiveBuffer(address: number): boolean {
  return [RXB0SIDH, RXB1SIDH].some((start) => address >= start && address < start + BUFFER_BYTES);
}

/** The frame in the thirteen registers of a transmit buffer (SIDH, SIDL, EID8, EID0, DLC, D0..). */
function frameOf(registers: Uint8Array): CanFrame {
  const [sidh = 0, sidl = 0, eid8 = 0, eid0 = 0, dlcRegister = 0] = registers;
  const base = (sidh << 3) | (sidl >> 5);
  const extended = (sidl & 0x08) !== 0;
  const remote = (dlcRegister & 0x40) !== 0;
  const dlc = dlcRegister & 0x0f;
  const identifier = extended ? (base << 18) | ((sidl & 3) << 16) | (eid8 << 8) | eid0 : base;
  const bytes = remote ? 0 : dataLengthOf(dlc);
  const data = registers.slice(BUFFER_DATA_OFFSET, BUFFER_DATA_OFFSET + bytes);
  return makeFrame({ identifier, extended, remote, dlc, data });
}
